"""What a machine has kept of its staff, and what `check` says to each user, as `people` judges it."""

from __future__ import annotations

import pytest

from tests.appliance.parts.people import ACTS, NUMBER, PASSCODE, checks, told
from tests.appliance.report import Report
from tests.appliance.rights import USERS

WELL = "has    font      there\nLACKS  portal    is not reached\n"


def judged(judge: object, **answers: tuple[int, str]) -> list[bool]:
    """answers: by a word of the command, the last that is in it."""
    report = Report("people", "kiosk_1", "none")

    def shell(command: str, seconds: float) -> tuple[int, str]:
        return next((answer for word, answer in reversed(answers.items()) if word in command), (0, ""))

    judge(shell, report)  # type: ignore[operator]
    return [good for good, _ in report.found]


@pytest.mark.parametrize("left_out", ["", *ACTS])
def test_every_act_of_the_staff_has_to_stand_in_the_trail(left_out: str) -> None:
    lines = "\n".join(f'{{"event":"{act}"}}' for act in ACTS if act != left_out)
    report = (0, f"1  2026-11-27  {NUMBER}  bad  0123\n")
    assert judged(told, report=report, trail=(0, lines)) == [True, not left_out, True]


def test_a_report_that_is_not_kept_and_a_passcode_that_is_are_bad() -> None:
    lines = " ".join(f'"{act}"' for act in ACTS)
    assert judged(told, report=(1, ""), trail=(0, lines), show=(0, f"in with {PASSCODE}")) == [False, True, False]


def test_check_answers_each_user() -> None:
    assert judged(checks, check=(1, WELL)) == [True] * (1 + len(USERS))
    for user, (code, said) in {
        "kiosk-caretaker": (1, "Traceback (most recent call last):\n"),
        "kiosk-browser": (2, "kiosk.toml: cannot be read\n"),
        "reuid=kiosk ": (1, WELL + "LACKS  font      none\n"),
    }.items():
        assert judged(checks, **{"check": (1, WELL), user: (code, said)}).count(False) == 1
