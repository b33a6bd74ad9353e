"""Three starts of an update that come to nothing lead back to the slot before, into attract, and no unit has failed
or was started again there.
"""

from __future__ import annotations

from tests.appliance.built import comes_to_attract, disk, update
from tests.appliance.machine import Machine, running, wait_for
from tests.appliance.parts.update import names, written
from tests.appliance.report import Report
from tests.appliance.well import units


def run(machine: Machine, report: Report) -> None:
    old, new = disk().stem, update()
    machine.like(written(machine))
    for left in (2, 1, 0):
        with running(machine):
            wait_for(lambda: "Linux version" in machine.said(), 900)
        tries = names(machine)
        report(f"{new}+{left}-{3 - left}.efi" in tries, f"the power is cut in the kernel: {', '.join(tries)}")
    with running(machine):
        comes_to_attract(machine, report)
        report(slot(machine) == old, f"what runs is {slot(machine)}")
        units(machine.run, report)


def slot(machine: Machine) -> str:
    """The label of the partition that the root is on."""
    return machine.run("lsblk --noheadings --inverse --output PARTLABEL /dev/mapper/root | grep -v verity")[1].strip()
