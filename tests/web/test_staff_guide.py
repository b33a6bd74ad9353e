"""What the staff guide, and the staff's screens themselves, quote stands on a screen or on paper, in these words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest

from kiosk.config.events import FIELDS
from kiosk.config.health import CHECKS
from kiosk.language.furigana import plain
from kiosk.voice.prompts import CONTEXT, messages
from tests.stage import ROOT

GUIDE = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", (ROOT / "docs/staff-guide.md").read_text("utf-8"))  # links as read
QUOTED = (re.compile("「([^」]+)」"), re.compile("“([^”]+)”"))
SAID = re.compile(r'\b(?:say|in_two)\(\s*"([^"]+)"(?:\|format\([^"]*\))?\s*,\s*"([^"]+)"')
PART = re.compile("[。、：（）「」]|%s|[.:“”] ?")
ELSEWHERE = {"確認ずみ", "試しの呼び出し"}  # of the desk's own program, and of what arrives there
Pair = tuple[str, str]


def said() -> Iterator[Pair]:
    """What the screens, and a report on A4, say to the staff, in Japanese and English."""
    for path in [*(ROOT / "kiosk/web/templates").rglob("*.html"), ROOT / "kiosk/caretaker/templates/readiness.html"]:
        yield from SAID.findall(path.read_text("utf-8"))
    for check in CHECKS.values():
        yield check.ja, check.en
        for reason in check.reasons.values():
            yield reason.ja, reason.en
            if reason.do:
                yield reason.do[0], reason.do[1]
    for field in FIELDS.values():
        yield from (field.values or {}).values()


def to_everybody() -> Iterator[str]:
    """What stands on the screens of everybody, and over the parts of a slip."""
    yield from (plain(text.rpartition(CONTEXT)[2]) for text in messages())
    for path in (ROOT / "kiosk/receipts/templates").glob("*.html"):
        yield from re.findall("<h[12]>([^<{（]+)", path.read_text("utf-8"))


@cache
def words() -> tuple[set[str], set[str]]:
    """Each text, and each of its parts: what stands between marks. In Japanese, in English."""
    ja, en = ({pair[of] for pair in said()} for of in (0, 1))
    return _with_parts(ja | {*to_everybody()}), _with_parts(en)


def _with_parts(texts: set[str]) -> set[str]:
    return texts | {part.strip() for each in texts for part in PART.split(each)}


@pytest.mark.parametrize("quoted", sorted({*QUOTED[0].findall(GUIDE)} - ELSEWHERE))
def test_what_the_guide_quotes_is_said_so(quoted: str) -> None:
    assert plain(quoted) in words()[0]


def test_the_guide_quotes_much() -> None:
    quoted = {*QUOTED[0].findall(GUIDE)}
    assert len(quoted) > 50 and quoted >= ELSEWHERE | {"今日だけ再開する", "のこりを続けて試す", "報告書のしるし"}


def test_what_a_screen_of_the_staff_quotes_is_said_so_in_either_language() -> None:
    for pair in said():
        for text, quoted, there in zip(pair, QUOTED, words(), strict=True):
            assert {*quoted.findall(text)} <= there, text
