"""What is started again: told before, told after, by whom it may be, and not more often than helps."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from kiosk.caretaker import restarts
from kiosk.caretaker.restarts import (
    ACTIVE,
    BEGUN_SECONDS,
    COMMANDS,
    HEARD_SECONDS,
    SILENT_TIMES,
    STEADY_SECONDS,
    STILL_SECONDS,
    NotRestarted,
    Restarts,
    Watched,
    may,
    run,
)
from kiosk.config.events import FIELDS, Event, event
from kiosk.ipc.messages import RESTARTED_BY, Restarted, RestartsStand
from tests.stage import until


class World:
    """A systemd that takes what it is told, or does not; and a clock in the test's hands."""

    def __init__(self, can: bool = True, takes: bool = True, active: bool = True) -> None:
        self.time, self.takes, self.active = 100.0, takes, active
        self.looked = 0
        self.told: list[Event] = []
        self.commands: list[Sequence[str]] = []
        self.restarts = Restarts(self.told.append, can, self.run, lambda: self.time)

    def run(self, command: Sequence[str]) -> bool:
        assert threading.current_thread() is not threading.main_thread(), "nobody waits for systemd"
        if command in ACTIVE.values():
            self.looked += 1
            return self.active
        self.commands.append(command)
        return self.takes

    def passes(self, seconds: float) -> str:
        self.time += seconds
        self.restarts.turn()
        return self.restarts.stand.state

    def falls_silent(self, part: Watched) -> None:
        """And systemd has said whether it is active."""
        looked, told = self.looked, len(self.told)
        self.restarts.silent(part)
        until(lambda: self.looked > looked)
        if self.active:
            until(lambda: (self.passes(0), len(self.told) > told)[1])

    def cards_are(self, reason: str, seconds: float = 0.0) -> None:
        """What sessions say of the reader, every ten seconds and at least once; and systemd was asked what it is."""
        looked, told = self.looked, len(self.told)
        for _ in range(int(seconds / 10) + 1):
            self.restarts.reader_is(reason)
            for _ in range(20):
                self.passes(0.5)
        time.sleep(0.05)
        self.passes(0)
        if self.looked > looked and self.active:
            until(lambda: (self.passes(0), len(self.told) > told)[1])

    @property
    def names(self) -> list[str]:
        return [told.name for told in self.told]


@pytest.mark.parametrize(("what", "begins"), [("server", "server_started"), ("browser", "screen_started")])
def test_what_has_begun_anew_tells_that_it_has_worked(what: Restarted, begins: str) -> None:
    world = World()
    other = {"server_started": "screen_started", "screen_started": "server_started"}[begins]
    world.restarts.hear(event(begins))
    assert world.restarts.stand == RestartsStand(True), "and nothing was asked for before"
    world.restarts.ask(12, "officer", what)
    assert world.names == ["restart_asked"], "it stands in the trail before it is done"
    until(lambda: world.commands == [COMMANDS[what]])
    world.restarts.hear(event(other))
    assert world.passes(BEGUN_SECONDS - 1) == "asked"
    world.restarts.hear(event(begins))
    assert world.passes(2 * BEGUN_SECONDS) == "done" and world.names == ["restart_asked"]


@pytest.mark.parametrize("what", RESTARTED_BY)
def test_what_does_not_begin_is_told_once(what: Restarted) -> None:
    world = World()
    world.restarts.ask(12, "supervisor", what)
    assert [world.passes(BEGUN_SECONDS / 2) for _ in range(4)] == ["asked", "failed", "failed", "failed"]
    assert world.told[1:] == [event("restart_failed", restarted=what)]
    world.restarts.ask(12, "supervisor", what)
    assert world.passes(1) == "asked", "it may be tried once more"


def test_what_systemd_does_not_take_is_told_at_once() -> None:
    world = World(takes=False)
    world.restarts.ask(12, "officer", "machine")
    until(lambda: world.passes(0) == "failed")
    assert world.told[1:] == [event("restart_failed", restarted="machine")]


def test_nothing_is_asked_of_a_machine_that_is_somebodys_own() -> None:
    world = World(can=False)
    for what in RESTARTED_BY:
        with pytest.raises(NotRestarted):
            world.restarts.ask(12, "supervisor", what)
    world.restarts.lives("server")
    world.restarts.silent("server")
    assert (world.told, world.commands, world.restarts.stand) == ([], [], RestartsStand(False))


def test_the_tests_user_may_restart_nothing() -> None:
    assert not may(), "a caretaker of a demo or a test, also root's, asks systemd for nothing"


def test_a_command_that_fails_hangs_or_is_not_there_is_a_no(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "ASKED_SECONDS", 0.2)
    assert run(["true"])
    assert not run(["sh", "-c", "echo Access denied >&2; exit 1"]) and "Access denied" in caplog.text
    assert not run(["sleep", "60"]) and not run(["/nowhere/systemctl"])


@pytest.mark.parametrize("part", ["server", "browser"])
def test_a_part_that_falls_silent_is_started_again_three_times_and_then_left_to_people(part: Watched) -> None:
    world, begins = World(), {"server": "server_started", "browser": "screen_started"}[part]
    world.restarts.silent(part)
    assert world.told == [], "one that was not heard yet is still beginning"
    for _ in range(SILENT_TIMES):
        world.restarts.lives(part)
        world.falls_silent(part)
        world.restarts.silent(part)
        world.restarts.hear(event(begins))
    for _ in range(2):
        world.restarts.lives(part)
        world.restarts.silent(part)
        world.passes(1)
    assert world.looked == SILENT_TIMES
    assert world.told == [event("restarted_silent", part_silent=part)] * SILENT_TIMES
    world.restarts.lives(part)
    world.time += STEADY_SECONDS
    world.restarts.lives(part)
    world.falls_silent(part)
    assert len(world.told) == SILENT_TIMES + 1
    until(lambda: world.commands == [COMMANDS[part]] * (SILENT_TIMES + 1))


@pytest.mark.parametrize("part", ["server", "browser"])
def test_of_what_an_operator_has_stopped_nothing_is_told_however_often(part: Watched) -> None:
    world = World(active=False)
    for _ in range(SILENT_TIMES + 2):
        world.restarts.lives(part)
        world.falls_silent(part)
        for _ in range(5):
            time.sleep(0.01)
            world.passes(BEGUN_SECONDS)
    assert (world.told, world.commands, world.restarts.stand) == ([], [], RestartsStand(True))
    world.active = True
    world.restarts.lives(part)
    world.falls_silent(part)
    assert world.told == [event("restarted_silent", part_silent=part)], "and none of its times is spent"


@pytest.mark.parametrize("staff_first", [True, False])
def test_what_staff_have_asked_for_and_what_nobody_has_end_each_by_itself(staff_first: bool) -> None:
    world = World()
    world.restarts.lives("browser")
    if staff_first:
        world.restarts.ask(12, "officer", "server")
    world.falls_silent("browser")
    if not staff_first:
        world.restarts.ask(12, "officer", "server")
    assert world.restarts.stand == RestartsStand(True, "server", "asked")
    world.restarts.hear(event("server_started"))
    assert world.passes(BEGUN_SECONDS) == "done"
    assert world.told[-1] == event("restart_failed", restarted="browser")
    assert world.passes(BEGUN_SECONDS) == "done" and world.names.count("restart_failed") == 1


def test_a_pcscd_that_does_not_answer_is_started_again_three_times_and_then_left_to_people() -> None:
    world, command = World(), COMMANDS["pcscd"]
    world.restarts.reader_is("still")
    world.passes(STILL_SECONDS - 1)
    assert not world.looked, "it may come back by itself"
    for _ in range(SILENT_TIMES + 2):
        world.cards_are("still", 2 * STILL_SECONDS)
        world.cards_are("present")
    assert world.told == [event("restarted_silent", part_silent="pcscd")] * SILENT_TIMES
    until(lambda: world.commands == [command] * SILENT_TIMES)
    world.cards_are("absent", STEADY_SECONDS)
    world.cards_are("still", 2 * STILL_SECONDS)
    assert len(world.told) == SILENT_TIMES + 1, "and after it was well for long it may be tried again"


def test_a_pcscd_that_answers_no_more_than_before_is_told_of_each_time_it_was_started_again() -> None:
    world = World()
    world.cards_are("still", (SILENT_TIMES + 2) * (BEGUN_SECONDS + 2 * STILL_SECONDS))
    tried = [event("restarted_silent", part_silent="pcscd"), event("restart_failed", restarted="pcscd")]
    assert world.told == tried * SILENT_TIMES
    assert world.restarts.stand == RestartsStand(True), "and staff have asked for nothing"


@pytest.mark.parametrize("reason", ["present", "absent", "unused"])
def test_a_pcscd_that_answers_in_between_stays_as_it_is(reason: str) -> None:
    world = World()
    for _ in range(5):
        world.restarts.reader_is("still")
        world.passes(STILL_SECONDS - 1)
        world.restarts.reader_is(reason)
        world.passes(2)
    assert (world.looked, world.told) == (0, [])


def test_what_was_said_of_pcscd_long_ago_by_a_session_that_says_nothing_more_does_not_hold() -> None:
    world = World()
    world.restarts.reader_is("still")
    world.passes(HEARD_SECONDS)
    world.restarts.reader_is("still")
    world.passes(STILL_SECONDS - 1)
    assert world.looked == 0


def test_a_pcscd_that_an_operator_has_stopped_or_that_is_somebodys_own_stays_as_it_is() -> None:
    for world in (World(active=False), World(can=False)):
        world.cards_are("still", 4 * STILL_SECONDS)
        assert (world.told, world.commands) == ([], [])


def test_both_parts_that_fall_silent_end_each_by_itself() -> None:
    world = World()
    for part in ("server", "browser"):
        world.restarts.lives(part)
        world.falls_silent(part)
    world.restarts.hear(event("screen_started"))
    world.passes(BEGUN_SECONDS)
    assert world.told[2:] == [event("restart_failed", restarted="server")]
    assert world.restarts.stand == RestartsStand(True), "and staff have asked for nothing"


def test_a_kiosk_that_says_it_is_out_of_order_is_not_taken_for_silent() -> None:
    world = World()
    world.restarts.lives("server")
    world.restarts.hear(event("out_of_order"))
    world.restarts.silent("server")
    world.restarts.silent("root")
    assert world.told == []


def test_the_tables_know_the_same_words() -> None:
    assert set(COMMANDS) == set(RESTARTED_BY) | set(ACTIVE) == set(FIELDS["restarted"].values or {})
    assert set(ACTIVE) == set(restarts.WATCHED) == set(FIELDS["part_silent"].values or {})
