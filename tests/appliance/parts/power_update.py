"""The power is cut at each write of an update: its hashes, its root, the boot loader's file, that file's name, the
first start of it, the boot loader's word that the start was good, and the oldest version that may run. After each cut
what starts is whole, the one version or the other, and comes to attract, with a sound trail and no unit that has failed
or was started again; the update comes to its end, and its version is then the oldest that may.

Each cut is made in the start that comes after the one before, once attract and trail have been asked there; where the
moment comes before attract, a copy of the machine is asked. It goes on where it stopped.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.appliance.built import UPDATE, as_disk, disk, update
from tests.appliance.cut import is_back
from tests.appliance.machine import Machine, running, wait_for
from tests.appliance.parts.start import started
from tests.appliance.parts.update import BRING, INSTALLED, OVER, WRITING_SECONDS, names
from tests.appliance.report import Report

MOMENT_SECONDS, SHELL_SECONDS = 2400.0, 1200.0
LOOK_SECONDS = 0.1
LOOK = "systemctl --no-block start systemd-sysupdate.service"
NOT_YET = "systemctl stop systemd-sysupdate.timer"  # which looks by itself, five minutes after the start (`update`)
VERSION_SECONDS = 300.0


def writes(what: str, after: float = 0.0) -> Callable[[Machine], bool]:
    """It is told to install what has been brought; until it says so, and some seconds more."""

    def goes(machine: Machine) -> bool:
        if not machine.has_a_shell(SHELL_SECONDS):
            return False
        machine.run(LOOK)
        came = wait_for(lambda: re.search(what, machine.said()) is not None, MOMENT_SECONDS, LOOK_SECONDS)
        time.sleep(after)
        return came is not None

    return goes


def says(what: str) -> Callable[[Machine], bool]:
    """It starts, until it says so."""
    return lambda machine: wait_for(lambda: what in machine.said(), MOMENT_SECONDS, LOOK_SECONDS) is not None


@dataclass(frozen=True)
class Cut:
    """when: in words. goes: to that moment; False: it has not come. may: what the boot loader has then, with old and
    new for their names, of several the one or the other. unless: what it has when that moment is over already. early:
    it comes before attract."""

    when: str
    goes: Callable[[Machine], bool]
    may: tuple[frozenset[str], ...]
    unless: frozenset[str] | None = None
    early: bool = False


OLD = frozenset({"old.efi"})
TRIES = [OLD | {f"new+{left}-{3 - left}.efi"} for left in (3, 2, 1)]
GOOD = OLD | {"new.efi"}
CUTS = (
    Cut("its hashes are written", writes(r"Acquiring \S+\.root-verity\."), (OLD,)),
    Cut("its root is written", writes(r"Acquiring \S+\.root\.", WRITING_SECONDS), (OLD,)),
    Cut("the boot loader's file is written", writes(r"Acquiring \S+\.efi"), (OLD, TRIES[0])),
    Cut("that file has its name", writes(INSTALLED), (OLD, TRIES[0]), unless=TRIES[0]),
    Cut("all is written", writes(rf"{INSTALLED}[\s\S]*{OVER}"), (TRIES[0],), unless=TRIES[0]),
    Cut("it starts for the first time", says("Linux version"), (TRIES[1],), early=True),
    Cut("its start is a good one", says("a good start"), (TRIES[2], GOOD)),
    Cut("the boot loader knows it", says("Finished systemd-bless-boot.service"), (GOOD,), unless=GOOD),
)


def run(machine: Machine, report: Report) -> None:
    old, new = disk().stem, update()
    if not report.done:
        machine.like(started(machine))
    for cut in CUTS:
        if cut.when in report.done or (report.done and _there(machine, old, new) == cut.unless):
            continue
        if cut.early:
            _copy_is_back(machine, report)
        with running(machine, kept=not report.done):
            if report.done and not cut.early:
                machine.has_a_shell(SHELL_SECONDS)
                machine.run(NOT_YET)
                is_back(machine, report, report.done[-1])
            if not report.done:
                machine.plug_disk(as_disk(new, machine.folder / "update.ext4"))
                wait_for(lambda: machine.run("blkid --label update")[0] == 0, 120)
                code, words = machine.run(BRING, 1800)
                report(code == 0, f"its files are brought {words}".strip())
            came = cut.goes(machine)
        found = _there(machine, old, new)
        report(came and found in cut.may, f"cut when {cut.when}: the boot loader has {', '.join(sorted(found))}")
        report.over(cut.when)
    with running(machine):
        is_back(machine, report, CUTS[-1].when)
        version = new.partition("_")[2]
        wait_for(lambda: version in _version(machine, "/state/version/os-release"), VERSION_SECONDS)
        runs, oldest = (_version(machine, path) for path in ("/usr/lib/os-release", "/state/version/os-release"))
        report(version in runs, f"what runs is {version}")
        report(oldest == runs, "which is the oldest from now on that may")


def _copy_is_back(machine: Machine, report: Report) -> None:
    copy = Machine(machine.folder.parent / "power_update-copy")
    copy.like(machine)
    with running(copy):
        is_back(copy, report, report.done[-1])
    machine.keep_pictures_of(copy)
    shutil.rmtree(copy.folder)


def _there(machine: Machine, old: str, new: str) -> frozenset[str]:
    """What the boot loader has; a file that a cut has left empty or half written is none."""
    whole = {new: (UPDATE / f"{new}.efi").stat().st_size, old: disk().with_suffix(".efi").stat().st_size}
    there = set()
    for name in names(machine):
        path = machine.folder / "loader.efi"
        machine.on_the_esp("mcopy", "-n", "-o", f"::/EFI/Linux/{name}", str(path))
        which = new if name.startswith(new) else old  # whose name the other's begins with
        if path.stat().st_size == whole[which]:
            there.add({new: "new", old: "old"}[which] + name.removeprefix(which))
        path.unlink()
    return frozenset(there)


def _version(machine: Machine, path: str) -> str:
    return machine.run(f"cat {path}")[1]
