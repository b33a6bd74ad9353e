"""Somebody who can write to the disk leaves the boot loader nothing but the file of the version before. It is signed,
and goes no further than the state's word that a newer one has run.
"""

from __future__ import annotations

from tests.appliance.built import disk, update
from tests.appliance.machine import Machine, running, wait_for
from tests.appliance.report import Report


def run(machine: Machine, report: Report) -> None:
    machine.like(Machine(machine.folder.parent / "update"))
    machine.on_the_esp("mdel", f"::/EFI/Linux/{update()}.efi")
    with running(machine):
        refused = wait_for(lambda: "nothing older may" in machine.said(), 1800)
        report(refused is not None, f"{disk().stem} says that a newer one has run")
        machine.keep_picture("refused")
        anew = wait_for(lambda: machine.said().count("Linux version") > 1, 900)
        report(anew is not None, "the machine starts anew")
    report("Started kiosk-server.service" not in machine.said(), "no part of the kiosk has started")
