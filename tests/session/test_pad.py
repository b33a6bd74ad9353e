"""A pad takes keys, forgives a trembling finger, gives a whole PIN away and keeps nothing."""

from __future__ import annotations

import pytest

from kiosk.card.pin import SIGN_PIN, TEXT_PIN, PinFault, PinRule
from kiosk.language.languages import JAPANESE
from kiosk.session.answers import Choice, Edit, Help, Key, Sign, Wish
from kiosk.session.pad import BOUNCE_SECONDS, WHOLE, Pad, pad_of


def typed(rule: PinRule, keys: str) -> Pad:
    """A pad into which these were typed, with time between them."""
    pad = Pad(rule)
    for second, character in enumerate(keys):
        assert pad.press(Key(character), float(second)) is None
    return pad


def entered(pad: Pad) -> object:
    return pad.facts()["entered"]


def test_a_whole_pin_is_given_away_folded_and_the_pad_keeps_nothing() -> None:
    pad = typed(SIGN_PIN, "abc１23")
    assert pad.facts() == pad_of(SIGN_PIN, 6, "")
    pin = pad.press(WHOLE, 9)
    assert pin == bytearray(b"ABC123")
    assert entered(pad) == 0
    pad.wipe()
    assert pin == bytearray(b"ABC123"), "it belongs to whoever it was given to"


def test_what_cannot_be_in_the_pin_is_not_taken() -> None:
    assert entered(typed(TEXT_PIN, "1A2あ")) == 2
    assert entered(typed(SIGN_PIN, "1A2あ!")) == 3
    assert entered(typed(TEXT_PIN, "123456")) == TEXT_PIN.longest


def test_what_is_no_pin_yet_is_told_and_the_next_key_takes_the_word_back() -> None:
    pad = typed(TEXT_PIN, "12")
    assert pad.press(WHOLE, 3) is None
    assert pad.facts() == pad_of(TEXT_PIN, 2, PinFault.TOO_SHORT.value)
    pad.press(Key("3"), 4)
    assert pad.facts() == pad_of(TEXT_PIN, 3, "")


@pytest.mark.parametrize(("edit", "left"), [(Edit.ERASE, 1), (Edit.CLEAR, 0)])
def test_erasing_takes_the_last_or_all_and_the_word_with_it(edit: Edit, left: int) -> None:
    pad = typed(TEXT_PIN, "12")
    pad.press(WHOLE, 3)
    pad.press(edit, 4)
    assert pad.facts() == pad_of(TEXT_PIN, left, "")
    for _ in range(3):
        pad.press(edit, 5)
    assert entered(pad) == 0


@pytest.mark.parametrize(
    ("after", "count"), [(0.0, 1), (BOUNCE_SECONDS - 0.01, 1), (BOUNCE_SECONDS + 0.01, 2), (5.0, 2)]
)
@pytest.mark.parametrize("began", [0.0, 1000.0])
def test_the_same_key_at_once_again_is_a_bounce(began: float, after: float, count: int) -> None:
    pad = Pad(TEXT_PIN)
    pad.press(Key("7"), began)
    pad.press(Key("7"), began + after)
    assert entered(pad) == count


def test_a_second_press_counts_as_soon_as_the_time_of_a_bounce_is_over() -> None:
    pad = Pad(TEXT_PIN)
    for at in (0.0, BOUNCE_SECONDS):
        pad.press(Key("7"), at)
    assert entered(pad) == 2


def test_a_bounce_is_counted_from_the_press_that_counted() -> None:
    pad = Pad(TEXT_PIN)
    for tenth in (0, 2, 4, 6):
        pad.press(Key("7"), tenth / 10)
    assert entered(pad) == 2


@pytest.mark.parametrize(
    ("pressed", "count"),
    [
        ((5.0, 6.0, 7.0), 3),
        ((5.0, 5.2, 6.0), 2),
        ((5.0, 5.2, 5.4), 2),
        ((900.0, 0.4, 0.5), 2),
    ],
    ids=["with time between", "a bounce and a press", "counted from the press that counted", "a page loaded anew"],
)
def test_keys_that_arrive_all_at_once_are_told_apart_by_when_they_were_pressed(
    pressed: tuple[float, ...], count: int
) -> None:
    pad = Pad(TEXT_PIN)
    for at in pressed:
        pad.press(Key("7", at), 1000.0)
    assert entered(pad) == count


def test_keys_that_arrive_far_apart_may_have_been_one_bounce() -> None:
    pad = Pad(TEXT_PIN)
    pad.press(Key("7", 5.0), 1000.0)
    pad.press(Key("7", 5.1), 1004.0)
    assert entered(pad) == 1


def test_another_key_is_no_bounce_nor_is_one_after_erasing() -> None:
    pad = Pad(TEXT_PIN)
    for answer in (Key("7"), Key("8"), Key("7"), Edit.ERASE, Key("7")):
        pad.press(answer, 1.0)
    assert entered(pad) == 3


@pytest.mark.parametrize("other", [None, Sign.ACTIVE, Help.STAY, Wish.SIZE, JAPANESE, Choice("back")])
def test_nothing_else_touches_it(other: Choice | None) -> None:
    pad = typed(TEXT_PIN, "1234")
    assert pad.press(other, 9) is None
    assert pad.press(WHOLE, 9) == bytearray(b"1234")


def test_wiping_leaves_nothing() -> None:
    pad = typed(TEXT_PIN, "12")
    pad.wipe()
    assert pad.facts() == pad_of(TEXT_PIN, 0, "")


def test_the_facts_say_how_much_and_never_what() -> None:
    assert pad_of(SIGN_PIN, 3, "too_short") == {
        "entered": 3,
        "layout": "letters",
        "problem": "too_short",
        "minimum": 6,
        "maximum": 16,
    }
    assert pad_of(TEXT_PIN, 0, "")["layout"] == "digits"
    assert "98" not in repr(typed(TEXT_PIN, "98").facts())
