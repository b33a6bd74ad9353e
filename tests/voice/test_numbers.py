"""A number is heard as somebody would dial it, in every language that there is a voice for."""

from __future__ import annotations

from functools import cache

import pytest

from kiosk.language.languages import LANGUAGES, Language, translations
from kiosk.voice.mouth import Mouth, can_speak
from kiosk.voice.prompts import bare, file_name, messages, texts
from kiosk.voice.voices import voice_of

SPEAKING = [each for each in LANGUAGES.values() if can_speak(each)]
of_all = cache(messages)


def heard(number: str, language: Language) -> list[str]:
    """The prompts' texts."""
    texts_of = {f"/voice/{file_name(voice_of(language), each)}": each for each in texts(language, of_all())}
    fragment = f'<div lang="{language.html}"><main><p>・<strong data-voice="spell">{number}</strong></p></main></div>'
    made = Mouth(lambda: False).say(fragment, language)
    assert made is not None
    return [texts_of[each] for each in made["screen"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", SPEAKING, ids=lambda each: each.code)
@pytest.mark.parametrize(
    ("number", "signs"),
    [
        ("000-000-0110", "0000000110"),
        ("#9110", "#9110"),
        ("＃９１１０", "#9110"),
        ("03-3581-4321(内線2341)", "0335814321内2341"),
        ("(03) 3581-4321 内線 12", "0335814321内12"),
        ("03-3581-4321", "0335814321"),
        ("AB12-34cd", "AB1234CD"),
    ],
)
def test_a_number_is_said_sign_by_sign_its_hash_and_its_extension_by_name(
    language: Language, number: str, signs: str
) -> None:
    words = {"#": "シャープ", "内": "内線"}
    said = translations(language).gettext
    assert heard(number, language) == [bare(said(words[each])) if each in words else each for each in signs]
