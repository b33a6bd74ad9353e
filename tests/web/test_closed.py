"""Linking is offered only when all that it needs is there, and everything else stays open; of a kiosk that is closed,
people read where to go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.flows.asking.screen import Screen
from kiosk.flows.home import FLOWS
from kiosk.hw.device import ReaderState
from tests.web.catalogue import SIGHTS
from tests.web.catalogue_staff import STAFF_SIGHTS
from tests.web.sight import Sight

HOME = Sight("home", Screen("home", {}, tuple(FLOWS)), reader=ReaderState.EMPTY)


def offers(html: str) -> set[str]:
    return {answer for answer in FLOWS if f'data-answer="{answer}"' in html}


@pytest.mark.parametrize("change", [{"caretaker": False}, {"portal": "closed"}, {"portal": "unreachable"}])
def test_without_portal_or_caretaker_linking_is_closed_and_guidance_open(change: dict[str, object]) -> None:
    assert offers(HOME.html()) == set(FLOWS)
    html = replace(HOME, **change).html()  # type: ignore[arg-type]
    assert offers(html) == set(FLOWS) - {"link"}
    assert "closed" in html


def test_nothing_is_blamed_that_works() -> None:
    html = replace(HOME, caretaker=False).html()
    assert "マイナポータルにつながりません" not in html and "読み取り部につながりません" not in html


def test_a_kiosk_without_staff_hurries_nobody_to_a_desk_where_nobody_is() -> None:
    said = {sight.screen.facts["closed_for"]: sight.html() for sight in SIGHTS if sight.screen.name == "closed"}
    assert {name for name, html in said.items() if "お急ぎのとき" not in html} == {"no_staff"}
    assert "開いている時間に、こちらの窓口へ" in said["no_staff"]
    assert all("8:30〜17:15" in html for html in said.values()), "and when it is open"


def test_the_staff_are_not_asked_about_what_is_a_visitors() -> None:
    said = {sight.name: sight.html() for sight in (*SIGHTS, *STAFF_SIGHTS) if sight.overlay == "idle"}
    assert {name for name, html in said.items() if "情報をこの機械から消して" not in html} == {"staff_room_idle"}
    assert "職員の画面をおわります。" in said["staff_room_idle"] and "やめて消す" not in said["staff_room_idle"]
