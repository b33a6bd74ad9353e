"""What a page can say, as one table. A word from the socket is read here, once, and is a typed value from there on.

Four kinds of it are the same on every screen and stand in the table; a key of the pad carries its character; whatever
else has the form of an answer is a `Choice`, one of those the screen itself offers. So each kind goes to the one place
that knows it: a wish to what is shown, a key to the pad, and neither ever meets the other. What has no place here is
no answer (None).

What was pressed may arrive late, for the page keeps it while the line is cut. So it comes with its number, by which it
is heard once, and with its moment on the page's own monotonic clock, of which only differences mean something.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache

from kiosk.language.languages import Language, shipped


class Sign(Enum):
    """Somebody is there, and asks for nothing."""

    ACTIVE = "active"  # a finger, or a voice that is still speaking to somebody
    TYPED = "typed"  # a real keyboard was used


class Wish(Enum):
    """How things are to be shown and said (`preferences.py`). A wish for a language is the `Language` itself."""

    SIZE = "size"
    CONTRAST = "contrast"
    REACH = "reach"
    LOUDER = "louder"
    SOFTER = "softer"
    LISTEN = "listen"
    REPEAT = "repeat"
    HUSH = "hush"
    LANGUAGES = "language"  # to be shown which there are


class Help(Enum):
    """The helpers on every screen, and what answers the questions laid over it."""

    STAFF = "staff"
    CALL_OFF = "call_off"
    LEAVE = "leave"
    LEAVE_NOW = "leave_now"
    STAY = "stay"


class Edit(Enum):
    """The keys of a pad that bear no character. Its `next` is a choice like that of other screens."""

    ERASE = "erase"
    CLEAR = "clear"


@dataclass(frozen=True)
class Key:
    """A key of a pad: one character of somebody's PIN, so it is in no repr.

    at: when it was pressed, in seconds on the page's clock; None: when it is heard."""

    character: str = field(repr=False)
    at: float | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Choice:
    """One of the answers that a screen offers by itself (`Screen.answers`)."""

    name: str


Answer = Sign | Wish | Language | Help | Edit | Key | Choice

MEANT_FOR_ANY = (Help.STAFF, Help.LEAVE)

CHOICE = re.compile("[a-z_]{1,32}")


def meant_for_any(answer: Answer | None) -> bool:
    """It says the same on whatever screen: how things are to be shown, that help is wanted, that all is to end. So it
    is heard also when the screen has become another one under the finger."""
    return isinstance(answer, Wish | Language) or answer in MEANT_FOR_ANY


@cache
def table() -> Mapping[str, Answer]:
    """What is the same on every screen."""
    languages = {f"lang:{language.code}": language for language in shipped()}
    return {each.value: each for kind in (Sign, Wish, Help, Edit) for each in kind} | languages


@dataclass(frozen=True)
class Said:
    """seq: the screen that stood there. number: which of the session's presses it is; None: a sign that counts none."""

    seq: int
    answer: Answer
    number: int | None = None


def heard(message: object) -> Said | None:
    """What a message of the page says; None when it says nothing."""
    number: int | None = None
    at: float | None = None
    match message:
        case {"seq": int(seq), "answer": str(word), "number": int(number), "at": int() | float() as stamp, **rest}:
            if rest or not 0 <= stamp < math.inf:
                return None
            at = stamp / 1000
        case {"seq": int(seq), "answer": str(word), **rest}:
            if rest:
                return None
        case _:
            return None
    answer = parse(word, at)
    return None if answer is None else Said(seq, answer, number)


def parse(word: str, at: float | None = None) -> Answer | None:
    """What a word from the page says, and when a key was pressed [s]; None when it says nothing."""
    if word in table():
        return table()[word]
    match word.partition(":"):
        case "key", ":", character if len(character) == 1:
            return Key(character, at)
        case name, "", "" if CHOICE.fullmatch(name):
            return Choice(name)
    return None
