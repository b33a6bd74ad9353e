"""What may be told: from `config/events.toml` to types, and nothing past them.

Each row of the table becomes a frozen msgspec type of its own, whose fields are enumerations (`Literal`) and bounded
integers. There is no other kind of field, so there is no place for a name, a number or a day of anybody's. How long
something took is an enumeration, too: of the buckets of a histogram, each named by its upper bound. Two doors lead to
such a value, and both check every field against the table:

    event("browser_restarted", browser="silent")    for whoever tells; raises NotAnEvent
    decode(data)                                    for whoever hears; raises NotAnEvent

msgspec checks nothing where a type is called directly, so nothing here takes an event at its word: `encode` checks what
it is given once more. What NotAnEvent says is the name of a row or a field of the table, never what was fed to it.

A visit is not written down as an event. What visits were like is `Counts`: of one row, over some hours, how many there
were and how often each value of each field came, each field by itself. Two fields are never counted together, for the
pair may be of one person where each of the two was of many.
"""

from __future__ import annotations

import functools
import operator
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct, structs

TABLE = Path(__file__).resolve().parents[2] / "config" / "events.toml"
TAG = "event"  # the member of a written event that names its row

Kind = Literal["machine", "state", "fault", "call", "act", "visit"]
Speaker = Literal["server", "browser", "root", "caretaker"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST = 1_000_000_000  # of anything that is counted
NONE, MORE = "none", "more"  # how long it took: it was not at all, or longer than the last bound
NAME = r"^[a-z][a-z0-9_]*$"

Name = Annotated[str, Meta(pattern=NAME)]
Words = Annotated[str, Meta(min_length=1)]


class NotAnEvent(Exception):
    """This cannot be told. The text names a row or a field of the table, and no value."""


class Field(Struct, frozen=True, forbid_unknown_fields=True):
    """One field. values: each with its words in Japanese and English; or a number from least to most; or how long
    something took: up to one of these bounds (le, in seconds, as Prometheus calls it), or more. none: or not at all."""

    ja: Words
    en: Words
    values: dict[Name, tuple[Words, Words]] | None = None
    least: int | None = None
    most: int | None = None
    le: tuple[float, ...] = ()
    none: bool = False

    def __post_init__(self) -> None:
        bounded = self.least is not None and self.most is not None and self.least < self.most
        if [bounded, bool(self.values), bool(self.le)].count(True) != 1 or (self.least is None) != (self.most is None):
            raise ValueError("a field has either some values, or two bounds, or those of a histogram")
        if list(self.le) != sorted({each for each in self.le if each > 0}) or (self.none and not self.le):
            raise ValueError("the bounds of a histogram are above zero, and grow")

    @property
    def type(self) -> Any:
        """The type of a value."""
        if self.words:
            return Literal[tuple(self.words)]
        return Annotated[int, Meta(ge=self.least, le=self.most)]

    @property
    def words(self) -> dict[str, tuple[str, str]]:
        """What each value means, in Japanese and English; nothing for a number."""
        if not self.le:
            return self.values or {}
        none = {NONE: ("なし", "not at all")} if self.none else {}
        upto = {f"{each:g}": (f"{each:g}秒まで", f"up to {each:g} s") for each in self.le}
        return {**none, **upto, MORE: (f"{self.le[-1]:g}秒より長い", f"more than {self.le[-1]:g} s")}

    @property
    def labels(self) -> tuple[str, ...]:
        """Every value there is, as text. Only for fields of a few."""
        if self.words:
            return tuple(self.words)
        assert self.least is not None and self.most is not None
        return tuple(str(number) for number in range(self.least, self.most + 1))

    def bucket(self, seconds: float | None) -> str:
        """The value for something that took so long; None: it was not at all."""
        return NONE if seconds is None else next((f"{each:g}" for each in self.le if seconds <= each), MORE)


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """One event."""

    kind: Kind
    by: Annotated[tuple[Speaker, ...], Meta(min_length=1)]
    ja: Words
    en: Words
    fields: tuple[Name, ...] = ()


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    events: dict[Name, Row]
    fields: dict[Name, Field]

    def __post_init__(self) -> None:
        used = {name for row in self.events.values() for name in row.fields}
        if used != self.fields.keys():
            raise ValueError(f"{sorted(used ^ self.fields.keys())} stand in one half of the table alone")
        if TAG in self.fields:
            raise ValueError(f"{TAG} is the name of the row itself")


class Event(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field=TAG):
    """Something that has happened, one type for each row."""

    @property
    def name(self) -> str:
        """Its row."""
        return str(type(self).__struct_config__.tag)

    @property
    def row(self) -> Row:
        return EVENTS[self.name]

    @property
    def fields(self) -> dict[str, str | int]:
        """Its fields, in the table's order."""
        return structs.asdict(self)


class Counts(Struct, frozen=True):
    """What visits were like, over whole hours. by: for each field of the row how often each value came.

    Made by `counts`, and checked by `encode`.
    """

    name: str
    hours: int
    count: int
    by: Mapping[str, Mapping[str, int]]


def _types(table: Table) -> Iterator[type[Event]]:
    for name, row in table.events.items():
        fields = [(field, table.fields[field].type) for field in row.fields]
        made = msgspec.defstruct(
            "".join(part.capitalize() for part in name.split("_")),
            fields,
            bases=(Event,),
            tag=name,
            module=__name__,
            frozen=True,
            forbid_unknown_fields=True,
            kw_only=True,
        )
        assert issubclass(made, Event)
        yield made


def load(path: Path = TABLE) -> Table:
    """Read the table. It is part of the program: one that does not fit is a bug, and raises what msgspec raises."""
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Table)


_TABLE = load()
EVENTS: Mapping[str, Row] = _TABLE.events
FIELDS: Mapping[str, Field] = _TABLE.fields
TYPES: Mapping[str, type[Event]] = {str(kind.__struct_config__.tag): kind for kind in _types(_TABLE)}
ANY: Any = functools.reduce(operator.or_, TYPES.values())

_decoder = msgspec.json.Decoder(ANY)


def event(name: str, /, **fields: object) -> Event:
    """The event of that row with these fields. Raises NotAnEvent for whatever the table does not have."""
    if name not in TYPES:
        raise NotAnEvent("there is no such event in the table")
    try:
        made = msgspec.convert({**fields, TAG: name}, TYPES[name])
    except (msgspec.ValidationError, TypeError, ValueError):
        raise NotAnEvent(f"{name}: a field does not fit the table") from None
    assert isinstance(made, Event)
    return made


def decode(data: bytes | msgspec.Raw) -> Event:
    """The event that this JSON is. Raises NotAnEvent."""
    try:
        made = _decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NotAnEvent("this is none of the table's events") from None
    assert isinstance(made, Event)
    return made


def counts(name: str, hours: int, by: Mapping[str, Mapping[str, int]]) -> Counts:
    """How often each value came. Raises NotAnEvent for whatever the table does not have."""
    row = EVENTS.get(name)
    if row is None or row.kind != "visit" or set(by) != set(row.fields):
        raise NotAnEvent("there is nothing of this name to count")
    for field, values in by.items():
        known = set(FIELDS[field].labels)
        if not set(values) <= known or not all(type(each) is int and 0 < each <= MOST for each in values.values()):
            raise NotAnEvent(f"{name}: a count does not fit the table")
    sums = {sum(values.values()) for values in by.values()}
    if len(sums) != 1 or 0 in sums or type(hours) is not int or not 0 < hours <= MOST:
        raise NotAnEvent(f"{name}: the counts of its fields are not of the same visits")
    return Counts(name, hours, sums.pop(), by)


def encode(told: Event | Counts) -> dict[str, object]:
    """What may be written down, as the members of a JSON object, checked once more. Raises NotAnEvent."""
    if isinstance(told, Counts):
        made = counts(told.name, told.hours, told.by)
        by = {field: dict(values) for field, values in made.by.items()}
        return {TAG: made.name, "hours": made.hours, "count": made.count, "by": by}
    if not isinstance(told, Event):
        raise NotAnEvent("this is none of the table's events")
    checked = event(told.name, **told.fields)
    if checked.row.kind == "visit":
        raise NotAnEvent(f"{told.name}: a visit leaves no line of its own")
    return {TAG: checked.name, "fields": checked.fields}


def spoken_by(speaker: Speaker) -> frozenset[str]:
    """The rows that this one may tell."""
    return frozenset(name for name, row in EVENTS.items() if speaker in row.by)
