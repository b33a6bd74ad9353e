"""The card slot."""

from __future__ import annotations

import pytest

from kiosk.health.finding import State
from kiosk.health.reader import judge
from kiosk.hw.device import ReaderState


@pytest.mark.parametrize("state", ReaderState)
def test_a_reader_is_there_whatever_stands_in_it(state: ReaderState) -> None:
    assert judge(state, None).lacks is (state is ReaderState.ABSENT)


def test_the_reader_that_was_looked_for_is_named() -> None:
    assert '("Example CCID" was looked for)' in judge(ReaderState.ABSENT, "Example CCID").words
    assert "(any was looked for)" in judge(ReaderState.ABSENT, None).words


def test_a_card_that_does_not_answer_is_said_with_its_reason() -> None:
    mute = judge(ReaderState.MUTE, None)
    assert mute.state is State.WARNING and "wrong way round" in mute.words
