"""A trail whose key cannot be used is set aside whole, wherever the power goes; what cannot be read is not."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.caretaker import disk, sealed_before
from kiosk.caretaker.key import Key, NoKey
from kiosk.caretaker.trail import FOLDER, Trail
from tests.caretaker.trails import Clock, number

WHOLE = {"trail", "trail.pub", "trail.key"}


def begins(state: Path) -> Trail:
    """As the caretaker does."""
    disk.private_folder(state)
    sealed_before.set_aside(state)
    return Trail(state / FOLDER, Key.of(state), 30, Clock(), follows=sealed_before.is_there(state))


def test_wherever_the_power_goes_the_old_trail_lies_together_and_the_new_one_says_so_in_its_first_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for after in itertools.count():
        state, left = tmp_path / f"{after}", after
        begins(state).append(number(1))
        (state / "trail.key").write_bytes(b"")
        cut = False
        with monkeypatch.context() as power:
            for name in ("private_folder", "move", "put"):
                happens = getattr(disk, name)

                def goes(*arguments: object, happens: Callable[..., object] = happens) -> object:
                    nonlocal left, cut
                    cut = left == 0
                    if cut:
                        raise KeyboardInterrupt
                    left -= 1
                    return happens(*arguments)

                power.setattr(disk, name, goes)
            with contextlib.suppress(KeyboardInterrupt):
                begins(state).append(number(2))
        begins(state).append(number(3))
        assert {path.name for path in (state / "trail.unusable").iterdir()} == WHOLE
        assert [path.name for path in state.glob("trail.unusable*")] == ["trail.unusable"]
        lines = b"".join(path.read_bytes() for path in sorted((state / FOLDER).glob("*.jsonl"))).splitlines()
        assert [b"key_unusable" in line for line in lines] == [True] + [False] * (len(lines) - 1)
        if not cut:
            break
    assert after > 6


def test_a_key_that_is_good_or_not_there_or_cannot_be_read_sets_nothing_aside(tmp_path: Path) -> None:
    begins(tmp_path).append(number(1))
    begins(tmp_path)
    (tmp_path / "trail.key").unlink()
    sealed_before.set_aside(tmp_path)
    (tmp_path / "trail.key").mkdir()
    with pytest.raises(NoKey):
        begins(tmp_path)
    assert not sealed_before.is_there(tmp_path) and (tmp_path / FOLDER).is_dir()
