"""However the server ends, and whichever of its processes it is: the portal holds nothing soon after, there is one
worker, and never two sessions. No browser: the visit is walked over the page's own protocol."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from itertools import product
from typing import Literal

import pytest

from bench.visitor import Visitor
from kiosk.portal.model import State
from kiosk.services.server import STOP_SECONDS, UNHEARD
from kiosk.sim.portal.faults import Fault
from tests.stage import Slow, Stage, living, until
from tests.whole import covering, few

WHO = "excellent"
SETTLED_SECONDS = 5.0  # from the moment the next session lives; within this machine it is a tenth of that
WAY = ("start", "link", "next", "next", "next", "next")
SIGNING = Slow("COMPUTE DIGITAL SIGNATURE", seconds=1.5)  # at step 10, while the card works
Which = Literal["arbiter", "worker"]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("ends")) as stage:
        yield stage


@pytest.fixture
def stage(kiosk: Stage) -> Iterator[Stage]:
    kiosk.portal.reset()
    kiosk.portal.faults.clear()
    kiosk.cards.clear()
    yield kiosk
    kiosk.take_out()
    kiosk.portal.faults.clear()
    if not living(kiosk.arbiter):
        kiosk.revive()
    until(lambda: len(kiosk.workers) == 1)


@contextlib.contextmanager
def visit(stage: Stage, step: int) -> Iterator[Visitor]:
    """Somebody who has come to a step of the linking, in a session of their own."""
    stage.kill_worker()
    with Visitor(stage.port) as visitor:
        visitor.touch(*WAY).finds("is-set-card")
        person = stage.people[WHO]
        stage.put_in(WHO, slow=SIGNING if step == 10 else None)
        visitor.touch(*keys(person.pins.text), "next").finds("is-confirm")
        if step > 7:
            visitor.touch("next").finds("is-terms")
        if step > 8:
            visitor.touch("read_to_end", "tick", "next").touch(*keys(person.pins.sign), "next").finds("is-reading")
        yield visitor


def keys(pin: str) -> Iterator[str]:
    return (f"key:{key}" for key in pin)


def stops(stage: Stage, number: signal.Signals = signal.SIGTERM) -> None:
    """Tell the server to stop: it has before it would have been killed in the middle of it."""
    [worker] = stage.workers
    began = time.monotonic()
    os.kill(stage.arbiter, number)
    until(lambda: not living(stage.arbiter) and not living(worker))
    assert time.monotonic() - began < STOP_SECONDS


STEPS = (7, 8, 10)
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)  # one handler hears all three


@pytest.mark.parametrize(("step", "number"), covering(STEPS, STOPS), ids=str)
def test_a_stop_ends_the_session_as_its_own_end_does(stage: Stage, step: int, number: signal.Signals) -> None:
    with visit(stage, step):
        assert stage.portal.held_count() == (0 if step == 7 else 1)
        stops(stage, number)
    assert stage.all_over(), "before anybody has started it again"
    assert stage.states() == [State.CANCELLED]


@pytest.mark.parametrize("number", STOPS, ids=lambda number: number.name)
def test_a_worker_that_is_told_to_stop_ends_its_session_and_has_a_successor(
    stage: Stage, number: signal.Signals
) -> None:
    with visit(stage, 8):
        [worker] = stage.workers
        os.kill(worker, number)
        until(lambda: not living(worker) and len(stage.workers) == 1)
    assert stage.all_over() and stage.states() == [State.CANCELLED]
    stage.take_out()
    with Visitor(stage.port) as visitor:
        visitor.finds("is-attract")


KILLS = (signal.SIGKILL, signal.SIGSEGV)  # neither is handled: they differ for the kernel alone


@pytest.mark.parametrize(
    ("which", "step", "number"),
    [*covering(["worker"], STEPS, KILLS), *few([("arbiter", 8, KILLS[0])], of=product(["arbiter"], STEPS, KILLS))],
    ids=str,
)
def test_what_a_killed_session_had_begun_is_over_soon_after(
    stage: Stage, which: Which, step: int, number: signal.Signals
) -> None:
    with visit(stage, step):
        [worker] = stage.workers
        os.kill(worker if which == "worker" else stage.arbiter, number)
        until(lambda: not living(worker))
    if which == "arbiter":
        stage.revive()
    until(lambda: stage.all_over(), SETTLED_SECONDS)
    assert stage.states() == [State.CANCELLED]


def test_arbiter_and_worker_killed_at_once_leave_the_record_to_the_next_arbiter(stage: Stage) -> None:
    with visit(stage, 8):
        [worker] = stage.workers
        os.kill(stage.arbiter, signal.SIGSTOP)  # no successor, and nobody to tell the worker
        os.kill(worker, signal.SIGKILL)
        os.kill(stage.arbiter, signal.SIGKILL)
        until(lambda: not living(worker))
    [name] = stage.record()
    [entry] = stage.portal.linkings._all()
    assert name == f"linking.{entry.request.id}" and stage.portal.held_count() == 1
    stage.revive()
    until(lambda: stage.all_over(), SETTLED_SECONDS)


def test_a_session_that_waits_for_the_portal_is_stopped_in_time_and_what_it_began_is_over(stage: Stage) -> None:
    stage.portal.faults.switch_on(Fault.SLOW, on="hold", value="30")
    with visit(stage, 7) as visitor:
        visitor.touch("next").finds("is-sending")
        stops(stage)
    assert stage.all_over()


def test_a_stop_while_the_portal_is_silent_ends_in_time_and_the_next_session_settles(stage: Stage) -> None:
    with visit(stage, 8):
        stage.portal.faults.switch_on(Fault.SLOW, on="cancel", value="30")
        stops(stage)
    assert stage.portal.held_count() == 1 and len(stage.record()) == 1
    stage.take_out()
    stage.revive()
    with Visitor(stage.port) as visitor:
        visitor.finds("is-attract")  # which waits for no portal
    assert stage.portal.held_count() == 1
    stage.portal.faults.clear()
    until(lambda: stage.all_over(), 15)


@pytest.mark.parametrize("which", ["worker", "arbiter"])
def test_no_other_signal_makes_a_second_session_or_ends_the_one(stage: Stage, which: Which) -> None:
    with visit(stage, 8) as visitor:
        [worker] = stage.workers
        for number in UNHEARD:
            os.kill(worker if which == "worker" else stage.arbiter, number)
        time.sleep(1.5)  # gunicorn looks at its workers once a second
        assert stage.workers == [worker] and living(stage.arbiter)
        assert stage.portal.held_count() == 1
        visitor.touch("size")
    assert not any("Hang up" in line or "Handling signal" in line for line in stage.log)


def test_a_link_that_the_portal_has_made_is_not_undone_by_a_kill(stage: Stage) -> None:
    stage.portal.faults.switch_on(Fault.LOST_ANSWER, on="submit")
    stage.portal.faults.switch_on(Fault.SLOW, on="state", value="30")
    with visit(stage, 10):
        until(lambda: stage.states() == [State.COMPLETED])
        [worker] = stage.workers
        assert stage.record(), "the kiosk does not know it yet"
        os.kill(worker, signal.SIGKILL)
    until(lambda: stage.all_over(), SETTLED_SECONDS)
    assert stage.states() == [State.COMPLETED]
