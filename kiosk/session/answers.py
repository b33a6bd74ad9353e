"""What a page can say, as one table. A word from the socket is read here, once, and is a typed value from there on.

Four kinds of it are the same on every screen and stand in the table; a key of the pad carries its character; whatever
else has the form of an answer is a `Choice`, one of those the screen itself offers. So each kind goes to the one place
that knows it: a wish to what is shown, a key to the pad, and neither ever meets the other. What has no place here is
no answer (None).
"""

from __future__ import annotations

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
    LEAVE = "leave"
    LEAVE_NOW = "leave_now"
    STAY = "stay"


class Edit(Enum):
    """The keys of a pad that bear no character. Its `next` is a choice like that of other screens."""

    ERASE = "erase"
    CLEAR = "clear"


@dataclass(frozen=True)
class Key:
    """A key of a pad: one character of somebody's PIN, so it is in no repr."""

    character: str = field(repr=False)


@dataclass(frozen=True)
class Choice:
    """One of the answers that a screen offers by itself (`Screen.answers`)."""

    name: str


Answer = Sign | Wish | Language | Help | Edit | Key | Choice

CHOICE = re.compile("[a-z_]{1,32}")


@cache
def table() -> Mapping[str, Answer]:
    """What is the same on every screen."""
    languages = {f"lang:{language.code}": language for language in shipped()}
    return {each.value: each for kind in (Sign, Wish, Help, Edit) for each in kind} | languages


def parse(word: str) -> Answer | None:
    """What a word from the page says; None when it says nothing."""
    if word in table():
        return table()[word]
    match word.partition(":"):
        case "key", ":", character if len(character) == 1:
            return Key(character)
        case name, "", "" if CHOICE.fullmatch(name):
            return Choice(name)
    return None
