"""What has to be so after a cut is asked of the machine: a trail that has lost a line, a flaw in it, a unit that was
started again, each is bad by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.appliance import cut
from tests.appliance.machine import Machine
from tests.appliance.report import Report

SOUND = "lines  1 to 40, in 2 segments\n"


def asked(monkeypatch: pytest.MonkeyPatch, said: str = SOUND, code: int = 0, restarts: int = 0) -> list[bool]:
    machine, report = Machine(Path("none")), Report("power", "kiosk_1", "none")

    def run(command: str, seconds: float = 0) -> tuple[int, str]:
        if "audit" in command:
            return code, said
        return 0, f"Id=kiosk-server.service\nNRestarts={restarts}\n" if "NRestarts" in command else ""

    monkeypatch.setattr(machine, "run", run)
    monkeypatch.setattr(cut, "comes_to_attract", lambda machine, report, then: report(True, then))
    cut.is_back(machine, report, "a PIN is typed", lines=40)
    return [good for good, _ in report.found]


def test_what_is_whole_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch) == [True, True, True, True]


@pytest.mark.parametrize(
    ("said", "code"), [("lines  1 to 39, in 2 segments\n", 0), (f"{SOUND}FLAW   line 3\n", 1), ("", 0)]
)
def test_a_trail_that_is_not_whole_is_bad(monkeypatch: pytest.MonkeyPatch, said: str, code: int) -> None:
    assert asked(monkeypatch, said, code) == [True, False, True, True]


def test_a_unit_that_was_started_again_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, restarts=1) == [True, True, True, False]
