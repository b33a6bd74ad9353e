"""The audit trail: what was told, in order, such that nobody can change, drop or add a line unseen (form: `chain.py`).

An append, in this order, each step on the disk before the next:

    1. the lines, at the end of the open segment, or as a new one (written beside, then renamed)
    2. the anchor
    3. `append` returns, and only now may anybody say that it stands there

When the open segment is full, or of another day, it is sealed first. Whatever is cut off between two steps is found
when the trail is opened again:

    a part of a line          the segment is closed off: sealed as it is, and the next begins with `trail_torn`, which
                              says how many bytes there are. Nothing is cut away and nothing mended
    lines behind the anchor   they are the trail's: it was cut off before the second step. Whoever told them was not
                              answered, and may look for them (`behind`)
    a file not yet renamed    it is removed: no part of the trail
    fewer lines than the      somebody has done that, or the disk. The trail goes on behind the anchor with
    anchor says, a line that  `trail_broken`, and `verify` says so for as long as these segments are kept
    was changed, no anchor,
    a file that the disk
    does not give back

A disk that cannot be written to raises Unwritable, and the next append opens the trail anew; so a line that went half
onto a full disk is closed off like one that was cut by a power failure.

Segments of which every line is older than the days they are kept go, with an event that says so, the two oldest at most
whenever one is sealed. What cannot be read or removed of them keeps no line from being written. How old they are is
said by the clock and by the trail, in which a leap of more than GAP_DAYS from one segment to the next is not believed.
So a clock that is wrong by years takes nothing away, and a kiosk that was off for a month keeps its lines a month
longer. A clock that forgets the year with the power and is set right each morning comes back to where it stood: that is
a step of a day, not two leaps.
"""

from __future__ import annotations

import contextlib
import os
from bisect import bisect, insort
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.caretaker import chain, disk
from kiosk.caretaker.chain import ANCHOR, NOTHING_BEFORE, SEAL, Anchor, Line, NoLine
from kiosk.caretaker.key import Key
from kiosk.config.events import Counts, Event, event

FOLDER = "trail"  # in the state directory
SEGMENT_BYTES = 1 << 20
REMOVED_AT_ONCE = 2
GAP_DAYS = 7  # a kiosk that is on writes every day
OWN = ("segments_removed", "trail_torn", "trail_broken")  # what the trail writes down of itself


class Unwritable(Exception):
    """The disk could not be written to; nothing of this was acknowledged. One line that says why."""


class _End:
    """Where the next line goes. n, head: number and hash of the last line. segment: the open one, if lines can be added
    to it; unsealed: one that has to be sealed before another begins; size: of the open one, in bytes; day: of its first
    line."""

    def __init__(
        self,
        n: int,
        head: str,
        segment: int | None = None,
        unsealed: Path | None = None,
        size: int = 0,
        day: str = "",
    ) -> None:
        self.n, self.head, self.segment, self.unsealed, self.size, self.day = n, head, segment, unsealed, size, day


class Trail:
    """One trail, in a folder of its own. For one thread.

    now: an aware datetime; kept_days: how long a line stays at least. follows: one before it was set aside, since its
    key could not be used.
    """

    def __init__(
        self,
        folder: Path,
        key: Key,
        kept_days: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        segment_bytes: int = SEGMENT_BYTES,
        follows: bool = False,
    ) -> None:
        self._folder, self._key, self._now = folder, key, now
        self._kept_days, self._segment_bytes, self._follows = kept_days, segment_bytes, follows
        self._end: _End | None = None
        self._found: list[Event] = []  # when it was opened, and is not written yet
        self.broken = False  # it did not hold together when it was opened, or when it was looked at again
        self.last_event = ""  # of the last line that is there; "" for none

    @property
    def anchor(self) -> Anchor | None:
        """What is known of the end of the trail; None: it could not be opened yet."""
        return Anchor(self._end.head, self._end.n) if self._end else None

    def open(self) -> None:
        """Find the end of the trail. Raises Unwritable. `append` does it, too."""
        if self._end is None:
            with self._written():
                disk.private_folder(self._folder)
                with disk.held(self._folder, alone=True):
                    self._end = self._look()

    def append(self, *told: Event | Counts) -> list[Event]:
        """Write these lines, all or none acknowledged, behind what was found when the trail was opened, which is handed
        back. Raises Unwritable, and NotAnEvent for what the table has not."""
        now = self._now()
        self.open()
        assert self._end is not None
        with self._written(), disk.held(self._folder, alone=True):
            old = self._expired(now) if self._turns(now) else []
            removed = [event("segments_removed", line=last) for _, last in old[-1:]]
            lines, head = self._lines([*self._found, *removed, *told], now)
            self._write(b"".join(lines), now)
            self._end.n, self._end.head = self._end.n + len(lines), head
            disk.put(self._folder / ANCHOR, chain.anchor_file(Anchor(head, self._end.n), self._key))
            with contextlib.suppress(OSError):  # the lines stand; it is tried again with the next segment
                for path, _ in old:
                    disk.remove(path, _seal(path))
        found, self._found = self._found, []
        self.last_event = chain.read(lines[-1]).event
        return found

    def look_again(self) -> bool:
        """Hold the last segment and the anchor against the end that is known here. True: somebody has changed them; a
        segment of its own begins, with a line that says so. Raises Unwritable."""
        if self._end is None or self.broken:
            return False
        known = self._end
        with self._written(), disk.held(self._folder, alone=True):
            if self._stands(known):
                return False
            self.close()
            end = self._look()
            if not self.broken:  # it holds together, but is not what was written
                self._broken("lines_missing")
            if end.segment is not None:
                os.close(end.segment)
            last = max(known, end, key=lambda each: each.n)
            self._end = _End(last.n, last.head, unsealed=end.unsealed)
        return True

    def _stands(self, end: _End) -> bool:
        """What was written last is the last that stands there."""
        anchor, there = self._anchor(), segments(self._folder)
        if not there:
            return anchor is not None and anchor.lines == end.n == 0
        data = disk.read(there[-1])
        if data is None:
            return False
        lines, _ = chain.split(data)
        first = _first(there[-1])
        good = list(_good(lines, first))
        last = (good[-1].n, good[-1].hash) if good else None
        return last == (end.n, end.head) and not _flaw(good, len(lines), first, anchor)

    def looked_into(self) -> None:
        """Somebody has, and it is held against what is known here again."""
        self.broken = False

    def behind(self, n: int) -> Iterator[tuple[int, Event | Counts]]:
        """What stands behind that line, each with its number, as far as today's table has it; one segment after the
        other, for a trail may be longer than memory. Raises Unwritable, also on the way."""
        with self._written():
            there = segments(self._folder) if self._folder.exists() else []
            last = next((at for at, path in reversed([*enumerate(there)]) if _first(path) <= n + 1), 0)
        for path in there[last:]:
            with self._written():
                data = self._read(path)
            for each in chain.split(data)[0]:
                with contextlib.suppress(NoLine):
                    line = chain.read(each)
                    if line.n > n and (told := chain.told_in(line)) is not None:
                        yield line.n, told

    def _read(self, path: Path) -> bytes:
        """A segment; nothing, and that is a flaw, if the disk does not give it back."""
        data = disk.read(path)
        if data is None and not self.broken:
            self._broken("unreadable")
        return data or b""

    def close(self) -> None:
        if self._end is not None and self._end.segment is not None:
            os.close(self._end.segment)
        self._end = None

    # Writing.

    @contextlib.contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            with contextlib.suppress(OSError):
                self.close()
            self._end = None
            raise Unwritable(f"{self._folder}: {error.strerror or type(error).__name__}") from None

    def _lines(self, told: Sequence[Event | Counts], now: datetime) -> tuple[list[bytes], str]:
        """The lines of these, and the hash of the last."""
        assert self._end is not None
        lines, head = [], self._end.head
        for n, each in enumerate(told, self._end.n + 1):
            lines.append(chain.written(each, n, head, now))
            head = chain.hash_of(lines[-1])
        return lines, head

    def _turns(self, now: datetime) -> bool:
        """The next line begins a new segment."""
        assert self._end is not None
        full = self._end.size >= self._segment_bytes or self._end.day != _day(now)
        return self._end.segment is None or full

    def _write(self, data: bytes, now: datetime) -> None:
        end = self._end
        assert end is not None
        if not self._turns(now):
            assert end.segment is not None
            disk.add(end.segment, data)
            end.size += len(data)
            return
        if end.unsealed is not None:
            disk.put(_seal(end.unsealed), self._key.sign(end.unsealed.read_bytes()))
        if end.segment is not None:
            os.close(end.segment)
            end.segment = None
        path = self._folder / chain.name_of(end.n + 1)
        disk.put(path, data)
        end.segment, end.unsealed, end.size, end.day = disk.open_to_add(path), path, len(data), _day(now)

    def _expired(self, now: datetime) -> list[tuple[Path, int]]:
        """The oldest segments that need not be kept any more, for the next began that long ago; each with the number of
        its last line."""
        there, kept, found = segments(self._folder), timedelta(self._kept_days), []
        for at, path in enumerate(there[:-1][:REMOVED_AT_ONCE], 1):
            since = [*filter(None, map(_began, there[at:])), now]
            by_the_clock = now - since[0]  # less than none: it was dated by a clock that was ahead
            if timedelta() <= by_the_clock <= kept or _gone_by(since) <= kept:
                break
            found.append((path, _first(there[at]) - 1))
        return found

    # Finding the end.

    def _look(self) -> _End:
        disk.sweep(self._folder)
        self._found = []
        anchor = self._anchor()
        there = segments(self._folder)
        if not there:
            if self._follows and not (anchor and anchor.lines):
                self._broken("key_unusable")
            if anchor is None:
                if (self._folder / ANCHOR).exists():
                    self._broken("anchor_missing")
                disk.put(self._folder / ANCHOR, chain.anchor_file(Anchor(NOTHING_BEFORE, 0), self._key))
                return _End(0, NOTHING_BEFORE)
            if anchor.lines:
                self._broken("lines_missing")
            return _End(anchor.lines, anchor.head)
        return self._behind(there[-1], anchor)

    def _anchor(self) -> Anchor | None:
        """None: there is none, or none that verifies."""
        try:
            return chain.read_anchor(disk.read(self._folder / ANCHOR) or b"", self._key.public)
        except (FileNotFoundError, NoLine):
            return None

    def _behind(self, path: Path, anchor: Anchor | None) -> _End:
        """The end behind the last segment."""
        there = disk.read(path)
        data = there or b""
        lines, tail = chain.split(data)
        first = _first(path)
        good = list(_good(lines, first))
        flaw = "unreadable" if there is None else _flaw(good, len(lines), first, anchor)
        if flaw:
            self._broken(flaw)
        if tail:
            self._found.append(event("trail_torn", bytes=chain.torn(tail)))
        self.last_event = good[-1].event if good else ""
        unsealed = None if there is None or _seal(path).exists() else path
        n, head = first + max(len(lines), 1) - 1, chain.hash_of(lines[-1]) if lines else NOTHING_BEFORE
        if anchor is not None and anchor.lines > n:
            n, head = anchor.lines, anchor.head
        if flaw or tail or unsealed is None or not good:
            return _End(n, head, unsealed=unsealed)
        return _End(n, head, disk.open_to_add(path), path, len(data), good[0].at[:10])

    def _broken(self, flaw: str) -> None:
        self.broken = True
        self._found.append(event("trail_broken", flaw=flaw))


def segments(folder: Path) -> list[Path]:
    """The segments of a trail, the oldest first."""
    return sorted(path for path in folder.iterdir() if chain.first_of(path.name) is not None)


def _good(lines: Sequence[bytes], first: int) -> Iterator[Line]:
    """The lines as far as each follows from the one before."""
    before = None
    for n, data in enumerate(lines, first):
        try:
            line = chain.read(data)
        except NoLine:
            return
        if line.n != n or before not in (None, line.before):
            return
        before = line.hash
        yield line


def _flaw(good: Sequence[Line], count: int, first: int, anchor: Anchor | None) -> str:
    """What the last segment says against the trail; "" for nothing. good: its sound lines, of `count`."""
    if anchor is None:
        return "anchor_missing"
    if anchor.lines > first + count - 1:
        return "lines_missing"
    if len(good) < count:
        return "line_changed"
    hashes = {first - 1: good[0].before, **{line.n: line.hash for line in good}} if good else {}
    return "" if hashes.get(anchor.lines) == anchor.head else "line_changed"


def _began(segment: Path) -> datetime | None:
    """When its first line was written; None: nobody can read it any more."""
    with contextlib.suppress(OSError, NoLine), segment.open("rb") as file:
        return chain.read(file.readline()).time
    return None


def _gone_by(times: Sequence[datetime]) -> timedelta:
    """From the first to the last, as far as it is believed: step by step; and where a clock leaps back to where it was,
    from the nearest moment before that at which it has stood."""
    gone, before = timedelta(), list[tuple[datetime, timedelta]]()
    known: list[tuple[datetime, timedelta]] = []  # how much had gone by at each, in the clock's order
    for time in times:
        at = bisect(known, (time, timedelta.max))
        for earlier, then in [*known[max(at - 1, 0) : at], *before]:
            if timedelta() < time - earlier <= timedelta(GAP_DAYS):
                gone = max(gone, then + (time - earlier))
        before = [(time, gone)]
        insort(known, (time, gone))
    return gone


def _first(segment: Path) -> int:
    """The number of its first line."""
    first = chain.first_of(segment.name)
    assert first is not None
    return first


def _seal(segment: Path) -> Path:
    return segment.with_name(segment.name + SEAL)


def _day(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%d")
