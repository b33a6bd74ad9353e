"""Staff change their own passcode: asked three times, judged by the caretaker, and kept nowhere."""

from __future__ import annotations

from typing import get_args

import pytest

from kiosk.flows.staff import passcode
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.messages import (
    Admitted,
    Answer,
    ChangePasscode,
    ChoosePasscode,
    Denied,
    NotAdmitted,
    Taken,
    TooWeak,
    Weakness,
)
from tests.flows.office import PASSCODE, WRONG, ScriptedCaretaker
from tests.flows.scripted import ScriptedKiosk

NEW = "60417293"
TYPED = (f"pin:{PASSCODE}", f"pin:{NEW}", f"pin:{NEW}")


def visited(*script: str, answers: list[Answer] | None = None) -> tuple[ScriptedKiosk, ScriptedCaretaker]:
    caretaker = ScriptedCaretaker({ChangePasscode: answers or []})
    kiosk = ScriptedKiosk(*script, caretaker=caretaker)
    passcode.visit(kiosk, Officer(12, "officer"))
    return kiosk, caretaker


def said(asks: str, fault: str, held: int = 0, first: bool = False) -> dict[str, object]:
    return {"asks": asks, "fault": fault, "held": held, "first": first}


def test_the_old_one_and_twice_the_new_one_change_it() -> None:
    kiosk, caretaker = visited(*TYPED, "back", answers=[Taken()])
    assert caretaker.asked == [ChangePasscode(12, PASSCODE, NEW)]
    assert [screen.facts.get("asks") for screen in kiosk.screens] == ["old", "new", "again", "checking", None]
    assert kiosk.names[-1] == "staff_passcode_done"
    assert all(each not in str([screen.facts for screen in kiosk.screens]) for each in (PASSCODE, NEW))


def test_two_new_ones_that_differ_ask_nobody() -> None:
    kiosk, caretaker = visited(*TYPED[:2], f"pin:{WRONG}", "back")
    assert caretaker.asked == [] and kiosk.screens[-1].facts == said("old", "differ")


@pytest.mark.parametrize(
    ("answers", "fault", "held"),
    [
        ([NotAdmitted(0)], "wrong", 0),
        ([NotAdmitted(15)], "wait", 15),
        ([Denied("too much", later=True)], "later", 0),
        ([Denied("not let in", anew=True)], "anew", 0),
        ([Denied("no")], "no", 0),
        ([], "away", 0),
        *(([TooWeak(why)], why, 0) for why in get_args(Weakness)),
    ],
)
def test_what_is_wrong_is_told_and_it_is_asked_again(answers: list[Answer], fault: str, held: int) -> None:
    kiosk, _ = visited(*TYPED, "back", answers=answers)
    assert kiosk.screens[-1].facts == said("old", fault, held)


@pytest.mark.parametrize("typed", range(3))
def test_whoever_thinks_better_of_it_has_changed_nothing(typed: int) -> None:
    _, caretaker = visited(*TYPED[:typed], "back")
    assert caretaker.asked == []


@pytest.mark.parametrize("end", ["done", "back"])
def test_what_was_typed_is_overwritten(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    erased: list[bytearray] = []
    monkeypatch.setattr(passcode, "erase", erased.append)
    visited(*(TYPED if end == "done" else TYPED[:2]), "back", answers=[Taken()])
    assert [each.decode() for each in erased] == [each[4:] for each in (TYPED if end == "done" else TYPED[:2])]


# In place of a first one


def chosen(*script: str, answers: list[Answer] | None = None) -> tuple[Officer | None, ScriptedKiosk, list[object]]:
    caretaker = ScriptedCaretaker({ChoosePasscode: answers or []})
    kiosk = ScriptedKiosk(*script, caretaker=caretaker)
    return passcode.choose(kiosk, 12), kiosk, list(caretaker.asked)


def test_twice_one_of_their_own_lets_them_in() -> None:
    officer, kiosk, asked = chosen(*TYPED[1:], answers=[Admitted("supervisor")])
    assert officer == Officer(12, "supervisor") and asked == [ChoosePasscode(12, NEW)]
    assert [screen.facts["asks"] for screen in kiosk.screens] == ["new", "again", "checking"]
    assert all(screen.facts["first"] and NEW not in str(screen.facts) for screen in kiosk.screens)


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([Denied("too much", later=True)], "later"),
        ([Denied("not shown", anew=True)], "anew"),
        ([Denied("no")], "no"),
        ([], "away"),
        *(([TooWeak(why)], why) for why in get_args(Weakness)),
    ],
)
def test_until_one_is_taken_nobody_is_in(answers: list[Answer], fault: str) -> None:
    officer, kiosk, _ = chosen(*TYPED[1:], "back", answers=answers)
    assert officer is None and kiosk.screens[-1].facts == said("new", fault, first=True)


@pytest.mark.parametrize("script", [("back",), (TYPED[1], "back"), (TYPED[1], f"pin:{WRONG}", "back")])
def test_whoever_thinks_better_of_choosing_is_not_in(script: tuple[str, ...]) -> None:
    officer, _, asked = chosen(*script)
    assert officer is None and asked == []
