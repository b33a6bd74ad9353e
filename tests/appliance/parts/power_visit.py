"""The power is cut at each moment of a visit that matters: somebody types a PIN, it is on its way to the card, their
name is being sent, their signature, the portal has linked and its answer is on its way, the slip is printed; and while
lines are added to the trail, and while one of its segments is sealed and the next begun. After each cut comes attract,
with a trail that is whole as far as it was acknowledged; the state, opened, holds nothing of anybody, nor does the
disk; and after its 15 minutes the portal has nothing in doubt.

Each cut is made in the start that comes after the one before. It goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.sim.card.wire import Chip
from kiosk.sim.pki import Pki
from kiosk.sim.portal.faults import Fault
from kiosk.sim.portal.requests import LIFETIME
from tests.appliance.cut import is_back, trail_lines
from tests.appliance.machine import Machine, running, wait_for
from tests.appliance.parts.devices import SLOW_ROWS, to_the_slip
from tests.appliance.parts.start import started
from tests.appliance.parts.visit import (
    PINS,
    Before,
    around,
    is_brought,
    needles,
    port,
    settle,
    shown_who,
    text_pin_on_its_way,
    to_the_sign_pin,
    to_the_text_pin,
)
from tests.appliance.person import PATIENCE_SECONDS, NotSeen, Person
from tests.appliance.ram import places
from tests.appliance.report import Report
from tests.appliance.state import holds, let_in
from tests.appliance.vscard import Slot
from tests.e2e.look.gallery import WAYS, gallery

FOREVER = "600"  # seconds, for which the portal keeps silent
STATION = {"the station": {"みどり野警察署".encode()}}  # it is in the settings: what finds nobody has to find that
ATTRACT_SECONDS = 1800.0
TOLD_SECONDS, TOLD = 600.0, 12
# As the screen's keeper tells, again and again; with "turn", each time on another day, so that each begins a segment.
TELLS = """
import os, pwd, sys, time
from kiosk.config.events import event
from kiosk.ipc.caretaker import Caretaker
caretaker, keeper = Caretaker("/run/kiosk-caretaker", patience_seconds=20), pwd.getpwnam("kiosk-browser").pw_uid
for told in range(1, 1000):
    if "turn" in sys.argv:
        time.clock_settime(time.CLOCK_REALTIME, time.time() + 86400)
    os.seteuid(keeper)
    taken = caretaker.tell(event("browser_restarted", browser="silent"))
    os.seteuid(0)
    if not taken:
        break
    with open("/run/told", "w") as file:
        file.write(str(told))
"""


@dataclass(frozen=True)
class Cut:
    """when: in words. goes: to that moment; the number of lines that the trail has at least by then."""

    when: str
    goes: Callable[[Before], int]


def half_a_pin(there: Before) -> int:
    to_the_text_pin(there.somebody, there.slot, there.card())
    there.somebody.types(PINS.text[:2])
    return 0


def a_pin_on_its_way(there: Before) -> int:
    text_pin_on_its_way(there)
    return 0


def a_name_sent(there: Before) -> int:
    there.portal.faults.switch_on(Fault.SLOW, on="hold", value=FOREVER)
    confirmed(there, there.card())
    there.somebody.touches("next")
    there.somebody.sees("sending_attributes")
    return 0


def a_second_pin_on_its_way(there: Before) -> int:
    chip = text_pin_on_its_way(there)
    chip.let_go()
    shown_who(there.somebody)
    to_the_sign_pin(there.somebody)
    there.somebody.sees("sign_pin")
    there.somebody.types(PINS.sign)
    there.somebody.touches("next")
    is_brought(chip, "second PIN")
    return 0


def a_signature_sent(there: Before) -> int:
    there.portal.faults.switch_on(Fault.SLOW, on="submit", value=FOREVER)
    to_the_slip(there.somebody, there.slot, there.card())
    there.somebody.sees("sending_signature")
    return 0


def linked_unheard(there: Before) -> int:
    there.portal.faults.switch_on(Fault.TRICKLE, on="submit", value="5")
    to_the_slip(there.somebody, there.slot, there.card())
    there.somebody.sees("sending_signature")
    if wait_for(lambda: any(each.linked for each in there.portal.linkings._all()), PATIENCE_SECONDS, 0.2) is None:
        raise NotSeen("the portal has not linked")
    return 0


def a_slip_printed(there: Before) -> int:
    there.printer.switches.rows_per_second = SLOW_ROWS
    to_the_slip(there.somebody, there.slot, there.card())
    if wait_for(lambda: there.printer.hanging.height > 0, PATIENCE_SECONDS, 0.2) is None:
        raise NotSeen("no slip has come")
    return 0


def lines_added(there: Before) -> int:
    return told(there.machine, "")


def a_segment_sealed(there: Before) -> int:
    return told(there.machine, "turn")


CUTS = (
    Cut("half a PIN is typed", half_a_pin),
    Cut("a PIN is on its way to the card", a_pin_on_its_way),
    Cut("a name is being sent", a_name_sent),
    Cut("the second PIN is on its way to the card", a_second_pin_on_its_way),
    Cut("a signature is being sent", a_signature_sent),
    Cut("the portal has linked and its answer is on its way", linked_unheard),
    Cut("the slip is being printed", a_slip_printed),
    Cut("lines are being added to the trail", lines_added),
    Cut("a segment of the trail is sealed and the next begun", a_segment_sealed),
)


def run(machine: Machine, report: Report) -> None:
    if not report.done:
        machine.like(started(machine))
    pki = Pki(machine.folder / "pki")
    wanted = needles(pki)
    shipped = places(started(machine).disk, wanted)  # the image has the people of its demonstration
    with around(pki, machine.folder) as (portal, printer), gallery() as pages:
        last, lines = (report.done[-1] if report.done else ""), 0
        for cut in (*(each for each in CUTS if each.when not in report.done), None):
            with running(machine, kept=not last, ports={443: port(portal), 9100: printer.port}):
                slot = Slot(machine.slot)
                somebody = Person(machine, pages.page(WAYS[0]))
                try:
                    if last:
                        is_back(machine, report, last, lines)
                    else:
                        settle(machine, portal, report)
                        let_in(machine)
                    somebody.sees("attract", ATTRACT_SECONDS)
                    if cut is not None:
                        lines = cut.goes(Before(machine, somebody, slot, portal, printer, pki, wanted))
                        machine.keep_picture(cut.when)
                except NotSeen as why:
                    report(False, str(why))
                    machine.keep_journal(f"journal {cut.when if cut else ''}")
                finally:
                    slot.close()
            if cut is None:
                break
            portal.faults.clear()
            portal.drivers.release_all()
            printer.switches.rows_per_second = None
            printer.stop()
            printer.start()
            held = holds(machine, wanted | STATION)
            report(held == set(STATION), f"cut when {cut.when}; the state holds, of them, {_list(held - set(STATION))}")
            report.over(cut.when)
            last = cut.when
        new = {name for name, _ in places(machine.disk, wanted) - shipped}
        report(not new, f"the disk, byte for byte, holds nothing of them that it did not hold before: {_list(new)}")
        begun = len(portal.linkings._all())
        over = wait_for(lambda: all(each.ended for each in portal.linkings._all()), LIFETIME.total_seconds() + 60)
        report(over is not None, f"of {begun} linkings that were begun none is in doubt after the portal's 15 minutes")
        report(portal.held_count() == 0, "and the portal holds nobody's data")


def confirmed(there: Before, card: Chip) -> None:
    to_the_text_pin(there.somebody, there.slot, card)
    there.somebody.types(PINS.text)
    there.somebody.touches("next")
    shown_who(there.somebody)


def told(machine: Machine, how: str) -> int:
    """The keeper tells in the machine, and goes on with it: the lines that the trail has by now."""
    before = trail_lines(machine)
    machine.run(f"rm -f /run/told; cat >/run/tells <<'END'\n{TELLS}END\n")
    machine.run(f"/usr/lib/kiosk/.venv/bin/python -I /run/tells {how} >/run/tells.log 2>&1 &")

    def count() -> int:
        return int(machine.run("cat /run/told 2>/dev/null || echo 0")[1].strip() or 0)

    if wait_for(lambda: count() >= TOLD, TOLD_SECONDS, 0.5) is None:
        raise NotSeen(f"the caretaker has taken {count()} events: {machine.run('tail -n 3 /run/tells.log')[1].strip()}")
    time.sleep(0.5)
    return before + TOLD


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
