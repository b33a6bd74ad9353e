"""Starts in which something is not as it should be: the state is full, the clock is wrong by years, the settings do not
fit, there is no touch panel or no display, the display is switched off, there are two readers, the printer is off, a
stick has partitions with the state's name. The machine starts each time, `kiosk check` says what is wrong, the trail is
sound and still has the lines that it began with; once it is mended somebody can begin.

Each is tried in a start of its own, one after the other. It goes on where it stopped.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kiosk.language.dates import JST
from kiosk.sim.pki import Pki
from kiosk.sim.printer import VirtualPrinter
from tests.appliance.machine import Machine, running, wait_for
from tests.appliance.parts.devices import begins
from tests.appliance.parts.start import started
from tests.appliance.parts.visit import around, port, settle
from tests.appliance.person import NotSeen, Person
from tests.appliance.report import Report
from tests.appliance.well import CHECK_SECONDS, units
from tests.e2e.look.gallery import WAYS, gallery

ATTRACT_SECONDS, SHELL_SECONDS, SAID_SECONDS = 2400.0, 1200.0, 900.0
PLUGGED_SECONDS = 15.0
SHOWN = ("attract", "attract_guidance_only")  # what it can do then, it offers
FIRST = "cat /var/lib/kiosk/trail/*.jsonl | sed --quiet 1,3p"  # which reads to the end: cat would say that nobody does
FILL = "fallocate --length $(df --output=avail --block-size=1 /state | tail -n 1) /state/full; sync"
WRONG = '[screen]\\nidle_seconds = "soon"\\n'
ANEW = "systemctl try-restart kiosk-server kiosk-caretaker"
DISPLAYS = "for each in /sys/class/drm/card*-*/status; do echo %s >$each; done"

Mends = Callable[[Machine, VirtualPrinter], object]


@dataclass(frozen=True)
class Odd:
    """what: in words. says: the line of `kiosk check` that tells of it, as a pattern; empty: nothing is wrong. mends:
    it, while the machine runs. before: done to what is around it. more, without: of the machine's devices, with FOLDER
    for its own. early: for its shell, as soon as it has one; late: when it shows something. dark: nothing is shown
    until it is mended."""

    what: str
    says: str
    mends: Mends
    before: Mends = lambda machine, printer: None
    more: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()
    early: str = ""
    late: str = ""
    dark: bool = False


def set_right(machine: Machine, _: VirtualPrinter) -> None:
    machine.set_clock()


def plugged_in(machine: Machine, _: VirtualPrinter) -> None:
    machine.plug_panel()
    time.sleep(PLUGGED_SECONDS)


def named(stick: Path) -> None:
    """The later a device comes, the more its name counts with udev: so there are several."""
    stick.write_bytes(b"")
    os.truncate(stick, 64 << 20)
    lines = "label: gpt\n" + "size=8MiB, type=linux, name=kiosk-state\n" * 5
    subprocess.run(["sfdisk", "--quiet", stick], input=lines, text=True, check=True)


ODD = (
    Odd(
        "the state is full",
        r"^LACKS +board +Room on the disk: There is next to none",
        lambda machine, _: machine.run("rm /state/full && sync"),
    ),
    Odd(
        "the board's clock is years behind, and the machine's is not",
        rf"^has +clock +it says {datetime.now(JST):%Y-%m}",  # it goes on from when it was last on (systemd-timesyncd)
        set_right,
        more=("-rtc", "base=2009-02-03T04:05:06"),
    ),
    Odd(
        "the clock is years ahead",
        r"^LACKS +clock .*, after the portal's certificate has ended",
        set_right,
        more=("-rtc", "base=2036-02-03T04:05:06"),  # further ahead, systemd would not believe it
    ),
    Odd(
        "the settings do not fit",
        r"^\S+/kiosk\.toml: screen\.idle_seconds: \"soon\" does not fit",
        lambda machine, _: machine.run(f"sed -i '/^.screen/,$d' /etc/kiosk/kiosk.toml && {ANEW}", SAID_SECONDS),
        early=f"printf '{WRONG}' >>/etc/kiosk/kiosk.toml && {ANEW} --no-block",
    ),
    Odd(
        "there is no touch panel",
        r"^LACKS +board +Touch panel: It is not connected",
        plugged_in,
        without=frozenset({"touch"}),
    ),
    Odd(
        "there is no display",
        r"^LACKS +board +Screen: No display is plugged in",
        lambda machine, _: machine.run(DISPLAYS % "detect"),
        early=DISPLAYS % "off",
        dark=True,
    ),
    Odd(
        "the display is switched off while it runs",
        r"^LACKS +board +Screen: No display is plugged in",
        lambda machine, _: machine.run(DISPLAYS % "detect"),
        late=DISPLAYS % "off",
    ),
    Odd(
        "there are two readers",
        r"^has +reader +ready, and 2 slots count",
        lambda machine, _: machine.unplug("second"),
        more=("-device", "usb-ccid,id=second"),
    ),
    Odd(
        "the printer is off",
        r"^LACKS +printer +the network printer does not answer",
        lambda _, printer: printer.start(),
        before=lambda _, printer: printer.stop(),
    ),
    Odd(
        "a stick has partitions with the state's name",
        "",
        lambda machine, _: machine.unplug("named"),
        before=lambda machine, _: named(machine.folder / "named.img"),
        more=(
            "-drive",
            "if=none,id=store,format=raw,file=FOLDER/named.img",
            "-device",
            "usb-storage,id=named,drive=store",
        ),
    ),
)


def run(machine: Machine, report: Report) -> None:
    if not report.done:
        machine.like(started(machine))
    with around(Pki(machine.folder / "pki"), machine.folder) as (portal, printer), gallery() as pages:
        ports = {443: port(portal), 9100: printer.port}
        began = machine.folder / "first-lines"
        if not report.done:
            with running(machine, kept=True, ports=ports):
                settle(machine, portal, report)
                began.write_text(machine.run(FIRST)[1])
                code, said = machine.run(FILL)
                report(code == 0, f"the state is filled{': ' * bool(said)}{said.strip()}")
        for odd in ODD:
            if odd.what in report.done:
                continue
            odd.before(machine, printer)
            more = (each.replace("FOLDER", str(machine.folder)) for each in odd.more)
            with running(machine, *more, without=odd.without, ports=ports):
                try:
                    tried(machine, Person(machine, pages.page(WAYS[0])), odd, report, began.read_text(), printer)
                except NotSeen as why:
                    report(False, f"{odd.what}: {why}")
                    machine.keep_journal(odd.what)
            report.over(odd.what)


def tried(machine: Machine, somebody: Person, odd: Odd, report: Report, first: str, printer: VirtualPrinter) -> None:
    """One start. first: the lines that the trail began with. Raises NotSeen."""
    if odd.early:
        machine.has_a_shell(SHELL_SECONDS)
        machine.run(odd.early)
    if not odd.dark:
        shown = somebody.sees_one_of(SHOWN, ATTRACT_SECONDS)
        report(True, f"{odd.what}: it starts, and shows {shown}")
    if odd.late:
        machine.run(odd.late)
    if odd.says:
        said = wait_for(lambda: is_said(machine, odd), SAID_SECONDS)
        report(said is not None, f"{odd.what}: kiosk check says so")
    machine.keep_picture(odd.what)
    keeps(machine, report, odd.what, first)
    odd.mends(machine, printer)
    somebody.sees("attract", ATTRACT_SECONDS)
    begins(somebody)
    report(True, f"{odd.what}: mended, somebody can begin")
    keeps(machine, report, f"{odd.what}, mended", first)
    units(machine.run, report)


def is_said(machine: Machine, odd: Odd) -> bool:
    return re.search(odd.says, machine.run("kiosk check", CHECK_SECONDS)[1], re.MULTILINE) is not None


def keeps(machine: Machine, report: Report, when: str, first: str) -> None:
    """Every record: the trail is sound, and begins as it did."""
    code, said = machine.run("kiosk audit verify", CHECK_SECONDS)
    begins_so = bool(first) and machine.run(FIRST)[1] == first
    flaws = ", ".join(re.findall(r"^(?:FLAW|torn|behind) .*$", said, re.MULTILINE))
    report(
        code == 0 and begins_so,
        f"{when}: the trail is {'sound' if code == 0 else f'not sound ({flaws or said.strip()})'},"
        f" and begins {'as it did' if begins_so else 'with other lines'}",
    )
