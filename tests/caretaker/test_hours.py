"""Counts leave together, at the end of an hour, and never of fewer than three visits."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from kiosk.caretaker import disk
from kiosk.caretaker.hours import FEWEST, FILE, HOUR_SECONDS, Hours
from kiosk.config.events import EVENTS, NONE, Counts, Event, NotAnEvent, encode, event


class Machine:
    """Hours on a machine whose clock is in the test's hands."""

    def __init__(self, folder: Path) -> None:
        self.memory, self.state = folder / "run", folder / "lib"
        for each in (self.memory, self.state):
            each.mkdir()
        self.time = 5000.0
        self.start()

    def start(self) -> None:
        self.hours = Hours(self.memory, self.state, lambda: self.time)

    def loses_power(self) -> None:
        (self.memory / FILE).unlink(missing_ok=True)
        self.start()

    def visits(self, count: int, end: str = "left") -> None:
        for _ in range(count):
            self.hours.add(visit(end))

    def passes(self, hours: float) -> list[Counts]:
        """What is handed out meanwhile, looked for as often as the service looks."""
        found: list[Counts] = []
        for _ in range(int(hours * 60)):
            self.time += 60
            if over := self.hours.over():
                found += over
                assert self.hours.leave(over, 0) and self.hours.told(*over) == over
        return found


def visit(end: str = "left") -> Event:
    return event("visit_ended", end=end, task="pin", step=0, lasted="under_1_minute")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_an_hour_of_three_visits_is_told_when_it_is_over_and_not_before(machine: Machine) -> None:
    machine.visits(2)
    assert machine.passes(0.5) == []
    machine.visits(1, "finished")
    machine.hours.add(event("slip", printed="printed"))
    assert machine.passes(0.4) == []
    visits, slips = machine.passes(0.2)
    assert encode(visits) == {
        "event": "visit_ended",
        "hours": 1,
        "count": 3,
        "by": {
            "end": {"left": 2, "finished": 1},
            "task": {"pin": 3},
            "step": {"0": 3},
            "lasted": {"under_1_minute": 3},
        },
    }
    assert encode(slips)["by"] == {"printed": {"printed": 1}}
    assert machine.passes(5) == []


def test_an_hour_of_fewer_is_joined_to_the_next_and_told_at_its_end_only(machine: Machine) -> None:
    machine.visits(2)
    assert machine.passes(3.25) == []
    machine.visits(1)
    assert machine.passes(0.5) == [], "not when the third has ended: that would be its time"
    [visits] = machine.passes(0.5)
    assert (visits.hours, visits.count) == (4, 3)


def test_hours_in_which_nobody_came_are_joined_to_none(machine: Machine) -> None:
    assert machine.passes(9) == []
    machine.visits(3)
    [visits] = machine.passes(1)
    assert (visits.hours, visits.count) == (1, 3)


def steps(**taken: str) -> Event:
    return event("steps", **{**dict.fromkeys(EVENTS["steps"].fields, NONE), **taken})


def test_a_step_of_one_or_two_waits_for_a_third_with_all_the_row(machine: Machine) -> None:
    for last in ("none", "none", "20"):
        machine.visits(1)
        machine.hours.add(steps(step_1="5", step_2="10", step_11=last))
    machine.hours.add(event("touch", painted="0.05"), 30)
    assert [each.name for each in machine.passes(1)] == ["visit_ended", "touch"]
    machine.visits(3)
    machine.hours.add(steps(step_1="5", step_11="40"))
    assert [each.name for each in machine.passes(1)] == ["visit_ended"], "two came to the last"
    machine.visits(3)
    machine.hours.add(steps(step_1="5", step_11="40"))
    machine.start()
    told, _visits = machine.passes(1)
    assert (told.name, told.hours, told.count) == ("steps", 3, 5)
    assert told.by["step_11"] == {"none": 2, "20": 1, "40": 2} and told.by["step_2"] == {"10": 3, "none": 2}


def test_of_two_files_the_newer_holds_and_none_is_joined_to_what_it_was_made_of(machine: Machine) -> None:
    """The caretaker is killed between one of the two and the other: when it begins, and when it stops."""
    machine.visits(2)
    machine.hours.stop()
    stopped = (machine.state / FILE).read_bytes()
    machine.start()
    machine.visits(1)
    (machine.state / FILE).write_bytes(stopped)
    machine.start()
    assert [each.count for each in machine.passes(1)] == [3]
    machine.visits(3)
    left = (machine.memory / FILE).read_bytes()
    machine.hours.stop()
    (machine.memory / FILE).write_bytes(left)
    machine.start()
    assert [each.count for each in machine.passes(1)] == [3]


def test_nothing_is_handed_out_that_the_disk_would_bring_back(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.visits(3)
    machine.hours.stop()

    def refuses(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(disk, "put", refuses)
        machine.start()
        machine.time += HOUR_SECONDS
        assert not machine.hours.leave(machine.hours.over(), 0)
    machine.loses_power()
    assert [each.count for each in machine.passes(1)] == [3]


def test_whatever_happens_no_fewer_than_three_are_told_of_and_none_is_lost(tmp_path: Path) -> None:
    chance = random.Random(5)
    machine = Machine(tmp_path)
    told = came = 0
    for _ in range(300):
        machine.visits(count := chance.choice([0, 0, 0, 1, 1, 2, 5]))
        came += count
        if chance.random() < 0.2:
            if chance.random() < 0.5:
                machine.hours.stop()
            machine.start()
        for each in machine.passes(chance.choice([0.1, 0.5, 1, 2])):
            assert each.count >= FEWEST
            told += each.count
    machine.visits(FEWEST)
    told += sum(each.count for each in machine.passes(1.1))
    assert told == came + FEWEST


def test_what_waits_outlives_a_kill_in_memory_and_a_stop_on_the_disk(machine: Machine) -> None:
    machine.visits(2)
    machine.start()  # killed
    machine.visits(1)
    assert not list(machine.state.iterdir()), "no visit is on the disk while it can be told when it was"
    machine.hours.stop()
    assert [path.name for path in machine.state.iterdir()] == [FILE] and not list(machine.memory.glob("*.json"))
    machine.loses_power()
    [visits] = machine.passes(1)
    assert visits.count == 3
    assert not list(machine.state.iterdir()), "what was told waits no more"


def test_where_the_power_is_cut_each_evening_a_quiet_kiosk_counts_everybody_but_those_of_the_last_hour(
    machine: Machine,
) -> None:
    told = {"visit_ended": 0, "slip": 0}
    for _ in range(250):
        machine.visits(2)
        for _ in range(2):
            machine.hours.add(event("slip", printed="printed"))
        for each in machine.passes(9):
            assert each.name != "visit_ended" or each.count >= FEWEST
            told[each.name] += each.count
        machine.visits(1)  # in the last hour, which is not over
        machine.loses_power()
    assert 497 < told["visit_ended"] <= 500 and 497 < told["slip"] <= 500


def test_a_row_that_waits_for_a_third_is_not_lost_with_the_power(machine: Machine) -> None:
    for _day in range(3):
        machine.visits(3)
        for last in ("none", "none", "20"):
            machine.hours.add(steps(step_1="5", step_11=last))
        told = machine.passes(9)
        machine.loses_power()
    [row] = [each for each in told if each.name == "steps"]
    assert (row.count, row.by["step_11"]) == (9, {"none": 6, "20": 3})


def test_what_waits_on_the_disk_says_of_nobody_more_than_the_hour(machine: Machine) -> None:
    """Nor does the file's own time: it is written at the end of an hour, also of one in which nobody came."""

    def there() -> tuple[bytes, int] | None:
        path = machine.state / FILE
        return (path.read_bytes(), path.stat().st_ino) if path.exists() else None

    written = set()
    for minutes in range(1, 5 * 60):
        if minutes == 75:
            machine.visits(1)
        before = there()
        machine.passes(1 / 60 + 0.0001)
        if there() != before:
            written.add(minutes % 60)
            assert set(json.loads((machine.state / FILE).read_bytes())) == {
                "serial",
                "rows",
                "hours",
                "leaving",
                "behind",
            }
    assert len(written) == 1 and there() is not None


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"rows":{"x":{}}}', b'{"rows":{"slip":{"printed":{"x":1}}}}', b"\xff"]
)
def test_a_file_that_is_not_ours_is_not_counted(machine: Machine, content: bytes) -> None:
    (machine.memory / FILE).write_bytes(content)
    machine.start()
    machine.visits(3)
    [visits] = machine.passes(1)
    assert visits.count == 3


def test_a_row_that_is_not_of_todays_table_takes_no_other_with_it(machine: Machine) -> None:
    """Another version has written it: before an update, or before it was gone back to."""
    machine.visits(3)
    kept = json.loads((machine.memory / FILE).read_bytes())
    kept["rows"]["slip"] = {"printed": {"printed": 3}, "of_tomorrow": {"x": 3}}
    (machine.memory / FILE).write_text(json.dumps(kept))
    machine.start()
    [visits] = machine.passes(1)
    assert (visits.name, visits.count) == ("visit_ended", 3)


def test_what_the_trail_does_not_take_is_told_at_the_next_hour(machine: Machine) -> None:
    machine.visits(3)
    machine.time += HOUR_SECONDS
    assert [each.count for each in machine.hours.over()] == [3]
    assert machine.hours.over() == [], "and not before"
    machine.time += HOUR_SECONDS
    assert [(each.count, each.hours) for each in machine.hours.over()] == [(3, 2)]


def test_only_a_visit_is_counted(machine: Machine) -> None:
    with pytest.raises(NotAnEvent):
        machine.hours.add(event("session_died"))
