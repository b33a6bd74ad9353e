"""The devices of this process and what is known of each now, for the screens that must not offer what cannot be done.

The reader tells its changes by itself. The printer and the portal are asked from time to time, and only while nobody
is being served: during a visit each says how it stands when it is used. Staff may have both asked at once. At the same
times the caretaker is told how they are; without a caretaker nobody new is linked.

A kiosk that gives guidance only (services/server.py) has none of them: nothing is asked, and that is what is reported.

When the kiosk or the portal opens again is worded as seen from today ("tomorrow at 8:30") whenever a screen is shown.
So a day that has begun is a change of both, though neither has changed.

For the staff's board it is told more (config/health.toml), at the start, at every change, and every ten seconds, during
visits too: whether somebody is being served is not to be read from when it hears of us. A thread of its own does that,
so that no visit waits for it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from kiosk.config.events import Event, event
from kiosk.hw.device import Button, Jack, Keypad, NoJack, Printer, PrinterFault, Reader, ReaderState
from kiosk.hw.supervise import Complaints, keep, start, where
from kiosk.ipc.caretaker import Away, Listener, NoCaretaker
from kiosk.ipc.doors import UNKNOWN
from kiosk.ipc.messages import Doors, DoorsStand, SafeFor
from kiosk.language import dates
from kiosk.portal.client import PortalClient, PortalClosed
from kiosk.portal.errors import APART_SECONDS
from kiosk.portal.model import OpensAt

log = logging.getLogger("kiosk.devices")

ASK_EVERY_SECONDS = 10.0
UNUSED = ("reader", "printer", "portal", "certificate", "clock", "bell", "keypad", "beacon")  # for guidance only

PortalState = Literal["open", "closed", "unreachable"]


@dataclass(frozen=True)
class Aids:
    """What can be felt beside the screen, and heard from afar, as far as it is fitted (docs/aids.md). receiver: of the
    beacon's remote. beacon: there is one, also if it only sounds by itself."""

    bell: Button | None = None
    keypad: Keypad | None = None
    receiver: Button | None = None
    beacon: bool = False

    @property
    def keys(self) -> bool:
        """There are keys that can be felt now."""
        return self.keypad is not None and self.keypad.present

    def reports(self) -> list[tuple[str, str]]:
        """Checks and reasons."""
        alone = "ready" if self.beacon else "none"
        return [
            ("bell", _stands(self.bell)),
            ("keypad", _stands(self.keypad)),
            ("beacon", _stands(self.receiver) if self.receiver else alone),
        ]


def _stands(aid: Button | Keypad | None) -> str:
    return "none" if aid is None else "ready" if aid.present else "absent"


class Devices:
    """Reader, printer, portal, the socket for headphones and the aids, opened after the fork. has_printer: or `printer`
    stands for none, of which there is nothing to tell. safe_for: why there is guidance only; None: there is more."""

    def __init__(
        self,
        reader: Reader,
        printer: Printer,
        portal: PortalClient,
        jack: Jack | None = None,
        caretaker: Listener | None = None,
        has_printer: bool = True,
        safe_for: SafeFor | None = None,
        aids: Aids | None = None,
        stick: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.safe_for = safe_for
        self.aids = aids or Aids()
        self.reader = reader
        self.printer = printer
        self.portal = portal
        self.jack = jack or NoJack()
        self.portal_state: PortalState = "unreachable" if safe_for else "open"
        self.portal_opens_at: OpensAt | None = None  # of a closed one, when it has said so
        self.printer_fault = PrinterFault.UNREACHABLE if safe_for else None
        self.caretaker_there = True
        self.caretaker = caretaker or NoCaretaker()
        self.doors = self._doors_left() or UNKNOWN
        self._doors_day = self._portal_day = dates.today()  # on which each was asked last
        self.stick: str | None = None
        self._stick_done = stick
        self._has_printer = has_printer
        self._known: set[str] = set()  # of which it was found out how it is
        self._answered: bool | None = None  # the reader did, at the last look
        self._near_end = False  # the printer's paper is
        self._clock_seen = False  # the portal has told its hour since it was reported
        self._stopped = threading.Event()
        self._news = threading.Event()  # something is not as it was reported

    @property
    def guidance_only(self) -> bool:
        """Nobody new is given more: it cannot be, or it is outside the kiosk's hours."""
        return self.safe_for is not None or self.doors.guidance

    def start(
        self,
        card: Callable[[ReaderState], None],
        changed: Callable[[], None],
        busy: Callable[[], bool],
        headphones: Callable[[bool], None] = lambda _in: None,
        rung: Callable[[], None] = lambda: None,
        sought: Callable[[], None] = lambda: None,
    ) -> None:
        """Watch from now on. All are called from other threads: `card` with what the reader reports, `headphones` when
        some go in or out, `changed` when printer, portal or keypad are not as they were, `rung` and `sought` when the
        bell and the beacon's remote are pressed; `busy` says whether somebody is being served."""

        def seen(state: ReaderState) -> None:
            card(state)
            self._news.set()

        def felt() -> None:
            changed()
            self._news.set()

        self.reader.start(seen)
        self.jack.start(headphones)
        for button, pressed in ((self.aids.bell, rung), (self.aids.receiver, sought)):
            if button is not None:
                button.start(pressed, self._news.set)
        if self.aids.keypad is not None:
            self.aids.keypad.start(felt)
        if self.safe_for is None:
            self._watch("portal", self.ask_portal, self.no_portal, changed, busy)
            self._watch("printer", self.ask_printer, self.no_printer, changed, busy)
        self._watch("caretaker", self.ask_caretaker, self.no_caretaker, changed, busy)
        self._watch("stick", self.ask_stick, lambda: False, changed, busy)
        self._watch("health", self.report, lambda: False, changed, lambda: False, self._news)

    def stop(self) -> None:
        """End the watches of printer and portal. The reader, the jack and the aids have their own."""
        self._stopped.set()
        self._news.set()

    def _watch(
        self,
        name: str,
        ask: Callable[[], bool],
        lost: Callable[[], bool],
        changed: Callable[[], None],
        busy: Callable[[], bool],
        early: threading.Event | None = None,
    ) -> None:
        """Each in a thread of its own, so that neither has to wait for the other. Who cannot be asked is lost. early:
        set when the next time is now."""
        wake = early or self._stopped

        def watch() -> None:
            while not self._stopped.is_set():
                if not busy() and ask():
                    changed()
                wake.wait(ASK_EVERY_SECONDS)
                if early is not None:
                    early.clear()

        def failed() -> None:
            if lost():
                changed()

        def words(error: Exception) -> str:
            return f"{name}: {where(error)}"

        start(name, lambda: keep(watch, self._stopped, Complaints(log), failed=failed, words=words))

    # Each says whether something has changed.

    def ask_portal(self) -> bool:
        answer = self.portal.reachable()
        self._clock_seen = True
        if isinstance(answer, PortalClosed):
            return self._portal_is("closed", answer.opens_at)
        return self._portal_is("open") if answer else self.no_portal()

    def no_portal(self) -> bool:
        return self._portal_is("unreachable")

    def ask_printer(self) -> bool:
        state = self.printer.state()
        if self._near_end is not state.paper_near_end:
            self._near_end = state.paper_near_end
            self._news.set()
        return self._printer_is(state.fault)

    def no_printer(self) -> bool:
        return self._printer_is(PrinterFault.UNREACHABLE)

    def ask_caretaker(self) -> bool:
        """Tell it how the devices are; whether that arrives says whether it is there."""
        states = self._states()
        there = self._caretaker_is(self.caretaker.present() and all(self.caretaker.tell(each) for each in states))
        return self.ask_doors() or there

    def ask_doors(self) -> bool:
        """Whether the kiosk is open. Of a caretaker that does not answer holds what it has left; where that is nothing,
        what was so stays so, and nobody who begins is given more than guidance."""
        before = self.doors, self._doors_day
        self._doors_day = dates.today()
        try:
            answer: object = self.caretaker.ask(Doors())
        except Away:
            answer = self._doors_left()
        if isinstance(answer, DoorsStand):
            self.doors = answer
        return before != (self.doors, self._doors_day)

    def _doors_left(self) -> DoorsStand | None:
        left = self.caretaker.doors_left()
        return None if left is None else left.stand(dates.now().timestamp())

    def ask_stick(self) -> bool:
        """What was done with a stick for provisioning, not long ago."""
        before, self.stick = self.stick, self._stick_done()
        return before != self.stick

    def no_caretaker(self) -> bool:
        return self._caretaker_is(False)

    def look_again(self) -> None:
        """Ask portal and printer now and report how all is: somebody waits for it. Who cannot be asked is lost."""
        asked = () if self.safe_for else ((self.ask_portal, self.no_portal), (self.ask_printer, self.no_printer))
        for ask, lost in asked:
            try:
                ask()
            except Exception as error:
                log.warning("%s", where(error))
                lost()
        self.report()

    def report(self) -> bool:
        """Report how everything is, as far as it is known. Nothing changes by that."""
        for check, reason in self._reports():
            if not self.caretaker.report(check, reason):
                return False  # it is away, and hears all of it later
        self._clock_seen = False
        return False

    def _reports(self) -> list[tuple[str, str]]:
        """Checks and reasons. The clock is held against the portal's only when that has just told its own."""
        if self.safe_for is not None:
            return [("safe_mode", self.safe_for), *((unused, "unused") for unused in UNUSED)]
        found = [("safe_mode", "off"), *self.aids.reports()]
        if (answers := self.reader.answers) is not None:
            stands = "absent" if self.reader.state is ReaderState.ABSENT else "present"
            found.append(("reader", stands if answers else "still"))
        if not self._has_printer:
            found.append(("printer", "none"))
        elif "printer" in self._known:
            fault = self.printer_fault
            found.append(("printer", fault.value if fault else "near_end" if self._near_end else "ready"))
        if "portal" in self._known:
            found.append(("portal", "misconfigured" if self.portal.misconfigured else self.portal_state))
        if (lasts := self.portal.certificate(dates.now())) is not None:
            found.append(("certificate", lasts))
        if self._clock_seen and self.portal.ill_timed is not None:
            found.append(("clock", "ill_timed"))
        elif self._clock_seen and self.portal.ahead is not None and self.portal_state != "unreachable":
            found.append(("clock", "apart" if abs(self.portal.ahead) > APART_SECONDS else "right"))
        return found

    def _states(self) -> list[Event]:
        """What is known. A reader that is absent at one look only is being opened. What is not used is told as that: it
        may have been out of order before, and would stay so for whoever was told."""
        states: list[Event] = []
        if self.safe_for is not None:
            return [event(name, **{name: "unused"}) for name in ("reader", "printer", "portal")]
        answers = self.reader.answers is not False and self.reader.state is not ReaderState.ABSENT
        before, self._answered = self._answered, answers
        if before is answers:
            states.append(event("reader", reader="present" if answers else "absent"))
        if not self._has_printer:
            states.append(event("printer", printer="unused"))
        elif "printer" in self._known:
            fault = self.printer_fault
            states.append(event("printer", printer=fault.value if fault else "ready"))
        if "portal" in self._known:
            states.append(event("portal", portal=self.portal_state))
        return states

    def _caretaker_is(self, there: bool) -> bool:
        before, self.caretaker_there = self.caretaker_there, there
        return before is not there

    def _portal_is(self, state: PortalState, opens_at: OpensAt | None = None) -> bool:
        before = self.portal_state, self.portal_opens_at, self._portal_day
        self.portal_state, self.portal_opens_at, self._portal_day = state, opens_at, dates.today()
        return self._is_known("portal", before != (state, opens_at, self._portal_day))

    def _printer_is(self, fault: PrinterFault | None) -> bool:
        before, self.printer_fault = self.printer_fault, fault
        return self._is_known("printer", before is not fault)

    def _is_known(self, name: str, changed: bool) -> bool:
        if changed or name not in self._known:
            self._known.add(name)
            self._news.set()
        return changed
