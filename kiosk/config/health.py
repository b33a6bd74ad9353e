"""How the kiosk may stand: from `config/health.toml` to values that staff's screens and the caretaker share.

A report is one check and one reason of the table, so there is no place in it for a text, a number or a person. Which
level a reason has, who mends it and how, is said by the table and not by whoever reports.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from kiosk.config.events import Name, Speaker, Words

TABLE = Path(__file__).resolve().parents[2] / "config" / "health.toml"

Level = Literal["ok", "info", "warning", "problem"]
Mender = Literal["officer", "supervisor", "operator", "maker"]
LEVELS: tuple[Level, ...] = get_args(Level)  # from well to bad
MENDED: tuple[Level, ...] = ("warning", "problem")


class Reason(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a check is as it is. do: what `who` does about it, in Japanese and English."""

    level: Level
    ja: Words
    en: Words
    who: Mender | None = None
    do: tuple[Words, Words] | None = None

    def __post_init__(self) -> None:
        if (self.level in MENDED) != (self.who is not None) or (self.who is None) != (self.do is None):
            raise ValueError("a warning or a problem has somebody who can do something, and nothing else has")


class Check(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the board. shows, goes: seconds for which it has to be worse, or better, before it is shown."""

    by: Speaker
    ja: Words
    en: Words
    shows: Annotated[int, Meta(ge=0, le=3600)]
    goes: Annotated[int, Meta(ge=0, le=3600)]
    reasons: dict[Name, Reason]

    def __post_init__(self) -> None:
        if not any(reason.level == "ok" for reason in self.reasons.values()):
            raise ValueError("a check can be well")


def load(path: Path = TABLE) -> Mapping[str, Check]:
    """Read the table. It is part of the program: one that does not fit is a bug, and raises what msgspec raises."""
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), dict[Name, Check])


CHECKS: Mapping[str, Check] = load()

if TYPE_CHECKING:  # known from the table only when it has been read
    CheckName = str
    ReasonName = str
else:
    CheckName = Literal[tuple(CHECKS)]
    ReasonName = Literal[tuple(dict.fromkeys(name for check in CHECKS.values() for name in check.reasons))]


def level_of(check: str, reason: str) -> Level:
    """How much it matters. Raises KeyError for what the table does not have."""
    return CHECKS[check].reasons[reason].level
