"""What a signal has stopped goes on by itself, what is somebody else's does not, and what is slow is left alone."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.services import going_on
from kiosk.services.going_on import groups, look
from kiosk.services.processes import stat
from tests.stage import until

SOON = 10.0
PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207  # linux/ptrace.h
OURS = groups(pwd.getpwuid(os.getuid()).pw_name)
SESSION = f"user.slice/user-{os.getuid()}.slice/session-1.scope"


@pytest.fixture
def process() -> Iterator[int]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process.pid
        process.kill()


def state(pid: int) -> str:
    return stat(pid)[0]


def belongs(pid: int, group: str, cgroups: Path) -> None:
    (cgroups / group).mkdir(parents=True)
    (cgroups / group / "cgroup.procs").write_text(f"{pid}\n")


@pytest.mark.parametrize(
    "group", ["system.slice/kiosk-server.service", "system.slice/pcscd.service", SESSION, f"{SESSION}/below"]
)
def test_what_is_stopped_at_two_looks_goes_on(
    process: int, group: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    belongs(process, group, tmp_path)
    os.kill(process, signal.SIGSTOP)
    until(lambda: state(process) == "T", SOON)
    assert look(OURS, (), tmp_path) == {process} and state(process) == "T", "it may be meant, and be short"
    assert look(OURS, {process}, tmp_path) == frozenset()
    until(lambda: state(process) == "S", SOON)
    assert capfd.readouterr().err == f"process {process} had been stopped, and goes on\n"


@pytest.mark.parametrize("group", ["system.slice/other.service", "user.slice/user-54321.slice/session-2.scope"])
def test_what_somebody_else_holds_stays_so(process: int, group: str, tmp_path: Path) -> None:
    belongs(process, group, tmp_path)
    os.kill(process, signal.SIGSTOP)
    until(lambda: state(process) == "T", SOON)
    assert look(OURS, {process}, tmp_path) == frozenset() and state(process) == "T"


def test_what_is_being_looked_into_is_left_to_who_looks(process: int, tmp_path: Path) -> None:
    """A tracer's stop is another state."""
    belongs(process, "system.slice/kiosk-server.service", tmp_path)
    traces = ctypes.CDLL(None, use_errno=True).ptrace
    if traces(PTRACE_SEIZE, process, None, None) != 0:
        pytest.skip("nobody may trace here")
    assert traces(PTRACE_INTERRUPT, process, None, None) == 0
    until(lambda: state(process) == "t", SOON)
    assert look(OURS, {process}, tmp_path) == frozenset() and state(process) == "t"


def test_what_has_ended_or_never_was_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    belongs(ended.pid, "system.slice/kiosk-server.service", tmp_path)
    (tmp_path / "system.slice/kiosk-browser.service").mkdir()
    assert look(OURS, {ended.pid}, tmp_path) == frozenset()
    assert capfd.readouterr().err == ""


def test_where_there_is_no_kiosk_it_says_so_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pwd, "getpwnam", {}.__getitem__)
    assert going_on.run() == 1
    assert capfd.readouterr().err == "continue: there is no user kiosk-browser; systemd-sysusers makes it\n"
