"""A screen as HTML, without a browser: its own facts and what stands around it keep out of each other's way."""

from __future__ import annotations

import pytest

from kiosk.flows.screen import Screen
from tests.web.catalogue import SIGHTS
from tests.web.sight import Sight


@pytest.mark.parametrize(
    "name", ["seq", "screen", "seconds", "devices", "pad", "station", "helpers", "language", "code", "official", "_"]
)
def test_a_fact_with_a_name_that_is_taken_is_an_error_at_once(name: str) -> None:
    """It would vanish, or hide what every screen shows."""
    with pytest.raises(TypeError, match=f"'{name}'"):
        Sight("collision", Screen("closing", {name: "a fact"})).html()


def test_no_screen_there_is_has_such_a_fact() -> None:
    for sight in SIGHTS:
        assert sight.html().strip(), sight.name
