"""That the search of all memory can find: in a kernel that is told to leave what is freed as it is, somebody who has
stopped their visit is found in it after attract.

The signed addon that says so comes with the image of throw-away keys (`make image`).
"""

from __future__ import annotations

import re
import time

from tests.appliance.built import ADDON, KEEPS, disk
from tests.appliance.held import Held
from tests.appliance.machine import Machine
from tests.appliance.parts.ends import stopped
from tests.appliance.parts.visit import FORGOTTEN_SECONDS, before, confirm
from tests.appliance.report import Report
from tests.appliance.well import units


def run(machine: Machine, report: Report) -> None:
    machine.install(disk(), ADDON)
    machine.on_the_esp("mcopy", str(KEEPS), "::/loader/addons/keeps.addon.efi")
    with before(machine, report, kept=False) as there:
        off = re.search(r"mem auto-init:.*heap free:off", machine.said())
        report(off is not None, "what is freed is left as it is")
        held = there.remembered()
        report(not held, f"before the visit the memory holds none of it{': ' * bool(held)}{', '.join(sorted(held))}")
        confirm(there.somebody, there.slot, Held(there.card()), there.remembered, report)
        stopped(there)
        there.slot.take_out()
        there.somebody.sees("attract")
        time.sleep(FORGOTTEN_SECONDS)
        after = there.remembered()
        report(bool(after), f"two seconds after attract the memory still holds {', '.join(sorted(after)) or 'nothing'}")
        units(machine.run, report)
