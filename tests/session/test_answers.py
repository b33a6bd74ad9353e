"""Every word a page can say is one typed value, and nothing else is an answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk.language.languages import LANGUAGES
from kiosk.session.answers import Choice, Edit, Help, Key, Said, Sign, Wish, heard, parse, table
from tests.web.catalogue import SIGHTS
from tests.web.catalogue_staff import STAFF_SIGHTS

TEMPLATES = Path(__file__).parents[2] / "kiosk" / "web" / "templates"
SAID = re.compile(r'data-(?:visible-)?answer="([a-z_]+)"')


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("active", Sign.ACTIVE),
        ("typed", Sign.TYPED),
        ("size", Wish.SIZE),
        ("contrast", Wish.CONTRAST),
        ("reach", Wish.REACH),
        ("louder", Wish.LOUDER),
        ("softer", Wish.SOFTER),
        ("listen", Wish.LISTEN),
        ("repeat", Wish.REPEAT),
        ("hush", Wish.HUSH),
        ("language", Wish.LANGUAGES),
        ("lang:en", LANGUAGES["en"]),
        ("staff", Help.STAFF),
        ("call_off", Help.CALL_OFF),
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
    offered = {answer for sight in (*SIGHTS, *STAFF_SIGHTS) for answer in sight.screen.answers}
    assert len(offered) > 20
    assert {answer: parse(answer) for answer in offered} == {answer: Choice(answer) for answer in offered}


def test_whatever_a_template_says_is_an_answer() -> None:
    said = {word for file in TEMPLATES.rglob("*.html") for word in SAID.findall(file.read_text())}
    assert {"start", "erase", "clear", "tick"} <= said
    assert [word for word in said if parse(word) is None] == []


def test_a_key_is_in_no_repr() -> None:
    assert "7" not in repr(Key("7")) + str(parse("key:7"))


def test_a_key_that_is_pressed_says_when_and_which_press_it_is() -> None:
    said = heard({"seq": 3, "answer": "key:7", "number": 12, "at": 8500.5})
    assert said == Said(3, Key("7"), 12)
    assert said is not None and isinstance(said.answer, Key) and said.answer.at == 8.5005
    assert "7" not in repr(said)


def test_a_sign_has_no_number() -> None:
    assert heard({"seq": 3, "answer": "active"}) == Said(3, Sign.ACTIVE, None)


OTHER: tuple[object, ...] = (None, "3", [], {})
WHOLE = {"seq": 3, "answer": "next", "number": 12, "at": 8500}


@pytest.mark.parametrize(
    "message",
    [
        *({**WHOLE, key: value} for key in WHOLE for value in OTHER),
        *({**WHOLE, "at": at} for at in (-1, float("nan"), float("inf"))),
        {**WHOLE, "number": 1.5},
        {**WHOLE, "more": 1},
        {key: value for key, value in WHOLE.items() if key != "at"},
        {key: value for key, value in WHOLE.items() if key != "number"},
    ],
    ids=repr,
)
def test_what_has_another_form_says_nothing(message: object) -> None:
    assert heard(message) is None


def test_the_whole_form_is_an_answer() -> None:
    assert heard(WHOLE) == Said(3, Choice("next"), 12)
