"""One person's use of the kiosk, from the first touch to the end of the process.

A session is a process: it runs one flow on one thread, and when the flow has ended, however it ended, the process
leaves with everything it ever knew. So nothing here is cleared; `visit.run` returns and its caller ends the process.

Everything that happens outside (an answer, a card, a lost page, a change of a device) arrives in one queue and is
taken out by the flow's thread in one place, `_next`: attract, a question of a flow and the card that is to be taken
are waited for alike. What stands on the screen, how long it waits, what is in the slot, what has been typed, what ends
it and how long it works are values of their own (`shown.py`, `patience.py`, `slot.py`, `pad.py`, `ending.py`,
`work.py`), which know nothing of each other. Here they meet, but for two matters: the helpers that are laid over a
screen (`helpers.py`) and the card that a screen needs (`cover.py`).
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from kiosk.card.apdu import Card
from kiosk.card.pin import PinRule
from kiosk.config.guidance import Guidance
from kiosk.config.kiosk import AsSet, Settings
from kiosk.flows.asking.digits import Digits
from kiosk.flows.asking.ends import CardPulled
from kiosk.flows.asking.screen import Screen
from kiosk.hw.device import NotPrinted, Printed, ReaderState
from kiosk.ipc.caretaker import NoCaretaker
from kiosk.ipc.proof import SECONDS as PROOF_SECONDS
from kiosk.ipc.proof import Proof, Unproven, prove
from kiosk.language.languages import Language
from kiosk.receipts.slips import NotLaidOut, Slip
from kiosk.session.answers import Answer, Choice, Edit, Help, Key, Sign, Wish, meant_for_any
from kiosk.session.calling import Calling
from kiosk.session.course import Course
from kiosk.session.cover import Cover
from kiosk.session.devices import Devices
from kiosk.session.ending import Ending
from kiosk.session.fitted import Fitted
from kiosk.session.handover import Handover
from kiosk.session.helpers import Helpers
from kiosk.session.pad import Pad
from kiosk.session.patience import Patience, Wait, wait_for
from kiosk.session.shown import Shown, View
from kiosk.session.slot import CardSlot
from kiosk.session.switches import Switches
from kiosk.session.work import Work

if TYPE_CHECKING:
    from PIL.Image import Image

log = logging.getLogger("kiosk.session")


@dataclass(frozen=True)
class Event:
    """Something from outside: an answer to screen `seq`, the loss of the page, a device that is not as it was, or the
    end of the kiosk."""

    kind: Literal["answer", "device", "page", "stop"]
    answer: Answer | None = None
    seq: int = 0


class Session(Fitted):
    """Implements `flows.asking.contract.Kiosk`.

    guidance: the station's facts; devices: reader, printer and portal with their states; lay_out: makes a slip's
    picture; show: called with every new View; now: monotonic seconds; events: what has happened and waits for the flow;
    course: what will be told of the visit, to nobody without one; calling: how the staff are called; as_set: what an
    operator has set, of which `settings` may be less.
    """

    def __init__(
        self,
        settings: Settings,
        guidance: Guidance,
        devices: Devices,
        handover: Handover,
        lay_out: Callable[[Slip, Language], Image | NotLaidOut],
        show: Callable[[View], None],
        now: Callable[[], float] = time.monotonic,
        events: queue.SimpleQueue[Event] | None = None,
        course: Course | None = None,
        calling: Calling | None = None,
        as_set: AsSet | None = None,
    ) -> None:
        super().__init__(settings, guidance, devices, as_set)
        self.now = now
        self.course = course or Course(NoCaretaker(), handover, now)
        self.slot = CardSlot(devices.reader, handover)
        self._lay_out = lay_out
        self._shown = Shown(show)
        self._cover = Cover(self._shown, self.slot)
        self.helpers = Helpers(self._shown, calling or Calling(NoCaretaker()), self.can_call, self.device_changed)
        self._patience = Patience(settings, now())
        self._events = events or queue.SimpleQueue()
        self._in_use = False
        self._switches = Switches()
        self._ending = Ending()
        self._work = Work(now())

    # What the outside calls, from any thread.

    @property
    def view(self) -> View:
        return self._shown.view

    @property
    def in_use(self) -> bool:
        """Somebody is being served. Not yet at home, which promises to show when the portal is back; nor are the staff,
        who want to see how printer and portal are."""
        screen = self.view.screen
        return self._in_use and screen.name != "home" and not screen.staff

    def answer(self, seq: int, answer: Answer) -> None:
        """The page says what was touched. Stale answers are dropped here, before they can wait anywhere; wishes are
        fulfilled here, and whoever had one is there."""
        if not self._hears(seq, answer):
            return
        match answer:
            case Wish() | Language():
                if not self._switches.bounces(answer, self.now()):
                    self._shown.prefer(answer)
                answer = Sign.ACTIVE
            case Help.STAY if self._shown.close_languages():
                answer = Sign.ACTIVE
            case Help.LEAVE:
                self._shown.lay_leaving()
        self._events.put(Event("answer", answer, seq))

    def headphones(self, plugged: bool) -> None:
        """Somebody has plugged in headphones, and so asks to listen; or pulled them out, and nothing more may be said
        that was meant for them alone."""
        self._shown.prefer(Wish.LISTEN if plugged else Wish.HUSH)
        self._events.put(Event("device"))

    def ring(self) -> None:
        """The bell was pressed."""
        self.helpers.ring()
        self._events.put(Event("device"))

    def card_changed(self, state: ReaderState) -> None:
        self.slot.seen(state, self.now())
        if not self._work.waits:  # a flow that does something hears of it only later
            self._cover.put_up()
        self._events.put(Event("device"))

    def device_changed(self) -> None:
        self._events.put(Event("device"))

    def page_lost(self) -> None:
        self._patience.page_lost(self.now())
        self.slot.page_lost()
        self._events.put(Event("page"))

    def page_back(self) -> None:
        self._patience.page_back()
        self.slot.page_back()

    def stop(self) -> None:
        """The kiosk is to end. A signal's handler may call this: it waits for nothing."""
        self._ending.stop()
        self._events.put(Event("stop"))

    def page_astray(self) -> None:
        """Something that is not ours has come before the page, which has been taken away: whoever is served cannot be
        served on."""
        self._ending.page_astray()
        self._events.put(Event("page"))

    @property
    def works_for(self) -> float:
        """So long the flow's thread has been doing one thing, in seconds; 0 while it waits for somebody."""
        return self._work.lasts(self.now())

    @property
    def may_take(self) -> float:
        """So long it may, by its nature; 0: as anything."""
        return self._work.may_take

    def give_up(self, screen: Screen) -> None:
        """The flow's thread stands still and will say nothing more: this is the last screen, and the card loses its
        power. From another thread."""
        self._shown.lay(None)
        self._shown.put(screen)
        self.slot.drop()

    # What the visit asks for.

    def begin(self) -> None:
        """Somebody is there."""
        self._in_use = True
        self.course.begin()
        self.slot.begin(self.now())

    def begin_staff(self) -> None:
        """A member of the staff would like to come in: this is no visit, and is counted as none."""
        self._in_use = True

    def end(self) -> None:
        """What is left has to do with the card alone."""
        self._in_use = False
        self.helpers.end()

    def stand(self, screen: Screen, wait: Wait, pad: Mapping[str, object] | None = None) -> Answer | None:
        """Have a screen stand there until something has happened: what was answered to it; None: look again.

        Raises the ends of `flows.asking.ends` that `wait` has, and CardPulled.
        """
        self._put(screen, wait, pad)
        return self._next()

    def lift(self) -> None:
        """Take away whatever is laid over the screen: it has an answer."""
        self._shown.lay(None)
        self._patience.noticed(self.now())

    # What a flow asks for; the rest of it is `Fitted`.

    @property
    def insertion(self) -> int:
        return self.slot.insertion

    @property
    def rings(self) -> int:
        return self.helpers.rings

    def ask(self, screen: Screen) -> str:
        self._take_stale()
        while True:
            answer = self.stand(screen, wait_for(screen))
            if isinstance(answer, Choice) and answer.name in screen.answers:
                self.course.chose(screen, answer.name)
                return answer.name

    def ask_pin(self, screen: Screen, rule: PinRule | Digits) -> bytearray | str:
        self._take_stale()
        pad, wait = Pad(rule), wait_for(screen)
        if wait is Wait.DOOR:
            self._patience.begin(wait, self.now())  # also on the pad that stood there while a passcode was checked
        try:
            while True:
                answer = self.stand(screen, wait, pad.facts())
                if wait is Wait.DOOR and isinstance(answer, Key | Edit | Choice):
                    self._patience.begin(wait, self.now())  # a key puts it off, and a palm does not
                if (pin := pad.press(answer, self.now())) is not None:
                    return pin
                if isinstance(answer, Choice) and answer.name in screen.answers:
                    return answer.name
        finally:
            pad.wipe()

    def show(self, screen: Screen) -> None:
        self._put(replace(screen, answers=()), wait_for(screen))

    def heed_leaving(self) -> None:
        self._take_stale()
        self._ending.heed()

    def await_card(self, screen: Screen, newer_than: int | None = None) -> str | None:
        self._take_stale()
        wait = wait_for(screen) if screen.answers else Wait.PUT_BACK
        while not self.slot.has_card(newer_than):
            facts = {"fault": "", "kind": "card", **screen.facts, "mute": self.slot.mute}
            if self.slot.nobodys:
                facts |= {"fault": "left", "mute": False}
            answer = self.stand(replace(screen, facts=facts), wait)
            if isinstance(answer, Choice) and answer.name in screen.answers:
                return answer.name
        self.lift()
        return None

    def card(self) -> Card:
        return self.slot.card()

    def prove(self, challenge: str) -> Proof | Unproven:
        self._work.goes_on(self.now(), 3 * PROOF_SECONDS)  # to connect, to say it, to hear
        proven = prove(challenge)
        self._work.goes_on(self.now())
        return proven

    def lay_out(self, slip: Slip) -> Image | NotLaidOut:
        return self._lay_out(slip, self.view.preferences.language)

    def print(self, picture: Image) -> Printed | NotPrinted:
        printer = self._devices.printer
        self._work.goes_on(self.now(), printer.longest_seconds(picture.height))
        outcome = printer.print(picture)
        self._work.goes_on(self.now())
        self.course.printed(outcome)
        return outcome

    # Inside.

    def _put(self, screen: Screen, wait: Wait, pad: Mapping[str, object] | None = None) -> None:
        """The same screen goes on waiting; another one begins anew."""
        self._work.goes_on(self.now())
        screen, pad = self._cover.instead(screen, pad)
        self.course.comes_to(screen)
        anew = self._shown.put(screen, pad)
        self._cover.put_up()  # the card may have gone this moment
        if anew:
            log.info("screen %s", screen.name if screen.step is None else f"{screen.step} {screen.name}")
            self._patience.begin(wait, self.now())
        elif wait is not self._patience.kind:
            self._patience.begin(wait, self.now())

    def _next(self) -> Answer | None:
        """The next answer for the screen that stands there. None for whatever else has happened: helpers, idle and
        losses are dealt with here."""
        self._ending.heed_stop()
        self._require_card()
        self._ending.heed(self._in_use)
        if self.helpers.say_rung():
            self._patience.noticed(self.now())
        self._work.rests()
        try:
            event = self._events.get(timeout=self._patience.wait(self.now()))
        except queue.Empty:
            self._work.goes_on(self.now())
            if self._patience.due(self.now()) == "warn":
                self._shown.lay("idle", self._patience.until, aloud=self.view.aloud)
            return None
        self._work.goes_on(self.now())
        self._require_card()
        if event.kind == "device":
            self._shown.refresh()
        if event.answer is None or not self._hears(event.seq, event.answer):
            return None
        if isinstance(event.answer, Help):
            self.helpers.answer(event.answer, self._in_use)
            self._patience.answered(self.now())
            return None
        self._patience.touched(self.now())
        if self.view.overlay is not None:
            return None
        if isinstance(event.answer, Choice) and event.answer.name in self.view.screen.answers:
            self._patience.answered(self.now())
        return event.answer

    def _hears(self, seq: int, answer: Answer) -> bool:
        """It is one to what stands there, or would be one to anything; the choice of languages stays over whatever
        comes."""
        languages = answer is Help.STAY and self.view.overlay == "language"
        return self._shown.accepts(seq) or meant_for_any(answer) or languages

    def _require_card(self) -> None:
        """Raises CardPulled when the card is missed. Looked at before the flow's thread waits and when it goes on."""
        if self._cover.missed:
            self.lift()
            raise CardPulled

    def _take_stale(self) -> None:
        """Take out what came while something was being done: only やめる still counts, whatever screen it came from."""
        if self.view.screen.answers:
            return
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return
            if event.answer is Help.LEAVE:
                self._ending.leave()
