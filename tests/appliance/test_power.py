"""After each cut attract and the trail are asked before anything else is done; and a run that was stopped goes on."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from tests.appliance.machine import Machine
from tests.appliance.parts import power, power_update, power_visit
from tests.appliance.report import Report, kept


class Stopped(Exception):
    """By whoever ran it."""


class Outside:
    """A part's machine as it is told here: what happens to it, in order. stops: at which of these."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, part: Any, stops: str = "") -> None:
        self.happened: list[str] = []
        self._stops = stops
        monkeypatch.setattr(part, "running", self._running)
        monkeypatch.setattr(part, "is_back", lambda machine, report, cut, lines=0: self.does(report, f"back {cut}"))

    @contextlib.contextmanager
    def _running(self, machine: Machine, kept: bool = False, **_: Any) -> Iterator[Machine]:
        self.happened.append("kept" if kept else "on")
        yield machine
        self.happened.append("off")

    def does(self, report: Report, what: str) -> None:
        if what == self._stops:
            raise Stopped
        report(True, what)
        self.happened.append(what)


def again(folder: Path, report: Report) -> Report:
    last = kept(folder, report.part)
    assert last is not None and last.goes_on()
    last.folder = folder
    return last


def each_is_asked_after(
    monkeypatch: pytest.MonkeyPatch,
    part: Any,
    machine: Machine,
    report: Report,
    cuts: Sequence[str],
    stopped_in: int,
    now: list[Outside],
) -> Report:
    """By a run that stops as it asks after one of the cuts, and by one that goes on, whose report this is. now: gets
    what happens in the two."""
    now.append(Outside(monkeypatch, part, f"back {cuts[stopped_in]}"))
    with pytest.raises(Stopped):
        part.run(machine, report)
    now.append(Outside(monkeypatch, part))
    whole = again(machine.folder.parent, report)
    part.run(machine, whole)
    asked = [word for each in now for word in each.happened if word.startswith(("cut", "back"))]
    assert asked == [word for cut in cuts for word in (f"cut {cut}", f"back {cut}")]
    return whole


def test_of_a_first_start_each_cut_is_one_of_a_machine_installed_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(power, "disk", lambda: Path("kiosk_1.raw"))
    monkeypatch.setattr(power, "wait_for", lambda *_: 1.0)
    machine, report = Machine(tmp_path / "power"), Report("power", "kiosk_1", "none", folder=tmp_path)
    stopped_in = power.MOMENTS[2][0]
    before = Outside(monkeypatch, power, f"back {stopped_in}")
    monkeypatch.setattr(machine, "install", lambda *_: before.happened.append("install"))
    with pytest.raises(Stopped):
        power.run(machine, report)
    each = ["install", "on", "off", "on"]
    assert before.happened[:6] == [*each, f"back {power.MOMENTS[0][0]}", "off"]
    after = Outside(monkeypatch, power)
    monkeypatch.setattr(machine, "install", lambda *_: after.happened.append("install"))
    whole = again(tmp_path, report)
    power.run(machine, whole)
    assert after.happened == [word for moment, _ in power.MOMENTS[2:] for word in (*each, f"back {moment}", "off")]
    assert [what for _, what in whole.found if what.startswith("back")] == [f"back {it}" for it, _ in power.MOMENTS]


@pytest.mark.parametrize("stopped_in", [0, 3, 4, 6])
def test_of_an_update_each_cut_is_asked_after(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stopped_in: int) -> None:
    """Of the one before attract a copy."""
    machine, report = Machine(tmp_path / "power_update"), Report("power_update", "kiosk_1", "none", folder=tmp_path)
    has = [frozenset[str]()]
    now: list[Outside] = []

    def reaches(cut: power_update.Cut) -> power_update.Cut:
        def goes(machine: Machine) -> bool:
            has[0] = cut.may[0]
            now[-1].happened.append(f"cut {cut.when}")
            return True

        return dataclasses.replace(cut, goes=goes)

    cuts = tuple(map(reaches, power_update.CUTS))
    for name, stands in {
        **{
            "CUTS": cuts,
            "disk": lambda: Path("kiosk_1.raw"),
            "update": lambda: "kiosk_1.1",
            "_there": lambda *_: has[0],
        },
        **{"wait_for": lambda *_: 1.0, "as_disk": lambda *_: Path("update"), "_version": lambda *_: "1.1"},
    }.items():
        monkeypatch.setattr(power_update, name, stands)
    for name, does in {"run": (0, ""), "has_a_shell": True, "plug_disk": None}.items():
        monkeypatch.setattr(Machine, name, lambda *_, does=does: does)
    monkeypatch.setattr(Machine, "like", lambda machine, other: machine.folder.mkdir(exist_ok=True))

    whole = each_is_asked_after(monkeypatch, power_update, machine, report, [cut.when for cut in cuts], stopped_in, now)
    assert all(good for good, _ in whole.found)
    assert not (tmp_path / "power_update-copy").exists()


@pytest.mark.parametrize("stopped_in", range(len(power_visit.CUTS)))
def test_of_a_visit_each_cut_is_made_once_and_asked_after(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stopped_in: int
) -> None:
    """Whether a run stops before it is back from a cut or in the middle of the next."""
    machine, report = Machine(tmp_path / "power_visit"), Report("power_visit", "kiosk_1", "none", folder=tmp_path)
    now: list[Outside] = []
    thing = MagicMock()
    thing.linkings._all.return_value = []
    thing.held_count.return_value = 0

    def reaches(cut: power_visit.Cut) -> power_visit.Cut:
        def goes(there: Any) -> int:
            now[-1].happened.append(f"cut {cut.when}")
            return 7

        return dataclasses.replace(cut, goes=goes)

    @contextlib.contextmanager
    def around(*_: Any) -> Iterator[Any]:
        yield thing, thing

    @contextlib.contextmanager
    def gallery() -> Iterator[Any]:
        yield thing

    cuts = tuple(map(reaches, power_visit.CUTS))
    for name, stands in {
        **{"CUTS": cuts, "around": around, "gallery": gallery, "port": lambda _: 443, "places": lambda *_: set()},
        **{"Pki": lambda _: None, "needles": lambda _: {}, "Slot": lambda _: thing, "Person": lambda *_: thing},
        **{"Before": lambda *_: None, "holds": lambda *_: set(power_visit.STATION), "wait_for": lambda *_: 1.0},
        **{"settle": lambda *_: now[-1].happened.append("settle"), "let_in": lambda _: None},
    }.items():
        monkeypatch.setattr(power_visit, name, stands)
    monkeypatch.setattr(Machine, "like", lambda machine, other: None)
    monkeypatch.setattr(Machine, "keep_picture", lambda machine, what: None)

    whole = each_is_asked_after(monkeypatch, power_visit, machine, report, [cut.when for cut in cuts], stopped_in, now)
    happened = [*now[0].happened, *now[1].happened]
    assert happened.count("settle") == happened.count("kept") == 1
    assert all(good for good, _ in whole.found)
