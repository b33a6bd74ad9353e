"""The fonts of screen and slip."""

from __future__ import annotations

import pytest

from kiosk.health.finding import State
from kiosk.health.fonts import FONTS, judge


@pytest.mark.parametrize("family", FONTS)
def test_a_font_that_is_missing_or_cannot_be_looked_for_is_named_with_its_package(family: str) -> None:
    assert judge(family, True).state is State.OK
    assert judge(family, False).said == f"{family} is not installed; apt install {FONTS[family]}"
    assert judge(family, None).cure == f"apt install fontconfig {FONTS[family]}"
