"""Whatever counts something agrees with its number, in every language: in the catalogues, on screens and slips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from babel.messages.pofile import read_po
from msgspec import structs

from kiosk.advice.outcomes import OUTCOMES, End
from kiosk.advice.pins import LOCKED
from kiosk.advice.todo import Plan, Todo
from kiosk.config import guidance
from kiosk.flows.asking.screen import Screen
from kiosk.flows.refusal import KINDS
from kiosk.flows.refusal import slip as slip_of_outcome
from kiosk.flows.take_home import slip
from kiosk.language.furigana import plain
from kiosk.language.languages import LANGUAGES, LOCALES, N_, Language, counted, shipped
from kiosk.language.public import PublicNumber
from kiosk.portal.model import Purpose
from kiosk.receipts.render import _environment
from kiosk.receipts.text import public_text
from kiosk.session.preferences import Preferences
from tests.receipts.shots import STATION, WHEN
from tests.web.catalogue import SIGHTS
from tests.web.sight import Sight

FACTS = guidance.load()
NUMBERS = (0, 1, 2, 3, 10)
LOCKS = "つづけて%(most)s回まちがえると、ロックされます。"
NUMBER = re.compile(r"%\((?:count|left|most|months|hours|yen|seconds)\)s")
# What stands after a number in a language that has plurals: one of it, and more. Zero goes by the language's own rule.
NOUNS = {
    "en": {
        "month": "months", "time": "times", "hour": "hours", "minute": "minutes", "second": "seconds", "day": "days",
        "try": "tries", "page": "pages", "slip": "slips", "photo": "photos", "entry": "entries", "digit": "digits",
    },
    "pt": {
        "mês": "meses", "erro": "erros", "hora": "horas", "iene": "ienes", "tentativa": "tentativas", "dia": "dias",
        "minuto": "minutos", "segundo": "segundos", "página": "páginas", "papel": "papéis", "foto": "fotos",
        "vez": "vezes", "caractere": "caracteres", "dígito": "dígitos",
    },
}  # fmt: skip


def disagreeing(text: str, language: Language) -> list[str]:
    """What does not agree in it. A text of a language without plurals has nothing that could."""
    said = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", text))
    found = []
    for one, more in NOUNS.get(language.code, {}).items():
        for number, noun in re.findall(rf"(?<![\d.,×]) ?\b(\d+) (?:wrong )?({one}|{more})\b", said):
            if noun != (one if number == "1" or (number == "0" and language.code == "pt") else more):
                found.append(f"{number} {noun}")
    ones = re.findall(r"(?<![\d.,×%(] )\b1 ([^\W\d_]{2,}s)\b", said) if language.code in NOUNS else []
    wrong = [noun for noun in ones if noun not in NOUNS[language.code]]
    return [*found, *wrong, *re.findall(r"\brestam 1\b|\bresta [02-9]", said)]


def everything_counted(language: Language) -> Iterator[str]:
    with (LOCALES / language.folder / "LC_MESSAGES" / f"{language.domain}.po").open("rb") as file:
        for message in read_po(file):
            text = str(message.id if isinstance(message.id, str) else message.id[0])
            if NUMBER.search(text):
                yield text


@pytest.mark.parametrize("language", [each for each in shipped() if each.code != "ja"], ids=lambda each: each.code)
@pytest.mark.parametrize("number", NUMBERS)
def test_every_text_that_counts_agrees_with_its_number(language: Language, number: int) -> None:
    texts = list(everything_counted(language))
    assert len(texts) > 10
    for text in texts:
        said = counted(language, text, number)
        assert said and (said != text or not language.foreign), "it is translated for so many"
        assert disagreeing(re.sub(r"%\(\w+\)s", str(number), said), language) == [], text


def test_what_does_not_agree_is_noticed() -> None:
    english, portuguese = LANGUAGES["en"], LANGUAGES["pt"]
    assert disagreeing("the last 1 months", english) and disagreeing("<b>2</b> hour of", english)
    assert disagreeing("restam 1 tentativas", portuguese) and disagreeing("10 erro", portuguese)
    assert not disagreeing("Tries left: 1, 2 months, 1 month", english)


@pytest.mark.parametrize("language", shipped(), ids=lambda each: each.code)
@pytest.mark.parametrize("number", NUMBERS)
def test_it_agrees_wherever_it_is_shown(language: Language, number: int) -> None:
    prefers, many = Preferences(language=language), PublicNumber(number)
    photo = structs.replace(FACTS.photo, count=number, months=number)
    todo = Todo(N_("新しいカードを申し込みます"), yen=many, booked_hours=many, photo=photo)
    plan = Plan(N_("カードの更新"), (todo,), tries=many)
    locked = replace(OUTCOMES[End.SIGN_PIN_LOCKED].told(FACTS), tries=many)
    asked = [sight for sight in SIGHTS if sight.screen.name in ("pin", "check_warn")]
    assert len(asked) > 5
    sights = [
        Sight("todo", Screen("todo", {"plan": plan, "slip": slip(plan), "paper": "printed"}, ("finish",))),
        Sight("outcome", Screen("outcome", {"end": "x", "outcome": locked, "paper": "printed"}, ("finish",))),
        *(
            replace(
                sight,
                screen=replace(sight.screen, facts={**sight.screen.facts, "remaining": number, "most": number}),
            )
            for sight in asked
        ),
        *(sight for sight in SIGHTS if sight.overlay == "idle"),
    ]
    shown = [sight.html(prefers) for sight in sights]
    for paper in (slip(plan), slip_of_outcome(locked, KINDS[Purpose.LINKING])):
        template = _environment(language).get_template(f"{paper.name()}.html")
        shown.append(template.render(slip=paper, station=STATION, now=WHEN, width=512))
        shown.append(public_text(paper, STATION, language))
    assert [found for text in shown for found in disagreeing(text, language)] == []
    for text, html in ((LOCKS, shown[0]), (LOCKED, shown[1])):
        assert plain(counted(language, text, number, most=number)) in re.sub("<rt.*?</rt>|<[^>]*>", "", html)
