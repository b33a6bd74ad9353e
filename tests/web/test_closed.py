"""Linking is offered only when all that it needs is there, and everything else stays open; of a kiosk that is closed,
people read where to go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.flows.asking.screen import Screen
from kiosk.flows.home import FLOWS, GUIDANCE
from kiosk.hw.device import ReaderState
from kiosk.web.view import kept
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
    assert "マイナポータルに接続できません" not in html and "読み取り装置に接続できません" not in html


def test_a_kiosk_without_staff_hurries_nobody_to_a_desk_where_nobody_is() -> None:
    said = {sight.screen.facts["closed_for"]: sight.html() for sight in SIGHTS if sight.screen.name == "closed"}
    assert {name for name, html in said.items() if "お急ぎのとき" not in html} == {"no_staff", "hours"}
    assert all("開いている時間に、こちらの窓口へ" in said[reason] for reason in ("no_staff", "hours"))
    assert all("8:30〜17:15" in html for html in said.values()), "and when it is open"


def test_the_staff_are_not_asked_about_what_is_a_visitors() -> None:
    said = {sight.name: sight.html() for sight in (*SIGHTS, *STAFF_SIGHTS) if sight.overlay == "idle"}
    assert {name for name, html in said.items() if "情報をこの機械から消して" not in html} == {"staff_room_idle"}
    assert "職員の画面をおわります。" in said["staff_room_idle"] and "やめて消す" not in said["staff_room_idle"]


@pytest.mark.parametrize("name", ["attract", "home"])
def test_outside_its_hours_nothing_is_offered_but_guidance_and_it_says_when_it_opens(name: str) -> None:
    [sight] = [sight for sight in SIGHTS if sight.name == f"{name}_outside_hours"]
    html = sight.html()
    assert f"{kept('8時30分')}からです" in html and "いまは、運転免許の連携ができません" in html
    assert offers(html) == (set(GUIDANCE) if name == "home" else set())
    assert "印刷はできません" not in html, "the printer works"
    assert "お急ぎのとき" not in html and ("8:30〜17:15" in html) is (name == "home"), "the desk may be closed, too"
    stale = replace(sight, screen=replace(sight.screen, answers=tuple(FLOWS))).html()
    assert not offers(stale) & {"link", "check"}, "whoever stands at home while the hours end"


@pytest.mark.parametrize("name", ["attract", "home"])
def test_in_safe_mode_nothing_is_offered_but_guidance_and_nothing_is_promised(name: str) -> None:
    [sight] = [sight for sight in SIGHTS if sight.name == f"{name}_guidance_only"]
    html = sight.html()
    assert "いまは、運転免許の連携ができません" in html and "からです" not in html
    assert "接続できません" not in html, "nobody has tried"
    assert offers(html) == (set(GUIDANCE) if name == "home" else set())
