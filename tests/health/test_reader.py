"""The card slot."""

from __future__ import annotations

import pytest

from kiosk.health.finding import State
from kiosk.health.reader import INSIDE, judge
from kiosk.hw.device import ReaderState


@pytest.mark.parametrize("state", ReaderState)
def test_a_reader_is_there_whatever_stands_in_it(state: ReaderState) -> None:
    assert judge(state, None).lacks is (state is ReaderState.ABSENT)


def test_the_reader_that_was_looked_for_is_named() -> None:
    assert '("Example CCID" was looked for)' in judge(ReaderState.ABSENT, "Example CCID").words
    assert "(any was looked for)" in judge(ReaderState.ABSENT, None).words


def test_a_service_that_stands_still_is_named_and_not_taken_for_a_reader_that_is_not_there() -> None:
    found = judge(ReaderState.ABSENT, None, {}, answers=False)
    assert found.lacks and "pcscd" in found.words and "systemctl restart pcscd" in found.cure


def test_a_card_that_does_not_answer_is_said_with_its_reason() -> None:
    mute = judge(ReaderState.MUTE, None)
    assert mute.state is State.WARNING and "wrong way round" in mute.words


@pytest.mark.parametrize("inside", [ReaderState.EMPTY, ReaderState.CARD, ReaderState.MUTE])
def test_of_several_slots_that_count_each_is_named_with_what_is_in_it(inside: ReaderState) -> None:
    """Such as a reader for people, and another in which an operator's token stands for good."""
    found = judge(inside, None, {"Example 00 00": ReaderState.EMPTY, "Token 01 00": inside})
    assert found.state is State.WARNING and "reader.name" in found.cure
    assert f'2 slots count: "Example 00 00" (no card in it), "Token 01 00" ({INSIDE[inside]})' in found.words


def test_a_name_that_fits_several_slots_is_told_too() -> None:
    slots = {"Example 00 00": ReaderState.EMPTY, "Example 01 00": ReaderState.EMPTY}
    assert judge(ReaderState.EMPTY, "Example", slots).state is State.WARNING


def test_the_only_slot_is_well_while_nothing_stands_in_it() -> None:
    """A card that nobody has put in for the check may be one that never leaves."""
    assert judge(ReaderState.EMPTY, None, {"Example": ReaderState.EMPTY}).state is State.OK
    held = judge(ReaderState.CARD, None, {"Token": ReaderState.CARD})
    assert held.state is State.WARNING and "stands there for good" in held.cure
