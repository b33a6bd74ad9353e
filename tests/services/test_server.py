"""What a signal does: gunicorn as the server runs it, around a session that only ends when it is told to."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kiosk.config import guidance
from kiosk.config.kiosk import Printer as PrinterSettings
from kiosk.config.kiosk import Settings
from kiosk.flows.asking.screen import Screen
from kiosk.hw.printer import open_printer
from kiosk.portal.client import Sent
from kiosk.portal.model import Purpose, State
from kiosk.services.server import (
    HEARD,
    SETTLE_SECONDS,
    STOP_SECONDS,
    TOLD_SECONDS,
    UNHEARD,
    UNWIND_SECONDS,
    OneSession,
    Server,
    live,
    longest_work,
    see_to,
)
from kiosk.services.starts import FILE, TRIES, Starts
from kiosk.session import visit
from kiosk.session.handover import Handover
from tests.stage import ROOT, free_port
from tests.whole import few

SOON = 10.0  # seconds, on a busy machine
PROCESSES = ("worker", "arbiter")


class Running:
    """One arbiter, and what its sessions have written."""

    def __init__(self, file: Path, process: subprocess.Popen[bytes], port: int) -> None:
        self._file, self.process, self.port = file, process, port

    @property
    def lines(self) -> list[tuple[int, str]]:
        words = (line.split() for line in self._file.read_text().splitlines())
        return [(int(process), word) for process, word in words]

    def said(self, word: str) -> list[int]:
        """The processes that have said it."""
        return [process for process, said in self.lines if said == word]

    @property
    def workers(self) -> list[int]:
        pid = self.process.pid
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return [int(child) for child in children if living(int(child))]
        return []

    def until(self, holds: Callable[[], bool]) -> float:
        """Seconds it took."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < SOON + STOP_SECONDS, self.lines
            time.sleep(0.01)
        return time.monotonic() - began

    def session(self) -> int:
        """The process of the one session, once it has begun."""
        begun: set[int] = set()

        def one() -> bool:
            begun.clear()
            begun.update(set(self.workers) & set(self.said("begun")))
            return len(begun) == 1

        self.until(one)
        return begun.pop()


def living(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextmanager
def running(directory: Path, *how: str) -> Iterator[Running]:
    file = directory / "said"
    file.touch()
    port = free_port()
    command = [sys.executable, "-m", "tests.services.stopping", str(port), str(file), *how]
    with subprocess.Popen(command, cwd=ROOT) as process:
        server = Running(file, process, port)
        try:
            yield server
        finally:
            for each in (*server.workers, process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One whose arbiter outlives each test."""
    with running(tmp_path_factory.mktemp("lasting")) as server:
        yield server


def test_the_two_lists_are_all_that_gunicorn_hears_and_what_stops_a_process() -> None:
    names = ("HUP", "QUIT", "INT", "TERM", "TTIN", "TTOU", "USR1", "USR2", "WINCH", "TSTP")
    assert {getattr(signal, f"SIG{name}") for name in names} == {*HEARD, *UNHEARD}
    assert not set(HEARD) & set(UNHEARD)


# A server each. tests/e2e/test_ends.py has each signal, and both processes, at the real one.
@pytest.mark.parametrize("number", few([signal.SIGTERM], of=HEARD), ids=lambda number: number.name)
def test_a_stop_of_the_arbiter_ends_the_session_first(server: Running, number: signal.Signals) -> None:
    worker = server.session()
    os.kill(server.process.pid, number)
    server.until(lambda: server.process.poll() is not None)
    assert (server.lines, server.process.returncode) == ([(worker, "begun"), (worker, "ended")], 0)


@pytest.mark.parametrize("number", HEARD, ids=lambda number: number.name)
def test_a_stop_of_the_worker_ends_its_session_and_another_begins(lasting: Running, number: signal.Signals) -> None:
    worker = lasting.session()
    os.kill(worker, number)
    lasting.until(lambda: not living(worker))
    assert lasting.said("ended")[-1] == worker
    assert lasting.session() != worker


def test_the_session_ends_as_soon_as_the_arbiter_has_gone(server: Running) -> None:
    worker = server.session()
    os.kill(server.process.pid, signal.SIGKILL)
    server.until(lambda: not living(worker))
    assert server.said("ended") == [worker]


def test_the_next_session_is_told_nothing_and_begins_after_a_kill(lasting: Running) -> None:
    worker = lasting.session()
    os.kill(worker, signal.SIGKILL)
    lasting.until(lambda: not living(worker))
    assert lasting.session() != worker and worker not in lasting.said("ended")


@pytest.mark.parametrize("process", few(["arbiter"], of=PROCESSES))
def test_no_other_signal_makes_two_sessions_or_ends_the_one_or_stops_it(server: Running, process: str) -> None:
    worker = server.session()
    for number in UNHEARD:
        os.kill(worker if process == "worker" else server.process.pid, number)
    time.sleep(1.5)  # gunicorn looks at its workers once a second
    assert (server.workers, server.lines) == ([worker], [(worker, "begun")])
    os.kill(server.process.pid, signal.SIGTERM)
    server.until(lambda: server.process.poll() is not None)
    assert server.said("ended") == [worker], "and it still hears"


def test_a_session_that_does_not_end_is_settled_past_it_and_left_in_time(tmp_path: Path) -> None:
    with running(tmp_path, "blocked") as server:
        worker = server.session()
        with socket.create_connection(("127.0.0.1", server.port)) as page:
            page.sendall(b"GET /page HTTP/1.1\r\nHost: here\r\n\r\n")
            server.until(lambda: server.said("page") == [worker])
            os.kill(server.process.pid, signal.SIGTERM)
            took = server.until(lambda: server.process.poll() is not None)
        assert server.lines == [(worker, "begun"), (worker, "page"), (worker, "settled")]
        assert UNWIND_SECONDS <= took < UNWIND_SECONDS + SETTLE_SECONDS


def test_a_server_whose_sessions_cannot_be_made_ends_and_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """No fork after the other without an end, at full speed, behind a screen that never comes."""
    with running(tmp_path, "unmade") as server:
        server.until(lambda: server.process.poll() is not None)
        assert (server.process.returncode, server.lines) == (OneSession.APP_LOAD_ERROR, [])
    said = capfd.readouterr().err
    assert said.count("no session can begin, and the server ends: OSError at open:") == 1
    assert "nobody may read" not in said and "Traceback" not in said


def test_a_server_whose_sessions_come_to_no_page_ends_and_the_start_counts_as_failed(tmp_path: Path) -> None:
    with running(tmp_path, "unseen") as server:
        server.until(lambda: server.process.poll() is not None)
        assert server.process.returncode == OneSession.APP_LOAD_ERROR
        assert [word for _, word in server.lines] == ["begun"] * TRIES, "the next would follow it at full speed"


@pytest.mark.parametrize(("end", "unseen"), [("problem", True), ("finished", False), ("stopped", False)])
def test_a_session_that_ends_as_it_should_is_no_failed_one_though_nobody_has_seen_it(
    monkeypatch: pytest.MonkeyPatch, end: str, unseen: bool
) -> None:
    handover = Handover()
    handover.unseen = True
    monkeypatch.setattr(visit, "run", lambda _session: end)
    monkeypatch.setattr(os, "_exit", lambda _code: None)
    line = SimpleNamespace(await_shown=lambda _seconds: None, unshowable=False)
    live(cast(Any, None), cast(Any, line), handover)
    assert handover.unseen is unseen


def test_a_start_that_was_told_to_end_is_good(tmp_path: Path) -> None:
    for number, left in ((signal.SIGTERM, False), (signal.SIGKILL, True)):
        Starts(tmp_path).begin()
        with running(tmp_path) as server:
            server.session()
            os.kill(server.process.pid, number)
            server.until(lambda process=server.process: process.poll() is not None)  # type: ignore[misc]
        assert (tmp_path / FILE).exists() is left


@pytest.mark.parametrize("error", [None, ValueError, MemoryError, RecursionError, SystemExit, KeyboardInterrupt])
def test_the_process_ends_with_its_session_whatever_gets_past_it(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException] | None
) -> None:
    def run(_session: object) -> str:
        if error is not None:
            raise error
        return "finished"

    line = SimpleNamespace(await_shown=lambda _seconds: None, unshowable=False)

    def one_session() -> None:
        threading.Thread(target=live, args=(None, line, Handover())).start()
        time.sleep(SOON)
        os._exit(1)

    monkeypatch.setattr(visit, "run", run)
    process = multiprocessing.get_context("fork").Process(target=one_session)
    process.start()
    process.join(SOON / 2)
    left, code = process.is_alive(), process.exitcode
    process.kill()
    assert (left, code) == (False, 0)


def test_a_session_that_cannot_even_be_ended_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise OSError

    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)
    arbiter = Server(Settings(), guidance.load(), cast(Any, None))
    arbiter._live = cast(Any, SimpleNamespace(end=fails))
    with contextlib.suppress(OSError):
        arbiter.leave()
    assert left == [0]


def test_a_stop_that_comes_while_a_session_is_being_made_is_not_lost(lasting: Running) -> None:
    chance = random.Random(4)
    for _ in range(8):
        worker = lasting.session()
        os.kill(worker, signal.SIGKILL)
        lasting.until(lambda worker=worker: worker not in lasting.workers)  # type: ignore[misc]
        time.sleep(chance.random() * 0.2)
        for young in lasting.workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(young, signal.SIGTERM)
            took = lasting.until(lambda young=young: not living(young))  # type: ignore[misc]
            assert took < 5, "it would live as if nothing had been said"


@pytest.mark.parametrize("process", PROCESSES)
def test_a_hail_of_signals_leaves_one_session_at_a_time(lasting: Running, process: str) -> None:
    lasting.session()
    chance = random.Random(7)
    for _ in range(60):
        for target in lasting.workers if process == "worker" else [lasting.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(target, chance.choice(UNHEARD if process == "arbiter" else (*UNHEARD, *HEARD)))
        assert len(lasting.workers) <= 1
        time.sleep(0.02)
    lasting.session()
    assert lasting.process.poll() is None


class Ended(Exception):
    """In the place of a process's end."""


class StandsStill:
    """A session whose thread does one thing, and its portal; a process's end raises here."""

    def __init__(self, works: list[float], serves: bool, last: Sent | None) -> None:
        self.works, self.in_use, self.last = works, serves, last
        self.guidance, self.portal = guidance.load(), self
        self.may_take = 0.0
        self.shown: list[Screen] = []
        self.settled: list[object] = []

    @property
    def works_for(self) -> float:
        return self.works.pop(0)

    def give_up(self, screen: Screen) -> None:
        self.shown.append(screen)

    def left(self) -> list[object]:
        return []

    def settle(self, left: object) -> None:
        self.settled.append(left)


@pytest.mark.parametrize(
    ("serves", "last", "says"),
    [
        (False, None, None),
        (True, None, "kiosk_problem"),
        (True, Sent(Purpose.RELEASE), "problem_release_uncertain"),
        (True, Sent(Purpose.RELEASE, State.COMPLETED), "problem_released"),
        (True, Sent(Purpose.LINKING), "problem_uncertain"),
        (True, Sent(Purpose.LINKING, State.EXPIRED), "problem_uncertain"),
        (True, Sent(Purpose.LINKING, State.CANCELLED), "problem_cancelled"),
        (True, Sent(Purpose.LINKING, State.COMPLETED), "problem_linked"),
    ],
)
def test_a_session_that_stands_still_tells_whoever_is_here_cancels_what_was_begun_and_ends(
    serves: bool, last: Sent | None, says: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def ends(code: int) -> None:
        raise Ended(code)

    here, slept, sleep = threading.current_thread(), list[float](), time.sleep

    def sleeps(seconds: float) -> None:
        """Threads that other tests have left go on as they did."""
        if threading.current_thread() is here:
            slept.append(seconds)
        else:
            sleep(seconds)

    monkeypatch.setattr(os, "_exit", ends)
    monkeypatch.setattr(time, "sleep", sleeps)
    session = StandsStill([0.0, 149.0, 2.0, 150.0], serves, last)
    thread = threading.Thread(target=threading.Event().wait, args=(5,), daemon=True)
    thread.start()
    with pytest.raises(Ended):
        see_to(cast(Any, session), cast(Any, session), thread, longest_work(Settings()))
    assert slept == [1, 1, 1, *([TOLD_SECONDS] if serves else [])] and len(session.settled) == 1
    [screen] = session.shown
    assert (screen.name, screen.facts.get("end")) == ("outcome" if serves else "closing", says)
    assert "stands still, and ends: wait:" in caplog.text and screen.answers == ()


def test_a_slip_that_may_take_longer_is_not_ended_before_and_is_then(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(code: int) -> None:
        raise Ended(code)

    monkeypatch.setattr(os, "_exit", ends)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    printer = PrinterSettings(kind="serial", device="/dev/ttyS0", baudrate=9600)
    takes = open_printer(printer).longest_seconds(3258)
    usually = longest_work(Settings(printer=printer))
    session = StandsStill([usually + 1, takes - 1, takes], False, None)
    session.may_take = takes
    with pytest.raises(Ended):
        see_to(cast(Any, session), cast(Any, session), threading.current_thread(), usually)
    assert session.works == [] and takes > 3258 * 72 * 10 / 9600 > usually
