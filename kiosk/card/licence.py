"""The licence application (マイナ免許証): is there one, is its PIN set, and what does it say (my-number-card.md §2.5).

Few facts here are sure: the application, the PIN and the expiry date were seen on a card, the other tags come from one
reading of the specification, and how tags above FF are written is not known. So only the expiry date must be there;
anything else that does not fit is None or left out, and nothing of the linking depends on it.

The coding is not BER: every tag from C1 up is one byte, DF and FF too; a length is one byte or `82` and two.

The holder's photograph stands behind the last of our tags in the same file. It is not asked for: reading ends with the
piece of 256 bytes in which that tag is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from kiosk.card import verify
from kiosk.card.apdu import CardProblem
from kiosk.card.application import Application
from kiosk.card.file import read_start, read_until
from kiosk.card.pin import LICENCE_PIN, Tries
from kiosk.card.text import can_be_date

PIN_SETTING_EF: Final = 0x001A
LICENCE_EF: Final = 0x001B
LICENCE_LIMIT: Final = 5845
DEFAULT_PIN: Final = b"****"

WHAT: Final = "licence information"
FIRST_TAG: Final = 0xC1
LAST_TAG: Final = 0xFA
COLOUR_TAG: Final = 0xC4
EXPIRY_TAG: Final = 0xC5
CONDITION_TAGS: Final = (*range(0xC6, 0xCA), *range(0xCC, 0xD4))
NUMBER_TAG: Final = 0xE7
CATEGORY_TAGS: Final = {
    0xEC: "大型",
    0xFA: "準中型",
    0xF8: "中型",
    0xED: "普通",
    0xEE: "大特",
    0xEF: "大自二",
    0xF0: "普自二",
    0xF1: "小特",
    0xF2: "原付",
    0xF3: "け引",
    0xF4: "大二",
    0xF9: "中二",
    0xF5: "普二",
    0xF6: "大特二",
    0xF7: "け引二",
}
ERA_BEGINS: Final = {"1": 1868, "2": 1912, "3": 1926, "4": 1989, "5": 2019}  # 明治 大正 昭和 平成 令和


@dataclass(frozen=True)
class Licence:
    """What the chip says of the licence. It holds no name, address or birth date."""

    expiry: str = field(repr=False)  # YYYYMMDD
    colour: str | None = field(repr=False)
    number: str | None = field(repr=False)  # 免許情報記録の番号
    categories: tuple[str, ...] = field(repr=False)
    conditions: tuple[str, ...] = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Licence:
        """Decode WEF02. Raises `CardProblem` when it holds no expiry date."""
        found = dict(_elements(data))
        return cls(
            expiry=_date(found.get(EXPIRY_TAG, b"")),
            colour=_jis(found.get(COLOUR_TAG, b"")) or None,
            number=_ascii(found.get(NUMBER_TAG, b"")),
            categories=tuple(name for tag, name in CATEGORY_TAGS.items() if found.get(tag, b"").strip(b"\x00 0")),
            conditions=tuple(text for tag in CONDITION_TAGS if (text := _jis(found.get(tag, b"")))),
        )


class LicenceApplication(Application):
    NAME = "licence application"
    AID = bytes.fromhex("A0000002310600000000000000000000")
    PIN = LICENCE_PIN

    def pin_is_set(self) -> bool:
        """Whether the holder has set a PIN; without one, `verify(None)` opens the data."""
        setting = self._steadily(lambda card: read_start(card, PIN_SETTING_EF, 3, "licence PIN setting"))
        if setting not in (b"\xc1\x01\x00", b"\xc1\x01\x01"):
            raise CardProblem("licence PIN setting", "neither set nor not set")
        return setting[2] == 1

    def pin_tries(self) -> Tries:
        """Tries left of the licence PIN; costs none."""
        return self.tries_of(LICENCE_PIN)

    def verify(self, pin: bytearray | None) -> None:
        """Present the PIN, once; None presents the default of a licence without one. Errors as in `verify.present`."""
        if pin is None:
            self._present(lambda card: verify.present_bytes(card, LICENCE_PIN, DEFAULT_PIN))
        else:
            self._present(lambda card: verify.present(card, LICENCE_PIN, pin))

    def read_licence(self) -> Licence:
        """Read and decode the licence information. Needs `verify` before."""
        data = self._steadily(
            lambda card: read_until(card, LICENCE_EF, _is_enough, LICENCE_LIMIT, WHAT), behind_pin=True
        )
        return Licence.parse(data)


def _is_enough(data: bytes) -> bool:
    """Whether these first bytes of the file hold our last tag, or come to one behind it, or to none at all."""
    end = 0
    for tag, value in _places(data):
        end = value.stop
        if tag >= LAST_TAG:
            return tag > LAST_TAG or end <= len(data)
    return end < len(data) and data[end] < FIRST_TAG


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tags and values, up to the first byte that is none of ours: filler, or a tag above FF."""
    for tag, place in _places(data):
        if place.stop > len(data):
            return
        yield tag, data[place]


def _places(data: bytes) -> Iterator[tuple[int, slice]]:
    """Tags, and where the value of each stands; that of the last may end where there are no data any more."""
    at = 0
    while at + 2 <= len(data) and data[at] >= FIRST_TAG:
        tag, length, start = data[at], data[at + 1], at + 2
        if length == 0x82:
            length, start = int.from_bytes(data[start : start + 2], "big"), start + 2
        at = start + length
        yield tag, slice(start, at)


def _jis(value: bytes) -> str:
    """JIS X 0208 row and cell, two bytes a character, no escapes; 〓 for what the set does not hold (外字)."""
    pairs = (value[i : i + 2] for i in range(0, len(value) - 1, 2))
    return "".join(_jis_character(pair) for pair in pairs if pair not in (b"\x00\x00", b"\xff\xff")).strip("\u3000")


def _jis_character(pair: bytes) -> str:
    if not all(0x21 <= byte <= 0x7E for byte in pair):
        return "〓"
    return bytes(byte | 0x80 for byte in pair).decode("euc_jp", "ignore") or "〓"


def _ascii(value: bytes) -> str | None:
    return value.decode("ascii") if value.isalnum() and value.isascii() else None


def _date(value: bytes) -> str:
    """Era digit and YYMMDD in the era's years to YYYYMMDD."""
    text = _ascii(value) or ""
    if not (len(text) == 7 and text.isdigit() and text[0] in ERA_BEGINS):
        raise CardProblem(WHAT, "no expiry date")
    date = f"{ERA_BEGINS[text[0]] + int(text[1:3]) - 1:04d}{text[3:]}"
    if not can_be_date(date):
        raise CardProblem(WHAT, "an expiry date that is none")
    return date
