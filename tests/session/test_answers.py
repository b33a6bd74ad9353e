"""Every word a page can say is one typed value, and nothing else is an answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk.language.languages import LANGUAGES
from kiosk.session.answers import Choice, Edit, Help, Key, Sign, Wish, parse, table
from tests.web.catalogue import SIGHTS

TEMPLATES = Path(__file__).parents[2] / "kiosk" / "web" / "templates"
SAID = re.compile(r'data-(?:visible-)?answer="([a-z_]+)"')


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("active", Sign.ACTIVE),
        ("typed", Sign.TYPED),
        ("size", Wish.SIZE),
        ("language", Wish.LANGUAGES),
        ("lang:en", LANGUAGES["en"]),
        ("staff", Help.STAFF),
        ("leave", Help.LEAVE),
        ("leave_now", Help.LEAVE_NOW),
        ("stay", Help.STAY),
        ("erase", Edit.ERASE),
        ("clear", Edit.CLEAR),
        ("key:7", Key("7")),
        ("key::", Key(":")),
        ("key:Ａ", Key("Ａ")),
        ("next", Choice("next")),
        ("read_to_end", Choice("read_to_end")),
    ],
)
def test_each_word_has_its_kind(word: str, answer: object) -> None:
    assert parse(word) == answer


@pytest.mark.parametrize(
    "word", ["", ":", "key:", "key:12", "lang:", "lang:xx", "size:1", "NEXT", "next ", "next\n", "ｎｅｘｔ", "x" * 33]
)
def test_what_has_no_place_in_the_table_is_no_answer(word: str) -> None:
    assert parse(word) is None


def test_all_languages_that_are_shipped_can_be_chosen_and_no_other() -> None:
    said = {word for word in table() if word.startswith("lang:")}
    assert said == {f"lang:{code}" for code, language in LANGUAGES.items() if language.shipped}


def test_no_screen_offers_by_itself_what_means_something_else_on_every_screen() -> None:
    offered = {answer for sight in SIGHTS for answer in sight.screen.answers}
    assert len(offered) > 20
    assert {answer: parse(answer) for answer in offered} == {answer: Choice(answer) for answer in offered}


def test_whatever_a_template_says_is_an_answer() -> None:
    said = {word for file in TEMPLATES.rglob("*.html") for word in SAID.findall(file.read_text())}
    assert {"start", "erase", "clear", "tick"} <= said
    assert [word for word in said if parse(word) is None] == []


def test_a_key_is_in_no_repr() -> None:
    assert "7" not in repr(Key("7")) + str(parse("key:7"))
