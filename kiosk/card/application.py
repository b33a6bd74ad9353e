"""What every application on the card has in common: it is selected by its AID, and only one is selected at a time."""

from __future__ import annotations

from typing import ClassVar, Self

from kiosk.card.apdu import ApplicationAbsent, Card, CardProblem, StatusWord, describe


class Application:
    """Base of the card's applications. Selecting another one ends this one, and with it its verified PIN (§3)."""

    NAME: ClassVar[str]
    AID: ClassVar[bytes]

    def __init__(self, card: Card) -> None:
        self._card = card

    @classmethod
    def select(cls, card: Card) -> Self:
        """SELECT by AID. Raises `ApplicationAbsent` when the card has none."""
        card.application = b""
        answer = card.exchange(f"SELECT {cls.NAME}", (0x00, 0xA4, 0x04, 0x0C), cls.AID)
        if answer.status_word == StatusWord.FILE_NOT_FOUND:
            raise ApplicationAbsent(f"SELECT {cls.NAME}: {describe(answer.status_word)}")
        if not answer.ok:
            raise CardProblem(f"SELECT {cls.NAME}", status_word=answer.status_word)
        card.application = cls.AID
        return cls(card)

    @property
    def current(self) -> bool:
        """Whether this is still the selected application."""
        return self._card.application == self.AID

    @property
    def card(self) -> Card:
        """The card, with this application selected: no PIN may reach another application's key of the same number."""
        if not self.current:
            raise RuntimeError(f"{self.NAME} is no longer the selected application")
        return self._card
