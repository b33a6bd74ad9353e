"""What a person takes home: their own list of things to do, in the order in which they are done.

A list is made of sentences (gettext messages, translated where they are shown) and facts (kiosk/guidance.py), and of
nothing about the person. Screen, slip and QR code are made from the same list, so they cannot say different things.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.guidance import Line, Photo
from kiosk.languages import N_


@dataclass(frozen=True)
class Todo:
    """One thing to do: what, where, what to bring, whom to call.

    hours: when the place is open. booked_hours: how long after a booking it has to be done. notes: a sentence or two
    that help doing it. line, other_line: whom to call, in Japanese and in other languages. yen: the fee, if it is
    known. photo: which one is needed.
    """

    text: str
    where: str = ""
    hours: str = ""
    booked_hours: int | None = None
    bring: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    line: Line | None = None
    other_line: Line | None = None
    yen: int | None = None
    photo: Photo | None = None


@dataclass(frozen=True)
class Plan:
    """The whole list. name: what it is about, for the picture. can: what is possible already. know: what matters before
    one starts. official: the term that officers and the official papers use. page: a public page that says more."""

    name: str
    heading: str
    todo: tuple[Todo, ...]
    can: tuple[str, ...] = ()
    know: tuple[str, ...] = ()
    official: str = ""
    page: str = ""


CARD = N_("マイナンバーカード")
ASK_FIRST = N_("必要なもの・時間は、先に窓口へ。")
ASK_OFFICE = N_("手続に必要なもの・受付時間は、行く前に窓口へ確かめてください。")
