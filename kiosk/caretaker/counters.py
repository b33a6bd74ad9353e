"""What has been done here: visits by how they ended, slips by what came of them, calls, faults; of today, of seven
days, and since the beginning.

Visits and slips come as the counts of an hour, at the moment when those go into the trail and not before (`hours.py`).
With the counters stands the line of the trail up to which they were counted: what came behind it before the power went
is counted at the next start, and nothing twice (`record.py`).
Days are Japan's. A day that lies ahead, because the clock was, is in no week.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct, structs

from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import Counts, Event
from kiosk.ipc.messages import Counted, Span
from kiosk.language import dates

FILE = "counters.json"  # in the state directory
WEEK_DAYS = 7
CALL = "staff_called"  # the event that is one
COUNTED = {"visit_ended": ("visits", "end"), "slip": ("prints", "printed")}  # event: counter, and the field it goes by


class State(Struct, frozen=True):
    """The file. begun: seconds since 1970. days: by their date's ordinal. line: of the trail, counted up to it; None:
    from the next on."""

    begun: int
    start: Span = Span()
    days: dict[int, Span] = {}
    line: int | None = None


class Counters:
    """now: an aware datetime. For one thread."""

    def __init__(self, path: Path, now: Callable[[], datetime.datetime] = dates.now) -> None:
        self._now = now
        self._kept = StateFile(path, State(int(now().timestamp())))
        self._waits: State | None = None  # not on the disk yet

    @property
    def counted(self) -> Counted:
        state, today = self._state, self._today
        week = Span()
        for day, span in state.days.items():
            if today - WEEK_DAYS < day <= today:
                week = _sum(week, span)
        return Counted(state.begun, state.days.get(today, Span()), week, state.start)

    def known(self, end: int) -> int:
        """The line up to which it is counted, of a trail that ends there."""
        line = end if self._state.line is None else min(self._state.line, end)
        if line != self._state.line:
            self._kept.keep(structs.replace(self._state, line=line))
            self._waits = None
        return line

    def add(self, told: Event | Counts, line: int) -> None:
        """What stands in the trail now, in that line."""
        if line <= (self._state.line or 0):
            return
        self._waits = structs.replace(self._state, line=line)
        if isinstance(told, Counts):
            if told.name in COUNTED:
                counter, field = COUNTED[told.name]
                self._add(structs.replace(Span(), **{counter: dict(told.by[field])}))
        elif told.name == CALL:
            self._add(Span(calls=1))
        elif told.row.kind == "fault":
            self._add(Span(faults={told.name: 1}))

    def turn(self) -> None:
        """To be called about once a second: a flood of faults does not become one of writing."""
        self._kept.turn()
        if self._waits is not None:
            self._kept.keep(self._waits)
            self._waits = None

    @property
    def _state(self) -> State:
        return self._waits or self._kept.now

    @property
    def _today(self) -> int:
        return self._now().astimezone(dates.JST).toordinal()

    def _add(self, more: Span) -> None:
        state, today = self._state, self._today
        kept = {day: span for day, span in state.days.items() if abs(today - day) < WEEK_DAYS}
        kept[today] = _sum(kept.get(today, Span()), more)
        self._waits = structs.replace(state, start=_sum(state.start, more), days=kept)


def _sum(one: Span, other: Span) -> Span:
    return Span(
        _both(one.visits, other.visits),
        _both(one.prints, other.prints),
        one.calls + other.calls,
        _both(one.faults, other.faults),
    )


def _both(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
