"""The PINs of the card: their form and their tries (my-number-card.md §4).

A PIN lives in a `bytearray` that its owner overwrites when VERIFY has gone out. The card compares bytes, so what a
person types is folded first: full width to half, lower case to upper. Folding works on one key at a time; no `str` of
a whole PIN ever exists.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import Enum
from typing import Final


@dataclass(frozen=True)
class Tries:
    """How often a PIN may still be entered. `remaining` None: the card keeps no count, or has verified it already.

    blocked: it cannot be used. perhaps_unset: said in words (6984) that may mean, too, that it was never chosen.
    """

    remaining: int | None
    blocked: bool
    perhaps_unset: bool = field(default=False, compare=False)


class PinFault(Enum):
    """Why an entry cannot be the PIN, found without asking the card."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    WRONG_CHARACTER = "wrong_character"  # something that is neither a digit nor, where letters belong, A–Z
    NEEDS_LETTER = "needs_letter"
    NEEDS_DIGIT = "needs_digit"


_DIGITS: Final = frozenset(b"0123456789")
_LETTERS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True)
class PinRule:
    """One row of the PIN table."""

    name: str
    ef: int  # the EF that holds it; its low five bits are the short identifier; 0: it is in none, and its P2 is 80
    shortest: int
    longest: int
    letters: bool  # letters and digits, both present; otherwise digits only
    max_tries: int

    def fault(self, pin: bytearray) -> PinFault | None:
        """What keeps the folded entry from being this PIN; None when its form is right."""
        present = frozenset(pin)
        if present - (_DIGITS | _LETTERS if self.letters else _DIGITS):
            return PinFault.WRONG_CHARACTER
        if len(pin) < self.shortest:
            return PinFault.TOO_SHORT
        if len(pin) > self.longest:
            return PinFault.TOO_LONG
        if self.letters and not present & _LETTERS:
            return PinFault.NEEDS_LETTER
        if self.letters and not present & _DIGITS:
            return PinFault.NEEDS_DIGIT
        return None


TEXT_PIN: Final = PinRule("text", 0x0011, 4, 4, False, 3)
AUTH_PIN: Final = PinRule("auth", 0x0018, 4, 4, False, 3)
SIGN_PIN: Final = PinRule("sign", 0x001B, 6, 16, True, 5)
LICENCE_PIN: Final = PinRule("licence", 0x0006, 4, 4, False, 10)
# Of a card of the staff's (card/piv.py); how many tries it has is its issuer's choice, and 63CF the most it can tell.
PIV_PIN: Final = PinRule("PIV", 0, 6, 8, False, 15)


def fold_key(character: str) -> int | None:
    """The byte (0–9, A–Z) that one typed character stands for, or None when it stands for none.

    NFKC, then upper case: `ａ`, `a`, `Ａ` and `A` are all 41.
    """
    folded = unicodedata.normalize("NFKC", character)
    if len(folded) != 1 or not folded.isascii() or not folded.isalnum():
        return None
    return ord(folded.upper())


def erase(pin: bytearray, start: int = 0) -> None:
    """Overwrite with zeros from `start` on, then drop those bytes."""
    pin[start:] = bytes(len(pin) - start)
    del pin[start:]
