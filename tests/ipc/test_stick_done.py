"""What was done with a stick is told at the screen for a while, and by nobody but the helper that did it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from kiosk.ipc import stick_done
from kiosk.ipc.stick_done import FILE, STANDS_SECONDS, StickDone, left
from kiosk.provision.stick import may_be_pulled


def test_what_was_done_stands_for_a_while_and_the_next_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert left(tmp_path) is None
    may_be_pulled(tmp_path, "asked")
    may_be_pulled(tmp_path, "taken")
    assert left(tmp_path) == "taken" and [each.name for each in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o640
    later = stick_done.now() + STANDS_SECONDS
    monkeypatch.setattr(stick_done, "now", lambda: later)
    assert left(tmp_path) is None


@pytest.mark.parametrize(
    "there",
    [
        b"",
        b"{}",
        b"\xff" * 5000,
        msgspec.json.encode(StickDone("come to the back door", stick_done.now())),
        msgspec.json.encode(StickDone("taken", stick_done.now() + 10_000)),
    ],
    ids=["empty", "without words", "not JSON", "words of somebody's own", "of tomorrow"],
)
def test_what_is_none_of_it_says_nothing(tmp_path: Path, there: bytes) -> None:
    (tmp_path / FILE).write_bytes(there)
    assert left(tmp_path) is None


def test_others_than_the_helper_are_not_believed(tmp_path: Path) -> None:
    """The folder is the browser's, too."""
    may_be_pulled(tmp_path, "taken")
    if os.geteuid() == 0:
        os.chown(tmp_path / FILE, 12345, 12345)
        assert left(tmp_path) is None
    (tmp_path / "other").write_bytes(msgspec.json.encode(StickDone("taken", stick_done.now())))
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).symlink_to(tmp_path / "other")
    assert left(tmp_path) is None
    (tmp_path / FILE).unlink()
    os.mkfifo(tmp_path / FILE)
    assert left(tmp_path) is None, "and it waits for nobody"
