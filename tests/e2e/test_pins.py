"""PINs: the card's own count, no try spent by accident, and nothing of what was typed in the page."""

from __future__ import annotations

import time

import pytest

from kiosk.advice.outcomes import End
from kiosk.session.pad import BOUNCE_SECONDS
from tests.e2e.conftest import Kiosk
from tests.e2e.person import PINS, WRONG, Person
from tests.whole import few

FULL_WIDTH = {ord(narrow): ord(narrow) + 0xFEE0 for narrow in "0123456789abcdefghijklmnopqrstuvwxyz"}
KEY = (
    "key => document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))"  # as an input method would
)
TWICE = "answer => { for (const time of [1, 2]) document.querySelector(`[data-answer=${answer}]`).click() }"
LOCKED = ((5, End.TEXT_PIN_LOCKED), (9, End.SIGN_PIN_LOCKED))
SCREEN = "() => document.querySelector('#screen').innerHTML"


def test_the_tries_shown_are_the_cards(person: Person) -> None:
    person.card.pins["text"].left, person.card.pins["sign"].left = 2, 3
    person.walks_to(5)
    assert (person.tries, person.tries_on_card) == (2, (2, 3))
    for step in (5, 7, 8):
        person.does(step)
    person.sees("pin", 9)
    assert (person.tries, person.tries_on_card) == (3, (3, 3))


# Each PIN in one of these two. What a wrong one comes to, for each kind of PIN: tests/card and tests/flows.
@pytest.mark.parametrize("step", few([5], of=[5, 9]))
def test_a_wrong_pin_costs_one_try_and_says_how_many_remain(person: Person, step: int) -> None:
    person.walks_to(step)
    before = person.tries
    person.enters(WRONG.text if step == 5 else WRONG.sign)
    person.is_told_that_it_was_wrong()
    person.sees("pin", step)
    assert person.tries == before - 1
    assert person.tries_on_card == ((2, 5) if step == 5 else (3, 4))
    person.does(step)
    person.sees("confirm" if step == 5 else "linked")
    assert person.tries_on_card == (3, 5)


@pytest.mark.parametrize("step, end", few([(9, End.SIGN_PIN_LOCKED)], of=LOCKED))
def test_wrong_again_and_again_is_warned_before_the_last_and_then_locked(
    person: Person, kiosk: Kiosk, step: int, end: End
) -> None:
    wrong = WRONG.text if step == 5 else WRONG.sign
    person.walks_to(step)
    for left in range(person.tries, 1, -1):
        person.reads(f"{left}回")
        person.enters(wrong)
    person.sees("last_try", step)
    person.touches("yes")
    person.sees("pin", step)
    person.enters(wrong)
    person.is_sent_away_with(end)
    assert person.tries_on_card == ((0, 5) if step == 5 else (3, 0))
    assert kiosk.portal.held_count() == 0


def test_a_card_that_was_locked_before_gets_no_pad(person: Person) -> None:
    person.card.pins["text"].left = 0
    person.walks_through(4)
    person.is_sent_away_with(End.TEXT_PIN_LOCKED)


def test_an_entry_that_cannot_be_the_pin_is_sent_to_no_card(person: Person) -> None:
    person.walks_to(5)
    person.enters(PINS.text[:3])
    person.reads("４けた、入力してください")
    person.types(PINS.text[3:])
    person.goes_on()
    for step in (7, 8):
        person.does(step)
    person.sees("pin", 9)
    for entry, words in (
        ("Q7XK2", "６文字以上です"),
        ("QWERTZUI", "数字も入っているはずです"),
        ("62514379", "英字も入っているはずです"),
    ):
        person.enters(entry)
        person.reads(words)
        assert person.tries_on_card == (3, 5)
        person.page.keyboard.press("Delete")
        person.has_typed(0)
    person.enters(PINS.sign)
    person.sees("linked", 11)


def test_a_bouncing_key_counts_once_and_a_key_pressed_again_counts_again(person: Person) -> None:
    person.walks_to(5)
    person.page.evaluate(TWICE, "'key:7'")
    person.page.evaluate(TWICE, "'key:3'")
    person.has_typed(2)
    time.sleep(BOUNCE_SECONDS)  # both keys have been heard, so their time is over
    person.touches("key:3")
    person.has_typed(3)
    person.page.keyboard.press("Backspace")
    person.has_typed(2)
    person.types(PINS.text[2:])
    person.touches("next")
    person.sees("confirm", 7)
    assert person.tries_on_card == (3, 5)


def test_a_key_that_is_held_down_types_once(person: Person) -> None:
    person.walks_to(5)
    person.leads_the_focus_to("key:7")
    person.holds("Enter")
    person.has_typed(1)
    person.holds("4")  # another one: the same key so soon after is a finger that trembles
    person.has_typed(2)
    person.touches("size")
    person.page.wait_for_selector(".frame.is-large")  # whatever was pressed before that has been heard
    person.has_typed(2)


def test_a_double_tap_on_the_button_that_goes_on_spends_one_try_and_sends_nothing(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(5)
    person.types(WRONG.text)
    person.page.evaluate(TWICE, "next")
    person.is_told_that_it_was_wrong()
    assert person.tries_on_card == (2, 5)
    person.types(PINS.text)
    person.page.evaluate(TWICE, "next")
    person.sees("confirm", 7)
    person.touches("size")
    person.page.wait_for_selector(".frame.is-confirm.is-large")  # all that was said before has been heard by now
    assert (kiosk.portal.held_count(), person.tries_on_card) == (0, (3, 5))


def test_a_keyboard_may_write_small_or_wide(person: Person) -> None:
    person.walks_to(5)
    for key in PINS.text.translate(FULL_WIDTH):
        person.page.evaluate(KEY, key)
    person.goes_on()
    for step in (7, 8):
        person.does(step)
    person.sees("pin", 9)
    person.types(PINS.sign[:3].lower())
    for key in PINS.sign[3:].lower().translate(FULL_WIDTH):
        person.page.evaluate(KEY, key)
    person.has_typed(len(PINS.sign))
    person.goes_on()
    person.sees("linked", 11)
    assert person.tries_on_card == (3, 5)


def test_the_page_does_not_know_what_was_typed(person: Person) -> None:
    """Two entries of one length leave the very same page."""
    person.walks_to(5)
    pages = []
    for entry in (PINS.text, WRONG.text):
        person.types(entry)
        person.has_typed(4)
        person.sees_nothing_pressed()
        pages.append(person.page.evaluate(SCREEN))
        assert entry not in person.dom
        person.page.keyboard.press("Delete")
        person.has_typed(0)
    assert pages[0] == pages[1]
