"""A line of the trail in words, from the table of events, for whoever reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from kiosk.caretaker.chain import Line
from kiosk.config.events import EVENTS, FIELDS

Tongue = Literal["ja", "en"]


def words(line: Line, tongue: Tongue) -> str:
    """One line. What an older table had and this one has not is shown as it stands."""
    row = EVENTS.get(line.event)
    meaning = getattr(row, tongue) if row else line.event
    parts = [meaning, *_fields(line.members, tongue)]
    return f"{line.n:>6}  {line.at}  {'; '.join(parts)}"


def _fields(members: Mapping[str, Any], tongue: Tongue) -> Iterator[str]:
    for name, value in members.get("fields", {}).items():
        yield f"{_name(name, tongue)}: {_value(name, value, tongue)}"
    if "by" in members:
        yield f"{members['count']} / {members['hours']} h"
        for name, values in members["by"].items():
            said = ", ".join(f"{_value(name, value, tongue)} {count}" for value, count in values.items())
            yield f"{_name(name, tongue)}: {said}"


def _name(name: str, tongue: Tongue) -> str:
    return str(getattr(FIELDS[name], tongue)) if name in FIELDS else name


def _value(name: str, value: object, tongue: Tongue) -> str:
    both = FIELDS[name].words.get(str(value)) if name in FIELDS else None
    return both[0 if tongue == "ja" else 1] if both else str(value)
