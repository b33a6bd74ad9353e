"""The slips: one type each, which names the few facts that may stand on it.

A slip goes home in a pocket and is found again in a bin, so nothing on it may tell whose it was. The types prove that.
Every field comes down to one of the leaves below, and no leaf can hold what a card or a person gives:

    Public, PublicNumber   there before anybody came, or never near them: our own words, the station's files, what the
                           caretaker says (language/public.py)
    Reference, LinkedAt, ReleasedAt   made by the portal for one request; none says whose it was (portal/model.py)
    OpensAt                when the portal opens, the same for everybody
    Fact, Hours             of the station's files, read at the start: a section of the guidance, when something is open
    bool, None, a Literal  yes, no, nothing; one of the few words that stand in the type

`str`, `int` and `datetime` are no leaves: a name, tries left, a birthday are of these. So a name on a slip is an error
for mypy, and tests/receipts/test_slip_types.py walks the fields of every slip down to the leaves, also of one that is
written tomorrow. The station and the time of printing are added where the slip is laid out.

`LinkedSlip` is laid out by `templates/linked.html`, and so on: the name of the one is the name of the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kiosk.advice.todo import Todo
from kiosk.config.guidance import Fact
from kiosk.ipc.messages import Reported
from kiosk.language.hours import Hours
from kiosk.language.public import NOTHING, Public, PublicNumber
from kiosk.portal.model import LinkedAt, OpensAt, Reference, ReleasedAt

LEAVES: Final = (Public, PublicNumber, Reference, LinkedAt, ReleasedAt, OpensAt, Fact, Hours, bool, type(None))


@dataclass(frozen=True, kw_only=True, repr=False)
class Slip:
    """What every slip has in common: a template of its name. What somebody took home is in no repr."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @classmethod
    def name(cls) -> str:
        """The template's: the type's name as files are named, `lost_card` for a LostCardSlip."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__.removesuffix("Slip")).lower()


@dataclass(frozen=True)
class NotLaidOut:
    """There is no picture of a slip, so nothing can be printed. It is not the printer's fault."""


@dataclass(frozen=True, kw_only=True, repr=False)
class LinkedSlip(Slip):
    """It is linked. reference: the portal's number, for the person to quote. linked_at: when the portal did it. can:
    what is possible now, sentences from the table of gains; the desk that is shown the slip may know them."""

    reference: Reference
    linked_at: LinkedAt
    can: tuple[Public, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class AlreadyLinkedSlip(Slip):
    """It was linked before. can: what is possible, as on a LinkedSlip; there is no number, for nothing was done."""

    can: tuple[Public, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class ReleasedSlip(Slip):
    """A link was released. reference, released_at: the portal's number, and when. lapsed: of a former licence."""

    reference: Reference
    released_at: ReleasedAt
    lapsed: bool


@dataclass(frozen=True, kw_only=True, repr=False)
class ListSlip(Slip):
    """Things to do, the same for everybody who has to do them. Without paper a phone may take the list along as text
    (receipts/text.py); a slip that is no ListSlip has no text.

    official: the term that officers and the official papers use. page: a public page that says more. tries: so many
    wrong entries in a row lock the PIN that it is about.
    """

    heading: Public
    todo: tuple[Todo, ...]
    official: Public = NOTHING
    page: Public = NOTHING
    tries: PublicNumber | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class OutcomeSlip(ListSlip):
    """How something ended that is not done or not known to be. kind: what it was. happened, meaning: a row of the table
    of outcomes, which knows no one. opens_at: when a closed portal opens, if it has said so."""

    kind: Public
    happened: Public
    meaning: Public
    opens_at: OpensAt | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class TodoSlip(ListSlip):
    """A person's own list, chosen by what they answered or what their card tells anybody. can: what is possible
    already. know: what matters before one starts. All of them are sentences of ours."""

    can: tuple[Public, ...] = ()
    know: tuple[Public, ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class TestSlip(Slip):
    """The maintenance test print: the station, the time, and nothing else."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ReadinessSlip(Slip):
    """The readiness report in the hand of whoever has made it. All of it is the caretaker's, who never learns of a
    person."""

    reported: Reported
