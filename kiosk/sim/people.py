"""The invented people of the stand-ins, and what the state knows of each.

One table (`people.toml`) feeds the virtual card, the sandbox's driver records and the dock, so that they cannot
disagree. It states some dates relative to today, and so stays true for years: a licence whose renewal period is open
is open whenever the table is read. A row of your own needs no code; give its file to `read`.

A licence expires one month after a birthday and can be renewed from one month before that birthday.

Some people's birth dates are not known in full, or are days that never were (my-number-card.md §5.3). What such a date
means for the end of a licence or a certificate is the state's to say; here the first day that it can mean is taken.
"""

from __future__ import annotations

import tomllib
from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

Holding = Literal["card_only", "both"]  # マイナ免許証のみ, or with the classic licence beside it
Category = Literal["優良", "一般", "違反者", "初回"]  # decides the lecture at renewal
Colour = Literal["金", "青", "緑"]
KeyKind = Literal["rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521", "ed25519"]
Link = Literal["none", "linked", "release_first"]  # release_first: an earlier licence is linked still

TABLE = Path(__file__).with_name("people.toml")
JAPAN = timezone(timedelta(hours=9))
MAX_TRIES = {"text": 3, "sign": 5, "auth": 3, "licence": 10}  # my-number-card.md §4


# YYYYMMDD, Gregorian; 00 or 0000 for a part that is not known
BirthDate = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}(0[0-9]|1[0-2])([0-2][0-9]|3[01])\Z")]


class Pins(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the person would type. Easy on purpose: they are for a demo. An empty licence PIN is one never set."""

    text: str = "1234"
    sign: str = "ABC123"
    auth: str = "5678"
    licence: str = "2468"


class Tries(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tries left when the card is first put in."""

    text: int = MAX_TRIES["text"]
    sign: int = MAX_TRIES["sign"]
    auth: int = MAX_TRIES["auth"]
    licence: int = MAX_TRIES["licence"]


class CertificateFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the signature certificate differs from the card's face. Empty name or address: it does not."""

    state: Literal["good", "expired", "revoked", "none"] = "good"
    name: str = ""
    address: str = ""
    name_flags: str = ""  # of substitute characters; empty: as name and face compare
    key: KeyKind = "rsa2048"  # of the key pair it is for


class Licence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The driver's record as the police hold it."""

    holding: Holding
    category: Category
    colour: Colour
    number: str  # 12 digits
    classes: tuple[str, ...]  # 普通, 準中型, 普自二 …
    renewal_from: date
    expires: date
    conditions: tuple[str, ...] = ()
    link: Link = "none"

    @property
    def renewal_open(self) -> bool:
        return self.renewal_from <= today_in_japan() <= self.expires


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One invented person. `name`, `address`, `birth_date` and `sex` are the four attributes on the card's face."""

    key: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]+$")]
    title: str  # one line in Japanese for the dock: which case this is
    note: str  # one line in Japanese: what to expect
    name: str  # family and given name separated by U+3000
    address: str
    place: tuple[str, str]  # prefecture and municipality as JPKI's subject names write them
    birth_date: BirthDate
    sex: Literal[1, 2, 3]
    pins: Pins = Pins()
    tries: Tries = Tries()
    certificate: CertificateFacts = CertificateFacts()
    licence: Licence | None = None
    phone: bool = False  # a certificate on an Android phone is registered too
    face: bool = False  # 顔認証マイナンバーカード: no PIN was ever set

    def __repr__(self) -> str:
        return f"Person({self.key!r})"

    @property
    def birthday(self) -> date:
        return birthday(self.birth_date)

    @property
    def certificate_name(self) -> str:
        return self.certificate.name or self.name

    @property
    def certificate_address(self) -> str:
        return self.certificate.address or self.address


class BadPeople(Exception):
    """A table of people that cannot be used; the text names file, person and key."""


def people(today: date | None = None) -> dict[str, Person]:
    """The invented people by key, in the table's order, with dates worked out for `today`."""
    return read(TABLE, today)


def today_in_japan() -> date:
    """Days on cards and in tables are Japan's, whatever zone the machine is set to."""
    return datetime.now(JAPAN).date()


def read(path: Path, today: date | None = None) -> dict[str, Person]:
    """Read a table in the form of `people.toml`. Raises `BadPeople`."""
    today = today or today_in_japan()
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPeople(f"{path}: {error}") from error
    return {key: _person(path, key, row, today) for key, row in rows.items()}


def _person(path: Path, key: str, row: Any, today: date) -> Person:
    try:
        row = dict(row)
        if "birth_date" not in row:
            year, month, day = row.pop("birth")
            born = date(year if year > 0 else today.year + year, month or today.month, day)
            row["birth_date"] = born.strftime("%Y%m%d")
        birth = birthday(msgspec.convert(row["birth_date"], BirthDate))
        row["key"] = key
        if "licence" in row:
            row["licence"] = licence = dict(row["licence"])
            renewal_year = today.year + licence.pop("renews")
            licence["renewal_from"] = _month_from(birth, renewal_year, -1)
            licence["expires"] = _month_from(birth, renewal_year, +1)
        return msgspec.convert(row, Person)
    except KeyError as error:
        raise BadPeople(f"{path}: [{key}]: {error} is missing") from error
    except (TypeError, ValueError) as error:  # msgspec.ValidationError is a ValueError and names the key
        raise BadPeople(f"{path}: [{key}]: {error}") from error


def birthday(birth_date: str) -> date:
    """The first day that the date can mean; of a day that never was, its month's last; 1900 without a year."""
    year, month, day = int(birth_date[:4]) or 1900, int(birth_date[4:6]) or 1, int(birth_date[6:]) or 1
    return date(year, month, min(day, monthrange(year, month)[1]))


def _month_from(birth: date, year: int, months: int) -> date:
    """The day `months` away from the birthday in `year`, or that month's last day."""
    year, month = divmod(year * 12 + birth.month - 1 + months, 12)
    return date(year, month + 1, min(birth.day, monthrange(year, month + 1)[1]))
