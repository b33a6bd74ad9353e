"""The glossary: each translation says where it was found or that it is ours, and one thing has one name."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import Any

import pytest
from babel.messages.pofile import read_po

from kiosk.language.glosses import glosses
from kiosk.language.languages import LANGUAGES, LOCALES, Language
from kiosk.voice.prompts import messages

GLOSSARY: dict[str, dict[str, Any]] = tomllib.loads((LOCALES / "glossary.toml").read_text("utf-8"))
FOREIGN = {code for code, language in LANGUAGES.items() if language.foreign}
TERMS = pytest.mark.parametrize("term", GLOSSARY)


def said(language: Language) -> dict[str, str]:
    """What the catalogue says for each text."""
    with (LOCALES / language.folder / "LC_MESSAGES" / f"{language.domain}.po").open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file) if each.id and not each.context}


@TERMS
def test_a_term_has_a_translation_in_every_language(term: str) -> None:
    entry = GLOSSARY[term]
    assert all(entry[code] for code in {*FOREIGN, "easy"})
    assert set(entry) <= {*FOREIGN, "easy", "note", "never", "source", "ours"}


@TERMS
def test_each_translation_has_a_source_or_is_marked_as_ours(term: str) -> None:
    entry = GLOSSARY[term]
    assert Counter([*entry["source"], *entry["ours"]]) == Counter(FOREIGN)
    assert all(entry["source"].values())


def test_one_thing_has_one_name() -> None:
    never = [other for entry in GLOSSARY.values() for other in entry.get("never", [])]
    assert never and [text for text in messages() for other in never if other in text] == []


@pytest.mark.parametrize("code", ["easy", "en", "ko", "pt", "vi", "zh"])
def test_a_term_that_stands_alone_is_called_as_in_the_glossary(code: str) -> None:
    catalogue = said(LANGUAGES[code])
    alone = {term: entry[code] for term, entry in GLOSSARY.items() if term in catalogue}
    differ = {term for term, name in alone.items() if not _same(name, catalogue[term])}
    assert len(alone) > 10 and differ == set()


@TERMS
def test_a_hard_noun_is_explained_in_the_glossary_as_on_the_screen(term: str) -> None:
    for noun, gloss in re.findall(r"\{([^{}|]+)\|[^{}|]+\}（(.*)）$", GLOSSARY[term]["easy"]):
        assert glosses().get(noun, gloss) == gloss


def _same(name: str, text: str) -> bool:
    """Any of several forms, in any case; an explanation in brackets stands only where there is room."""
    forms = {form.strip().casefold() for form in name.split(",")}
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    return text.casefold() in forms | {form.partition("（")[0] for form in forms}
