"""Each thing that may die is tried at each moment, once, also when a run was stopped in between."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.appliance.machine import Machine
from tests.appliance.parts import moments
from tests.appliance.parts.devices import Event
from tests.appliance.report import Report, kept

ASKED_FOR = {"server", "page dies", "page stands still", "Chromium", "screen", "pcscd", "caretaker"}


class Stopped(Exception):
    """By whoever ran it."""


def test_each_at_each_moment() -> None:
    tried = [f"{event.what} {moment.__doc__}" for moment, event in moments.TRIED]
    assert len(set(tried)) == len(tried)
    for moment in ("while a card is read", "while something is sent", "when it is done"):
        for what in ASKED_FOR:
            assert [each for each in tried if what in each and each.endswith(moment)]
    assert any("touch panel" in each and "is read" in each for each in tried)
    assert any("cable" in each and "is sent" in each for each in tried)


@pytest.mark.parametrize("stops", [0, 10, len(moments.TRIED) - 1])
def test_a_run_that_was_stopped_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stops: int) -> None:
    happened: list[str] = []
    there = SimpleNamespace(portal=SimpleNamespace(reset=lambda: None))

    @contextlib.contextmanager
    def before(machine: Machine, report: Report) -> Iterator[Any]:
        yield there

    @contextlib.contextmanager
    def looked_at(there: Any, report: Report, what: str, dies: str | None) -> Iterator[None]:
        yield
        report(True, what)

    def at(moment: moments.Moment) -> moments.Moment:
        def does(there: Any, event: Event) -> None:
            if len(happened) == stops:
                raise Stopped
            happened.append(f"{event.what} {moment.__doc__}")

        does.__doc__ = moment.__doc__
        return does

    monkeypatch.setattr(moments, "before", before)
    monkeypatch.setattr(moments, "looked_at", looked_at)
    monkeypatch.setattr(moments, "is_forgotten", lambda there, report, when: report(True, when))
    monkeypatch.setattr(moments, "TRIED", tuple((at(moment), event) for moment, event in moments.TRIED))
    report = Report("moments", "kiosk_1", "none", folder=tmp_path)
    with pytest.raises(Stopped):
        moments.run(Machine(tmp_path / "moments"), report)
    last = kept(tmp_path, "moments")
    if stops:
        assert last is not None and last.goes_on()
        report, last.folder = last, tmp_path
    stops = -1
    moments.run(Machine(tmp_path / "moments"), report)
    assert happened == report.done == [f"{event.what} {moment.__doc__}" for moment, event in moments.TRIED]
    assert len(report.found) == 2 * len(moments.TRIED)
