"""The text application (券面事項入力補助): the four attributes on the card's face, behind a four-digit PIN.

EF 0002 holds `FF20 { DF21 offsets, DF22 name, DF23 address, DF24 birth date, DF25 sex }` and then filler
(my-number-card.md §2.2). The elements are found by their tags; the offsets of DF21 are not needed.
EF 0001, My Number, is never read: there is no code for it.

An attribute that is empty, missing or malformed on a card that otherwise speaks well is no dirt on its contacts: it was
written so. It has an error of its own, `AttributeUnusable`, that says which one it is.

A birth date may have unknown parts: 00 for the day, the month, or 0000 for the year (my-number-card.md §5.3). It may
also name a day that never was, such as 30 February, which family registers have. Both are data: they go to the portal
as they are, and only `age_on` has to make something of them.
"""

from __future__ import annotations

import datetime
import unicodedata
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from kiosk.card import tlv, verify
from kiosk.card.apdu import CardProblem
from kiosk.card.application import Application
from kiosk.card.file import read_object
from kiosk.card.pin import TEXT_PIN, Tries


class Field(Enum):
    """The four attributes by name."""

    NAME = "name"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    SEX = "sex"


class AttributeUnusable(CardProblem):
    """An attribute that is empty, missing or malformed. `field` is which, `command` the object it should stand in."""

    def __init__(self, what: str, field: Field, fault: str) -> None:
        self.field = field
        super().__init__(what, f"the {field.value.replace('_', ' ')} {fault}")


class Sex(Enum):
    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


# Sources agree on 1 and 2 only (JIS X 0303 adds 0 not known and 9 not applicable, others 3): the rest means unknown.
SEX_CODES: Final = {"1": Sex.MALE, "2": Sex.FEMALE, "0": Sex.UNKNOWN, "3": Sex.UNKNOWN, "9": Sex.UNKNOWN}

ATTRIBUTES_EF: Final = 0x0002
ATTRIBUTES_TAG: Final = 0xFF20
NAME_TAG, ADDRESS_TAG, BIRTH_DATE_TAG, SEX_TAG = 0xDF22, 0xDF23, 0xDF24, 0xDF25
WHAT: Final = "four attributes"
BLANK_LETTERS: Final = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs by category, of which nothing is seen


@dataclass(frozen=True)
class Attributes:
    """The four attributes. `birth_date` is YYYYMMDD, Gregorian, with 00 for a part that is not known."""

    name: str = field(repr=False)
    address: str = field(repr=False)
    birth_date: str = field(repr=False)
    sex: Sex = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Attributes:
        """Decode the object of EF 0002, header included. Raises `CardProblem`."""
        head = tlv.header(data, 0, WHAT)
        if head is None or head.tag != ATTRIBUTES_TAG or head.end > len(data):
            raise CardProblem(WHAT, "cut off")
        found = tlv.elements(data[head.start : head.end], WHAT)
        return cls(
            name=_text(found, NAME_TAG, Field.NAME),
            address=_text(found, ADDRESS_TAG, Field.ADDRESS),
            birth_date=date(_text(found, BIRTH_DATE_TAG, Field.BIRTH_DATE), WHAT),
            sex=sex(_text(found, SEX_TAG, Field.SEX), WHAT),
        )

    def age_on(self, day: datetime.date) -> int | None:
        """Full years on that day; None when the year is not known. An unknown month or day counts as the earliest, so
        nobody is taken for younger than they may be."""
        if self.birth_date.startswith("0000"):
            return None
        return (int(f"{day:%Y%m%d}") - int(self.birth_date)) // 10000


class TextApplication(Application):
    NAME = "text application"
    AID = bytes.fromhex("D3921000310001010408")
    PIN = TEXT_PIN

    def pin_tries(self) -> Tries:
        """Tries left of the text PIN; costs none."""
        return self.tries_of(TEXT_PIN)

    def verify(self, pin: bytearray) -> None:
        """Present the PIN, once. Raises `PinWrong`, `PinBlocked`; `ValueError`, and nothing sent, if malformed."""
        self._present(lambda card: verify.present(card, TEXT_PIN, pin))

    def read_attributes(self) -> Attributes:
        """Read and decode EF 0002. Needs `verify` before."""
        data = self._steadily(lambda card: read_object(card, ATTRIBUTES_EF, ATTRIBUTES_TAG, WHAT), behind_pin=True)
        return Attributes.parse(data)


def date(text: str, what: str) -> str:
    """YYYYMMDD as it is, if it can be a date; 00 or 0000 stands for a part that is not known.

    Raises `AttributeUnusable`.
    """
    if not can_be_date(text):
        raise AttributeUnusable(what, Field.BIRTH_DATE, "is not a date")
    return text


def can_be_date(text: str) -> bool:
    """Whether it is YYYYMMDD with a month and a day that exist, in whatever year, or are not known."""
    return len(text) == 8 and text.isascii() and text.isdigit() and text[4:6] <= "12" and text[6:] <= "31"


def sex(code: str, what: str) -> Sex:
    """What the code means. Raises `AttributeUnusable`."""
    if code not in SEX_CODES:
        raise AttributeUnusable(what, Field.SEX, "is not one of its codes")
    return SEX_CODES[code]


def printable(text: str) -> bool:
    """Whether there is something to be seen in it, and nothing that could steer a screen or a printer."""
    kinds = {unicodedata.category(c) for c in text if c not in BLANK_LETTERS}
    return bool(kinds - {"Zs", "Cf"}) and kinds.isdisjoint({"Cc", "Zl", "Zp"})


def _text(found: dict[int, bytes], tag: int, field: Field) -> str:
    try:
        text = found[tag].decode()
    except KeyError:
        raise AttributeUnusable(WHAT, field, "is missing") from None
    except UnicodeDecodeError:
        raise AttributeUnusable(WHAT, field, "is not UTF-8") from None
    if not printable(text):
        raise AttributeUnusable(WHAT, field, "is empty or holds control characters")
    return text
