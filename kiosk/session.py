"""One person's use of the kiosk, from the first touch to the end of the process.

A session is a process: it runs one flow on one thread, and when the flow has ended, however it ended, the process
leaves with everything it ever knew. So nothing here is cleared; `Session.run` returns and its caller ends the process.

Everything that happens outside (an answer, a card, a lost page, a change of a device) arrives in one queue and is
taken out by the flow's thread, in `_next`. The page holds no state but the number (`seq`) of what it shows: a new
screen gets a new number, the same screen with other facts keeps it, and an answer to another number is dropped.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from kiosk.card.apdu import Card
from kiosk.card.pin import PinRule, erase, fold_key
from kiosk.config import Settings
from kiosk.devices import Devices
from kiosk.flows import home
from kiosk.flows.ends import BrowserLost, CardGone, CardPulled, Ended, Left, TimedOut
from kiosk.flows.outcomes import End
from kiosk.flows.refusal import tell
from kiosk.flows.screen import Screen, Sound
from kiosk.guidance import Guidance
from kiosk.handover import Handover
from kiosk.hw.device import Connection, NotPrinted, Printed, PrinterFault, ReaderState
from kiosk.languages import Language
from kiosk.portal.client import PortalClient
from kiosk.preferences import Preferences
from kiosk.receipts.receipt import Receipt

log = logging.getLogger("kiosk.session")

SETTLE_SECONDS = 1.0  # for the reader to say what is in the slot after the start of the process
BOUNCE_SECONDS = 0.3  # a second press of the same key within this is a bounce (EN 301 549 5.8)
CONFIRM_LEAVING_FROM = 5  # the step from which やめる asks once more: something has been typed or read

Overlay = Literal["leave", "leaving", "idle", "staff", "language"]


@dataclass(frozen=True)
class Event:
    """Something from outside. seq: the screen an answer belongs to."""

    kind: Literal["answer", "device", "page"]
    value: str = ""
    seq: int = 0


@dataclass(frozen=True)
class View:
    """What stands on the screen now, whole: a page that has just connected needs nothing else."""

    seq: int
    screen: Screen
    overlay: Overlay | None
    seconds: float | None  # until the overlay's question answers itself
    preferences: Preferences
    pad: Mapping[str, object] | None


class Session:
    """Implements `flows.kiosk.Kiosk`.

    guidance: the station's facts; devices: reader, printer and portal with their states; print_receipt: renders and
    prints; show: called with every new View, from the flow's thread.
    """

    def __init__(
        self,
        settings: Settings,
        guidance: Guidance,
        devices: Devices,
        handover: Handover,
        print_receipt: Callable[[Receipt, Language], Printed | NotPrinted],
        show: Callable[[View], None],
    ) -> None:
        self._settings = settings
        self._guidance = guidance
        self._devices = devices
        self._handover = handover
        self._print_receipt = print_receipt
        self._show_view = show
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._view = View(0, Screen("attract"), None, None, Preferences(), None)
        self._lock = threading.Lock()
        self._page_lost_at: float | None = time.monotonic()  # none has come yet
        self._in_use = False
        self._leaving = False
        self._deadline: float | None = None
        self._card: Card | None = None
        self._connection: Connection | None = None
        self._card_insertion = -1
        self._insertion_when_shown = 0

    # What the outside calls, from any thread.

    @property
    def view(self) -> View:
        return self._view

    @property
    def in_use(self) -> bool:
        """Somebody is being served. Not yet at home, which promises to show when the portal is back."""
        return self._in_use and self._view.screen.name != "home"

    def answer(self, seq: int, answer: str) -> None:
        """The page says what was touched. Stale answers are dropped here, before they can wait anywhere."""
        with self._lock:
            if seq != self._view.seq:
                return
            if self._prefer(answer):
                answer = "active"
            if answer == "leave" and not self._view.screen.answers and self._view.screen.step:
                self._view = replace(self._view, overlay="leaving")
                self._show_view(self._view)
        self._events.put(Event("answer", answer, seq))

    def headphones(self, plugged: bool) -> None:
        """Somebody has plugged in headphones, and so asks to listen; or pulled them out, and nothing more may be said
        that was meant for them alone."""
        with self._lock:
            self._prefer("listen" if plugged else "hush")
        self._events.put(Event("device"))

    def device_changed(self) -> None:
        if self._in_use:
            self._handover.card_in = self._occupied
        self._events.put(Event("device"))

    def page_lost(self) -> None:
        self._page_lost_at = time.monotonic()
        self._events.put(Event("page"))

    def page_back(self) -> None:
        self._page_lost_at = None
        self._insertion_when_shown = self.insertion
        self._events.put(Event("page"))

    # The whole of a visit.

    def run(self) -> None:
        """From attract to the end. Returns when the process may end; never raises."""
        try:
            self._await_first_touch()
            self._in_use = True
            self._handover.card_in = self._occupied
            log.info("session begins")
            home.visit(self)
            end = "finished"
        except Ended as ended:
            end = type(ended).__name__
        except Exception as error:  # the last line of defence: the person reads words, the log gets no values
            end = "problem"
            frames = traceback.extract_tb(error.__traceback__)
            log.error("%s at %s", type(error).__name__, " < ".join(f"{f.name}:{f.lineno}" for f in reversed(frames)))
            self._say_problem()
        log.info("session ends: %s", end)
        self._in_use = False
        with contextlib.suppress(Exception):  # whatever cannot be shown: the process ends, and with it all it knows
            taken = self._give_card_back(end)
            self._put(Screen("closing", sound=Sound.CARD_OUT if taken else Sound.NONE))

    def _await_first_touch(self) -> None:
        """Attract, or "take the card" while the last person's card is still in. A card put in counts as a touch."""
        began = time.monotonic()
        while True:
            slot = self._devices.reader.state
            settled = time.monotonic() - began > SETTLE_SECONDS
            if slot is ReaderState.EMPTY:
                self._handover.card_in = self._handover.card_in and not settled
            left_behind = self._handover.card_in
            if self._occupied and not left_behind and self._put_in_while_shown():
                return
            taken = Sound.CARD_OUT if self._view.screen.name == "left_card" else Sound.NONE
            attract = Screen("attract", {}, ("start",), sound=taken)
            self._put(Screen("left_card", sound=Sound.TAKE_CARD) if left_behind else attract)
            try:
                event = self._events.get(timeout=SETTLE_SECONDS if left_behind and not settled else None)
            except queue.Empty:
                continue
            chosen = self._view.preferences != Preferences() or self._view.overlay == "language"
            if not left_behind and (chosen or (event.kind == "answer" and event.value == "start")):
                return
            if event.kind == "answer":
                self._help(event.value)
            if event.kind == "device":
                self._refresh()

    def _put_in_while_shown(self) -> bool:
        """Somebody stands there: the card came while the page was there to be seen."""
        return self._page_lost_at is None and self.insertion > self._insertion_when_shown

    @property
    def _occupied(self) -> bool:
        """Something is in the slot, whether it answers or not."""
        return self._devices.reader.state in (ReaderState.CARD, ReaderState.MUTE)

    def _say_problem(self) -> None:
        with contextlib.suppress(Exception):  # the person has left, or there is no way to show even that
            tell(self, End.KIOSK_PROBLEM)

    def _give_card_back(self, end: str) -> bool:
        """The card has no power from here on; the screen and its sound stay until it has gone. True: it has just."""
        self._drop_card()
        until = time.monotonic() + self._settings.session.take_card_seconds
        asked = False
        self._overlay(None)
        while self._occupied:
            self._put(Screen("take_card", {"end": end}, sound=Sound.TAKE_CARD))
            asked = True
            left = until - time.monotonic()
            if left <= 0 or self._page_lost_at is not None:
                return False
            with contextlib.suppress(queue.Empty):
                event = self._events.get(timeout=min(left, 1.0))
                if event.kind == "answer":
                    self._help(event.value)
        return asked

    # What a flow asks for.

    @property
    def portal(self) -> PortalClient:
        return self._devices.portal

    @property
    def guidance(self) -> Guidance:
        return self._guidance

    @property
    def insertion(self) -> int:
        return self._devices.reader.insertion

    @property
    def can_print(self) -> bool:
        return self._settings.printer.kind != "none"

    def ask(self, screen: Screen) -> str:
        self._take_stale()
        self._put(screen)
        while True:
            event = self._next()
            if event.kind == "answer" and event.value in screen.answers:
                return event.value

    def ask_pin(self, screen: Screen, rule: PinRule) -> bytearray | str:
        self._take_stale()
        pin = bytearray()
        problem, last_key, last_at = "", "", 0.0
        try:
            while True:
                self._put(screen, pad=pad_of(rule, len(pin), problem))
                event = self._next()
                now = time.monotonic()
                match event.value.partition(":"):
                    case ("key", _, key) if key == last_key and now - last_at < BOUNCE_SECONDS:
                        continue
                    case ("key", _, key):
                        last_key, last_at, problem = key, now, ""
                        byte = fold_key(key)
                        if byte is not None and len(pin) < rule.longest and (rule.letters or chr(byte).isdigit()):
                            pin.append(byte)
                    case ("erase", _, _):
                        erase(pin, max(len(pin) - 1, 0))
                        last_key = problem = ""
                    case ("clear", _, _):
                        erase(pin)
                        last_key = problem = ""
                    case ("next", _, _):
                        fault = rule.fault(pin)
                        if fault is None:
                            entered, pin = pin, bytearray()
                            return entered
                        problem = fault.value
                    case (other, _, _) if other in screen.answers:
                        return other
        finally:
            erase(pin)

    def show(self, screen: Screen) -> None:
        self._put(replace(screen, answers=()))

    def heed_leaving(self) -> None:
        self._take_stale()
        if self._leaving:
            raise Left

    def await_card(self, screen: Screen, newer_than: int | None = None) -> str | None:
        self._take_stale()
        give_up = time.monotonic() + self._settings.session.put_back_seconds if not screen.answers else None
        while True:
            state = self._devices.reader.state
            if state is ReaderState.CARD and (newer_than is None or self.insertion > newer_than):
                self._overlay(None)
                return None
            facts = {"fault": "", "kind": "card", **screen.facts, "mute": state is ReaderState.MUTE}
            self._put(replace(screen, facts=facts), deadline=give_up)
            try:
                event = self._next()
            except TimedOut:
                raise (CardGone if give_up else TimedOut) from None
            if event.kind == "answer" and event.value in screen.answers:
                return event.value

    def card(self) -> Card:
        if self._card is None or self._card.was_reset or self._card_insertion != self.insertion:
            self._drop_card()
            insertion = self.insertion
            self._connection = self._devices.reader.connect()
            self._card, self._card_insertion = Card(self._connection.transmit), insertion
        return self._card

    def print(self, receipt: Receipt) -> Printed | NotPrinted:
        try:
            return self._print_receipt(receipt, self._view.preferences.language)
        except (OSError, ValueError) as error:
            log.error("slip %s could not be made: %s", receipt.name, type(error).__name__)
            return NotPrinted(PrinterFault.ERROR, partly=False)

    # Inside.

    def _put(self, screen: Screen, pad: Mapping[str, object] | None = None, deadline: float | None = None) -> None:
        """Put a screen up. The same screen of the same step keeps its number; another one gets the next."""
        with self._lock:
            before = self._view
            same = (before.screen.name, before.screen.step) == (screen.name, screen.step)
            seq = before.seq if same else before.seq + 1
            overlay = before.overlay if same or before.overlay == "language" else None
            if same and (screen, pad, overlay) == (before.screen, before.pad, before.overlay):
                return
            if not same or self._deadline is None or deadline is not None:
                self._deadline = deadline or self._idle_deadline(screen)
            if not same:
                log.info("screen %s", screen.name if screen.step is None else f"{screen.step} {screen.name}")
            self._view = View(seq, screen, overlay, before.seconds if overlay else None, before.preferences, pad)
            self._show_view(self._view)

    def _overlay(self, overlay: Overlay | None, seconds: float | None = None) -> None:
        with self._lock:
            if overlay != self._view.overlay:
                self._view = replace(self._view, overlay=overlay, seconds=seconds)
                self._show_view(self._view)

    def _next(self) -> Event:
        """The next event for the screen that stands there; helpers, idle and losses are dealt with here."""
        while True:
            screen = self._view.screen
            if screen.needs_card and (
                self._devices.reader.state is not ReaderState.CARD or self._card_insertion != self.insertion
            ):
                self._overlay(None)
                raise CardPulled
            if self._leaving:
                raise Left
            try:
                event = self._events.get(timeout=self._patience())
            except queue.Empty:
                self._waited_too_long()
                continue
            if event.kind == "device":
                self._refresh()
                return event
            if event.kind == "answer" and event.seq == self._view.seq:
                helped = self._help(event.value)
                self._touched()
                if not helped and self._view.overlay is None:
                    return event

    def _help(self, answer: str) -> bool:
        """The helpers that are on every screen, and the questions laid over it. True when it was one of them."""
        match answer, self._view.overlay:
            case "active", _:
                pass
            case "staff", _:
                log.info("staff called")
                self._overlay("staff")
            case "stay", _:
                self._overlay(None)
            case "leave_now", "leave" | "idle":
                raise Left
            case "leave", _:
                self._leave_or_confirm()
            case _:
                return False
        return True

    def _prefer(self, answer: str) -> bool:
        """How things are shown changes at once, whatever the flow is doing: the same screen stands there in another
        dress, nothing typed is lost. True when the answer was about that. Called under the lock."""
        view = self._view
        wanted = view.preferences.after(answer)
        if answer == "language" and view.overlay is None:
            view = replace(view, overlay="language", seconds=None)
        elif view.overlay == "language" and (answer == "stay" or answer.startswith("lang:")):
            view = replace(view, overlay=None, preferences=wanted)
        elif wanted != view.preferences:
            view = replace(view, preferences=wanted)
        if view == self._view:
            return False
        self._view = view
        self._show_view(view)
        return True

    def _leave_or_confirm(self) -> None:
        if not self._in_use:
            return
        if (self._view.screen.step or 0) < CONFIRM_LEAVING_FROM:
            raise Left
        self._overlay("leave")

    def _take_stale(self) -> None:
        """Take out what came while something was being done: only やめる still counts, whatever screen it came from."""
        if self._view.screen.answers:
            return
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return
            self._leaving = self._leaving or event.value == "leave"

    def _patience(self) -> float:
        now = time.monotonic()
        ends = [self._deadline if self._deadline is not None else now + 3600]
        if self._page_lost_at is not None:
            ends.append(self._page_lost_at + self._settings.session.browser_lost_seconds)
        return max(min(ends) - now, 0.01)

    def _waited_too_long(self) -> None:
        now = time.monotonic()
        lost_at = self._page_lost_at
        if lost_at is not None and now >= lost_at + self._settings.session.browser_lost_seconds:
            raise BrowserLost
        if self._deadline is None or now < self._deadline:
            return
        if self._view.overlay == "idle" or not self._view.screen.answers:
            raise TimedOut
        warning = self._settings.screen.warning_seconds
        self._deadline = now + warning
        self._overlay("idle", warning)

    def _touched(self) -> None:
        """Somebody is there. The question whether anybody is wants an answer: were a touch enough, its buttons would
        go from under the finger."""
        if self._view.screen.answers and self._view.overlay != "idle":
            self._deadline = self._idle_deadline(self._view.screen)

    def _idle_deadline(self, screen: Screen) -> float | None:
        if not self._in_use:
            return None
        settings = self._settings.screen
        return time.monotonic() + (settings.reading_idle_seconds if screen.reading else settings.idle_seconds)

    def _refresh(self) -> None:
        """A device has changed, and every screen may show its state."""
        with self._lock:
            self._show_view(self._view)

    def _drop_card(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._card = None


def pad_of(rule: PinRule, entered: int, problem: str) -> dict[str, object]:
    return {
        "entered": entered,
        "layout": "letters" if rule.letters else "digits",
        "problem": problem,
        "minimum": rule.shortest,
        "maximum": rule.longest,
    }
