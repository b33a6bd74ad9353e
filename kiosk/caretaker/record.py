"""What is told, on its way into the trail: what is counted, what is written, and what could not be.

Nothing fails here for a disk: an event that it does not take is counted, and written down as a gap when it takes one
again. A state is written only when it is not as it was written last; it is of whatever its event and all its fields but
the last name.

Others hear of it too. Of an event when it is told, also when no disk takes it, and of counts when they stand in the
trail: alerts and figures. Of what stands in the trail alone, each line with its number: the staff's counters.

The trail is the truth, and all else follows it. A line may stand there although nobody was answered: the power went, or
the disk took the line and not what comes behind it. So whenever the trail is opened, what stands behind the last line
that is known of is heard of like any other; whoever counts keeps the number up to which that was done, and no line is
counted twice or left out.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from kiosk.caretaker.hours import Hours
from kiosk.caretaker.trail import OWN, Trail, Unwritable
from kiosk.config.events import MOST, Counts, Event, Speaker, event

log = logging.getLogger("kiosk.caretaker")


GAPS_EVERY_SECONDS = 60.0  # so that a flood does not become one of gaps


class Record:
    """now: monotonic seconds. hears: is called with what is told. written: with whatever stands in the trail now, and
    the number of its line. known: given the last line that there is when the trail is first opened, up to which one
    whoever hears of `written` has heard of it. For one thread."""

    def __init__(
        self,
        trail: Trail,
        hours: Hours,
        now: Callable[[], float] = time.monotonic,
        hears: Callable[[Event | Counts], None] = lambda _told: None,
    ) -> None:
        self._trail, self._hours, self._now, self._hears = trail, hours, now, hears
        self.written: Callable[[Event | Counts, int], None] = lambda _told, _line: None
        self.known: Callable[[int], int] = lambda end: end
        self._end: int | None = None  # the last line that is known of
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

    def tell(self, told: Event, times: int = 1) -> None:
        """Have it written, or counted so many times."""
        if told.row.kind == "visit":
            self._hours.add(told, times)
        elif self.is_news(told):
            self._hears(told)
            self._states.pop(_whose(told), None)  # it is not as it was written last, whether this is written or not
            if self._write(told) and told.row.kind == "state":
                self._states[_whose(told)] = told

    @property
    def end(self) -> int | None:
        """The number of the trail's last line; None: the trail cannot be opened."""
        return self._end if self._open() else None

    def look_again(self) -> None:
        """Whether the trail is still as it was written; a line says so if it is not."""
        try:
            if self._open() and self._trail.look_again():
                self._append()
        except Unwritable as error:
            self._refused(error)

    def owe(self, told: Sequence[Event], behind: int | None) -> None:
        """Have those written that do not stand behind that line, or all if nobody knew which it was (`changes.py`)."""
        stand: list[Event | Counts] = []
        if behind is not None and self._open():
            with contextlib.suppress(Unwritable):
                stand = [each for _, each in self._trail.behind(behind) if each in told]
        for each in told:
            if each not in stand:
                self.tell(each)

    def missed(self, speaker: Speaker, why: str, count: int = 1) -> None:
        """So many were not told, or not taken."""
        self._untold[speaker, why] += count

    def turn(self) -> None:
        """To be called about once a second: gaps, and the hour if it is over."""
        if self._now() >= self._gaps_from:
            self._tell_gaps()
        opened = self._open()
        over = self._hours.over()
        if over and opened and self._hours.leave(over, self._last):
            self._append(*over)

    def stop(self, *last: Event) -> None:
        self._tell_gaps()
        for each in last:
            self._write(each)
        self._hours.stop()
        self._trail.close()

    def _tell_gaps(self) -> None:
        if not self._open():  # what stands there after all is no gap
            return
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
        if not self._open():
            return False
        try:
            found = self._trail.append(*told)
        except Unwritable as error:
            return self._refused(error)
        if self._said:
            log.warning("the trail is written again")
            self._said = ""
        for n, late in enumerate(found, self._last + 1):
            self._hears(late)
            self.written(late, n)
        assert self._trail.anchor is not None
        self._end = self._trail.anchor.lines
        self._stand(told)
        for n, each in enumerate(told, self._end - len(told) + 1):
            self.written(each, n)
        return True

    @property
    def _last(self) -> int:
        assert self._end is not None
        return self._end

    def _open(self) -> bool:
        """The trail is open, and all that stands in it is known of."""
        if self._trail.anchor is not None and self._end is not None:
            return True
        try:
            self._trail.open()
            assert self._trail.anchor is not None
            end = self._trail.anchor.lines
            since = self.known(end) if self._end is None else self._end
            left = self._hours.behind
            if left is not None:
                self._stand(told for _, told in self._trail.behind(left))
            for n, told in self._trail.behind(since):
                self._late(n, told)
        except Unwritable as error:
            return self._refused(error)
        self._end = end
        return True

    def _stand(self, told: Iterable[Event | Counts]) -> None:
        """Counts among these are in the trail."""
        for each in self._hours.told(*(each for each in told if isinstance(each, Counts))):
            self._hears(each)

    def _late(self, n: int, told: Event | Counts) -> None:
        """This line stands in the trail, and nobody here has heard of it."""
        if self._end is not None:  # it was told here, and counted among what the disk did not take
            if isinstance(told, Event) and told.name not in OWN:
                self._take_back(told)
            self._end = n
        self.written(told, n)

    def _take_back(self, told: Event) -> None:
        """A line of which it was thought that the disk did not take it."""
        if told.name != "gap":
            self._untold -= Counter({("caretaker", "unwritable"): 1})
            return
        self._hears(told)
        for of in self._untold:
            if of == (told.fields["speaker"], told.fields["why"]):
                self._untold -= Counter({of: int(told.fields["count"])})
                return

    def _refused(self, error: Unwritable) -> bool:
        if self._said != str(error):
            self._said = str(error)
            log.error("the trail cannot be written: %s; events are counted until it can", error)
        return False


def _whose(told: Event) -> tuple[object, ...]:
    """What a state is of."""
    return (told.name, *list(told.fields.values())[:-1])
