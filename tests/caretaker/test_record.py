"""What is counted follows the trail: whatever is killed, cut or refused, no visit is counted twice and none is lost."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from kiosk.caretaker import disk
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.counters import Counters
from kiosk.caretaker.hours import FILE as HOURS
from kiosk.caretaker.hours import HOUR_SECONDS, Hours
from kiosk.caretaker.record import Record
from kiosk.caretaker.roll import Roll
from kiosk.caretaker.trail import segments
from kiosk.config.events import Counts, Event, event
from tests.caretaker.trails import checked, lines, opened

VISITS = 3
CALLS = ("open", "write", "fsync", "rename", "unlink", "mkdir")
FAULT = event("session_died")
VISIT = event("visit_ended", end="left", task="pin", step=0, lasted="longer")
SLIP = event("slip", printed="printed")


class Life:
    """The caretaker's counting from a start to an end, on a clock in the test's hands."""

    def __init__(self, folder: Path) -> None:
        for each in (folder / "run", folder / "lib"):
            each.mkdir(parents=True, exist_ok=True)
        self.folder, self.time, self.heard = folder, 100.0, list[Counts]()
        self.trail = opened(folder / "lib" / "trail", segment_bytes=2000)
        self.counters = Counters(folder / "lib" / "counters.json")
        hours = Hours(folder / "run", folder / "lib", lambda: self.time)
        self.record = Record(self.trail, hours, lambda: self.time, self.hears)
        self.roll = Roll(folder / "lib" / "paper.json", Changes(self.record, folder / "lib"))
        self.record.written, self.record.known = self.written, self.known

    def hears(self, told: Event | Counts) -> None:
        if isinstance(told, Counts):
            self.heard.append(told)

    def known(self, end: int) -> int:
        return min(self.counters.known(end), self.roll.known(end))

    def written(self, told: Event | Counts, line: int) -> None:
        self.counters.add(told, line)
        if isinstance(told, Counts) and told.name == "slip":
            self.roll.printed(told.by["printed"]["printed"], line)

    def turns(self, hours: float = 0) -> None:
        self.time += hours * HOUR_SECONDS
        self.record.turn()
        self.counters.turn()
        self.roll.turn()

    def tells(self) -> Iterator[Event]:
        """Everything once and again; what is yielded has been acknowledged."""
        for told in (FAULT, *[VISIT, SLIP] * VISITS, FAULT):
            self.record.tell(told)
            yield told
        self.turns(1)
        self.record.tell(FAULT)
        yield FAULT

    def stops(self) -> None:
        self.record.stop(event("caretaker_ended"))
        self.counters.turn()


def in_the_trail(folder: Path, name: str) -> int:
    found = [line for line in lines(folder / "lib" / "trail") if line.event == name]
    return sum(int(line.members.get("count", 1)) for line in found)


def counted(life: Life) -> tuple[int, int, int]:
    start = life.counters.counted.start
    return sum(start.visits.values()), start.prints.get("printed", 0), start.faults.get("session_died", 0)


class Killed(BaseException):
    """Nothing is done any more."""


@contextmanager
def killed(at: int) -> Iterator[None]:
    """The process is killed before its at-th call that changes a file, or half-way when it writes."""
    count, true = [0], {name: getattr(os, name) for name in CALLS}

    def over(name: str) -> Callable[..., object]:
        def called(*args: Any, **kwargs: object) -> object:
            count[0] += 1
            if count[0] < at:
                return true[name](*args, **kwargs)
            if count[0] == at and name == "write":
                true[name](args[0], bytes(args[1])[: len(bytes(args[1])) // 2])
            raise Killed

        return called

    try:
        for name in CALLS:
            setattr(os, name, over(name))
        yield
    finally:
        for name in CALLS:
            setattr(os, name, true[name])


def test_a_kill_at_any_call_counts_nothing_twice_and_loses_only_what_was_not_acknowledged(tmp_path: Path) -> None:
    for at in range(1, 1000):
        folder, told, whole = tmp_path / f"{at}", list[Event](), False
        life = Life(folder)
        life.record.tell(event("caretaker_started", after="first"))
        with suppress(Killed), killed(at):
            for each in life.tells():
                told.append(each)  # one by one: what came before the kill was acknowledged
            life.stops()
            whole = True
        life = Life(folder)
        for _ in range(VISITS):
            life.record.tell(VISIT)
            life.record.tell(SLIP)
        life.turns(1)
        life.stops()
        assert checked(folder / "lib" / "trail").sound
        trail = tuple(in_the_trail(folder, each.name) for each in (VISIT, SLIP, FAULT))
        assert counted(Life(folder)) == counted(life) == trail, (at, "the board says what the trail says")
        assert life.roll.stands.printed == trail[1], at
        mine = (VISITS, VISITS, 0)
        missing = [
            there - more - told.count(each) for there, more, each in zip(trail, mine, (VISIT, SLIP, FAULT), strict=True)
        ]
        assert sorted(missing) in ([0, 0, 0], [0, 0, 1]), (at, missing, "nothing but the one that was not answered yet")
        if whole:
            break
    assert at > 60, "there are so many calls"


def test_a_power_cut_at_any_call_at_the_end_of_an_hour_loses_none_that_waited_before_and_counts_none_twice(
    tmp_path: Path,
) -> None:
    for at in range(1, 1000):
        folder, whole = tmp_path / f"{at}", False
        life = Life(folder)
        for _ in range(VISITS - 1):
            life.record.tell(VISIT)
        life.turns(1)
        life.record.tell(VISIT)
        with suppress(Killed), killed(at):
            life.turns(1)
            whole = True
        for _ in range(2):  # and once more, before anything new is told
            (folder / "run" / HOURS).unlink(missing_ok=True)
            life = Life(folder)
            life.turns()
        for _ in range(VISITS):
            life.record.tell(VISIT)
        life.turns(1)
        there = in_the_trail(folder, "visit_ended")
        assert there in (2 * VISITS - 1, 2 * VISITS) and counted(life)[0] == there, at
        assert there == 2 * VISITS or not whole
        if whole:
            break
    assert at > 10, "there are so many calls"


def test_a_start_reads_a_long_trail_one_segment_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a trail longer than memory ends the caretaker at each of its starts."""
    life = Life(tmp_path)
    for _ in range(30):
        life.record.tell(FAULT)
    life.trail.close()
    read, heard = list[Path](), list[tuple[int, int]]()
    true = disk.read

    def reads(path: Path) -> bytes | None:
        read.append(path)
        return true(path)

    life = Life(tmp_path)
    life.record.written = lambda _told, line: heard.append((line, len(read)))
    life.record.known = lambda _end: 0
    monkeypatch.setattr(disk, "read", reads)
    life.trail.open()
    read.clear()
    life.turns()
    of = [at for at, path in enumerate(segments(tmp_path / "lib" / "trail"), 1) for _ in path.read_bytes().splitlines()]
    assert heard == [*enumerate(of, 1)] and of[-1] > 2


@contextmanager
def refused(call: str, at: int) -> Iterator[list[int]]:
    """The disk refuses that call when it comes for the at-th time."""
    true, left = getattr(os, call), [at]

    def refuses(*args: object, **kwargs: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        return true(*args, **kwargs)

    setattr(os, call, refuses)
    try:
        yield left
    finally:
        setattr(os, call, true)


@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename"])
def test_a_line_that_the_disk_took_and_did_not_acknowledge_is_heard_of_and_not_told_again(
    tmp_path: Path, call: str
) -> None:
    for at in range(1, 1000):
        life = Life(tmp_path / f"{at}")
        life.record.tell(event("caretaker_started", after="first"))
        with refused(call, at) as left:
            told = list(life.tells())
        life.turns(0.02)
        life.turns(1)
        life.turns(1)
        trail = tuple(in_the_trail(life.folder, each.name) for each in (VISIT, SLIP, FAULT))
        assert counted(life) == trail and trail[:2] == (VISITS, VISITS), at
        gaps = [line.field("count") for line in lines(life.folder / "lib" / "trail") if line.event == "gap"]
        assert trail[2] + sum(gaps) == told.count(FAULT), (at, "what is no line is in a gap, and what is one is not")
        assert sum(each.count for each in life.heard if each.name == "visit_ended") == VISITS
        assert life.roll.stands.printed == trail[1]
        if left[0] > 0:
            break
    assert at > 10
