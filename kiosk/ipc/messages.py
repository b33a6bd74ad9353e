"""The messages to the caretaker and its answers. One message, one packet of JSON on a Unix socket (SOCK_SEQPACKET), one
answer. Who speaks is said by the kernel and never by a message.

    Tell       an event, from whoever may tell it (config/events.toml)          Taken, Denied
    Status     the caretaker is there; how the trail stands; is there staff?    Standing, Denied
    Admit      is this the passcode of this staff number?                       Admitted, NotAdmitted, Denied
    AddStaff, RemoveStaff, ListStaff   accounts, for root alone                 Taken, Staff, Denied
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from kiosk.config.events import Event

SOCKET = "caretaker.sock"  # in caretaker.runtime_directory
LONGEST = 4096  # bytes of a message

Number = Annotated[int, Meta(ge=1, le=999_999)]
Role = Literal["officer", "supervisor", "vendor"]
Passcode = Annotated[str, Meta(max_length=64)]
Count = Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]


class Message(Struct, frozen=True, forbid_unknown_fields=True, tag_field="message", tag=str.lower):
    """Of either direction."""


class Tell(Message, frozen=True):
    """An event. untold: so many could not be told since the last that was taken."""

    event: msgspec.Raw
    untold: Count = 0


class Status(Message, frozen=True):
    """How is it?"""


class Secret(Message, frozen=True):
    """Bears a passcode: its repr says what it is, never what is in it."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Admit(Secret, frozen=True):
    """May this one in?"""

    staff: Number
    passcode: Passcode


class AddStaff(Secret, frozen=True):
    """Make an account."""

    staff: Number
    role: Role
    passcode: Passcode


class RemoveStaff(Message, frozen=True):
    """Remove one."""

    staff: Number


class ListStaff(Message, frozen=True):
    """Which are there?"""


class Taken(Message, frozen=True):
    """It is done. An event stands on the disk, or is counted: as a visit, or among what the disk did not take."""


class Denied(Message, frozen=True):
    """It is not done, and will not be if it is said again. why: one line of ours."""

    why: str


class Standing(Message, frozen=True):
    """The trail's anchor, how many events the disk would not take, and whether anybody has an account."""

    lines: int
    head: str
    unwritten: int
    staffed: bool


class Admitted(Message, frozen=True):
    """The passcode is right."""

    role: Role


class NotAdmitted(Message, frozen=True):
    """It is not, or nobody is let in for so many seconds."""

    seconds: int


class Staff(Message, frozen=True):
    """The accounts."""

    accounts: dict[int, Role]


Question = Tell | Status | Admit | AddStaff | RemoveStaff | ListStaff
Answer = Taken | Denied | Standing | Admitted | NotAdmitted | Staff

_questions, _answers = msgspec.json.Decoder(Question), msgspec.json.Decoder(Answer)


class NotAMessage(Exception):
    """These bytes are none of ours. The text holds nothing of them."""


def telling(told: Event, untold: int) -> Tell:
    return Tell(msgspec.Raw(msgspec.json.encode(told)), untold)


def encode(message: Question | Answer) -> bytes:
    return msgspec.json.encode(message)


def question(data: bytes) -> Question:
    """Raises NotAMessage."""
    try:
        asked: Question = _questions.decode(data)
        return asked
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NotAMessage("this is no question of ours") from None


def answer(data: bytes) -> Answer:
    """Raises NotAMessage."""
    try:
        said: Answer = _answers.decode(data)
        return said
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NotAMessage("this is no answer of ours") from None
