"""What a message says with a word of a few, the caretaker tells on as an event, which knows the same words."""

from __future__ import annotations

from typing import get_args

import pytest

from kiosk.config.events import FIELDS
from kiosk.ipc.messages import Adjusted, ClosedFor, End, Part, Role, SafeFor, Verdict


@pytest.mark.parametrize(
    ("field", "words"),
    {
        "adjusted": Adjusted,
        "closed_for": ClosedFor,
        "end": End,
        "part": Part,
        "role": Role,
        "safe_for": SafeFor,
        "verdict": Verdict,
    }.items(),
)
def test_a_message_has_the_words_that_the_table_of_events_has(field: str, words: object) -> None:
    assert set(get_args(words)) == set(FIELDS[field].values or ())
