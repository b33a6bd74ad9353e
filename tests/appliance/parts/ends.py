"""However a visit ends: somebody stops it, pulls their card and goes, the page dies, the server dies. Name, address,
birth date and typed keys stood in the machine's memory; two seconds after attract nothing of them does, nor on its
disk.

Each visit goes as far as the screen that shows who they are.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.appliance.held import Held
from tests.appliance.machine import Machine
from tests.appliance.parts.visit import Before, before, confirm, is_forgotten
from tests.appliance.report import Report
from tests.appliance.well import units

ATTRACT_SECONDS = 900.0  # a browser and a server that come anew, without hardware virtualisation


def run(machine: Machine, report: Report) -> None:
    with before(machine, report) as there:
        for end in ENDS:
            confirm(there.somebody, there.slot, Held(there.card()), there.remembered, report)
            end(there)
            there.slot.take_out()
            there.somebody.sees("attract", ATTRACT_SECONDS)
            is_forgotten(there, report, f"after {end.__doc__}, two seconds after attract")
        units(machine.run, report, but=("kiosk-server.service",))


def stopped(there: Before) -> None:
    """somebody stops it"""
    there.somebody.touches("leave")
    there.somebody.sees("over_leave")
    there.somebody.touches("leave_now")
    there.somebody.sees("take_card")


def pulled(there: Before) -> None:
    """somebody pulls their card and goes"""
    there.slot.take_out()


def page_dies(there: Before) -> None:
    """the page dies"""
    there.machine.run("pkill -KILL --full -- --type=renderer")


def server_dies(there: Before) -> None:
    """the server dies"""
    there.machine.run("systemctl kill --signal=KILL kiosk-server.service")


ENDS: tuple[Callable[[Before], None], ...] = (stopped, pulled, page_dies, server_dies)
