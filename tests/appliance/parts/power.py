"""The power is cut at each moment of a first start, when partitions, keys and state are made, and at two after it; each
time of a machine that was installed anew. The start after each cut comes to attract, with a sound trail and no unit
that has failed or was started again.

It goes on where it stopped.
"""

from __future__ import annotations

from tests.appliance.built import ADDON, disk
from tests.appliance.cut import is_back
from tests.appliance.machine import Machine, running, wait_for
from tests.appliance.report import Report

MOMENTS = (  # by what the machine says then
    ("the kernel starts", "Linux version"),
    ("the state is encrypted", "Encrypting future partition"),
    ("the state is filled", "Populating ext4 filesystem"),
    ("the new partitions are entered", "Adding new partition"),
    ("the state is there", "Mounted state.mount"),
    ("the screen starts", "Starting kiosk-browser.service"),
)
MOMENT_SECONDS = 1800.0
LOOK_SECONDS = 0.1  # some last no longer


def run(machine: Machine, report: Report) -> None:
    for moment, word in MOMENTS:
        if moment in report.done:
            continue
        machine.install(disk(), ADDON)
        with running(machine):
            came = wait_for(lambda word=word: word in machine.said(), MOMENT_SECONDS, LOOK_SECONDS)  # type: ignore[misc]
            report(came is not None, f"the power is cut when {moment}")
        with running(machine):
            is_back(machine, report, moment)
        report.over(moment)
