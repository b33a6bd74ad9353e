"""What a text tells people to press, or to look for, is called there as it is on the screen, in every language."""

from __future__ import annotations

import re

import pytest

from kiosk.language.furigana import plain
from kiosk.language.languages import Language, counted, shipped
from kiosk.voice.prompts import CONTEXT, messages

QUOTED = re.compile("「([^」]+)」")
ELSEWHERE = {"運転免許"}  # of Mynaportal, not ours: it is quoted in its own Japanese
OURS = {text.rpartition(CONTEXT)[2] for text in messages()}
TEXTS = sorted(text for text in OURS if set(QUOTED.findall(text)) & OURS - ELSEWHERE)


def test_there_are_texts_that_name_buttons() -> None:
    named = {name for text in TEXTS for name in QUOTED.findall(text)}
    assert {"運転免許の連携", "はじめから", "やめて消す", "連携すると、できること", "以前の連携を解除する"} <= named


@pytest.mark.parametrize("language", shipped(), ids=lambda each: each.code)
@pytest.mark.parametrize("text", TEXTS)
def test_a_button_is_named_as_it_is_called(language: Language, text: str) -> None:
    said = plain(counted(language, text, None)).casefold()
    for name in set(QUOTED.findall(text)) & OURS - ELSEWHERE:
        called = plain(counted(language, name, None)).casefold()
        assert re.search(f"[「“]{re.escape(called)}[」”]", said), f"{called} in {said}"
