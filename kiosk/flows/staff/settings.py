"""What is set, from which file, and what in it does not fit: for those who answer for the kiosk.

There is no secret in the settings: keys and certificates are files, of which only the names stand there. What somebody
has written into an address before "@", or where it does not fit, is not shown all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from kiosk.config.file import write_hours
from kiosk.config.guidance import SHIPPED
from kiosk.config.kiosk import AsSet, Settings
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import export
from kiosk.flows.staff.officer import Officer

SEEN_BY = ("supervisor", "vendor")
Line = tuple[str, str, bool]  # a key, its value, and whether that is its default


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until somebody has seen enough. From here the trail goes out, too (`export.py`)."""
    while kiosk.ask(Screen("staff_settings", told(kiosk.as_set), ("export", "back"), staff="room")) == "export":
        export.visit(kiosk, officer)


def told(as_set: AsSet) -> dict[str, object]:
    """For the screen: the two files, what does not fit, and each section with its keys."""
    return {
        "files": (as_set.file, as_set.settings.station.guidance_file or str(SHIPPED)),
        "wrong": tuple(named(line.removeprefix(f"{as_set.file}: ")) for line in as_set.wrong),
        "sections": tuple(sections(as_set.settings)),
    }


def named(line: str) -> str:
    """What does not fit, without what was written there."""
    key, _, words = line.partition(": ")
    _, misfit, cure = words.partition(" does not fit")
    return f"{key}:{misfit}{cure}" if misfit else line


def sections(settings: Settings) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """Each, with its keys as they hold."""
    defaults = _written(Settings())
    for section, keys in _written(settings).items():
        yield section, tuple((key, _words(value), value == defaults[section][key]) for key, value in keys.items())


def _written(settings: Settings) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = msgspec.to_builtins(settings, enc_hook=write_hours)
    return made


def _words(value: object) -> str:
    if isinstance(value, str):
        return re.sub(r"//[^/]*@", "//…@", value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
