"""A screen as HTML, without a browser: its own facts and what stands around it keep out of each other's way."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from kiosk.flows.asking.screen import Screen
from kiosk.flows.take_home import slip
from kiosk.hw.device import ReaderState
from kiosk.language.languages import LANGUAGES
from kiosk.sim.portal.decisions import terms
from tests.web.catalogue import SIGHTS
from tests.web.catalogue_guidance import PLAN
from tests.web.catalogue_staff import STAFF_SIGHTS
from tests.web.sight import DEFAULTS, Sight


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


@pytest.mark.parametrize("code", ["ja", "en"])
def test_no_screen_shows_a_tag_as_letters(code: str) -> None:
    """Markup that is formatted into a plain text becomes plain itself, and its tags are read."""
    prefers = replace(DEFAULTS, language=LANGUAGES[code])
    for sight in (*SIGHTS, *STAFF_SIGHTS):
        assert not re.search(r"&lt;/?(span|strong|b|ruby|rt)\b", sight.html(prefers)), sight.name


def test_a_slip_that_was_not_laid_out_is_said_to_be_so_and_a_phone_may_take_the_list() -> None:
    facts = {"plan": PLAN, "slip": slip(PLAN), "paper": "not_laid_out"}
    html = Sight("todo", Screen("todo", facts, ("home", "finish"))).html()
    assert "この機械が、紙の内容をつくれませんでした。" in html and "紙は出ていません。" in html
    assert "プリンター" not in html
    assert 'class="code"' in html
    assert 'data-answer="paper"' not in html and 'data-answer="reprint"' not in html


@pytest.mark.parametrize("step", [8, None], ids=["linking", "a release"])
@pytest.mark.parametrize("holding", [True, False])
def test_whoever_leaves_hears_of_a_cancelling_where_something_was_sent(step: int | None, holding: bool) -> None:
    facts = {"terms": terms(), "read": False, "ticked": False}
    html = Sight("leave", Screen("terms", facts, step=step), overlay="leave", holding=holding).html()
    assert ("すでに送った情報を消すよう、マイナポータルに連絡します。" in html) == holding


@pytest.mark.parametrize(
    ("phone", "reader", "told"),
    [(False, ReaderState.CARD, True), (True, ReaderState.CARD, False), (False, ReaderState.EMPTY, False)],
)
def test_who_leaves_meanwhile_is_told_to_leave_the_card_in_where_there_is_one(
    phone: bool, reader: ReaderState, told: bool
) -> None:
    facts = {"what": "attributes", "purpose": "release", "phone": phone}
    html = Sight("leaving", Screen("sending", facts), overlay="leaving", reader=reader).html()
    assert "やめています" in html and ("カードは、まだ抜かないでください。" in html) == told


@pytest.mark.parametrize("sent", [True, False])
def test_nothing_is_said_not_to_have_been_sent_after_it_was(sent: bool) -> None:
    html = Sight("begin", Screen("sending", {"what": "begin", "sent": sent})).html()
    assert "しばらくお待ちください。" in html and ("まだ何も送っていません。" in html) != sent


@pytest.mark.parametrize("name", ["release", "released", "sending"])
@pytest.mark.parametrize("phone", [True, False])
def test_who_signed_with_a_phone_is_not_told_to_leave_a_card_in(name: str, phone: bool) -> None:
    sights = [s for s in SIGHTS if s.screen.name == name and s.screen.facts.get("phone") is phone]
    said = ["カードは入れたままに" in s.html() for s in sights if s.screen.facts.get("known", True)]
    assert said and not any(said) if phone else all(said)
