"""The facts behind the guidance: from `config/guidance.toml` to typed, frozen values.

A fact is what somebody outside may change: a number, an hour, a fee, a place. Sentences stand in the flows and
templates and are translated; facts stand in this one file, which a station edits. Each says where it comes from and
when somebody last made sure of it, so that `overdue` can name those that nobody has looked at for too long.

Checked like the settings (kiosk/config/kiosk.py): what does not fit is one line, and then those that come
with the kiosk are told.
"""

from __future__ import annotations

import datetime
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any

import msgspec
from msgspec import Meta, Struct, structs

from kiosk.config.file import read, write_hours
from kiosk.language.hours import Hours
from kiosk.language.languages import TONGUES
from kiosk.language.public import NOTHING, Public, PublicNumber

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "guidance.toml"

Text = Annotated[Public, Meta(min_length=1, description="text in quotation marks, not empty")]
Telephone = Annotated[
    Public, Meta(pattern=r"^0\d{1,4}(-\d{1,4}){1,2}$", description='a telephone number such as "03-0000-0000"')
]
Menu = Annotated[Public, Meta(pattern=r"^[0-9#*]?$", description='one key of a telephone such as "2", or ""')]
# Only what may stand in a QR code: public, without a query, so that it cannot carry anything about anybody.
PublicPage = Annotated[
    Public,
    Meta(
        pattern=r"^https://[a-z0-9.-]+/[A-Za-z0-9/._-]*$",
        description='a public address without "?" such as "https://www.example.go.jp/"',
    ),
]
Count = Annotated[PublicNumber, Meta(ge=1, le=99)]
Millimetres = Annotated[PublicNumber, Meta(ge=10, le=60)]


class Fact(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every fact says besides itself. source: where it was found. confirmed: when somebody last made sure."""

    source: Text
    confirmed: datetime.date
    review_days: Annotated[int, Meta(ge=1, le=730)] = 180

    @property
    def due(self) -> datetime.date:
        """The day from which it has to be confirmed again."""
        return self.confirmed + datetime.timedelta(self.review_days)


class Line(Fact, frozen=True, kw_only=True):
    """Whose telephone it is, its number, in which languages it is answered and when, and the key to press when a voice
    asks.

    languages: by the codes of `languages.TONGUES`.
    """

    name: Text
    telephone: Telephone
    languages: dict[str, Hours]
    menu: Menu = NOTHING

    def __post_init__(self) -> None:
        if not self.languages:
            raise ValueError('languages: is empty; write in which it is answered and when, such as ja = "24/7"')
        for code in self.languages:
            if code not in TONGUES:
                raise ValueError(f"languages.{code}: no such language; the names known here are {', '.join(TONGUES)}")

    def hours_for(self, tongue: str) -> Hours | None:
        """When it is answered in that language; None if it never is."""
        return self.languages.get(tongue)

    def answered(self, tongue: str = "") -> tuple[tuple[tuple[str, ...], Hours], ...]:
        """The languages that have the same hours together, those of `tongue` first."""
        by_hours: dict[Hours, tuple[str, ...]] = {}
        for code, hours in sorted(self.languages.items(), key=lambda each: each[0] != tongue):
            by_hours[hours] = (*by_hours.get(hours, ()), code)
        return tuple((codes, hours) for hours, codes in by_hours.items())


def called_in(tongue: str, lines: Iterable[Line]) -> tuple[Line, ...]:
    """Telephone lines as a speaker of a language calls them: those that are answered in it first, whatever the hour.

    Of the others, those with most languages first: somebody there may have one in common with the caller.
    """
    lines = tuple(lines)
    answered = (line for line in lines if line.hours_for(tongue))
    others = (line for line in lines if not line.hours_for(tongue))
    return (*answered, *sorted(others, key=lambda line: -len(line.languages)))


class Place(Fact, frozen=True, kw_only=True):
    """Somewhere to go."""

    name: Text


class Store(Place, frozen=True, kw_only=True):
    """hours: of its terminal. booked_hours: how long after the booking it has to be used."""

    hours: Hours
    booked_hours: Count


class Fee(Fact, frozen=True, kw_only=True):
    yen: Annotated[PublicNumber, Meta(ge=0, le=100_000)]


class Photo(Fact, frozen=True, kw_only=True):
    """months: not older than this."""

    height_mm: Millimetres
    width_mm: Millimetres
    months: Count
    count: Count


class Pin(Fact, frozen=True, kw_only=True):
    """tries: so many wrong entries in a row lock it."""

    tries: Annotated[PublicNumber, Meta(ge=1, le=15)]


class Page(Fact, frozen=True, kw_only=True):
    address: PublicPage


class Guidance(Struct, frozen=True, forbid_unknown_fields=True):
    """Every fact there is."""

    suspend: Line
    suspend_languages: Line
    lost_property: Place
    municipality: Place
    licence_desk: Place
    applications_desk: Place
    store: Store
    recording: Fee
    photo: Photo
    licence_pin: Pin
    text_pin: Pin
    sign_pin: Pin
    auth_pin: Pin
    card_page: Page
    reset_page: Page
    portal_page: Page


@dataclass(frozen=True)
class Overdue:
    """A fact that has to be confirmed again. name: its section in the file."""

    name: str
    fact: Fact


def load(path: str | Path | None = None) -> Guidance:
    """Read and check `path`, or the file that comes with the kiosk. Raises ConfigError (file.py), one line."""
    return read(path or SHIPPED, Guidance, "copy config/guidance.toml there, or correct station.guidance_file")


def overdue(guidance: Guidance, today: datetime.date) -> tuple[Overdue, ...]:
    """The facts past their review date, the longest overdue first; a day of confirmation yet to come is no better."""
    facts = ((each.name, getattr(guidance, each.name)) for each in structs.fields(guidance))
    late = (Overdue(name, fact) for name, fact in facts if fact.due <= today or fact.confirmed > today)
    return tuple(sorted(late, key=lambda each: each.fact.due))


def told(fact: Fact) -> dict[str, Any]:
    """What the fact says to people, by key, as it stands in the file: all but where it is from and when it was
    confirmed."""
    besides = {each.name for each in structs.fields(Fact)}
    said: dict[str, Any] = msgspec.to_builtins(fact, enc_hook=write_hours)
    return {key: value for key, value in said.items() if key not in besides}


def digest(fact: Fact) -> str:
    """SHA-256 of what it says, in hexadecimal. Whoever has confirmed this has confirmed nothing that it says later."""
    return hashlib.sha256(msgspec.json.encode(told(fact), order="deterministic")).hexdigest()


def reconfirmed(guidance: Guidance, days: Mapping[tuple[str, str], datetime.date]) -> Guidance:
    """The facts with the days on which somebody has made sure of them elsewhere, by name and digest. The later day is
    the one that holds."""
    later = {}
    for each in structs.fields(guidance):
        fact: Fact = getattr(guidance, each.name)
        day = days.get((each.name, digest(fact)), fact.confirmed)
        if day > fact.confirmed:
            later[each.name] = structs.replace(fact, confirmed=day)
    return structs.replace(guidance, **later)


def messages(file: IO[bytes], *_: object, **__: object) -> Iterator[tuple[int, None, str, list[str]]]:
    """The texts in such a file that people read in their own language: an extractor for Babel (`make messages`)."""
    document = tomllib.loads(file.read().decode())
    return ((1, None, fact["name"], []) for fact in document.values() if fact.get("name"))
