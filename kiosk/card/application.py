"""What every application on the card has in common: it is selected by its AID, and only one is selected at a time.

**A card that resets itself.** A bad contact takes the power away for a moment; the card starts anew and says nothing.
The next command meets a card with nothing selected and no PIN verified, and is refused in some way: 6A82, 6986, 6982,
or whatever else a bare card says. Any of these can be a true answer, too, so a refusal where there was none to expect
is looked into before it is believed, by what costs no try:

    a PIN is verified, and the card still says so (tries query answers 9000)   the refusal stands
    otherwise the application is selected again, and
        the command needs no PIN, or it still is verified (a warm reset        the command is sent once more; what it
        keeps it, §3)                                                          is answered now stands
        the PIN is verified no more                                            CardReset: it must be typed again

A VERIFY that was refused so, and whose tries, asked again, are what they were, has spent none. It is sent once more
when the refusal is one of a bare card (`BARE`); otherwise, and where the tries say nothing, the PIN is typed again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final, Self, TypeVar

from kiosk.card import pin_tries
from kiosk.card.apdu import (
    SHORT_LE,
    ApplicationAbsent,
    Card,
    CardError,
    CardProblem,
    CardReset,
    FileAbsent,
    StatusWord,
    describe,
)
from kiosk.card.pin import PinRule, Tries

T = TypeVar("T")

# What a card with nothing selected says to a VERIFY: all are said before a PIN is looked at (ISO 7816-4).
BARE: Final = pin_tries.QUERY_REFUSED | {
    StatusWord.CONDITIONS_NOT_SATISFIED,
    StatusWord.NO_CURRENT_EF,
    StatusWord.INSTRUCTION_NOT_SUPPORTED,
    StatusWord.CLASS_NOT_SUPPORTED,
}


class Application:
    """Base of the card's applications. Selecting another one ends this one, and with it its verified PIN (§3)."""

    NAME: ClassVar[str]
    AID: ClassVar[bytes]
    SELECT_P2: ClassVar[int] = 0x0C  # nothing is to come back; 00: what the application says of itself
    PIN: ClassVar[PinRule]  # the one that is typed for it

    def __init__(self, card: Card) -> None:
        self._card = card

    @classmethod
    def select(cls, card: Card) -> Self:
        """SELECT by AID. Raises `ApplicationAbsent` when the card has none.

        6A82 says so. From a card that has let nothing of ours be selected yet, any other refusal says the same: how a
        transport card, a bank's, or a reader in their place answers to it, nobody can tell beforehand.
        """
        card.application, card.file = b"", None
        card.verified.clear()
        header, le = (0x00, 0xA4, 0x04, cls.SELECT_P2), None if cls.SELECT_P2 else SHORT_LE
        response = card.exchange(f"SELECT {cls.NAME}", header, cls.AID, le, first=True)
        if not response.agreed:
            if response.status_word == StatusWord.FILE_NOT_FOUND or not card.known:
                raise ApplicationAbsent(f"SELECT {cls.NAME}: {describe(response.status_word)}")
            raise CardProblem(f"SELECT {cls.NAME}", status_word=response.status_word)
        card.application, card.known = cls.AID, True
        return cls(card)

    @property
    def current(self) -> bool:
        """Whether this is still the selected application, of a card that has not reset itself."""
        return self._card.application == self.AID and not self._card.was_reset

    @property
    def card(self) -> Card:
        """The card, with this application selected: no PIN may reach another application's key of the same number."""
        if not self.current:
            raise RuntimeError(f"{self.NAME} is no longer the selected application")
        return self._card

    def _steadily(self, ask: Callable[[Card], T], *, behind_pin: bool = False) -> T:
        """What `ask` gets of the card, also when the card has reset itself (see the head of this file).

        `ask` may be called twice and sends no PIN; `behind_pin`: it needs `PIN` verified. Raises what it raises, and
        `CardReset`.
        """
        card = self.card
        ways = card.short_ids, card.extended
        try:
            return ask(card)
        except (CardProblem, FileAbsent) as problem:
            if not self._may_be_a_reset(problem):
                raise
            had_verified = bool(card.verified)
            if had_verified and pin_tries.is_verified(card, self.PIN):
                raise
            self._select_again(problem)
            card.short_ids, card.extended = ways  # what a bare card refuses says nothing of its ways
            if had_verified:
                if behind_pin and not pin_tries.is_verified(card, self.PIN):
                    raise self._reset(problem) from None
                card.verified.add(self.PIN.name)  # it was: what needs it next will find out
        return ask(card)

    def tries_of(self, rule: PinRule) -> Tries:
        """Tries left of a PIN; costs none."""
        return self._steadily(lambda card: pin_tries.tries_left(card, rule))

    def _present(self, present: Callable[[Card], None]) -> None:
        """Send a VERIFY of `PIN`; the card looks at it once (see the head of this file)."""
        card = self.card
        ways, before = (card.short_ids, card.extended), card.tries.get(self.PIN.name)
        try:
            return present(card)
        except (CardProblem, FileAbsent) as problem:
            if before is None or (isinstance(problem, CardProblem) and problem.status_word is None):
                raise
            if card.verified and pin_tries.is_verified(card, self.PIN):
                raise
            self._select_again(problem)
            card.short_ids, card.extended = ways
            after = pin_tries.tries_left(card, self.PIN)
            if before.remaining is None:
                raise self._reset(problem) from None
            if after != before:
                raise
            if isinstance(problem, CardProblem) and problem.status_word not in BARE:
                raise self._reset(problem) from None
        return present(card)

    def _may_be_a_reset(self, problem: CardProblem | FileAbsent) -> bool:
        """Whether a card that has lost its state could have said so."""
        if isinstance(problem, FileAbsent):
            return True
        closed = problem.status_word == StatusWord.SECURITY_STATUS_NOT_SATISFIED
        return problem.status_word is not None and (bool(self._card.verified) or not closed)

    def _reset(self, problem: CardError) -> CardReset:
        self._card.was_reset = True
        return CardReset(problem)

    def _select_again(self, problem: CardError) -> None:
        try:
            self.select(self._card)
        except (CardProblem, ApplicationAbsent):
            raise problem from None
