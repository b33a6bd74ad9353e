"""What a text tells people to press, or to look for, is called there as it is on the screen, in every language."""

from __future__ import annotations

import re
from functools import cache

import pytest

from kiosk.language.furigana import plain
from kiosk.language.languages import Language, counted, shipped
from kiosk.voice.prompts import CONTEXT, messages

QUOTED = re.compile("「([^」]+)」")
ELSEWHERE = {"運転免許"}  # of Mynaportal, not ours: it is quoted in its own Japanese


@cache
def ours() -> frozenset[str]:
    """All that our screens say, in Japanese, but for what stands elsewhere."""
    return frozenset(text.rpartition(CONTEXT)[2] for text in messages()) - ELSEWHERE


def named(text: str) -> set[str]:
    """What it quotes of ours."""
    return set(QUOTED.findall(text)) & ours()


def test_there_are_texts_that_name_buttons() -> None:
    found = {name for text in ours() for name in named(text)}
    assert {"運転免許の連携", "はじめから", "やめて消す", "連携すると、できること", "以前の連携を解除する"} <= found


@pytest.mark.parametrize("language", shipped(), ids=lambda each: each.code)
def test_a_button_is_named_as_it_is_called(language: Language) -> None:
    def said(text: str) -> str:
        return plain(counted(language, text, None)).casefold()

    assert [
        f"{name} in {said(text)}"
        for text in sorted(ours())
        for name in named(text)
        if not re.search(f"[「“]{re.escape(said(name))}[」”]", said(text))
    ] == []
