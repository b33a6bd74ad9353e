"""The text application (券面事項入力補助): the four attributes on the card's face, behind a four-digit PIN.

EF 0002 holds `FF20 { DF21 offsets, DF22 name, DF23 address, DF24 birth date, DF25 sex }` and then filler
(my-number-card.md §2.2). The elements are found by their tags; the offsets of DF21 are not needed.
EF 0001, My Number, is never read: there is no code for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from kiosk.card.application import Application
from kiosk.card.pin import TEXT_PIN, Tries


class Sex(Enum):
    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


# 1 and 2 are agreed; sources differ on the rest (JIS X 0303: 0 not known, 9 not applicable; others: 3), so all mean unknown.
SEX_CODES: Final = {"1": Sex.MALE, "2": Sex.FEMALE, "0": Sex.UNKNOWN, "3": Sex.UNKNOWN, "9": Sex.UNKNOWN}


@dataclass(frozen=True)
class Attributes:
    """The four attributes. `birth_date` is YYYYMMDD, Gregorian, with 00 for a part that is not known."""

    name: str = field(repr=False)
    address: str = field(repr=False)
    birth_date: str = field(repr=False)
    sex: Sex = field(repr=False)


class TextApplication(Application):
    NAME = "text application"
    AID = bytes.fromhex("D3921000310001010408")

    def pin_tries(self) -> Tries:
        """Tries left of the text PIN; costs none."""
        raise NotImplementedError

    def verify(self, pin: bytearray) -> None:
        """Present the PIN, once. Raises `PinWrong`, `PinBlocked`; `ValueError` when its form is wrong (nothing is sent)."""
        raise NotImplementedError

    def read_attributes(self) -> Attributes:
        """Read and decode EF 0002. Needs `verify` before."""
        raise NotImplementedError


__all__ = ["SEX_CODES", "TEXT_PIN", "Attributes", "Sex", "TextApplication"]
