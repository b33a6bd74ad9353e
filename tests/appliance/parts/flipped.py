"""One flipped bit in the root does not start.

The bit is flipped where the root's superblock lies, which the kernel reads first, so that it is known to be asked for.
"""

from __future__ import annotations

from tests.appliance.built import ADDON, disk
from tests.appliance.machine import SECTOR, Machine, running, wait_for
from tests.appliance.report import Report

SUPERBLOCK = 1024  # erofs


def run(machine: Machine, report: Report) -> None:
    machine.install(disk(), ADDON)
    flip(machine)
    with running(machine):
        seen = wait_for(lambda: "is corrupted" in machine.said(), 1200)
        report(seen is not None, "dm-verity notices")
        anew = wait_for(lambda: machine.said().count("Linux version") > 1, 1200)
        report(anew is not None, "the machine starts anew")
        machine.keep_picture("anew")
    report("Switching root" not in machine.said(), "nothing of that root has run")


def flip(machine: Machine) -> None:
    """One bit of its root; it has to be off."""
    [root] = [each for each in machine.partitions() if each["name"] == disk().stem]
    with machine.disk.open("r+b") as raw:
        raw.seek(root["start"] * SECTOR + SUPERBLOCK + 64)
        [byte] = raw.read(1)
        raw.seek(-1, 1)
        raw.write(bytes([byte ^ 1]))
