"""The operator's word that a trail was looked into is told once for each signed file."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kiosk.caretaker import looked_into
from kiosk.caretaker.changes import Changes
from kiosk.config.events import event
from kiosk.ipc.looked_into import FILE, LookedInto
from tests.caretaker.trails import Told

WORD = event("trail_looked_into")


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
