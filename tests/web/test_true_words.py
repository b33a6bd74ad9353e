"""A screen or a slip says what is true of what is before it, and says it once."""

from __future__ import annotations

import re

import pytest

from kiosk.advice.pins import PHONE, PINS, Pin
from kiosk.flows.asking.screen import Screen
from kiosk.language.languages import LANGUAGES, Language, shipped, translations
from kiosk.receipts.render import written_out
from kiosk.session.preferences import Preferences
from tests.receipts.shots import SLIPS, STATION, WHEN
from tests.web.sight import Sight


@pytest.mark.parametrize("language", shipped(), ids=lambda each: each.code)
@pytest.mark.parametrize("pin", [each for each in (*PINS, PHONE) if each.typed], ids=lambda pin: pin.doing)
def test_of_a_phone_it_is_not_said_that_the_card_is_not_harmed(pin: Pin, language: Language) -> None:
    html = Sight("last", Screen("last_try", {"pin": pin}, ("yes", "back"))).html(Preferences(language))
    said = translations(language).gettext("カードはこわれません。")
    assert (said in html) == (pin is not PHONE)


@pytest.mark.parametrize("name", SLIPS)
def test_the_head_of_a_slip_says_nothing_twice(name: str) -> None:
    html = written_out(SLIPS[name], STATION, WHEN, width=576, language=LANGUAGES["ja"])
    head = re.sub("<(?!/?td)[^>]*>", "", html[html.index('class="kind"') : html.index("</table>")])
    kind, copy = re.findall(r"<td>(.*?)</td>", head)
    assert not copy or copy not in kind


def test_the_slip_of_a_card_check_that_ended_early_is_among_them() -> None:
    assert any("licence_pin_locked" in name for name in SLIPS)
