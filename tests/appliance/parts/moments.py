"""What may die in the middle of a visit: server, page (killed, and standing still), Chromium, cage, pcscd, caretaker,
each while a card is read, while something is sent, and when it is done; the touch panel is unplugged while a card is
read, the network's cable while something is sent. Each time attract comes and somebody can begin, no service has
started again but the one that died, and nothing of anybody is left in the machine's memory; nor on its disk.

At attract and at a PIN `devices` does the same. It goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk.sim.portal.faults import Fault
from tests.appliance.machine import Machine
from tests.appliance.parts.devices import (
    Event,
    cable,
    cage,
    gives_up,
    killed,
    looked_at,
    page,
    run_in_it,
    to_the_slip,
    touch,
)
from tests.appliance.parts.visit import (
    PINS,
    Before,
    before,
    is_forgotten,
    shown_who,
    text_pin_on_its_way,
    to_the_text_pin,
)
from tests.appliance.report import Report

FOREVER = "600"  # seconds, for which the portal keeps silent
LOOSE_SECONDS = 4.0  # a card that is silent for twenty counts as gone (docs/operators.md)


def page_stands_still(there: Before) -> None:
    run_in_it(there, "pkill -STOP --full -- --type=renderer")


def touch_briefly(there: Before) -> None:
    touch(there, LOOSE_SECONDS)


def chromium(there: Before) -> None:
    """Its main process, which is the oldest of that name."""
    run_in_it(there, "pkill -KILL --oldest --exact chromium")


EVENTS = (
    Event("the server dies", killed("kiosk-server.service"), dies="kiosk-server.service"),
    Event("the page dies", page),
    Event("the page stands still", page_stands_still),
    Event("Chromium dies", chromium),
    Event("the screen dies", cage, dies="kiosk-browser.service"),
    Event("pcscd dies", killed("pcscd.service"), dies="pcscd.service"),
    Event("the caretaker dies", killed("kiosk-caretaker.service"), dies="kiosk-caretaker.service"),
)


def reading(there: Before, event: Event) -> None:
    """while a card is read"""
    chip = text_pin_on_its_way(there)
    event.does(there)
    chip.let_go()
    if event.goes_on:
        gives_up(there.somebody)


def sending(there: Before, event: Event) -> None:
    """while something is sent"""
    there.portal.faults.switch_on(Fault.SLOW, on="hold", value=FOREVER)
    try:
        to_the_text_pin(there.somebody, there.slot, there.card())
        there.somebody.types(PINS.text)
        there.somebody.touches("next")
        shown_who(there.somebody)
        there.somebody.touches("next")
        there.somebody.sees("sending_attributes")
        event.does(there)
    finally:
        there.portal.faults.clear()


def done(there: Before, event: Event) -> None:
    """when it is done"""
    to_the_slip(there.somebody, there.slot, there.card())
    there.somebody.sees("linked_printed")
    there.took_a_slip()
    event.does(there)


Moment = Callable[[Before, Event], None]
MOMENTS: tuple[Moment, ...] = (reading, sending, done)
TRIED: tuple[tuple[Moment, Event], ...] = (
    *((moment, event) for moment in MOMENTS for event in EVENTS),
    (reading, Event("the touch panel is unplugged and plugged in", touch_briefly, goes_on=True)),
    (sending, Event("the network's cable is out, and in again", cable)),
)


def run(machine: Machine, report: Report) -> None:
    with before(machine, report) as there:
        for moment, event in TRIED:
            what = f"{event.what} {moment.__doc__}"
            if what in report.done:
                continue
            there.portal.reset()
            with looked_at(there, report, what, event.dies):
                moment(there, event)
            is_forgotten(there, report, f"{what}: two seconds after attract")
            report.over(what)
