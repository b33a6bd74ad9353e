"""Asking for the tries of a PIN: one command without data, which never spends one."""

from __future__ import annotations

import pytest

from kiosk.card.apdu import CardProblem, FileAbsent
from kiosk.card.pin import TEXT_PIN, Tries
from kiosk.card.pin_tries import tries_left

from .script import card

ASK = "00200091"


@pytest.mark.parametrize(
    ("status_word", "tries"),
    [
        ("63C3", Tries(3, False)),
        ("63C1", Tries(1, False)),
        ("63C0", Tries(0, True)),
        ("6983", Tries(0, True)),
        ("6984", Tries(0, True)),
        ("9000", Tries(None, False)),
        ("6300", Tries(None, False)),
        ("63C4", Tries(None, False)),  # more than it can have: no count that anybody should be shown
        ("63CF", Tries(None, False)),
    ],
)
def test_asking_for_the_tries_is_one_command_without_data(status_word: str, tries: Tries) -> None:
    chip, script = card((ASK, status_word))
    assert tries_left(chip, TEXT_PIN) == tries
    assert script.sent == [bytes.fromhex("00200091")]


def test_a_fifth_byte_is_added_when_four_are_too_few() -> None:
    chip, script = card((ASK, "6700"), (ASK + "00", "63C2"))
    assert tries_left(chip, TEXT_PIN) == Tries(2, False)
    assert chip.short_ids is True and script.finished


def test_a_pin_that_the_card_does_not_hold_is_told_apart() -> None:
    with pytest.raises(FileAbsent):
        tries_left(card((ASK, "6A88"), ("00A4020C020011", "6A82"))[0], TEXT_PIN)


@pytest.mark.parametrize("before", [[], [(ASK, "6700")]], ids=["four bytes", "five bytes"])
@pytest.mark.parametrize("status_word", ["6982", "6985", "6D00", "6F00", "63B1", "6C04"])
def test_any_other_answer_to_the_query_is_a_card_problem_and_it_is_not_repeated(
    status_word: str, before: list[tuple[str, str]]
) -> None:
    chip, script = card(*before, (ASK + "00" * len(before), status_word))
    with pytest.raises(CardProblem, match=f"text PIN, tries.*0x{status_word}"):
        tries_left(chip, TEXT_PIN)
    assert script.finished
