"""What the kiosk costs: a start of the image into attract beside a start of the same image into a bare cage and
Chromium with a page of one colour; and how long a screen that dies, or a part of it, is away, beside the start of the
bare one.
"""

from __future__ import annotations

import base64
import shlex
import time

from PIL import Image

from tests.appliance.built import ATTRACT_SECONDS, BARE, attract, comes_to_attract
from tests.appliance.machine import ADDON_PLACE, HEIGHT, WIDTH, Machine, running, wait_for
from tests.appliance.parts.start import started
from tests.appliance.report import Report
from tests.appliance.screens import same

LOOK_SECONDS = 0.5
AWAY_SECONDS = 30.0
TIMES = 1.3  # of the bare start, within which what has died is to be back
COLOUR = (0, 170, 102)
PAGE = b'<!doctype html><title>bare</title><body style="background:#0a6">'
FLAGS = "--ozone-platform=wayland --kiosk --no-first-run --user-data-dir=/run/bare/profile http://127.0.0.1:8888/"
# As kiosk-browser.service has it: a session on the first virtual terminal, and drawn without a graphics processor.
SCREEN = (
    *("User=kiosk-browser", "PAMName=login", "UtmpIdentifier=tty1", "UtmpMode=user", "TTYPath=/dev/tty1"),
    *("TTYReset=yes", "TTYVHangup=yes", "StandardInput=tty-fail", "WorkingDirectory=/"),
    *("Environment=WLR_LIBINPUT_NO_DEVICES=1", "Environment=WLR_RENDERER=pixman"),
)
DIES = {
    "the page": "pkill -KILL --full -- --type=renderer",
    "Chromium": "pkill -KILL --oldest --full /chromium",
    "the screen": "pkill -KILL --exact cage",
}


def run(machine: Machine, report: Report) -> None:
    machine.like(started(machine))
    away: dict[str, float | None] = {}
    with running(machine):
        if comes_to_attract(machine, report) is None:
            return
        kiosk = uptime(machine)
        for what, command in DIES.items():
            time.sleep(AWAY_SECONDS)  # it has to have lived
            away[what] = back(machine, command)
    machine.on_the_esp("mcopy", "-o", str(BARE), ADDON_PLACE)
    with running(machine):
        if not machine.has_a_shell(ATTRACT_SECONDS):
            return report(False, "no shell in the machine of the bare screen")
        base, began = begun(machine), time.monotonic()
        for command in bare():
            code, said = machine.run(command)
            if code != 0:
                return report(False, f"the bare screen does not begin: {said.strip()}")
        painted = wait_for(lambda: is_bare(machine.picture()), ATTRACT_SECONDS, look=LOOK_SECONDS)
        alone = time.monotonic() - began
        machine.keep_picture("bare")
        if painted is None:
            return report(False, f"no bare page after {ATTRACT_SECONDS:.0f} s")
    report.figure("from the kernel's start to attract", f"{kiosk:.0f} s")
    report.figure("to a bare page, of which cage and Chromium alone", f"{base + alone:.0f} s, {alone:.0f} s")
    report.figure("boot to attract, of that to a bare page", f"{kiosk / (base + alone):.2f} times")
    for what, took in away.items():
        in_time = took is not None and took <= TIMES * alone
        times = "does not come back" if took is None else f"is back after {took:.0f} s, {took / alone:.2f} times"
        report(in_time, f"{what}, killed, {times} the {alone:.0f} s of a bare start")


def back(machine: Machine, command: str) -> float | None:
    """Seconds from the act until attract stands again; 0.0: it was never seen away. None: it does not come."""
    machine.run(command)
    began = time.monotonic()
    if wait_for(lambda: not same(machine.picture(), attract()), AWAY_SECONDS, look=LOOK_SECONDS) is None:
        return 0.0
    if wait_for(lambda: same(machine.picture(), attract()), ATTRACT_SECONDS, look=LOOK_SECONDS) is None:
        return None
    return time.monotonic() - began


def uptime(machine: Machine) -> float:
    """Seconds since its kernel's start."""
    return float(machine.run("cut -d' ' -f1 /proc/uptime")[1])


def begun(machine: Machine) -> float:
    """When what the addon says was begun [s since the kernel's start]: there the kiosk begins, too."""
    shown = machine.run("systemctl show --property=ExecMainStartTimestampMonotonic --value kernel-command-line.service")
    return int(shown[1]) / 1e6


def bare() -> tuple[str, ...]:
    """What shows the page, line for line."""
    page = base64.b64encode(PAGE).decode()
    made = f"mkdir -p /run/bare && echo {page} | base64 --decode >/run/bare/index.html && chown kiosk-browser /run/bare"
    server = "systemd-run --quiet --unit=bare-page python3 -m http.server --bind 127.0.0.1 --directory /run/bare 8888"
    properties = " ".join(f"--property={shlex.quote(each)}" for each in SCREEN)
    return made, server, f"systemd-run --quiet --unit=bare-screen {properties} cage -- chromium {FLAGS}"


def is_bare(shown: Image.Image) -> bool:
    return shown.getpixel((WIDTH // 2, HEIGHT // 2)) == COLOUR
