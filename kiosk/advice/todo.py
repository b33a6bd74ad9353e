"""What a person takes home: their own list of things to do, in the order in which they are done.

A list is made of sentences (gettext messages, translated where they are shown) and facts (kiosk/config/guidance.py),
and of nothing about the person. Screen, slip and QR code are made from the same list, so they cannot say different
things.

Tables are written before any station's facts are read. So a row names its place by the key that the place has in
config/guidance.toml, and `told` puts the station's own name and hours there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from kiosk.config.guidance import Guidance, Line, Photo, Place, Store
from kiosk.language.hours import Hours
from kiosk.language.languages import N_
from kiosk.language.public import NOTHING, Public, PublicNumber

PlaceKey = Literal["municipality", "licence_desk", "applications_desk", "lost_property", "store"]


@dataclass(frozen=True)
class Todo:
    """One thing to do: what, where, what to bring, whom to call.

    place: the key of where it is done; `told` fills in the rest: where, its name; hours, when it is open; booked_hours,
    how long after a booking it has to be done. say: what it is about, in plain words and by the official name that
    they know at the counter. notes: a sentence or two that help doing it. lines: whom to call,
    each in the languages that it names. yen: the fee, if it is known. photo: which one is needed. instead: this is
    another way of doing the one before, and has its number.
    """

    text: Public
    place: PlaceKey | None = None
    where: Public = NOTHING
    hours: Hours | None = None
    booked_hours: PublicNumber | None = None
    bring: tuple[Public, ...] = ()
    say: tuple[tuple[Public, Public], ...] = ()
    notes: tuple[Public, ...] = ()
    lines: tuple[Line, ...] = ()
    yen: PublicNumber | None = None
    photo: Photo | None = None
    instead: bool = False

    def told(self, facts: Guidance) -> Todo:
        """With the place as this station calls it."""
        if self.place is None:
            return self
        place: Place = getattr(facts, self.place)
        if isinstance(place, Store):
            return replace(self, where=place.name, hours=place.hours, booked_hours=place.booked_hours)
        return replace(self, where=place.name)


def numbered(todo: tuple[Todo, ...]) -> Iterator[tuple[int, Todo]]:
    """Each with its number on screen, slip and phone; another way of doing the same has the same."""
    number = 0
    for each in todo:
        number += not each.instead
        yield number, each


def told(todo: tuple[Todo, ...], facts: Guidance) -> tuple[Todo, ...]:
    """A list with each place as this station calls it."""
    return tuple(each.told(facts) for each in todo)


@dataclass(frozen=True)
class Plan:
    """The whole list. can: what is possible already. know: what matters before one starts. tries: so many wrong entries
    in a row lock the PIN that it is about. official: the term that
    officers and the official papers use. page: a public page that says more. picture: the drawing beside it."""

    heading: Public
    todo: tuple[Todo, ...]
    can: tuple[Public, ...] = ()
    know: tuple[Public, ...] = ()
    tries: PublicNumber | None = None
    official: Public = NOTHING
    page: Public = NOTHING
    picture: str = "go_office"

    def told(self, facts: Guidance) -> Plan:
        """With each place as this station calls it."""
        return replace(self, todo=told(self.todo, facts))


CARD = N_("マイナンバーカード")
PLAIN_LICENCE = N_("運転免許証（お持ちの方）")
ASK_FIRST = N_("持ち物と時間は、先に窓口に聞きます。")
ASK_THE_DESK = N_("持ち物と手数料は、窓口に聞きます。")
