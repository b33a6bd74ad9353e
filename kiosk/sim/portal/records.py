"""The driver's records: where they come from. The invented people's, and those of files given at start."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from kiosk.portal.model import Licence, Private
from kiosk.sim.people import BirthDate, Person

HELP = """\
A file of driver records is TOML with one [[driver]] table for each person:

  [[driver]]
  name = "見本　太郎"           # as the signature certificate states it, the space between the names included
  birth_date = 1980-04-01       # or "19500000": 00 or 0000 for a part that is not known
  colour = "gold"               # gold, blue, green
  category = "excellent"        # excellent (優良), general (一般), violation (違反), first (初回)
  expires = 2028-05-01
  holding = "card_only"         # card_only (マイナ免許証のみ), card_and_licence (2枚持ち)
  # and, when it matters:
  address = "東京都…"           # to tell people apart who share name and date of birth
  renewal_from = 2028-03-01     # else two months before expires
  renewal_until = 2028-05-01    # else expires
  link = "none"                 # none, linked (already), release_first (licence re-obtained, old link stands)
  phone_certificate = false     # true: signing with the phone is offered

A person without a record is answered no_licence. An address, when given, must agree with the certificate's.
"""

RENEWAL_PERIOD = timedelta(days=61)  # two months, for a record that does not say
COLOURS: dict[str, Literal["gold", "blue", "green"]] = {"金": "gold", "青": "blue", "緑": "green"}
CATEGORIES: dict[str, Literal["excellent", "general", "violation", "first"]] = {
    "優良": "excellent",
    "一般": "general",
    "違反者": "violation",
    "初回": "first",
}


class Record(Private, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `[[driver]]`. See `HELP`."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    birth_date: BirthDate  # as a card and a certificate have it
    address: str | None = None
    colour: Literal["gold", "blue", "green"]
    category: Literal["excellent", "general", "violation", "first"]
    expires: date
    renewal_from: date | None = None
    renewal_until: date | None = None
    holding: Literal["card_only", "card_and_licence"]
    link: Literal["none", "linked", "release_first"] = "none"
    phone_certificate: bool = False

    @property
    def licence(self) -> Licence:
        """What the person is shown. Lecture and one-stop: leaflet.txt."""
        return Licence(
            colour=self.colour,
            category=self.category,
            expires=self.expires,
            renewal_from=self.renewal_from or self.expires - RENEWAL_PERIOD,
            renewal_until=self.renewal_until or self.expires,
            holding=self.holding,
            online_lecture=self.category in ("excellent", "general"),
            one_stop_address=self.holding == "card_only",
        )


class BadRecords(Exception):
    """A file of records that cannot be used. One line: file, entry, key, what is wrong."""


def read_records(path: Path) -> list[Record]:
    """The records of a TOML file in the form of `HELP`. Raises `BadRecords`."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadRecords(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadRecords(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise BadRecords(f"{path}: is not TOML: {error}") from None
    rows = document.pop("driver", None)
    if not isinstance(rows, list) or document:
        extra = ", ".join(document)
        raise BadRecords(f"{path}: {extra or 'driver'}: there must be [[driver]] tables, and nothing else")
    records = [_record(path, number, row) for number, row in enumerate(rows, 1)]
    seen: dict[tuple[str, str, str | None], int] = {}
    for number, record in enumerate(records, 1):
        key = record.name, record.birth_date, record.address
        if key in seen:
            raise BadRecords(
                f"{path}: [[driver]] {number}: same name, birth_date and address as number {seen[key]}; "
                "give each an address to tell them apart"
            )
        seen[key] = number
    return records


def _record(path: Path, number: int, row: object) -> Record:
    if isinstance(row, dict) and type(row.get("birth_date")) is date:
        row = {**row, "birth_date": f"{row['birth_date']:%Y%m%d}"}
    try:
        record = msgspec.convert(row, Record)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        key = where.strip("`").removeprefix("$").removeprefix(".")
        raise BadRecords(f"{path}: [[driver]] {number}: {key + ': ' if key else ''}{what}") from None
    if record.licence.renewal_from > record.licence.renewal_until:
        raise BadRecords(f"{path}: [[driver]] {number}: renewal_from: is after renewal_until or expires")
    return record


def record_of(person: Person) -> Record | None:
    """The record of one of the invented people; None for one without マイナ免許証."""
    licence = person.licence
    if licence is None:
        return None
    return Record(
        name=person.name,
        birth_date=person.birth_date,
        colour=COLOURS[licence.colour],
        category=CATEGORIES[licence.category],
        expires=licence.expires,
        renewal_from=licence.renewal_from,
        renewal_until=licence.expires,
        holding="card_only" if licence.holding == "card_only" else "card_and_licence",
        link=licence.link,
        phone_certificate=person.phone,
    )
