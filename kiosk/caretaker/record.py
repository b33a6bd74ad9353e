"""What is told, on its way into the trail: what is counted, what is written, and what could not be.

Nothing fails here for a disk: an event that it does not take is counted, and written down as a gap when it takes one
again. A state is written only when it is not as it was written last; it is of whatever its event and all its fields but
the last name.

Others hear of it too. Of an event when it is told, also when no disk takes it, and of counts when they stand in the
trail: alerts and figures. Of what stands in the trail alone: the staff's counters.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable

from kiosk.caretaker.hours import Hours
from kiosk.caretaker.trail import Trail, Unwritable
from kiosk.config.events import MOST, Counts, Event, Speaker, event

log = logging.getLogger("kiosk.caretaker")


GAPS_EVERY_SECONDS = 60.0  # so that a flood does not become one of gaps


class Record:
    """now: monotonic seconds. hears: is called with what is told. written: with whatever stands in the trail now. For
    one thread."""

    def __init__(
        self,
        trail: Trail,
        hours: Hours,
        now: Callable[[], float] = time.monotonic,
        hears: Callable[[Event | Counts], None] = lambda _told: None,
    ) -> None:
        self._trail, self._hours, self._now, self._hears = trail, hours, now, hears
        self.written: Callable[[Event | Counts], None] = lambda _told: None
        self._gaps_from = now()
        self._states: dict[tuple[object, ...], Event] = {}
        self._untold: Counter[tuple[Speaker, str]] = Counter()
        self._said = ""

    @property
    def unwritten(self) -> int:
        """So many events the disk would not take, and are not told as a gap yet."""
        return self._untold.get(("caretaker", "unwritable"), 0)

    def is_news(self, told: Event) -> bool:
        """False: a state is as it was written last."""
        return self._states.get(_whose(told)) != told

    def tell(self, told: Event) -> None:
        """Have it written, or counted."""
        if told.row.kind == "visit":
            self._hours.add(told)
        elif self.is_news(told):
            self._hears(told)
            self._states.pop(_whose(told), None)  # it is not as it was written last, whether this is written or not
            if self._write(told) and told.row.kind == "state":
                self._states[_whose(told)] = told

    def missed(self, speaker: Speaker, why: str, count: int = 1) -> None:
        """So many were not told, or not taken."""
        self._untold[speaker, why] += count

    def turn(self) -> None:
        """To be called about once a second: gaps, and the hour if it is over."""
        if self._now() >= self._gaps_from:
            self._tell_gaps()
        over = self._hours.over()
        if over and self._append(*over):
            self._hours.told()
            for each in over:
                self._hears(each)

    def stop(self, *last: Event) -> None:
        self._tell_gaps()
        for each in last:
            self._write(each)
        self._hours.stop()
        self._trail.close()

    def _tell_gaps(self) -> None:
        gaps = [
            event("gap", speaker=speaker, why=why, count=min(count, MOST))
            for (speaker, why), count in self._untold.items()
        ]
        if gaps and self._append(*gaps):
            for gap in gaps:
                self._hears(gap)
            self._untold.clear()
            self._gaps_from = self._now() + GAPS_EVERY_SECONDS

    def _write(self, told: Event) -> bool:
        if self._append(told):
            return True
        self.missed("caretaker", "unwritable")
        return False

    def _append(self, *told: Event | Counts) -> bool:
        try:
            found = self._trail.append(*told)
        except Unwritable as error:
            if self._said != str(error):
                self._said = str(error)
                log.error("the trail cannot be written: %s; events are counted until it can", error)
            return False
        if self._said:
            log.warning("the trail is written again")
            self._said = ""
        for late in found:
            self._hears(late)
        for each in (*found, *told):
            self.written(each)
        return True


def _whose(told: Event) -> tuple[object, ...]:
    """What a state is of."""
    return (told.name, *list(told.fields.values())[:-1])
