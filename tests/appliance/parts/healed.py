"""What dies or is stopped is back within three seconds, and what stands still with nobody to have it go on as soon as
docs/operators.md says, by systemd's real units and the real browser in a real compositor: the page, Chromium, the
screen's parts, the server's, the caretaker.

For this no machine is started (container.py), for a machine without hardware virtualisation is slow at everything
(`bare`). Back is what has a process that goes, its unit's word that it is there, and attract on the glass, and keeps
them.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.appliance.container import Container, container
from tests.appliance.machine import Machine, wait_for
from tests.appliance.report import Report
from tests.escape.hands import Line
from tests.escape.screen import same
from tests.escape.screencopy import picture

BACK_SECONDS = 3.0
KEEPS_SECONDS = 1.5  # or a neutral screen that is about to come would not be seen
AWAY_SECONDS = 90.0
LIVED_SECONDS = 12.0  # between two deaths
LOOK_SECONDS = 0.1
ANSWER_SECONDS = 1.0
SHELL_SECONDS = 20.0
WELL = "! ps --no-headers --format stat --pid '{}' | grep --quiet ^T && systemctl is-active {}"
MAIN = "systemctl show --property=MainPID --value %s"


@dataclass(frozen=True)
class Mortal:
    """what: in words. who: a line that says its processes' numbers. unit: whose it is. still: seconds within which it
    is noticed when it stands still and nobody has it go on (docs/operators.md)."""

    what: str
    who: str
    unit: str
    still: float


GOING_ON = "kiosk-continue.service"
SERVER, SCREEN, CARETAKER = "kiosk-server.service", "kiosk-browser.service", "kiosk-caretaker.service"
MORTALS = (
    Mortal("the page", "pgrep --euid kiosk-browser --full -- --type=renderer", SCREEN, 2),
    Mortal("Chromium", "pgrep --euid kiosk-browser --oldest --exact chromium", SCREEN, 2),
    Mortal("cage", "pgrep --euid kiosk-browser --exact cage", SCREEN, 8),
    Mortal("the browser's keeper", "pgrep --parent $(pgrep --exact cage)", SCREEN, 20),
    Mortal("the screen's main process", MAIN % SCREEN, SCREEN, 20),
    Mortal("the visit's process", f"pgrep --parent $({MAIN % SERVER})", SERVER, 21),
    Mortal("the server's arbiter", MAIN % SERVER, SERVER, 12),
    Mortal("the caretaker", MAIN % CARETAKER, CARETAKER, 32),
)


def run(machine: Machine, report: Report) -> None:
    report.machine = "no machine: a container under this kernel"
    with container(machine.folder.absolute()) as inside:
        inside.comes(report)
        if not report.found[-1][0]:
            return
        time.sleep(LIVED_SECONDS)
        attract = glass(inside)
        if attract is None:
            return report(False, "the glass cannot be seen")
        for each in MORTALS:
            back(inside, each, "KILL", "killed", BACK_SECONDS, attract, report)
        for each in MORTALS:
            back(inside, each, "STOP", "stopped", BACK_SECONDS, attract, report)
        inside.shell(f"systemctl stop {GOING_ON}", SHELL_SECONDS)
        for each in MORTALS:
            back(inside, each, "STOP", f"stopped without {GOING_ON}", each.still + BACK_SECONDS, attract, report)


def back(
    inside: Container, each: Mortal, signal: str, how: str, within: float, attract: Image.Image, report: Report
) -> None:
    """It gets that signal. within: seconds that it may be away."""
    before = processes(inside, each)
    gone = before if signal == "KILL" else set()
    inside.shell(f"kill -{signal} {' '.join(sorted(before))}", SHELL_SECONDS)
    began, well = time.monotonic(), None
    while time.monotonic() - began < within + AWAY_SECONDS:
        now = time.monotonic()
        if not is_back(inside, each, gone, attract):
            well = None
        elif well is None:
            well = now
        elif now - well > KEEPS_SECONDS:
            break
        time.sleep(LOOK_SECONDS)
    if well is None:
        report(False, f"{each.what}, {how}, does not come back")
    else:
        report(well - began <= within, f"{each.what}, {how}, is back after {well - began:.1f} s, of {within:.0f}")
    wait_for(lambda: is_back(inside, each, gone, attract), AWAY_SECONDS)
    time.sleep(LIVED_SECONDS)


def is_back(inside: Container, each: Mortal, gone: set[str], attract: Image.Image) -> bool:
    shown = glass(inside)
    if shown is None or not same(shown, attract):
        return False
    now = processes(inside, each)
    return bool(now) and not now & gone and inside.shell(WELL.format(" ".join(now), each.unit), SHELL_SECONDS)[0] == 0


def processes(inside: Container, each: Mortal) -> set[str]:
    return {word for word in inside.shell(each.who, SHELL_SECONDS)[1].split() if word != "0"}


def glass(inside: Container) -> Image.Image | None:
    """What the compositor shows. None: there is none, or it stands still."""
    for place in Path(inside.root, "run/user").glob("*/wayland-?"):
        with contextlib.suppress(OSError), contextlib.closing(Line(place, ANSWER_SECONDS)) as line:
            return picture(line)
    return None
