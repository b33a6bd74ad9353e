"""A thing to do: its place is a key until a station's facts are known, and every text of the tables is translated."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import get_args

import msgspec
import pytest
from babel.messages.pofile import read_po

from kiosk.advice.gains import ADDRESS, CARRY_OVER, GAINS, LECTURE, SEE, gains_of
from kiosk.advice.outcomes import OUTCOMES
from kiosk.advice.pins import PINS
from kiosk.advice.todo import PlaceKey, Plan, Todo, numbered, told
from kiosk.config import guidance
from kiosk.config.guidance import Place
from kiosk.language.hours import Hours
from kiosk.language.languages import LOCALES, N_, Language, shipped
from kiosk.web.view import TEMPLATES
from tests.web.catalogue import licence

FACTS = guidance.load()
NO_TEXT = {"rule", "fact", "pin", "place", "doing", "page", "picture", "sign"}  # columns that are keys


def texts(value: object) -> Iterator[str]:
    """Every text in a row, wherever it stands."""
    if dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            if each.name not in NO_TEXT:
                yield from texts(getattr(value, each.name))
    elif isinstance(value, tuple):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str) and value:
        yield value


def test_every_key_of_a_place_is_a_place_of_the_facts_and_every_place_has_a_key() -> None:
    places = {name for name in FACTS.__struct_fields__ if isinstance(getattr(FACTS, name), Place)}
    assert set(get_args(PlaceKey)) == places


def test_a_thing_to_do_is_told_with_the_name_and_hours_of_its_place() -> None:
    store = msgspec.structs.replace(FACTS.store, name="店", hours=Hours("09:00-17:00"), booked_hours=7)
    facts = msgspec.structs.replace(FACTS, store=store)
    there = Todo(N_("決め直します"), "store", bring=(N_("カード"),)).told(facts)
    assert (there.where, there.hours, there.booked_hours) == ("店", Hours("09:00-17:00"), 7)
    assert (there.text, there.bring) == ("決め直します", (N_("カード"),))
    assert Todo(N_("電話します"), "municipality").told(facts).booked_hours is None, "only a terminal is booked"


def test_another_way_of_doing_the_same_has_the_same_number() -> None:
    first, other, last = Todo(N_("窓口で")), Todo(N_("または、お店で"), instead=True), Todo(N_("決めたら"))
    assert [number for number, _ in numbered((first, other, last))] == [1, 1, 2]


def test_what_is_done_nowhere_in_particular_stays_as_it_is() -> None:
    anywhere = Todo(N_("待ちます"))
    assert anywhere.told(FACTS) is anywhere


def test_a_plan_is_told_whole() -> None:
    plan = Plan(
        N_("見出し"),
        (Todo(N_("一"), "municipality"), Todo(N_("二")), Todo(N_("三"), "licence_desk")),
        can=(N_("できる"),),
    )
    there = plan.told(FACTS)
    assert [todo.where for todo in there.todo] == [FACTS.municipality.name, "", FACTS.licence_desk.name]
    assert there.todo == told(plan.todo, FACTS)
    assert (there.heading, there.can) == (plan.heading, plan.can)


def test_a_plan_that_names_no_picture_has_one_that_is_drawn() -> None:
    assert (TEMPLATES / "drawings" / f"{Plan(N_('見出し'), ()).picture}.html").is_file()


@pytest.mark.parametrize("language", [each for each in shipped() if each.foreign], ids=lambda each: each.code)
def test_every_text_of_the_tables_is_translated(language: Language) -> None:
    with (LOCALES / language.folder / "LC_MESSAGES" / f"{language.domain}.po").open("rb") as file:
        known = {
            message.id[0] if isinstance(message.id, tuple) else message.id
            for message in read_po(file)
            if message.string
        }
    assert len(known) > 400
    rows = (*OUTCOMES.values(), *PINS, *GAINS)
    assert {text for row in rows for text in texts(row)} <= known


def test_what_linking_gives_depends_on_the_licence() -> None:
    assert gains_of(licence(category="excellent", one_stop_address=True)) == GAINS
    assert gains_of(licence(category="general", one_stop_address=False)) == (SEE, LECTURE, CARRY_OVER)
    assert gains_of(licence(category="violation", one_stop_address=True)) == (SEE, ADDRESS, CARRY_OVER)
    assert gains_of(licence(category="first", one_stop_address=False)) == (SEE, CARRY_OVER)
