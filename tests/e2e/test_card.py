"""Cards that are not there, not right, broken, or pulled out: each has its own words, and none costs a try."""

from __future__ import annotations

import pytest

from kiosk.advice.outcomes import End
from kiosk.portal.model import State
from kiosk.sim.card.chip import Behaviour, Chip, Faults
from tests.e2e.conftest import Kiosk
from tests.e2e.person import PINS, SCREENS, Person
from tests.stage import pins_sent
from tests.whole import few

REMOVED = "カードが抜けました"
VERIFY, SIGN = 0x20, 0x2A


def is_nowhere(person: Person, kiosk: Kiosk) -> None:
    """Neither name nor address are in the page."""
    somebody = kiosk.people[person.who]
    for word in (*somebody.name.split("　"), somebody.address):
        assert word not in person.dom


# -- not there, or not right


def test_a_card_put_in_the_wrong_way_round_is_told_so_and_then_accepted(person: Person) -> None:
    person.walks_through(3)
    person.sees("prepare", 4)
    person.goes_on()
    person.reads("マイナンバーカードを入れてください")
    person.puts_in(faults=Faults(mute=True))
    person.reads("カードの向きを確かめてください")
    person.puts_in()
    person.sees("pin", 5)


def test_another_kind_of_card_is_told_apart(person: Person, kiosk: Kiosk) -> None:
    person.walks_through(3)
    person.sees("prepare", 4)
    person.goes_on()
    person.sees("set_card", 4)
    kiosk.put_in_chip(Chip({}, {}, Behaviour()))
    person.reads("マイナンバーカードではないようです")
    person.puts_in()
    person.sees("pin", 5)


def test_a_phone_in_the_cards_place_is_told_apart(person: Person) -> None:
    person.walks_through(3)
    person.sees("prepare", 4)
    person.goes_on()
    person.sees("set_card", 4)
    person.puts_in("phone", device="phone")
    person.reads("スマートフォンではなく、カードを入れてください")
    person.puts_in()
    person.sees("pin", 5)


def test_another_persons_card_signs_nothing(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(9)
    other = person.changes_to("both")
    person.reads("手続をはじめた方のカードではありません")
    assert {SIGN, VERIFY}.isdisjoint(each.ins for each in other.trace), "and none of its tries was spent"
    assert kiosk.states() == [State.HELD]
    person.puts_in()
    person.does(9)
    person.sees("linked", 11)


# -- pulled out

STOPS = {1: 4, 2: 4, 3: 5, 4: 5, 5: 5, 6: 5, 7: 8, 8: 9, 9: 9, 10: 9}  # the n-th command comes after this step
SOME = few([4, 10], of=STOPS)  # where a PIN was verified, twice; each: tests/flows/test_card_states.py


@pytest.mark.parametrize("command", SOME)
def test_a_card_pulled_at_any_command_is_asked_for_and_no_pin_is_sent_a_second_time(
    person: Person, kiosk: Kiosk, command: int
) -> None:
    person.walks_through(STOPS[command], faults=Faults(pull_at=command))
    person.reads(REMOVED)
    is_nowhere(person, kiosk)
    person.card.trace.clear()
    person.puts_in()
    again = 5 if command < 7 else 9
    person.sees("pin", again)
    assert pins_sent(person.card) == 0
    assert person.tries == (3 if again == 5 else 5)
    person.does(again)
    person.sees("confirm" if again == 5 else "linked")
    assert pins_sent(person.card) == 1


# Where what was read stands there, and where it is held; where nothing is read yet, in the test before.
@pytest.mark.parametrize("step", few([7, 9], of=[5, 7, 8, 9]))
def test_a_card_taken_out_takes_the_data_off_the_screen_and_put_back_goes_on_where_it_was(
    person: Person, kiosk: Kiosk, step: int
) -> None:
    person.walks_to(step)
    person.takes_out()
    person.reads(REMOVED)
    is_nowhere(person, kiosk)
    person.puts_in()
    person.sees(SCREENS[step - 1], step)
    person.does(step)
    person.sees({5: "confirm", 7: "terms", 8: "pin", 9: "linked"}[step])


def test_whoever_puts_theirs_in_after_it_sees_nothing_of_the_one_before(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(7)
    person.takes_out()
    person.reads(REMOVED)
    person.changes_to("both")
    person.reads("手続をはじめた方のカードではありません")
    is_nowhere(person, kiosk)
    person.puts_in()
    person.sees("confirm", 7)


def test_a_card_not_put_back_ends_it(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(8)
    person.takes_out()
    kiosk.wait_log("session ends: card_gone")
    person.sees("attract")
    assert (kiosk.states(), kiosk.portal.held_count()) == ([State.CANCELLED], 0)


# -- broken


BROKEN = {
    "garbage": Faults(garbage=True),
    "half a certificate": Faults(truncated_certificate=True),
    "no status word": Faults(answers={2: b"\x90"}),
    "a signature of nothing": Faults(answers={10: bytes(256) + b"\x90\x00"}),
}


# In the first application and in the second; what a card may answer: tests/card/test_against_virtual_card.py.
@pytest.mark.parametrize("broken", few(["garbage", "a signature of nothing"], of=BROKEN))
def test_a_broken_card_ends_in_words_and_nothing_stays_behind(person: Person, kiosk: Kiosk, broken: str) -> None:
    faults = BROKEN[broken]
    early = 2 in faults.answers
    late = faults.truncated_certificate or 10 in faults.answers
    person.walks_through(4 if early else 9 if late else 5, faults=faults)
    person.is_sent_away_with(End.CARD_PROBLEM)
    assert (kiosk.states(), kiosk.portal.held_count()) == ([State.CANCELLED], 0)
    assert person.tries_on_card == (3, 5)


UNUSABLE = (
    (Faults(empty_field="address"), End.ADDRESS_UNUSABLE),
    (Faults(zero_length_fields=True), End.NAME_UNUSABLE),
    (Faults(wrong_charset=True), End.NAME_UNUSABLE),
)


# What may be wrong with a field is tested in tests/flows/test_card_states.py and in tests/card.
@pytest.mark.parametrize(("faults", "end"), few(UNUSABLE[:1], of=UNUSABLE), ids=str)
def test_an_attribute_the_card_lacks_is_named_and_nothing_stays_behind(
    person: Person, kiosk: Kiosk, faults: Faults, end: End
) -> None:
    person.walks_through(5, faults=faults)
    person.is_sent_away_with(end)
    assert (kiosk.states(), kiosk.portal.held_count()) == ([State.CANCELLED], 0)
    assert person.tries_on_card == (3, 5)


@pytest.mark.parametrize("command", few([10], of=STOPS))  # at the other one of SOME: tests/flows/test_card_states.py
def test_a_card_that_resets_itself_at_any_command_links_and_spends_no_try(person: Person, command: int) -> None:
    again = {4: 5, 9: 9, 10: 9}.get(command)  # a PIN was verified, and has to be typed again
    person.walks_through(again or 9, faults=Faults(reset_at=command))
    if again:
        person.reads("カードの読み取りが、いちど途切れました。")
        person.enters(PINS.text if again == 5 else PINS.sign)
        for step in range(again + 1, 10):
            person.does(step)
    person.sees("linked", 11)
    refused = command in (3, 8)  # a VERIFY that a card with nothing selected refused, before it looked at the PIN
    assert pins_sent(person.card) == 2 + (again is not None or refused)
    assert person.tries_on_card == (3, 5)


def test_filler_without_end_does_not_matter(person: Person) -> None:
    person.walks_to(11, faults=Faults(endless_filler=True))


# -- at the end


def test_the_card_is_waited_for_and_one_left_behind_starts_nothing(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(5)
    person.touches("leave")
    person.is_asked("leave_now")
    person.touches("leave_now")
    person.sees("take_card")
    person.touches("staff")
    person.is_asked("stay")
    person.touches("stay")
    since = kiosk.logged()
    person.sees("left_card")
    assert not person.offers("start")
    person.takes_out()
    person.sees("attract")
    assert not any("session begins" in line for line in kiosk.log[since:])


def test_a_card_put_in_before_anything_is_touched_begins(person: Person) -> None:
    person.sees("attract")
    person.puts_in()
    person.sees("home")
