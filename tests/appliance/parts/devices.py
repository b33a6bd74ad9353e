"""What may be pulled out or die: the reader, the touch panel, the network's cable, pcscd, the caretaker, the server,
the page, the screen, each while nobody is there and while somebody types a PIN; the card and the reader in the middle
of a reading; the printer in the middle of a slip. Attract comes each time and somebody can begin, no service has
started again but the one that died, and nothing of anybody is left in the machine's memory or on its disk.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kiosk.sim.card.wire import Chip
from tests.appliance.machine import Machine, wait_for
from tests.appliance.parts.visit import (
    PINS,
    Before,
    Holds,
    before,
    is_forgotten,
    leave,
    shown_who,
    text_pin_on_its_way,
    to_the_sign_pin,
    to_the_text_pin,
)
from tests.appliance.person import PATIENCE_SECONDS, NotSeen, Person
from tests.appliance.report import Report
from tests.appliance.restarts import restarts, since

GONE_SECONDS = 15.0  # as long as somebody looks for the plug
SLOW_ROWS = 60.0  # a second, of a slip of some 2000
PRINTER = 'kind = "serial"\ndevice = "/dev/ttyUSB0"'
ATTRACT_SECONDS = 900.0  # a browser and a server that come anew, without hardware virtualisation
OFFERED_SECONDS = 15.0


@dataclass(frozen=True)
class Event:
    """what: in words. does: it, and makes it good again. dies: the service that systemd then starts again; None: none.
    goes_on: somebody who types a PIN can go on with it."""

    what: str
    does: Callable[[Before], None]
    dies: str | None = None
    goes_on: bool = False


def reader(there: Before) -> None:
    there.slot.is_without_power()
    there.machine.unplug("reader")
    time.sleep(GONE_SECONDS)
    there.machine.plug("reader", "usb-ccid")
    there.machine.plug("slot", "ccid-card-passthru", chardev="card", bus="reader.0")
    there.slot.is_a_readers()


def touch(there: Before, seconds: float = GONE_SECONDS) -> None:
    there.machine.pull_panel()
    time.sleep(seconds)
    there.machine.plug_panel()
    time.sleep(seconds)


def cable(there: Before) -> None:
    there.machine.network(False)
    time.sleep(GONE_SECONDS)
    there.machine.network(True)


def killed(unit: str) -> Callable[[Before], None]:
    return lambda there: run_in_it(there, f"systemctl kill --kill-whom=main --signal=KILL {unit}")


def page(there: Before) -> None:
    run_in_it(there, "pkill -KILL --full -- --type=renderer")


def cage(there: Before) -> None:
    run_in_it(there, "pkill -KILL --exact cage")


EVENTS = (
    Event("the reader is unplugged and plugged in", reader),
    Event("the touch panel is unplugged and plugged in", touch, goes_on=True),
    Event("the network's cable is out, and in again", cable),
    Event("pcscd dies", killed("pcscd.service"), dies="pcscd.service"),
    Event("the caretaker dies", killed("kiosk-caretaker.service"), dies="kiosk-caretaker.service"),
    Event("the server dies", killed("kiosk-server.service"), dies="kiosk-server.service"),
    Event("the page dies", page),
    Event("the screen dies", cage, dies="kiosk-browser.service"),
)


def run(machine: Machine, report: Report) -> None:
    with before(machine, report, PRINTER, lambda there, printer: there.plug_printer(printer.port)) as there:
        for event in EVENTS:
            with looked_at(there, report, f"{event.what} at attract", event.dies):
                event.does(there)
        for event in EVENTS:
            with looked_at(there, report, f"{event.what} at a PIN", event.dies):
                at_a_pin(there, event)
        is_forgotten(there, report, "after all that at a PIN, two seconds after attract")
        with looked_at(there, report, "the card is pulled in the middle of a reading"):
            in_a_reading(there, there.slot.take_out)
        with looked_at(there, report, "the reader is unplugged in the middle of a reading"):
            in_a_reading(there, lambda: reader(there))
        is_forgotten(there, report, "after that in a reading, two seconds after attract")
        with looked_at(there, report, "the printer is unplugged in the middle of a slip"):
            in_a_slip(there, report)
        is_forgotten(there, report, "after that in a slip, two seconds after attract")
        report(there.portal.held_count() == 0, "the portal holds nothing that is open")


@contextlib.contextmanager
def looked_at(there: Before, report: Report, what: str, dies: str | None = None) -> Iterator[None]:
    """Around something that happens: whether somebody can begin afterwards, how long it took until then, and what
    systemd has started again since."""
    machine, began = there.machine, time.monotonic()
    before = restarts(machine.run)
    try:
        try:
            yield
            machine.keep_picture(what)
            there.slot.take_out()
            there.somebody.sees("attract", ATTRACT_SECONDS)
            begins(there.somebody)
        except NotSeen as why:
            report(False, f"{what}: {why}")
            machine.keep_journal(what)
            there.slot.take_out()
            there.somebody.sees("attract", ATTRACT_SECONDS)
        else:
            report(True, f"{what}: somebody can begin after {time.monotonic() - began:.0f} s")
    finally:
        again = since(machine.run, before)
        if not again <= Counter({dies: 1} if dies else {}):
            machine.keep_journal(what)
        report(again <= Counter({dies: 1} if dies else {}), f"{what}: started again: {_list(again)}")


def begins(somebody: Person) -> None:
    """Who touches attract sees what there is to choose, and the first step of it. They leave it at that."""
    touches(somebody, "attract", "start", "home", ATTRACT_SECONDS)
    touches(somebody, "home", "link", "step_1_licence", PATIENCE_SECONDS)
    somebody.touches("leave")  # nothing has been given yet, so nobody is asked whether they are sure
    somebody.sees("attract")


def touches(somebody: Person, here: str, answer: str, then: str, seconds: float) -> None:
    """Again and again: what has just died may stand there still, and a reader or a portal that has just come is offered
    a moment later. What comes takes its time, and is not touched away."""
    began = time.monotonic()
    while True:
        somebody.touches(answer)
        try:
            return somebody.sees(then, OFFERED_SECONDS)
        except NotSeen:
            if time.monotonic() - began > seconds:
                raise
            if somebody.sees_one_of((here, then), seconds) == then:
                return


def at_a_pin(there: Before, event: Event) -> None:
    somebody = there.somebody
    to_the_text_pin(somebody, there.slot, there.card())
    somebody.types(PINS.text[:2])
    event.does(there)
    if event.goes_on:
        somebody.types(PINS.text[2:])
        somebody.touches("next")
        gives_up(somebody)


def gives_up(somebody: Person) -> None:
    """By touch, at the screen that shows who they are."""
    shown_who(somebody)
    somebody.touches("leave")
    somebody.sees("over_leave")
    somebody.touches("leave_now")
    somebody.sees("take_card")


def in_a_reading(there: Before, does: Callable[[], None]) -> None:
    """While a PIN is on its way to the card."""
    chip = text_pin_on_its_way(there)
    does()
    chip.let_go()


def in_a_slip(there: Before, report: Report) -> None:
    """Linked; the printer is pulled out while the slip comes, and plugged in again."""
    printer = there.printer
    printer.switches.rows_per_second = SLOW_ROWS
    to_the_slip(there.somebody, there.slot, there.card())
    begun = wait_for(lambda: printer.hanging.height > 0, PATIENCE_SECONDS, look=0.2)
    report(begun is not None, "a slip hangs out of the printer when it is unplugged")
    there.machine.unplug("printer")
    printer.switches.rows_per_second = None
    there.somebody.sees("linked_paper_partly")
    there.machine.plug("printer", "usb-serial", chardev="printer")
    time.sleep(GONE_SECONDS)
    before = len(printer.slips)
    once_more(there.somebody)
    report(len(printer.slips) > before, "plugged in again, it prints the slip when it is asked to")
    leave(there.somebody, there.slot)


def to_the_slip(somebody: Person, slot: Holds, card: Chip) -> None:
    """The eleven steps, until nothing more is asked."""
    to_the_text_pin(somebody, slot, card)
    somebody.types(PINS.text)
    somebody.touches("next")
    shown_who(somebody)
    to_the_sign_pin(somebody)
    somebody.sees("sign_pin")
    somebody.types(PINS.sign)
    somebody.touches("next")


def once_more(somebody: Person) -> None:
    """The slip that did not come whole."""
    somebody.touches("reprint")
    somebody.sees("linked_printed")


def run_in_it(there: Before, command: str) -> None:
    """As root. Raises NotSeen: it has met nothing."""
    code, said = there.machine.run(command)
    if code:
        raise NotSeen(f"{command}: {said.strip() or f'exit code {code}'}")


def _list(again: Counter[str]) -> str:
    return ", ".join(f"{unit}, {times} times" for unit, times in again.items()) or "nothing"
