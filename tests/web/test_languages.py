"""Whatever language, size, colours and height a person has chosen: every text is there, and every screen fits.

Held to this are the languages people can choose. `LANGUAGES=vi make check ARGS=tests/web/test_languages.py` tries one
that is not shipped yet.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from playwright.sync_api import Page

from kiosk.dates import wareki, written
from kiosk.furigana import STACKED, annotated, plain
from kiosk.languages import JAPANESE, LANGUAGES, LOCALES, Language, shipped
from kiosk.session.answers import Wish
from kiosk.session.preferences import Preferences
from kiosk.web.view import environment, look, official
from tests.web import axe
from tests.web.catalogue import SIGHTS
from tests.web.stage import WAYS, Way

ROOT = Path(__file__).resolve().parents[2]
READING = '<rt aria-hidden="true">'
FITS = Path(__file__).with_name("fits.js").read_text("utf-8")
TRIED = [LANGUAGES[code] for code in os.environ.get("LANGUAGES", "").split()] or list(shipped())
TRANSLATED = [language for language in TRIED if language is not JAPANESE]


def name(language: Language) -> str:
    return language.code


# ---- the texts


@pytest.fixture(scope="module")
def texts() -> set[str]:
    """Every text there is to translate, gathered as `make messages` does."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        mappings = tomllib.load(file)["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    keywords = {**DEFAULT_KEYWORDS, "official": None, "both": None, "fact": None}
    found = extract_from_dir(ROOT, methods, {}, keywords)
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def catalogue(language: Language) -> Catalog:
    with (LOCALES / language.folder / "LC_MESSAGES" / f"{language.domain}.po").open("rb") as file:
        return read_po(file)


def test_there_are_texts(texts: set[str]) -> None:
    assert {"連携をはじめる", "券面事項入力補助用暗証番号", "受付番号", "やめる（消去）"} <= texts


@pytest.mark.parametrize("language", TRANSLATED, ids=name)
def test_no_text_is_without_translation(language: Language, texts: set[str]) -> None:
    known = {message.id: message for message in catalogue(language) if message.id}
    missing = {text for text in texts if text not in known or not known[text].string or known[text].fuzzy}
    assert missing == set()


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=name)
def test_a_translation_keeps_placeholders_and_markup(language: Language) -> None:
    if language is JAPANESE:
        return
    wrong = [str(message.id) for message in catalogue(language) if message.id and message.string and not sound(message)]
    assert wrong == []


def sound(message: Message) -> bool:
    """The same placeholders and tags, and no other braces than those of readings."""
    source, said = str(message.id), str(message.string)
    parts = [sorted(re.findall(r"%\(\w+\)s|<[^>]*>", text)) for text in (source, said)]
    return parts[0] == parts[1] and not re.search(r"[{}]", annotated(said, ""))


# ---- the screens


def complaints(page: Page, way: Way, preferences: Preferences) -> list[str]:
    """What is wrong on any screen, shown so."""
    language = preferences.language
    measured = page.evaluate(
        FITS,
        {
            "fragments": [sight.html(preferences) for sight in SIGHTS],
            "smallestText": 36 if preferences.large else 24,
            "foreign": language.foreign,
            "han": language.html.startswith("zh"),
            "reach": preferences.reach,
        },
    )
    return [f"{sight.name}: {each}" for sight, found in zip(SIGHTS, measured, strict=True) for each in found]


@pytest.mark.parametrize("language", TRIED, ids=name)
@pytest.mark.parametrize("reach", [False, True], ids=["", "low"])
def test_every_screen_fits_and_none_is_left_in_japanese(page: Page, way: Way, language: Language, reach: bool) -> None:
    assert complaints(page, way, Preferences(language, large=way.large, reach=reach)) == []


def test_a_language_from_right_to_left_needs_no_new_code(page: Page, way: Way) -> None:
    """Japanese words under Arabic rules: what is measured are the places of things, not their script."""
    mirrored = replace(JAPANESE, direction="rtl", html="ar")
    for reach in (False, True):
        found = complaints(page, way, Preferences(mirrored, large=way.large, reach=reach))
        assert [each for each in found if "still Japanese" not in each] == []
    sight = next(each for each in SIGHTS if each.name == "text_pin")
    page.evaluate(FITS, {"fragments": [sight.html(Preferences(mirrored))], "smallestText": 24})
    places = page.evaluate(
        "() => ['.top-mark', '.is-back', '[data-key=\"1\"]', '[data-key=\"2\"]']"
        ".map(each => document.querySelector(each).getBoundingClientRect().left)"
    )
    mark, back, one, two = places
    assert mark > page.viewport_size["width"] / 2, "the beginning of a line is at the right"  # type: ignore[index]
    assert back > one, "going back is where the text comes from"
    assert one < two, "but digits stand as on every pad"


ONE_OF_EACH = tuple({(sight.screen.name, sight.overlay): sight for sight in SIGHTS}.values())


@pytest.mark.parametrize("way", WAYS[:1], indirect=True, ids=["smallest text"])
@pytest.mark.parametrize("language", TRANSLATED, ids=name)
def test_axe_finds_nothing_on_any_screen_in_any_language(page: Page, language: Language) -> None:
    """Each screen in each, and all other sights in turns; every one of them in Japanese is in test_look."""
    sights = (*ONE_OF_EACH, *SIGHTS[TRANSLATED.index(language) :: len(TRANSLATED)])
    assert axe.complaints(page, {sight.name: sight.html(Preferences(language)) for sight in sights}) == []


@pytest.mark.parametrize("way", WAYS[:1], indirect=True, ids=["smallest text"])
def test_axe_finds_nothing_in_high_contrast_whatever_the_language(page: Page) -> None:
    """One sight of each screen, the languages taking turns; seven to one on black as on white."""
    shown = zip(ONE_OF_EACH, cycle(TRIED))
    screens = {f"{sight.name}, {each.code}": sight.html(Preferences(each, contrast=True)) for sight, each in shown}
    assert axe.complaints(page, screens) == []


def test_the_official_name_stands_beside_its_translation() -> None:
    assert official(JAPANESE, "連携") == "連携"
    assert "連携をはじめる" in official(LANGUAGES["en"], "連携をはじめる")
    assert 'lang="ja"' in official(LANGUAGES["en"], "連携をはじめる")


# ---- readings, dates, preferences


def test_readings_become_ruby_in_text_and_vanish_from_attributes() -> None:
    html = '<a aria-label="{暗証番号|あんしょうばんごう}">{暗証番号|あんしょうばんごう}</a>'
    assert annotated(html) == f'<a aria-label="暗証番号"><ruby>暗証番号{READING}あんしょうばんごう</rt></ruby></a>'
    assert "<span class=rt>あんしょうばんごう</span>暗証番号" in annotated(html, STACKED)
    assert plain("{免許|めんきょ}の{色|いろ}") == "免許の色"


def test_what_comes_in_as_a_fact_cannot_become_markup_by_a_reading() -> None:
    shown = environment(JAPANESE).from_string("{{ fact }}").render(fact="{<b>|<script>}")
    assert annotated(shown) == f"<ruby>&lt;b&gt;{READING}&lt;script&gt;</rt></ruby>"


def test_a_day_is_written_as_its_reader_writes_it_with_reiwa_beside() -> None:
    assert wareki("19890107") == "昭和64年1月7日" and wareki("19890108") == "平成元年1月8日"
    assert plain(written("19890108", LANGUAGES["en"])).startswith("8 January 1989<span")
    assert "平成元年1月8日" in written("19890108", LANGUAGES["en"])
    assert written("19890100", LANGUAGES["vi"]).startswith("1989<span"), "a day that is not known is not made up"


def test_each_wish_for_the_eye_is_a_class_of_the_screen() -> None:
    usual = Preferences()
    assert look(usual) == ""
    assert look(usual.after(Wish.SIZE)) == "is-large"
    assert look(usual.after(Wish.CONTRAST).after(Wish.REACH)) == "in-contrast in-reach"
