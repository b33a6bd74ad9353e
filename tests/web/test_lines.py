"""Whom to call, and when: on each screen and slip, and in the text for a phone, as the reader calls them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime

import pytest

import kiosk.web.view
from kiosk.config import guidance
from kiosk.config.kiosk import Station
from kiosk.flows.asking.screen import Screen
from kiosk.flows.lost_card import plan
from kiosk.language.dates import JST
from kiosk.language.furigana import plain
from kiosk.language.hours import Hours
from kiosk.language.languages import JAPANESE, LANGUAGES, TONGUES, Language, shipped, translations
from kiosk.receipts.render import _environment
from kiosk.receipts.slips import TodoSlip
from kiosk.receipts.text import public_text
from kiosk.session.preferences import Preferences
from tests.web.catalogue import SIGHTS
from tests.web.sight import Sight

FACTS = guidance.load()
JAPANESE_LINE, OTHER_LINE = FACTS.suspend, FACTS.suspend_languages
LOST = plan(FACTS, "both", "change")
SLIP = TodoSlip(heading=LOST.heading, todo=LOST.todo, can=LOST.can, know=LOST.know)
STATION = Station(hours=Hours("Mo-Fr 08:30-17:15; PH off"))
NOON = datetime(2026, 11, 24, 12, tzinfo=JST)
EACH = pytest.mark.parametrize("language", shipped(), ids=lambda each: each.code)


def words(markup: str) -> str:
    """What can be read of it, in order."""
    kept = r'<span class="keep">|(?<=[年月日時分間])</span>'
    read = re.sub(r"<rt.*?</rt>|</?ruby>|<svg.*?</svg>|" + kept, "", markup, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", plain(read))).split())


def on_screen(name: str, language: Language) -> str:
    [sight] = (each for each in SIGHTS if each.name == name)
    return words(sight.html(Preferences(language=language)))


def on_paper(language: Language) -> str:
    template = _environment(language).get_template("todo.html")
    return words(template.render(slip=SLIP, station=STATION, now=NOON, width=576))


PLACES: dict[str, Callable[[Language], str]] = {
    "screen": lambda language: on_screen("lost_suspend", language),
    "list": lambda language: on_screen("todo_lost_both_change", language),
    "paper": on_paper,
    "text": lambda language: words(public_text(SLIP, STATION, language)),
}


@EACH
@pytest.mark.parametrize("place", PLACES)
def test_the_line_in_the_readers_language_is_first_and_2_is_pressed_on_the_japanese_one(
    language: Language, place: str
) -> None:
    read = PLACES[place](language)
    japanese, other = read.index(JAPANESE_LINE.telephone), read.index(OTHER_LINE.telephone)
    assert (other < japanese) is language.foreign
    [press] = (at.start() for at in re.finditer("[「“]2[」”]", read))
    assert japanese < press and (press < other) is (japanese < other)


@EACH
@pytest.mark.parametrize("place", PLACES)
def test_each_language_of_a_line_stands_with_its_hours_and_japanese_is_called_so(
    language: Language, place: str
) -> None:
    own, other = (each.strip() for each in re.split(r"0120-[0-9-]+", PLACES[place](language))[1:3])
    said = translations(language).gettext
    always, by_day = plain(said("24時間 365日")), "10h00" if language.code == "pt" else "10:00"
    japanese, many = (other, own) if language.foreign else (own, other)
    assert always in japanese and always in many and by_day in many and by_day not in japanese
    assert all(TONGUES[code] in many for code in OTHER_LINE.languages)
    if language.foreign:
        assert own.startswith(TONGUES[language.tongue]) and said("日本語") in japanese


def test_whoever_finds_their_language_closed_is_told_when_it_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (JAPANESE_LINE, OTHER_LINE)
    sight = Sight("lost", Screen("lost_suspend", {"lines": lines, "paper": ""}, ("back",)))
    vietnamese, english = (Preferences(language=LANGUAGES[code]) for code in ("vi", "en"))
    for hour, closed in ((12, False), (20, True), (3, True)):
        monkeypatch.setattr(kiosk.web.view, "now", lambda hour=hour: NOON.replace(hour=hour))
        assert ("Bắt đầu tiếp nhận lúc 10:00" in words(sight.html(vietnamese))) is closed
        assert "It opens" not in words(sight.html(english)), "English is spoken at any hour"


@EACH
def test_the_hours_of_the_desk_are_in_the_readers_language_and_below_it_in_the_desks(language: Language) -> None:
    paper, text = on_paper(language), PLACES["text"](language)
    known = {
        "ja": "平日 8:30〜17:15",
        "en": "Monday to Friday, 8:30 to 17:15",
        "zh": "周一至周五 8:30～17:15",
        "ko": "월요일~금요일 8:30~17:15",
        "pt": "De segunda a sexta-feira, das 8h30 às 17h15",
        "vi": "Thứ Hai đến thứ Sáu, 8:30 đến 17:15",
    }
    own = known.get(language.code, "月曜日〜金曜日 8:30〜17:15")
    assert own in paper and own in text
    assert ("平日" in paper) is (language.foreign or language == JAPANESE)
    assert ("平日" in text) is (language == JAPANESE), "no desk is shown a phone"
