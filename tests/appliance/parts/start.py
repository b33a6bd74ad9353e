"""The image starts for the first time, into attract; its start counts as good; no unit has failed or was started again.

The machine is kept as it stands then, memory and all. A part begins there by `machine.like(started(machine))` and
`running(machine, kept=True)`.
"""

from __future__ import annotations

import re
import time

from tests.appliance.built import ADDON, comes_to_attract, disk
from tests.appliance.machine import Machine, running, wait_for
from tests.appliance.report import Report
from tests.appliance.well import well

EMPTY = "_empty"


def run(machine: Machine, report: Report) -> None:
    name = disk().stem
    machine.install(disk(), ADDON)
    # As an update comes: with three tries.
    machine.on_the_esp("mren", f"::/EFI/Linux/{name}.efi", f"{name}+3.efi")
    with running(machine):
        began = time.monotonic()
        if comes_to_attract(machine, report) is None:
            return
        report.figure("power-on to attract", f"{time.monotonic() - began:.0f} s")
        report.figure("the guest's own time at attract", machine.run("cut -d' ' -f1 /proc/uptime")[1].strip() + " s")
        report.figure("memory in use at attract", f"{machine.memory_in_use() >> 20} MB")
        good = wait_for(lambda: "a good start" in machine.said(), 900)
        report(good is not None, "the start counts as good")
        blessed = wait_for(lambda: "Finished systemd-bless-boot.service" in machine.said(), 360)
        report(blessed is not None, "and loses its count")
        well(machine.run, report)
        machine.keep()
    said = machine.said()
    report("Kernel is locked down from EFI Secure Boot" in said, "secure boot")
    report(re.search(r"mem auto-init:.*heap free:on", said) is not None, "memory is overwritten when it is freed")
    report(" login: " not in said, "nothing asks who is there")
    names = machine.on_the_esp("mdir", "-b", "::/EFI/Linux").split()
    report(names == [f"::/EFI/Linux/{name}.efi"], f"the boot loader's file is {', '.join(names)}")
    slots = [each.get("name") for each in machine.partitions()]
    report(slots.count(EMPTY) == 2 and slots[-1] == "kiosk-state", f"partitions: {', '.join(map(str, slots))}")
    report.figure("the image, written on a disk", f"{disk().stat().st_size >> 20} MB")


def started(machine: Machine) -> Machine:
    """What this part has left, for the machine of another part."""
    return Machine(machine.folder.parent / "start")
