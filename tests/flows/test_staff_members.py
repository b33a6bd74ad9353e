"""A supervisor and the accounts of others: whom it is about, who says so, and a passcode that stands there once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import pytest

from kiosk.flows.staff import members, room
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.messages import (
    ActOnMember,
    Answer,
    Denied,
    FirstPasscode,
    MayNot,
    Members,
    NotAdmitted,
    Objection,
    Role,
    Staff,
    Taken,
)
from tests.flows.office import PASSCODE, ScriptedCaretaker
from tests.flows.scripted import ScriptedKiosk

CHIEF = Officer(7, "supervisor")
STAFF = Staff({7: "supervisor", 8: "supervisor", 9: "vendor", 12: "officer"}, (8,), (12,))
FIRST = "60417293"
OWN = f"pin:{PASSCODE}"
DOES: dict[
    str, tuple[tuple[str, ...], ActOnMember, Answer]
] = {  # what a supervisor touches, and what the caretaker is asked and answers
    "give": (("give", "pin:12", OWN), ActOnMember(7, PASSCODE, 12, "give"), FirstPasscode(FIRST)),
    "add an officer": (
        ("add", "pin:13", "officer", OWN),
        ActOnMember(7, PASSCODE, 13, "add_officer"),
        FirstPasscode(FIRST),
    ),
    "add a supervisor": (
        ("add", "pin:13", "supervisor", OWN),
        ActOnMember(7, PASSCODE, 13, "add_supervisor"),
        FirstPasscode(FIRST),
    ),
    "remove": (("remove", "pin:8", OWN), ActOnMember(7, PASSCODE, 8, "remove"), Taken()),
}


def visited(
    *script: str, answers: Iterable[Answer] = (), by: Officer = CHIEF, staff: Staff = STAFF
) -> tuple[ScriptedKiosk, ScriptedCaretaker]:
    caretaker = ScriptedCaretaker({Members: [staff], ActOnMember: answers})
    kiosk = ScriptedKiosk(*script, caretaker=caretaker)
    members.visit(kiosk, by)
    return kiosk, caretaker


@pytest.mark.parametrize("role", get_args(Role))
def test_the_room_has_it_for_those_alone_who_may(role: Role) -> None:
    kiosk = ScriptedKiosk("finish", caretaker=ScriptedCaretaker())
    room.visit(kiosk, Officer(12, role))
    assert ("members" in kiosk.screens[0].answers) == (role != "officer")


def test_numbers_and_roles_are_shown_and_what_is_told_of_each() -> None:
    kiosk, _ = visited("back")
    rows = kiosk.screens[0].facts["rows"]
    assert isinstance(rows, tuple) and [(row["number"], row["role"]) for row in rows] == list(STAFF.accounts.items())
    assert [row["number"] for row in rows if row["card"]] == [8]
    assert [row["number"] for row in rows if row["first"]] == [12]


@pytest.mark.parametrize("does", DOES)
def test_it_is_done_once_they_have_said_who_they_are(does: str) -> None:
    touched, question, answer = DOES[does]
    kiosk, caretaker = visited(*touched, "next", "back", answers=[answer])
    assert caretaker.asked == [Members(7), question, Members(7)]
    last = kiosk.screens[-2]
    shown = {"member": question.member, **({"passcode": FIRST} if isinstance(answer, FirstPasscode) else {})}
    assert (last.name, last.facts) == (
        "staff_member_removed" if answer == Taken() else "staff_member_first",
        shown,
    )
    assert [screen for screen in kiosk.screens if FIRST in str(screen.facts)] == ([last] if "passcode" in shown else [])
    assert PASSCODE not in str([screen.facts for screen in kiosk.screens])


@pytest.mark.parametrize("member", [8, 12])
def test_whoever_removes_one_is_told_of_their_card(member: int) -> None:
    kiosk, _ = visited("remove", f"pin:{member}", "back", "back", "back")
    assert [s.facts["card"] for s in kiosk.screens if s.facts.get("asks") == "passcode"] == [member in STAFF.cards]


@pytest.mark.parametrize("does", DOES)
@pytest.mark.parametrize(
    ("answers", "fault", "held"),
    [
        ([NotAdmitted(0)], "wrong", 0),
        ([NotAdmitted(15)], "wait", 15),
        ([Denied("too much", later=True)], "later", 0),
        ([Denied("not let in", anew=True)], "anew", 0),
        ([Denied("no")], "no", 0),
        ([], "away", 0),
        *(([MayNot(why)], why, 0) for why in get_args(Objection)),
    ],
)
def test_what_is_wrong_is_told_and_it_is_asked_again(does: str, answers: list[Answer], fault: str, held: int) -> None:
    touched, question, _ = DOES[does]
    kiosk, _ = visited(*touched, "back", "back", "back", answers=answers)
    pad = next(screen for screen in reversed(kiosk.screens) if screen.facts.get("asks") == "passcode")
    assert (pad.facts["fault"], pad.facts["held"], pad.facts["member"]) == (fault, held, question.member)


@pytest.mark.parametrize(
    ("by", "touched", "fault"),
    [
        (CHIEF, ("give", "pin:7"), "oneself"),
        (CHIEF, ("remove", "pin:7"), "oneself"),
        (CHIEF, ("give", "pin:99"), "nobody"),
        (CHIEF, ("remove", "pin:99"), "nobody"),
        (CHIEF, ("add", "pin:12"), "there"),
        (CHIEF, ("give", "pin:9"), "vendor"),
        (Officer(9, "vendor"), ("give", "pin:8"), "supervisor"),
        (Officer(9, "vendor"), ("remove", "pin:8"), "last_supervisor"),
    ],
)
def test_what_there_is_against_it_is_said_before_a_passcode_is_typed(
    by: Officer, touched: tuple[str, ...], fault: str
) -> None:
    accounts = {number: role for number, role in STAFF.accounts.items() if by == CHIEF or number != 7}
    kiosk, caretaker = visited(*touched, "back", "back", by=by, staff=Staff(accounts))
    assert kiosk.screens[-2].facts["fault"] == fault and kiosk.screens[-2].facts["asks"] == "number"
    assert not any(isinstance(asked, ActOnMember) for asked in caretaker.asked)


def test_a_vendor_is_offered_no_supervisor_to_add() -> None:
    kiosk, _ = visited("add", "pin:13", "back", "back", "back", by=Officer(9, "vendor"))
    assert next(s for s in kiosk.screens if s.name == "staff_member_role").answers == ("officer", "back")


@pytest.mark.parametrize("does", DOES)
def test_whoever_thinks_better_of_it_has_done_nothing(does: str) -> None:
    touched, _, _ = DOES[does]
    for steps in range(len(touched)):
        _, caretaker = visited(*touched[:steps], *["back"] * 4) if steps else visited("back")
        assert not any(isinstance(asked, ActOnMember) for asked in caretaker.asked)


def test_what_was_typed_is_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    erased: list[bytearray] = []
    monkeypatch.setattr(members, "erase", erased.append)
    for answers in ([Taken()], []):
        visited("remove", "pin:8", OWN, *(("next",) if answers else ("back", "back")), "back", answers=answers)
    assert [each.decode() for each in erased] == [PASSCODE, PASSCODE]
