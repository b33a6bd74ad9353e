"""A screen, as a flow sees it: a template's name, the facts it shows, and the answers it can give back.

Facts are neutral (keys, numbers, dates) or rows of a table in kiosk/advice; the template holds the words, or translates
the row's. So a change of language or text size re-renders the screen that stands there without the flow hearing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal


class Sound(Enum):
    """What is heard once when the screen appears. Each says nothing that the picture and the words do not say too."""

    NONE = ""
    CARD_IN = "card_in"
    CARD_OUT = "card_out"
    TAKE_CARD = "take_card"
    PRINTED = "printed"
    DONE = "done"
    ERROR = "error"
    CALL = "call"


@dataclass(frozen=True)
class Screen:
    """One thing the person sees.

    name: the template `screens/<name>.html`.
    facts: what the template may show; never in a repr, since it may be personal.
    answers: the only answers that come back from it; "back" among them shows もどる.
    step: the number of the official step it belongs to.
    reading: long text; the idle limit is the longer one.
    needs_card: taking the card out interrupts it, and takes it off the screen whatever the flow is doing.
    staff: it is for staff alone: their door, a pad that closes by itself when no key is pressed; the same while a card
        is looked for; or their room.
    """

    name: str
    facts: Mapping[str, object] = field(default_factory=dict, repr=False)
    answers: tuple[str, ...] = ()
    step: int | None = None
    reading: bool = False
    needs_card: bool = False
    sound: Sound = Sound.NONE
    staff: Literal["", "door", "card", "room"] = ""
