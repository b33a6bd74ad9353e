"""What a person takes home: their own list of things to do, in the order in which they are done.

A list is made of sentences (gettext messages, translated where they are shown) and facts (kiosk/guidance.py), and of
nothing about the person. Screen, slip and QR code are made from the same list, so they cannot say different things.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.guidance import Line, Photo
from kiosk.language.public import NOTHING, Public, PublicNumber


def N_(message: str) -> Public:
    """Mark a message for translation without translating it here. It is a literal, so it is public."""
    return Public(message)


@dataclass(frozen=True)
class Todo:
    """One thing to do: what, where, what to bring, whom to call.

    hours: when the place is open. booked_hours: how long after a booking it has to be done. notes: a sentence or two
    that help doing it. line, other_line: whom to call, in Japanese and in other languages. yen: the fee, if it is
    known. photo: which one is needed.
    """

    text: Public
    where: Public = NOTHING
    hours: Public = NOTHING
    booked_hours: PublicNumber | None = None
    bring: tuple[Public, ...] = ()
    notes: tuple[Public, ...] = ()
    line: Line | None = None
    other_line: Line | None = None
    yen: PublicNumber | None = None
    photo: Photo | None = None


@dataclass(frozen=True)
class Plan:
    """The whole list. name: what it is about, for the picture. can: what is possible already. know: what matters before
    one starts. official: the term that officers and the official papers use. page: a public page that says more."""

    name: str
    heading: Public
    todo: tuple[Todo, ...]
    can: tuple[Public, ...] = ()
    know: tuple[Public, ...] = ()
    official: Public = NOTHING
    page: Public = NOTHING


CARD = N_("マイナンバーカード")
ASK_FIRST = N_("必要なもの・時間は、先に窓口へ。")
ASK_OFFICE = N_("手続に必要なもの・受付時間は、行く前に窓口へ確かめてください。")
