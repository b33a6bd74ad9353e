"""A screen as HTML, without a browser: its own facts and what stands around it keep out of each other's way."""

from __future__ import annotations

import pytest

from kiosk.flows.asking.screen import Screen
from kiosk.flows.take_home import slip
from tests.web.catalogue import SIGHTS
from tests.web.catalogue_guidance import PLAN
from tests.web.catalogue_staff import STAFF_SIGHTS
from tests.web.sight import Sight


@pytest.mark.parametrize(
    "name", ["seq", "screen", "seconds", "devices", "pad", "station", "helpers", "language", "code", "official", "_"]
)
def test_a_fact_with_a_name_that_is_taken_is_an_error_at_once(name: str) -> None:
    """It would vanish, or hide what every screen shows."""
    with pytest.raises(TypeError, match=f"'{name}'"):
        Sight("collision", Screen("closing", {name: "a fact"})).html()


def test_no_screen_there_is_has_such_a_fact() -> None:
    for sight in (*SIGHTS, *STAFF_SIGHTS):
        assert sight.html().strip(), sight.name


def test_a_slip_that_was_not_laid_out_is_said_to_be_so_and_a_phone_may_take_the_list() -> None:
    facts = {"plan": PLAN, "slip": slip(PLAN), "paper": "not_laid_out"}
    html = Sight("todo", Screen("todo", facts, ("home", "finish"))).html()
    assert "この機械が、紙の内容をつくれませんでした。" in html and "紙は出ていません。" in html
    assert "プリンター" not in html
    assert 'class="code"' in html
    assert 'data-answer="paper"' not in html and 'data-answer="reprint"' not in html
