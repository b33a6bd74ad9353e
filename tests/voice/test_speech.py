"""What is said of each screen: something, nothing typed, nothing of anybody aloud, and only what can be heard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import pytest

from kiosk.language.languages import LANGUAGES, Language, shipped
from kiosk.session.preferences import Preferences
from kiosk.voice.mouth import BUTTONS, HERE, KEYS, PLUG, Mouth, can_speak
from kiosk.voice.prompts import bare, file_name, messages, rendered, texts
from kiosk.voice.speech import Piece, speech
from kiosk.voice.voices import VOICES, voice_of
from tests.web.catalogue import SIGHTS, attributes
from tests.web.sight import Sight

JAPANESE = LANGUAGES["ja"]
MEI = voice_of(JAPANESE)
PEOPLE = ("excellent", "both", "substitute")


def known(text: str) -> bool:
    return file_name(MEI, text) in rendered()


def said(sight: Sight) -> tuple[Piece, ...]:
    return speech(sight.html(), known, BUTTONS).screen


def aloud(sight: Sight, headphones: bool = False) -> list[str]:
    """Addresses, by the production path."""
    made = Mouth(lambda: headphones).say(sight.html(), JAPANESE)
    assert made is not None
    addresses = made["screen"]
    assert isinstance(addresses, list)
    return addresses


@cache
def prompts() -> Mapping[str, str]:
    """The text of each, by its address. All templates are read for them."""
    return {f"/voice/{file_name(MEI, text)}": text for text in texts(JAPANESE, messages())}


def words_of(addresses: list[str]) -> list[str]:
    """What is said there, for prompts; the address itself for what would be made now."""
    return [prompts().get(each, each) for each in addresses]


@cache
def personal() -> frozenset[str]:
    each = map(attributes, PEOPLE)
    return frozenset(
        word for who in each for word in (who.name, who.address, who.birth_date, *re.split(r"[\s　]", who.name))
    )


def test_the_prompts_have_been_made() -> None:
    assert rendered(), "there are no prompts; run tools/setup, or: python -m kiosk.voice build"


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
def test_every_screen_says_its_heading_and_each_of_its_buttons(sight: Sight) -> None:
    html = sight.html()
    over = html.partition('role="dialog"')[2] or html
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", over, re.DOTALL)
    assert heading is not None
    words = [piece.text for piece in said(sight)]
    assert bare(heading[1]) in words
    main = over.partition("<nav")[0]
    for button in re.findall(r'<button[^>]*class="button(?![^>]*lang="(?!ja))[^>]*>(.*?)</button>', main, re.DOTALL):
        assert bare(re.sub(r'<span class="beside".*?</span>|<rt.*?</rt>', "", button)) in words


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
def test_whatever_is_in_the_catalogue_can_be_heard_and_the_rest_is_marked(sight: Sight) -> None:
    """A text that is neither a prompt nor marked would be kept from everybody who listens without headphones."""
    assert [piece.text for piece in said(sight) if not piece.manner and not known(piece.text)] == []


@pytest.mark.parametrize("sight", [s for s in SIGHTS if s.pad], ids=lambda sight: sight.name)
@pytest.mark.parametrize("headphones", [False, True])
def test_no_key_is_ever_said_when_a_screen_is_read(sight: Sight, headphones: bool) -> None:
    words = words_of(aloud(sight, headphones))
    assert [word for word in words if len(word) == 1 or re.search("/voice/now", word)] == []


def test_only_how_many_characters_were_typed_is_said() -> None:
    half, none = (next(s for s in SIGHTS if s.name == name) for name in ("text_pin_half", "text_pin"))
    assert "2文字 入力しました" in words_of(aloud(half))
    assert "0文字 入力しました" in words_of(aloud(none))


def test_where_a_key_stands_is_told_to_headphones_alone() -> None:
    pad = next(s for s in SIGHTS if s.name == "sign_pin")
    without, with_headphones = (Mouth(lambda on=on: on).say(pad.html(), JAPANESE) for on in (False, True))  # type: ignore[misc]
    assert without is not None and with_headphones is not None
    assert not [answer for answer in without["labels"] if answer.startswith("key:")]  # type: ignore[attr-defined]
    assert "key:K" in with_headphones["labels"]  # type: ignore[operator]
    assert {"next", "leave", "erase"} <= set(without["labels"])  # type: ignore[call-overload]


def test_wherever_a_key_can_move_there_is_something_to_hear() -> None:
    """The text that scrolls says its name, the button that scrolls it its words; neither gives the kiosk an answer."""
    terms = next(s for s in SIGHTS if s.name == "step_8_terms_unread")
    heard = speech(terms.html(), known, buttons="").labels
    assert heard["利用規約"] == (Piece("利用規約"),)
    assert heard[""] == (Piece("つづきを読む"),)


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
def test_nothing_about_anybody_is_said_aloud(sight: Sight) -> None:
    mouth = Mouth(lambda: False)
    mouth.say(sight.html(), JAPANESE)
    loud = [live.text for live in mouth._live]
    assert [live for live in mouth._live if live.private] == []
    assert [text for text in loud if any(word in text for word in personal())] == []
    if sight.screen.name == "confirm" and not sight.overlay:
        assert "画面でお確かめください。" in words_of(aloud(sight))
        assert not {"男", "女"} & set(words_of(aloud(sight)))
    if sight.screen.name == "licence_page":
        assert not {"優良", "一般", "違反", "初回", "ゴールド", "ブルー", "グリーン"} & set(words_of(aloud(sight)))


@pytest.mark.parametrize("key", PEOPLE)
def test_headphones_hear_what_the_card_says(key: str) -> None:
    mouth = Mouth(lambda: True)
    mouth.say(next(s for s in SIGHTS if s.name == f"step_7_confirm_{key}").html(), JAPANESE)
    heard = [live.text for live in mouth._live]
    assert {" ".join(attributes(key).name.split()), " ".join(attributes(key).address.split())} <= set(heard)


def test_what_was_meant_for_headphones_is_not_said_once_they_are_out() -> None:
    plugged = True
    mouth = Mouth(lambda: plugged)
    mouth.say(next(s for s in SIGHTS if s.name == "step_7_confirm_excellent").html(), JAPANESE)
    first = mouth.live(0)
    assert first is not None and first.startswith(b"RIFF")
    plugged = False
    assert [mouth.live(number) for number in range(len(mouth._live))] == [None] * len(mouth._live)


def test_no_prompt_holds_anything_about_anybody() -> None:
    assert prompts()
    assert [text for text in prompts().values() if any(len(word) > 1 and word in text for word in personal())] == []


def test_a_reference_is_spelt_and_a_countdown_is_counted() -> None:
    linked = words_of(aloud(next(s for s in SIGHTS if s.name == "linked_printed")))
    at = linked.index("受付番号")
    assert linked[at + 1 : at + 9] == list("7K3F92QM")
    asked = words_of(aloud(next(s for s in SIGHTS if s.name == "over_idle")))
    assert asked[:3] == ["まだ、お使いですか", "30", "秒後に、情報をこの機械から消しておわります。"]


def test_the_machine_says_what_it_is_and_by_what_it_can_be_used_now() -> None:
    mouth = Mouth(lambda: False)
    for keypad, socket, told in ((False, False, [HERE]), (True, False, [HERE, KEYS]), (True, True, [HERE, KEYS, PLUG])):
        said = mouth.place(JAPANESE, keypad=keypad, socket=socket)
        assert said == [f"/voice/{file_name(MEI, text)}" for text in told]
    assert mouth.place(LANGUAGES["zh"], keypad=True, socket=True) == [], "one that nobody has recorded"


def test_a_question_is_said_alone() -> None:
    words = words_of(aloud(next(s for s in SIGHTS if s.name == "over_leave")))
    assert words[0] == "やめますか" and "氏名" not in words


@pytest.mark.parametrize("language", shipped(), ids=lambda language: language.code)
def test_a_language_is_heard_or_honestly_silent(language: Language) -> None:
    assert can_speak(language) == (VOICES[language.code].speak is not None)
    if not can_speak(language):
        assert Mouth(lambda: True).say("<div lang='zh-Hans'><main><h1>x</h1></main></div>", language) is None


def test_what_is_in_another_language_is_left_to_the_eye() -> None:
    fragment = '<div lang="ja"><main><p>もどる <span lang="en">Back</span></p></main></div>'
    assert [piece.text for piece in speech(fragment, known, BUTTONS).screen] == ["もどる"]


def test_readings_over_kanji_are_not_said_twice() -> None:
    fragment = '<div lang="ja"><main><p><ruby>住所<rt>じゅうしょ</rt></ruby></p></main></div>'
    assert [piece.text for piece in speech(fragment, known, BUTTONS).screen] == ["住所"]


def test_a_date_with_readings_is_heard_as_one() -> None:
    day = "11<ruby>月<rt>がつ</rt></ruby>22<ruby>日<rt>にち</rt></ruby>"
    fragment = f'<div lang="ja"><main><p><span class="keep">{day}</span></p></main></div>'
    assert [piece.text for piece in speech(fragment, known, BUTTONS).screen] == ["11月22日"]


def test_explanations_are_for_the_eye_and_change_nothing_that_is_heard() -> None:
    easy = Preferences(LANGUAGES["easy"])
    for sight in SIGHTS:
        html = sight.html(easy)
        without = re.sub(r'<span class="gloss" data-voice="skip">(?:<span>|<ruby>|.)*?）(?:</span>)+', "", html)
        if "gloss" in html and "gloss" not in without:
            heard, bare = (speech(each, known, BUTTONS).screen for each in (html, without))
            assert [each.text for each in heard] == [each.text for each in bare], sight.name


def test_what_nobody_marked_is_kept_from_the_loudspeaker() -> None:
    """A new template that forgets its mark tells too little, never too much."""
    fragment = '<div lang="ja"><main><h1>住所</h1><p>見本 花子</p></main></div>'
    mouth = Mouth(lambda: False)
    made = mouth.say(fragment, JAPANESE)
    assert made is not None and mouth._live == []
    assert words_of(made["screen"]) == ["住所", "画面でお確かめください。"]  # type: ignore[arg-type]
