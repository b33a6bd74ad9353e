"""Whatever language a person has chosen: every text is there, with its readings, and a day as its reader writes it.

Held to this are the languages people can choose. `LANGUAGES=vi make check ARGS=tests/web/test_languages.py` tries one
that is not shipped yet.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from kiosk.language.dates import wareki, written
from kiosk.language.furigana import STACKED, annotated, plain
from kiosk.language.languages import JAPANESE, LANGUAGES, LOCALES, Language, shipped
from kiosk.session.answers import Wish
from kiosk.session.preferences import Preferences
from kiosk.web.view import environment, look, official

ROOT = Path(__file__).resolve().parents[2]
READING = '<rt aria-hidden="true">'
TRIED = [LANGUAGES[code] for code in os.environ.get("LANGUAGES", "").split()] or list(shipped())
Id = tuple[str | None, str]
TRANSLATED = [language for language in TRIED if language is not JAPANESE]


def name(language: Language) -> str:
    return language.code


# ---- the texts


@pytest.fixture(scope="module")
def texts() -> set[Id]:
    """Every text there is to translate, gathered as `make messages` does: its context, if it has one, and itself."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        mappings = tomllib.load(file)["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    keywords = {
        **DEFAULT_KEYWORDS,
        "official": None,
        "both": None,
        "fact": None,
        "counted": (1, 1),
        "N_counted": (1, 1),
    }
    found = extract_from_dir(ROOT, methods, {}, keywords)
    return {(context, one(message)) for _, _, message, _, context in found}


def one(text: object) -> str:
    """A text that counts something has several forms, of which the first names it."""
    return str(text[0] if isinstance(text, tuple | list) else text)


def forms(message: Message) -> list[str]:
    """What a message says: in each of its forms."""
    return [str(form) for form in (message.string if isinstance(message.string, tuple | list) else [message.string])]


def catalogue(language: Language) -> Catalog:
    with (LOCALES / language.folder / "LC_MESSAGES" / f"{language.domain}.po").open("rb") as file:
        return read_po(file)


def test_there_are_texts(texts: set[Id]) -> None:
    assert {"連携をはじめる", "券面事項入力補助用暗証番号", "受付番号", "やめて消す"} <= {text for _, text in texts}


@pytest.mark.parametrize("language", TRANSLATED, ids=name)
def test_no_text_is_without_translation(language: Language, texts: set[Id]) -> None:
    known = {(message.context, one(message.id)): message for message in catalogue(language) if message.id}
    missing = {text for text in texts if text not in known or not all(forms(known[text])) or known[text].fuzzy}
    assert missing == set()


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=name)
def test_a_translation_keeps_placeholders_and_markup(language: Language) -> None:
    if language is JAPANESE:
        return
    wrong = [str(message.id) for message in catalogue(language) if message.id and message.string and not sound(message)]
    assert wrong == []


def sound(message: Message) -> bool:
    """The same placeholders and tags, and no other braces than those of readings."""
    parts = [sorted(re.findall(r"%\(\w+\)s|<[^>]*>", text)) for text in (one(message.id), *forms(message))]
    return all(each == parts[0] for each in parts) and not re.search(r"[{}]", annotated("".join(forms(message)), ""))


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
    assert plain(written("19890108", LANGUAGES["en"])).startswith("January 8, 1989<span")
    assert "平成元年1月8日" in written("19890108", LANGUAGES["en"])
    known = written("19890100", LANGUAGES["vi"])
    assert known.startswith("tháng 1 năm 1989, không rõ ngày<span"), "a day that is not known is not made up"


def test_each_wish_for_the_eye_is_a_class_of_the_screen() -> None:
    usual = Preferences()
    assert look(usual) == ""
    assert look(usual.after(Wish.SIZE)) == "is-large"
    assert look(usual.after(Wish.CONTRAST).after(Wish.REACH)) == "in-contrast in-reach"
