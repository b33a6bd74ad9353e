"""What visits were like, as counts: they leave this room together, once an hour, and only of three visits or more.

A line with a time, be it the minute, and a camera name the person. So a visit is added here and forgotten: what is kept
is how often each value came, each field by itself. When an hour is over and three visits or more have ended in it, the
counts are handed out and all begins anew; otherwise the hour is joined to the next. They are handed out at the end of
an hour and never when the third visit ends. Hours are the monotonic clock's.

Where a field may have been not at all (the steps that a visit came to), the others are of fewer people, who would stand
there by themselves, one field beside the other. Such a row waits until none of its fields is of one or two.

The counts of the running hour lie in memory (the runtime directory), so they outlive the caretaker and not the power.
When the hour is over, what waits is put on the disk, or a quiet kiosk whose power goes each evening would tell of
nobody; so it is when the caretaker is stopped as it should be. It has no time in it. The file is written at the end of
each hour in which anything waits, whether anybody came or not, so its own time says nothing of the last of them: what
can be told of one who waits alone is the hour, and no more.

No kill and no power cut makes two of one visit. Each of the two files is whole and bears a number: the higher is the
newer, and has in it whatever the other had. Before counts go into the trail it is written down on the disk which, and
behind which of its lines they will stand; whoever finds that looks whether they do (`record.py`).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from kiosk.caretaker import disk
from kiosk.config.events import FIELDS, NONE, Counts, Event, NotAnEvent, counts

HOUR_SECONDS = 3600.0
FEWEST = 3  # visits that are told of together
VISIT = "visit_ended"  # the event that counts as one
FILE = "counts.json"

By = dict[str, dict[str, int]]  # field, value: how often
Rows = dict[str, By]  # by event


class Waiting(Struct, frozen=True, forbid_unknown_fields=True):
    """The file. hours: of each event, that are over since it was told last. leaving: of the rows what was to be written
    behind this line of the trail."""

    serial: int = 0
    rows: Rows = {}
    hours: dict[str, int] = {}
    leaving: Rows = {}
    behind: int = 0


class Hours:
    """memory, state: the folders of the two files. now: monotonic seconds. For one thread."""

    def __init__(self, memory: Path, state: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._memory, self._state, self._now = memory / FILE, state / FILE, now
        newest = max(_read(self._state), _read(self._memory), key=lambda found: found.serial)
        self._serial, self._rows, self._hours = newest.serial, newest.rows, newest.hours
        self._leaving, self._behind = newest.leaving, newest.behind
        self._began = now()
        self._keep()

    @property
    def behind(self) -> int | None:
        """The line of the trail behind which counts may stand that are still here; None: there are no such."""
        return self._behind if self._leaving else None

    def add(self, told: Event, times: int = 1) -> None:
        """So many more. Raises NotAnEvent for what is not to be counted."""
        if told.row.kind != "visit":
            raise NotAnEvent(f"{told.name}: is not counted")
        by = self._rows.setdefault(told.name, {})
        for field, value in told.fields.items():
            values = by.setdefault(field, {})
            values[str(value)] = values.get(str(value), 0) + times
        self._keep()

    def over(self) -> list[Counts]:
        """What is to be told now: nothing while the hour lasts, or while there are fewer than three visits."""
        whole = int((self._now() - self._began) // HOUR_SECONDS)
        if whole < 1:
            return []
        self._began += whole * HOUR_SECONDS
        self._hours = {name: self._hours.get(name, 0) + whole for name in self._rows}
        try:
            self._put_down()
        except OSError:  # they stay in memory
            self._keep()
        if sum(self._rows.get(VISIT, {}).get("end", {}).values()) < FEWEST:
            return []
        ripe = {name: by for name, by in self._rows.items() if not _names_somebody(by)}
        return [counts(name, self._hours[name], _copy(by)) for name, by in ripe.items()]

    def leave(self, over: list[Counts], behind: int) -> bool:
        """Write down that these go into the trail now, behind that line. False: it cannot be, and they are not to."""
        self._leaving = {each.name: _copy(each.by) for each in over}
        self._behind = behind
        try:
            self._put(self._state)
        except OSError:
            self._leaving = {}
            return False
        return True

    def told(self, *told: Counts) -> list[Counts]:
        """These stand in the trail. Returns those that were on their way there; all others are still to be told."""
        if not self._leaving:
            return []
        found = [each for each in told if self._leaving.get(each.name) == each.by]
        for each in found:
            by, hours = self._rows.pop(each.name), self._hours.pop(each.name, 0)
            left = {field: _less(values, each.by[field]) for field, values in by.items()}
            if any(left.values()):
                self._rows[each.name], self._hours[each.name] = left, hours - each.hours
        self._leaving = {}
        self._keep()
        if not self._rows:
            with contextlib.suppress(OSError):  # it says of itself what stands in the trail
                disk.remove(self._state)
        return found

    def stop(self) -> None:
        """The machine may be switched off now."""
        with contextlib.suppress(OSError):  # they stay in memory
            self._put_down()
            disk.remove(self._memory)

    def _put_down(self) -> None:
        """What waits is on the disk, and nothing that does not."""
        if self._rows:
            self._put(self._state)
        else:
            disk.remove(self._state)

    def _put(self, path: Path) -> None:
        self._serial += 1
        disk.put(path, msgspec.json.encode(self._waiting))

    @property
    def _waiting(self) -> Waiting:
        return Waiting(self._serial, self._rows, self._hours, self._leaving, self._behind)

    def _keep(self) -> None:
        with contextlib.suppress(OSError):  # then they live as long as the caretaker
            self._put(self._memory)


def _names_somebody(by: Mapping[str, Mapping[str, int]]) -> bool:
    """A field that may be not at all is of one or two people."""
    some = [sum(values.values()) - values.get(NONE, 0) for field, values in by.items() if FIELDS[field].none]
    return any(0 < people < FEWEST for people in some)


def _copy(by: Mapping[str, Mapping[str, int]]) -> By:
    return {field: dict(values) for field, values in by.items()}


def _less(values: Mapping[str, int], less: Mapping[str, int]) -> dict[str, int]:
    left = {value: count - less.get(value, 0) for value, count in values.items()}
    return {value: count for value, count in left.items() if count}


def _read(path: Path) -> Waiting:
    """What waits there; nothing, if what is there is not ours. What is not of today's table stays behind, alone."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Waiting)
    except (OSError, msgspec.MsgspecError, ValueError):
        return Waiting()
    return structs.replace(found, rows=_of_today(found.rows), leaving=_of_today(found.leaving))


def _of_today(rows: Rows) -> Rows:
    return {name: by for name, by in rows.items() if _fits(name, by)}


def _fits(name: str, by: By) -> bool:
    try:
        counts(name, 1, by)
    except NotAnEvent:
        return False
    return True
