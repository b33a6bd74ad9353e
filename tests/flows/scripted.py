"""A kiosk for flows alone: somebody answers by a script, the slot holds a virtual card, and every screen is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, cast

from PIL import Image

from kiosk.card.apdu import Card, CardLost
from kiosk.card.pin import PinRule
from kiosk.config import guidance
from kiosk.config.guidance import Guidance
from kiosk.config.kiosk import AsSet, Settings
from kiosk.flows.asking.digits import Digits
from kiosk.flows.asking.ends import CardPulled, Left
from kiosk.flows.asking.screen import Screen
from kiosk.hw.device import NotPrinted, Printed
from kiosk.hw.inputs import Inputs
from kiosk.ipc.caretaker import Listener, NoCaretaker
from kiosk.ipc.messages import DoorsStand
from kiosk.ipc.proof import Proof, Unproven
from kiosk.portal.client import PortalClient
from kiosk.receipts.slips import NotLaidOut, Slip
from kiosk.sim.card.chip import Chip
from kiosk.sim.card.wire import Pulled
from tests.web.catalogue import SIGHTS
from tests.web.catalogue_staff import STAFF_SIGHTS

KNOWN: dict[str, tuple[set[str], set[str]]] = {}  # what a page can be made of: the facts and answers of each screen
for sight in (*SIGHTS, *STAFF_SIGHTS):
    facts, answers = KNOWN.setdefault(sight.screen.name, (set(), set()))
    facts.update(sight.screen.facts)
    answers.update(sight.screen.answers)
WAITS_FOR = {
    (sight.screen.facts["kind"], sight.screen.facts["fault"])
    for sight in SIGHTS
    if sight.screen.name == "set_card" and "kind" in sight.screen.facts
}

PUT_IN = "put in"  # a hand's answer, which no page gives
NOTHING_PROVEN = Unproven("image")
NO_INPUTS = Inputs(keypad=False, fingers=False)
Answer = str | Callable[["ScriptedKiosk"], str]


class ScriptedKiosk:
    """answers: one for each screen that asks; what is no answer of the screen fails the test, running out is やめる.

    Before an answer is given a function may do something to the kiosk (pull the card) and returns the answer.
    """

    def __init__(
        self,
        *answers: Answer,
        card: Chip | None = None,
        printing: Iterable[Printed | NotPrinted] = (),
        can_print: bool = True,
        guidance_only: bool = False,
        safe_mode: bool = False,
        can_lay_out: bool = True,
        can_sound: bool = False,
        can_call: bool = False,
        headphones_in: bool | None = None,
        keypad_in: bool | None = None,
        bell_in: bool | None = None,
        inputs: Inputs = NO_INPUTS,
        portal: PortalClient | None = None,
        caretaker: Listener | None = None,
        proven: Proof | Unproven = NOTHING_PROVEN,
    ) -> None:
        self.caretaker = caretaker or NoCaretaker()
        self._proven = proven
        self.challenges: list[str] = []
        self._answers = list(answers)
        self._printing = list(printing)
        self.can_print = can_print
        self.guidance_only = guidance_only or safe_mode
        self.safe_mode = safe_mode
        self.doors = DoorsStand()
        self.as_set = AsSet(Settings())
        self.can_sound = can_sound
        self.can_call = can_call
        self.headphones_in = headphones_in
        self.keypad_in = keypad_in
        self.bell_in = bell_in
        self.rings = 0
        self.inputs = inputs
        self._can_lay_out = can_lay_out
        self.laid_out: list[Slip] = []
        self._portal = portal
        self.screens: list[Screen] = []
        self.slips: list[Slip] = []
        self.slot: Chip | None = None
        self.insertion = 0
        self.looks = 0  # at printer and portal
        self._card: Card | None = None
        self._card_insertion = -1
        if card is not None:
            self.put_in(card)

    # -- hands

    def put_in(self, card: Chip) -> None:
        card.power_on()
        self.slot, self.insertion = card, self.insertion + 1

    def take_out(self) -> None:
        assert self.slot is not None
        self.slot.power_off()
        self.slot = None

    @property
    def names(self) -> list[str]:
        """The screens that stood there, one after another."""
        return [screen.name for screen in self.screens]

    # -- what a flow asks for

    @property
    def portal(self) -> PortalClient:
        return cast(PortalClient, self._portal)

    @property
    def guidance(self) -> Guidance:
        return guidance.load()

    def ask(self, screen: Screen) -> str:
        self._known(screen)
        self._needs_card(screen)
        self.screens.append(screen)
        if not self._answers:
            raise Left
        given = self._answers.pop(0)
        answer = given if isinstance(given, str) else given(self)
        self._needs_card(screen)
        assert answer in screen.answers, f"{screen.name} cannot be answered with {answer}, only with {screen.answers}"
        return answer

    def ask_pin(self, screen: Screen, rule: PinRule | Digits) -> bytearray | str:
        """A script's PIN is written `pin:2468`."""
        answer = self.ask(replace(screen, answers=(*screen.answers, *(a for a in self._next() if a[:4] == "pin:"))))
        return bytearray(answer[4:].encode()) if answer.startswith("pin:") else answer

    def show(self, screen: Screen) -> None:
        self._known(screen)
        self.screens.append(replace(screen, answers=()))

    def heed_leaving(self) -> None:
        pass

    def await_card(self, screen: Screen, newer_than: int | None = None) -> str | None:
        self._known(screen)
        while self.slot is None or (newer_than is not None and self.insertion <= newer_than):
            answer = self.ask(replace(screen, answers=(*screen.answers, PUT_IN)))
            if answer != PUT_IN:
                return answer
        return None

    def card(self) -> Card:
        if self.slot is None:
            raise CardLost("no card")
        if self._card is None or self._card.was_reset or self._card_insertion != self.insertion:
            self.slot.power_on()
            self._card, self._card_insertion = Card(self._transmit), self.insertion
        return self._card

    def look_again(self) -> None:
        self.looks += 1

    def prove(self, challenge: str) -> Proof | Unproven:
        self.challenges.append(challenge)
        return self._proven

    def lay_out(self, slip: Slip) -> Image.Image | NotLaidOut:
        self.laid_out.append(slip)
        return Image.new("1", (576, len(self.laid_out))) if self._can_lay_out else NotLaidOut()

    def print(self, picture: Image.Image) -> Printed | NotPrinted:
        assert picture.height == len(self.laid_out), "what is printed is what was laid out last"
        self.slips.append(self.laid_out[-1])
        return self._printing.pop(0) if self._printing else Printed()

    # -- inside

    def _known(self, screen: Screen) -> None:
        facts, answers = KNOWN[screen.name]
        if screen.name == "set_card":
            waits = (screen.facts.get("kind", "card"), screen.facts["fault"])
            assert waits in WAITS_FOR, f"set_card has no words of its own for {waits}"
        if "paper" in facts:
            facts = facts | {"slip"}
        typed = {answer for answer in screen.answers if answer.startswith("pin:")}
        more = (screen.facts.keys() - facts) | (set(screen.answers) - answers - typed - {PUT_IN})
        assert not more, f"{screen.name}: no page shows {more}"

    def _transmit(self, apdu: bytes) -> bytes:
        try:
            if self.slot is None:
                raise CardLost("no card")
            return self.slot.transmit(apdu)
        except Pulled:
            self.slot = None
            raise CardLost("the card was pulled") from None

    def _needs_card(self, screen: Screen) -> None:
        if screen.needs_card and (self.slot is None or self._card_insertion != self.insertion):
            raise CardPulled

    def _next(self) -> list[Any]:
        return [each for each in self._answers[:1] if isinstance(each, str)]


def puts_in(card: Chip) -> Callable[[ScriptedKiosk], str]:
    """The answer of somebody who puts this into the slot."""

    def put(kiosk: ScriptedKiosk) -> str:
        kiosk.put_in(card)
        return PUT_IN

    return put
