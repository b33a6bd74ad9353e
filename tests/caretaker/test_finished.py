"""What a start has finished of provisioning is told once, however often the caretaker starts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.finished import FinishedAnswers
from kiosk.ipc.finished import FILE, Finished
from tests.caretaker.trails import Told


def test_each_is_told_once_to_trail_and_board(tmp_path: Path) -> None:
    path, told, reported = tmp_path / "etc" / FILE, Told(), list[tuple[str, str]]()
    path.parent.mkdir()

    def starts() -> tuple[int, int]:
        changes = Changes(told, tmp_path)
        answers = FinishedAnswers(path, tmp_path, changes, lambda check, reason: reported.append((check, reason)))
        answers.tell()
        answers.tell()  # as provisioning says so, too
        return len(told), len(reported)

    assert starts() == (0, 0)
    path.write_bytes(msgspec.json.encode(Finished("1")))
    assert starts() == starts() == (1, 1)
    assert (told[0].name, dict(told[0].fields)) == ("provisioned", {"provision": "taken"})
    assert reported == [("provisioning", "taken")]
    path.write_bytes(msgspec.json.encode(Finished("2")))
    assert starts() == starts() == (2, 2)


def test_a_disk_that_takes_nothing_does_not_have_it_told_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE).write_bytes(msgspec.json.encode(Finished("1")))
    told, state = Told(), tmp_path / "state"
    answers = FinishedAnswers(tmp_path / FILE, state, Changes(told, state), lambda check, reason: None)
    answers.tell()
    answers.tell()
    assert len(told) == 1 and not state.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff", b'{"number":1}'])
def test_a_file_that_does_not_fit_tells_nothing_and_ends_nothing(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    told, reported = Told(), list[str]()
    (tmp_path / "there").write_bytes(content)
    changes = Changes(told, tmp_path)
    FinishedAnswers(tmp_path / "there", tmp_path, changes, lambda check, reason: reported.append(check)).tell()
    assert told == [] == reported and caplog.text.count("nothing is told of it") == 1
