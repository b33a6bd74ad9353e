"""The facts that wait to be confirmed: one after the other, and only a supervisor says that one is right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from kiosk.config import guidance
from kiosk.flows.staff import facts
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.messages import ConfirmFact, Denied, FactRow, Facts, FactsStand, Taken
from kiosk.language.hours import Hours
from tests.flows.office import ScriptedCaretaker
from tests.flows.scripted import ScriptedKiosk

SUPERVISOR = Officer(12, "supervisor")
SHIPPED = guidance.load()


def row(name: str, late: bool = True) -> FactRow:
    fact = getattr(SHIPPED, name)
    return FactRow(name, guidance.told(fact), fact.source, date(2026, 1, 2), None, late, guidance.digest(fact))


def stand(*names: str) -> FactsStand:
    return FactsStand((*map(row, names), row("photo", late=False)))


def test_each_is_confirmed_by_what_was_shown_until_none_waits() -> None:
    stands = [stand("store", "recording"), stand("recording"), stand()]
    caretaker = ScriptedCaretaker({Facts: stands, ConfirmFact: [Taken()]})
    kiosk = ScriptedKiosk("confirm", "confirm", "back", caretaker=caretaker)
    facts.visit(kiosk, SUPERVISOR)
    confirmed = [each for each in caretaker.asked if isinstance(each, ConfirmFact)]
    assert confirmed == [ConfirmFact(12, name, row(name).digest) for name in ("store", "recording")]
    assert [screen.facts["confirmed"] for screen in kiosk.screens] == ["", "store", "recording"]
    assert kiosk.names[-1] == "staff_facts_done"


def test_one_may_wait_and_the_next_comes_round_and_round() -> None:
    kiosk = ScriptedKiosk("next", "next", "back", caretaker=ScriptedCaretaker({Facts: [stand("store", "recording")]}))
    facts.visit(kiosk, SUPERVISOR)
    assert [screen.facts["number"] for screen in kiosk.screens] == [1, 2, 1]


@pytest.mark.parametrize("role", ["officer", "vendor"])
def test_who_is_no_supervisor_sees_them_and_has_nothing_to_press(role: str) -> None:
    kiosk = ScriptedKiosk("back", caretaker=ScriptedCaretaker({Facts: [stand("store")]}))
    facts.visit(kiosk, replace(SUPERVISOR, role=role))  # type: ignore[arg-type]
    assert kiosk.screens[0].answers == ("back",)


def test_a_confirmation_that_was_refused_is_not_said_to_be_one() -> None:
    caretaker = ScriptedCaretaker({Facts: [stand("store")], ConfirmFact: [Denied("no")]})
    kiosk = ScriptedKiosk("confirm", "back", caretaker=caretaker)
    facts.visit(kiosk, SUPERVISOR)
    assert kiosk.names == ["staff_fact", "staff_denied"]


def test_every_key_of_every_fact_has_words_and_hours_are_hours() -> None:
    for each in structs.fields(guidance.Guidance):
        fact = getattr(SHIPPED, each.name)
        told = list(facts.lines(guidance.told(fact)))
        assert told and all(value for _, _, value in told)
        assert facts.title(each.name)
    assert [value for _, _, value in facts.lines(guidance.told(SHIPPED.store))][1] == Hours("06:30-23:00")
