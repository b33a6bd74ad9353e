"""The parts are there, and a report says what has failed."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.appliance.__main__ import PARTS, holds
from tests.appliance.report import PAGE, Enough, Report, kept, page
from tests.appliance.well import lacking


@pytest.mark.parametrize("part", PARTS)
def test_a_part_says_what_it_holds_and_can_be_run(part: str) -> None:
    assert holds(part).endswith(".")
    assert callable(importlib.import_module(f"tests.appliance.parts.{part}").run)


def test_every_part_is_there_once() -> None:
    there = {path.stem for path in Path(__file__).with_name("parts").glob("*.py")} - {"__init__"}
    assert sorted(there) == sorted(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_the_page_says_what_a_part_holds_now(part: str) -> None:
    assert f"\n## {part}\n\n{holds(part)}\n\n" in PAGE.read_text("utf-8"), "make test-appliance ARGS=--write"


def test_what_was_found_is_kept_and_what_was_bad_stands_out(tmp_path: Path) -> None:
    report = Report("start", "kiosk_1", "QEMU", "2026-01-02 03:04 UTC", 600)
    report(True, "attract after 5 s")
    report.figure("memory", "600 MB")
    assert not report.good  # it has not come to its end
    report.whole = True
    assert report.good
    report(False, "a unit has failed")
    assert not report.good
    report.keep(tmp_path)
    assert kept(tmp_path, "power") is None
    again = kept(tmp_path, "start")
    assert again is not None and not again.good
    text = page([("start", "It starts.", again), ("power", "It is cut.", None)])
    assert "## power\n\nIt is cut.\n\nNot tried yet.\n" in text
    assert "- good: attract after 5 s\n- **bad**: a unit has failed\n" in text
    assert "| memory | 600 MB |" in text and "10 min." in text


def test_a_part_goes_on_behind_what_is_over(tmp_path: Path) -> None:
    """What was found behind it, as that QEMU has ended, is found again or not."""
    report = Report("power", "kiosk_1", "QEMU", folder=tmp_path)
    assert not report.goes_on()
    report(True, "the power is cut when the kernel starts")
    report.over("the kernel starts")
    report(False, "QEMU has ended")
    report.keep(tmp_path)
    again = kept(tmp_path, "power")
    assert again is not None and again.goes_on()
    assert [what for _, what in again.found] == ["the power is cut when the kernel starts"]
    assert again.done == ["the kernel starts"]
    again.whole = True
    assert again.good and not again.goes_on()


def test_a_part_that_has_taken_long_goes_on_in_the_next_run(tmp_path: Path) -> None:
    report = Report("moments", "kiosk_1", "QEMU", folder=tmp_path)
    report.may_take(60)
    report.over("the server dies")
    report.may_take(-1)
    report(True, "the page dies")
    with pytest.raises(Enough):
        report.over("the page dies")
    again = kept(tmp_path, "moments")
    assert again is not None and again.goes_on() and not again.good
    assert again.done == ["the server dies", "the page dies"]


def test_what_the_station_brings_is_not_the_images_fault() -> None:
    found = "has    font      there\nLACKS  reader    none found\nLACKS  lockdown  something listens\n"
    assert lacking(found) == ["lockdown: something listens"]
