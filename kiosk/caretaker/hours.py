"""What visits were like, as counts: they leave this room together, once an hour, and only of three visits or more.

A line with a time, be it the minute, and a camera name the person. So a visit is added here and forgotten: what is kept
is how often each value came, each field by itself. When an hour is over and three visits or more have ended in it, the
counts are handed out and all begins anew; otherwise the hour is joined to the next. They are handed out at the end of
an hour and never when the third visit ends. Hours are the monotonic clock's.

The counts that wait lie in memory (the runtime directory), so they outlive the caretaker, and the power only when it
was stopped as it should be: then they are moved to the disk, to be joined to the first hour after the start.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from kiosk.caretaker import disk
from kiosk.config.events import EVENTS, Counts, Event, NotAnEvent, counts

HOUR_SECONDS = 3600.0
FEWEST = 3  # visits that are told of together
VISIT = "visit_ended"  # the event that counts as one
FILE = "counts.json"

Rows = dict[str, dict[str, dict[str, int]]]  # event, field, value: how often


class Waiting(Struct, frozen=True, forbid_unknown_fields=True):
    """The file. hours: that were joined already."""

    hours: int = 0
    rows: Rows = {}


class Hours:
    """memory, state: the folders of the two files. now: monotonic seconds. For one thread."""

    def __init__(self, memory: Path, state: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._memory, self._state, self._now = memory / FILE, state / FILE, now
        self._rows: Rows = {}
        self._hours = 0
        for path in (self._state, self._memory):
            self._join(_read(path))
        self._began = now()
        self._keep()
        with contextlib.suppress(OSError):
            disk.remove(self._state)

    def add(self, told: Event) -> None:
        """One more. Raises NotAnEvent for what is not to be counted."""
        if told.row.kind != "visit":
            raise NotAnEvent(f"{told.name}: is not counted")
        self._join(Waiting(0, {told.name: {field: {str(value): 1} for field, value in told.fields.items()}}))
        self._keep()

    def over(self) -> list[Counts]:
        """What is to be told now: nothing while the hour lasts, or while there are fewer than three visits."""
        whole = int((self._now() - self._began) // HOUR_SECONDS)
        if whole < 1:
            return []
        self._began += whole * HOUR_SECONDS
        self._hours += whole
        if self._visits < FEWEST:
            if self._visits == 0 and not self._rows:
                self._hours = 0  # nobody was there: nothing to join
            self._keep()
            return []
        return [counts(name, self._hours, by) for name, by in self._rows.items()]

    def told(self) -> None:
        """What `over` gave stands in the trail."""
        self._rows, self._hours = {}, 0
        self._keep()

    def stop(self) -> None:
        """The machine may be switched off now."""
        with contextlib.suppress(OSError):  # they stay in memory
            if self._rows:
                disk.put(self._state, self._written())
            disk.remove(self._memory)

    @property
    def _visits(self) -> int:
        return sum(self._rows.get(VISIT, {}).get("end", {}).values())

    def _join(self, more: Waiting) -> None:
        self._hours += more.hours
        for name, by in more.rows.items():
            for field, values in by.items():
                for value, count in values.items():
                    row = self._rows.setdefault(name, {}).setdefault(field, {})
                    row[value] = row.get(value, 0) + count

    def _written(self) -> bytes:
        return msgspec.json.encode(Waiting(self._hours, self._rows))

    def _keep(self) -> None:
        with contextlib.suppress(OSError):  # then they live as long as the caretaker
            disk.put(self._memory, self._written())


def _read(path: Path) -> Waiting:
    """What waits there; nothing, if what is there is not ours or not of today's table."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Waiting)
        for name, by in found.rows.items():
            counts(name, 1, by)
    except (OSError, msgspec.MsgspecError, ValueError, NotAnEvent):
        return Waiting()
    return found if set(found.rows) <= set(EVENTS) else Waiting()
