"""A trail that did not hold together stays a problem until the operator's word."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.caretaker.broken import Broken
from kiosk.config.events import event
from tests.caretaker.trails import number

FLAW, WORD = event("trail_broken", flaw="line_changed"), event("trail_looked_into")


@pytest.mark.parametrize("stood", [False, True])
def test_it_is_as_the_last_of_the_two_says_also_after_a_start(tmp_path: Path, stood: bool) -> None:
    path = tmp_path / "broken.json"
    assert Broken(path, stood).stands is stood
    for told, stands in ((number(1), stood), (FLAW, True), (number(2), True), (WORD, False), (FLAW, True)):
        Broken(path, stood).written(told)
        assert Broken(path, stood).stands is stands


def test_a_disk_that_does_not_take_it_changes_nothing_for_whoever_runs_and_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    broken = Broken(tmp_path / "state" / "broken.json", False)
    broken.written(FLAW)
    assert broken.stands
    (tmp_path / "state").unlink()
    (tmp_path / "state").mkdir()
    broken.turn()
    assert Broken(tmp_path / "state" / "broken.json", False).stands
