"""The caretaker as whoever checks by hand finds it."""

from __future__ import annotations

from kiosk.health.caretaker import judge
from kiosk.health.finding import State
from kiosk.ipc.messages import Row

ANCHOR = (12, "0123456789abcdef" * 4)


def test_one_that_does_not_answer_is_a_lack() -> None:
    [finding] = judge(None)
    assert finding.lacks and "linking is closed" in finding.said


def test_one_that_answers_says_how_the_trail_stands_and_what_is_not_well() -> None:
    rows = (
        Row("reader", "ok", "present", 1, False),
        Row("printer", "problem", "paper_end", 1, False),
        Row("portal", "info", "closed", 1, False),
        Row("staff", "warning", "nobody", 1, True),
    )
    first, *board = judge(ANCHOR, rows)
    assert str(first) == "has    caretaker answers; the trail has 12 lines, its head is 0123456789abcdef"
    assert [(each.state, each.words) for each in board] == [
        (State.PROBLEM, "Printer: It has no paper. Nothing can be printed"),
        (State.INFO, "Portal: It says that it is closed. Linking opens by itself as soon as the portal does"),
        (State.WARNING, "Staff accounts: Nobody has an account"),
    ]
    assert board[0].cure.startswith("officer: Put in a new roll")
