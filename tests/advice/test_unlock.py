"""Where each PIN is unlocked or chosen anew: who does it, what is brought there, and for whom there is another way."""

from __future__ import annotations

import pytest

from kiosk.advice import unlock
from kiosk.advice.pins import AUTH, SIGN
from kiosk.advice.todo import CARD, Todo
from kiosk.config import guidance

FACTS = guidance.load()
WAYS = {"licence": unlock.LICENCE, "text": unlock.TEXT, "auth": unlock.AUTH, "sign": unlock.SIGN}
DESKS = {"licence": "licence_desk", "text": "municipality", "auth": "municipality", "sign": "municipality"}


@pytest.mark.parametrize("name", WAYS)
def test_there_is_one_desk_for_each_and_whoever_goes_has_with_them_what_is_wanted_there(name: str) -> None:
    first, *others = WAYS[name]
    assert (first.place, first.instead) == (DESKS[name], False)
    assert first.bring == ((unlock.LICENCE_CARD,) if name == "licence" else (CARD,))
    assert all(other.instead and CARD in other.bring for other in others), "one way is enough"


@pytest.mark.parametrize("way", [way for ways in WAYS.values() for way in ways])
def test_each_desk_is_named_as_the_station_calls_it(way: Todo) -> None:
    assert way.place is not None
    assert way.told(FACTS).where == getattr(FACTS, way.place).name


def test_only_the_two_pins_of_certificates_can_be_mended_in_a_store_and_each_by_who_knows_the_other() -> None:
    at_a_store = {name: ways[-1] for name, ways in WAYS.items() if ways[-1].place == "store"}
    assert set(at_a_store) == {"sign", "auth"}
    assert any(AUTH.name in note for note in at_a_store["sign"].notes)
    assert any(SIGN.name in note for note in at_a_store["auth"].notes)
    for todo in at_a_store.values():
        assert unlock.APP in todo.bring
        there = todo.told(FACTS)
        assert (there.where, there.hours, there.booked_hours) == (
            FACTS.store.name,
            FACTS.store.hours,
            FACTS.store.booked_hours,
        )


def test_nobody_is_told_the_licences_pin_by_telephone() -> None:
    [police] = unlock.LICENCE
    assert police.lines == () and any("電話ではお答えできません" in note for note in police.notes)


def test_a_phones_pin_sends_nobody_anywhere() -> None:
    [here] = unlock.PHONE
    assert here.place is None and here.bring == () and "カードを使って" in here.text
