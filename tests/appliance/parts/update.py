"""An update that is interrupted changes nothing. After the next start it is written whole, by itself, into the other
slot, with three tries; then it starts, into attract, and counts as good, and no unit has failed or was started again.

What lies on the disk before that start is kept for `back`.
"""

from __future__ import annotations

import re
import time

from tests.appliance.built import as_disk, comes_to_attract, disk, update
from tests.appliance.machine import Machine, running, wait_for
from tests.appliance.parts.start import started
from tests.appliance.report import Report
from tests.appliance.well import units

BRING = (
    "mkdir -p /run/update && mount -o ro LABEL=update /run/update && cp /run/update/kiosk_* /state/update/ && sync"
    " && umount /run/update"
)
INSTALLED, OVER = "Successfully installed update", "systemd-sysupdate.service: Deactivated successfully"
RAISED = "Finished kiosk-version-raised.service"  # which comes once the boot loader knows it
WRITING_SECONDS = 10.0  # of the minutes that the root takes


def run(machine: Machine, report: Report) -> None:
    old, new = disk().stem, update()
    machine.like(started(machine))
    with running(machine, kept=True):
        machine.plug_disk(as_disk(new, machine.folder / "update.ext4"))
        wait_for(lambda: machine.run("blkid --label update")[0] == 0, 120)
        code, words = machine.run(BRING, 1800)
        report(code == 0, f"its files are brought {words}".strip())
        machine.run("systemctl --no-block start systemd-sysupdate.service")
        begun = wait_for(lambda: re.search(r"Acquiring \S+\.root\.", machine.said()) is not None, 900)
        report(begun is not None, "its root is being written when the power is cut")
        time.sleep(WRITING_SECONDS)
    report(names(machine) == [f"{old}.efi"], f"the boot loader then has {', '.join(names(machine))}")
    with running(machine):
        whole = wait_for(lambda: INSTALLED in machine.said(), 3600)
        report(whole is not None, "it is written whole after the next start, by itself")
        over = wait_for(lambda: OVER in machine.said().rpartition(INSTALLED)[2], 300, look=0.5)
        report(over is not None, "the power is cut as soon as that is over")
    report(names(machine) == [f"{new}+3-0.efi", f"{old}.efi"], f"the boot loader then has {', '.join(names(machine))}")
    labels = [each.get("name") for each in machine.partitions()]
    report({old, new} <= set(labels), f"partitions: {', '.join(map(str, labels))}")
    written(machine).like(machine)
    with running(machine):
        comes_to_attract(machine, report)
        good = wait_for(lambda: "Finished systemd-bless-boot.service" in machine.said(), 1200)
        report(good is not None, "the start counts as good")
        wait_for(lambda: RAISED in machine.said(), 300)
        version = new.partition("_")[2]
        runs, oldest = (machine.run(f"cat {path}")[1] for path in ("/usr/lib/os-release", "/state/version/os-release"))
        report(version in runs, f"what runs is {version}")
        report(oldest == runs, "which is the oldest from now on that may")
        units(machine.run, report)
    report(f"{new}.efi" in names(machine), f"the boot loader then has {', '.join(names(machine))}")


def names(machine: Machine) -> list[str]:
    """What the boot loader may start."""
    return [path.rpartition("/")[2] for path in sorted(machine.on_the_esp("mdir", "-b", "::/EFI/Linux").split())]


def written(machine: Machine) -> Machine:
    """With the update on its disk, which has not been started."""
    return Machine(machine.folder.parent / "written")
