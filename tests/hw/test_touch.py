"""A touch panel is what udev calls a touch screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.hw.touch import panel_there
from tests.hw.test_keyboards import STRANGER, TOUCH, TYPED, USB, device

MOUSE = "E:ID_INPUT=1\nE:ID_INPUT_MOUSE=1\n"


@pytest.mark.parametrize(
    "told, there",
    [
        ((), None),
        ((None,), None),  # udev has said nothing of it
        ((TYPED + USB,), False),
        ((MOUSE, TYPED), False),
        ((TYPED, TOUCH + USB), True),
        ((TOUCH + USB + STRANGER, MOUSE), True),  # its keys alone are shut out
    ],
)
def test_it_is_there_or_not_or_nobody_knows(tmp_path: Path, told: tuple[str | None, ...], there: bool | None) -> None:
    known, listed = tmp_path / "known", tmp_path / "listed"
    known.mkdir()
    for number, each in enumerate(told):
        device(listed, known, number, each)
    assert panel_there(listed, known) is there
