"""A screen or a slip says what is true of what is before it, and says it once."""

from __future__ import annotations

import re

import pytest

from kiosk.advice.outcomes import OUTCOMES
from kiosk.advice.pins import PHONE, PINS, Pin
from kiosk.advice.todo import ASK_FIRST
from kiosk.flows.asking.screen import Screen
from kiosk.language.languages import LANGUAGES, Language, shipped, translations
from kiosk.receipts.render import written_out
from kiosk.session.preferences import Preferences
from tests.receipts.shots import SLIPS, STATION, WHEN
from tests.web.catalogue import SIGHTS
from tests.web.catalogue_guidance import plans
from tests.web.sight import Sight


@pytest.mark.parametrize("language", shipped(), ids=lambda each: each.code)
@pytest.mark.parametrize("pin", [each for each in (*PINS, PHONE) if each.typed], ids=lambda pin: pin.doing)
def test_of_a_phone_it_is_not_said_that_the_card_is_not_harmed(pin: Pin, language: Language) -> None:
    html = Sight("last", Screen("last_try", {"pin": pin}, ("yes", "back"))).html(Preferences(language))
    said = translations(language).gettext("カードはこわれません。")
    assert (said in html) == (pin is not PHONE)


@pytest.mark.parametrize("language", shipped(), ids=lambda each: each.code)
def test_whatever_is_waited_for_is_told_in_words_of_its_own(language: Language) -> None:
    """That every fault a flow raises is among these, tests/flows/scripted.py sees to."""
    stood = {}
    for sight in SIGHTS:
        if sight.screen.name == "set_card" and sight.screen.answers:
            html = sight.html(Preferences(language))
            said = re.search(r"<h1.*?</h1>.*?</p>", html, re.DOTALL)
            assert said
            stood[sight.name] = said[0]
    assert len(stood) > 10
    again = "check_set_card"  # the first of another flow
    assert stood.pop(again) == stood["set_card_first"]
    assert len(set(stood.values())) == len(stood)


def test_of_a_phone_a_check_says_nothing_of_the_cards_pins_and_certificate() -> None:
    told = dict(plans())["check_phone"]
    said = "".join((*told.can, *told.know))
    assert "スマホ署名用" in said and "スマートフォンの証明書" in said
    assert "（署名用" not in said and "ログイン用" not in said
    assert "ログイン用の４けた" not in next(sight for sight in SIGHTS if sight.name == "check_phone").html()


def test_whoever_is_sent_to_the_municipality_is_told_to_ask_first() -> None:
    lists = [*(outcome.todo for outcome in OUTCOMES.values()), *(plan.todo for _, plan in plans())]
    sent = [todo for each in lists for todo in each if todo.place == "municipality"]
    assert len(sent) > 20 and [todo.text for todo in sent if ASK_FIRST not in todo.notes] == []


@pytest.mark.parametrize("name", SLIPS)
def test_the_head_of_a_slip_says_nothing_twice(name: str) -> None:
    html = written_out(SLIPS[name], STATION, WHEN, width=576, language=LANGUAGES["ja"])
    head = re.sub("<(?!/?td)[^>]*>", "", html[html.index('class="kind"') : html.index("</table>")])
    kind, copy = re.findall(r"<td>(.*?)</td>", head)
    assert not copy or copy not in kind


def test_the_slip_of_a_card_check_that_ended_early_is_among_them() -> None:
    assert any("licence_pin_locked" in name for name in SLIPS)
