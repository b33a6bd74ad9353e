"""A clock that is set while the kiosk runs costs nobody anything: not their line, not their visit, not a stop its time.

The page speaks through the socket here; what its own clock does is in tests/e2e/test_idle.py and tests/test_time.py.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websocket import WebSocket

from bench.visitor import Visitor
from kiosk.portal.model import State
from kiosk.sim.portal.faults import Fault
from kiosk.web.socket import ANSWERED_SECONDS, PING_SECONDS
from tests.e2e.test_ends import visit
from tests.stage import Stage, living, until

PING = "2"  # of Engine.IO
HOUR, YEAR = 3600.0, 365 * 86400.0


class OnAClock(Stage):
    program = "tests.e2e.set_clock"
    warm = False  # the clock is set before anything is imported

    def set_by(self, seconds: float) -> None:
        """From now on the clock is so much off."""
        clock = self.directory / "clock"
        clock.with_suffix(".new").write_text(str(seconds))
        clock.with_suffix(".new").replace(clock)


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnAClock]:
    folder = tmp_path_factory.mktemp("clock")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLOCK", str(folder / "clock"))
        with OnAClock(folder) as stage:
            yield stage


@pytest.fixture
def stage(kiosk: OnAClock) -> OnAClock:
    kiosk.set_by(0)
    kiosk.kill_worker()
    kiosk.began = kiosk.logged()
    return kiosk


class Slow:
    """A line whose page takes its time to answer a ping, within what it may take; meanwhile the clock is set."""

    def __init__(self, line: WebSocket, sets: Callable[[], None]) -> None:
        self._line, self._sets = line, sets
        self.pings = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._line, name)

    def recv(self) -> object:
        said = self._line.recv()
        if said == PING:
            self.pings += 1
            self._sets()
            time.sleep(0.8 * ANSWERED_SECONDS)  # in which the server looks for it
        return said


@pytest.mark.parametrize("seconds", [3.0, 30 * YEAR, -HOUR])
def test_a_clock_that_is_set_between_ping_and_answer_costs_no_page_its_line(stage: OnAClock, seconds: float) -> None:
    with Visitor(stage.port) as person:
        person.touch("start")
        line = person._wire = Slow(person._wire, lambda: stage.set_by(seconds * (line.pings + 1)))  # type: ignore[assignment]
        while line.pings < 2:
            person.watch(1)
        assert person.touch("lost").name.startswith("lost")
        assert not [line for line in stage.log[stage.began :] if "the page has gone" in line]


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_a_page_that_answers_no_more_is_missed_as_soon_whatever_the_clock_does(stage: OnAClock, seconds: float) -> None:
    person = Visitor(stage.port)
    person.touch("start")
    began, turn = time.monotonic(), 0
    while not any("the page has gone" in line for line in stage.log[stage.began :]):
        assert time.monotonic() - began < 3 * (PING_SECONDS + ANSWERED_SECONDS)
        stage.set_by(seconds * (turn := turn + 1))
        time.sleep(0.2)
    assert time.monotonic() - began > ANSWERED_SECONDS, "not before it could have answered"
    person.close()


def test_a_stop_has_its_time_also_when_the_clock_is_set_meanwhile(stage: OnAClock) -> None:
    """What was begun is cancelled, and nothing is killed in the middle of that."""
    with visit(stage, 8):
        stage.portal.faults.switch_on(Fault.SLOW, on="cancel", value="2")
        setting = threading.Timer(0.5, stage.set_by, (HOUR,))
        setting.start()
        os.kill(stage.arbiter, signal.SIGTERM)
        until(lambda: not living(stage.arbiter))
        setting.join()
    assert stage.all_over() and stage.states() == [State.CANCELLED]
