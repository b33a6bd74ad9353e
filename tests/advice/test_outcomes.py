"""The table of outcomes: nothing that can happen lacks a row, and nothing in a row leads nowhere."""

from __future__ import annotations

import jinja2
import msgspec
import pytest

from kiosk.advice.outcomes import OUTCOMES, REFUSALS, End, Outcome
from kiosk.config import guidance
from kiosk.config.guidance import Guidance, Place
from kiosk.portal.model import Refusal
from kiosk.web.view import TEMPLATES

FACTS = guidance.load()
ROWS = [pytest.param(outcome, id=end.value) for end, outcome in OUTCOMES.items()]


def elsewhere() -> Guidance:
    """The facts of a station that calls every place by a name of its own."""
    facts = {name: getattr(FACTS, name) for name in FACTS.__struct_fields__}
    names = {name: msgspec.structs.replace(fact, name=f"別の{name}") for name, fact in facts.items() if _is_place(fact)}
    return msgspec.structs.replace(FACTS, **names)


def _is_place(fact: object) -> bool:
    return isinstance(fact, Place)


def icons() -> set[str]:
    """The names of the signs that are drawn."""
    loader = jinja2.FileSystemLoader(TEMPLATES)
    module = jinja2.Environment(loader=loader).get_template("drawings/icons.html").module
    return set(module.PATHS)  # type: ignore[attr-defined]


def test_every_end_has_an_outcome() -> None:
    assert set(OUTCOMES) == set(End)


def test_an_end_is_told_under_its_own_name() -> None:
    """The screen, and so a screenshot or a line of a journal, names it as the code does."""
    assert [end.value for end in End] == [end.name.lower() for end in End]


def test_every_refusal_of_the_portal_has_an_outcome() -> None:
    assert set(REFUSALS) == set(Refusal)


def test_a_refusal_is_told_in_the_outcome_of_its_name() -> None:
    """But for two: an expired linking is not an expired certificate, and a bad signature is the card's."""
    others = {refusal: end for refusal, end in REFUSALS.items() if refusal.value != end.value}
    assert others == {Refusal.EXPIRED: End.LINKING_EXPIRED, Refusal.SIGNATURE_INVALID: End.CARD_PROBLEM}


def test_cards_and_certificates_are_mended_by_the_municipality_and_licences_by_the_police() -> None:
    sent: dict[str, set[End]] = {}
    for end, outcome in OUTCOMES.items():
        for todo in outcome.todo:
            if todo.place:
                sent.setdefault(todo.place, set()).add(end)
    certificates = {End.CERTIFICATE_ABSENT, End.CERTIFICATE_EXPIRED, End.CERTIFICATE_REVOKED, End.ATTRIBUTES_DIFFER}
    records = {End.NAME_UNUSABLE, End.ADDRESS_UNUSABLE, End.BIRTH_DATE_UNUSABLE, End.SEX_UNUSABLE}
    pins = {End.TEXT_PIN_LOCKED, End.SIGN_PIN_LOCKED, End.TEXT_PIN_UNUSABLE, End.SIGN_PIN_UNUSABLE, End.NO_PINS}
    assert sent == {
        "municipality": {*pins, *certificates, *records, End.CARD_PROBLEM},
        "licence_desk": {End.LICENCE_PIN_LOCKED, End.NO_LICENCE},
        "store": {End.SIGN_PIN_LOCKED},
    }


@pytest.mark.parametrize("outcome", ROWS)
def test_an_outcome_says_what_happened_what_it_means_and_what_to_do(outcome: Outcome) -> None:
    assert outcome.heading and outcome.happened and outcome.meaning and outcome.todo
    assert all(todo.text for todo in outcome.todo)


def test_no_two_outcomes_have_the_same_heading() -> None:
    assert len({outcome.heading for outcome in OUTCOMES.values()}) == len(OUTCOMES)


@pytest.mark.parametrize("outcome", ROWS)
def test_its_sign_and_its_picture_are_drawn(outcome: Outcome) -> None:
    assert outcome.sign in icons()
    assert (TEMPLATES / "drawings" / f"{outcome.picture}.html").is_file()


@pytest.mark.parametrize("outcome", ROWS)
def test_who_is_sent_elsewhere_has_it_on_paper(outcome: Outcome) -> None:
    assert outcome.slip or not any(todo.place for todo in outcome.todo)


@pytest.mark.parametrize("outcome", ROWS)
def test_a_row_names_its_places_by_key_and_is_told_with_the_stations_names(outcome: Outcome) -> None:
    facts = elsewhere()
    assert not any(todo.where for todo in outcome.todo), "no station's name stands in the table"
    told = outcome.told(facts)
    assert [todo.where for todo in told.todo] == [f"別の{todo.place}" if todo.place else "" for todo in outcome.todo]
    assert [todo.text for todo in told.todo] == [todo.text for todo in outcome.todo]


def test_all_is_well_for_one_outcome_only() -> None:
    assert [end for end, outcome in OUTCOMES.items() if outcome.good] == [End.ALREADY_LINKED]


def test_beginning_again_right_here_is_offered_where_nothing_else_has_to_be_done_first() -> None:
    again = {end for end, outcome in OUTCOMES.items() if outcome.again}
    assert again == {End.TERMS_CHANGED, End.LINKING_EXPIRED}
    assert not any(OUTCOMES[end].slip for end in again)
