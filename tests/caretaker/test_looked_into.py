"""A trail that did not hold together stays a problem until the operator's word, which is told once."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kiosk.caretaker import looked_into
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.looked_into import Broken
from kiosk.config.events import event
from kiosk.ipc.looked_into import FILE, LookedInto
from tests.caretaker.trails import Told, number

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


def test_the_word_of_each_signed_file_is_told_once(tmp_path: Path) -> None:
    path, told = tmp_path / "etc" / FILE, Told()
    path.parent.mkdir()

    def starts() -> int:
        looked_into.tell(path, tmp_path, Changes(told, tmp_path))
        return len(told)

    assert starts() == 0
    path.write_bytes(msgspec.json.encode(LookedInto("1")))
    assert starts() == starts() == 1 and told == [WORD]
    path.write_bytes(msgspec.json.encode(LookedInto("2")))
    assert starts() == starts() == 2


@pytest.mark.parametrize("content", [b"", b"{", b'{"number":1}'])
def test_a_file_that_does_not_fit_is_nobodys_word(tmp_path: Path, content: bytes) -> None:
    told = Told()
    (tmp_path / "there").write_bytes(content)
    looked_into.tell(tmp_path / "there", tmp_path, Changes(told, tmp_path))
    assert told == []
