"""Who of the staff may do what with another's account: each role and each act. Never the last supervisor, nor
oneself."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from kiosk.ipc.members import ADDED, MOST_ACCOUNTS, objection
from kiosk.ipc.messages import MemberAct, Role, Staff

ROLES: tuple[Role, ...] = get_args(Role)
ACTS: tuple[MemberAct, ...] = get_args(MemberAct)
EACH: dict[int, Role] = {1: "officer", 2: "supervisor", 3: "vendor", 11: "officer", 12: "supervisor", 13: "vendor"}
OF = {"officer": 1, "supervisor": 2, "vendor": 3}  # who acts, by role
ON = {"officer": 11, "supervisor": 12, "vendor": 13}
NOBODY = 99


@pytest.mark.parametrize(("act", "role", "theirs"), list(product(ACTS, ROLES, (*ROLES, None))))
def test_each_role_may_do_to_each_what_the_page_says(act: MemberAct, role: Role, theirs: Role | None) -> None:
    said = objection(act, OF[role], ON[theirs] if theirs else NOBODY, Staff(EACH))
    if role == "officer":
        expected: str | None = "role"
    elif act in ADDED:
        forbidden = role == "vendor" and act == "add_supervisor"
        expected = "there" if theirs else "supervisor" if forbidden else None
    elif theirs is None:
        expected = "nobody"
    elif act == "give":
        between = "supervisor" if role == "vendor" else None
        expected = {"officer": None, "vendor": "vendor", "supervisor": between}[theirs]
    else:
        expected = None
    assert said == expected


@pytest.mark.parametrize(("act", "role"), list(product(ACTS, ("supervisor", "vendor"))))
def test_nobody_acts_on_themselves(act: MemberAct, role: Role) -> None:
    assert objection(act, OF[role], OF[role], Staff(EACH)) == "oneself"


@pytest.mark.parametrize(
    ("others", "first", "expected"),
    [
        ({}, (), "last_supervisor"),
        ({5: "officer", 6: "vendor"}, (), "last_supervisor"),
        ({5: "supervisor"}, (), None),
        ({5: "supervisor"}, (5,), "last_supervisor"),  # it may never reach them
        ({5: "supervisor"}, (2,), None),
        ({5: "supervisor"}, (2, 5), "last_supervisor"),
    ],
)
def test_the_last_supervisor_stays(others: dict[int, Role], first: tuple[int, ...], expected: str | None) -> None:
    staff = Staff({2: "supervisor", 3: "vendor", **others}, (), first)
    assert objection("remove", 3, 2, staff) == expected
    assert objection("remove", 3, 1, Staff({**staff.accounts, 1: "officer"}, (), first)) is None


def test_who_is_not_on_the_staff_any_more_may_nothing() -> None:
    assert {objection(act, NOBODY, 11, Staff(EACH)) for act in ACTS} == {"role"}


def test_there_are_only_so_many() -> None:
    full = Staff({2: "supervisor", **dict.fromkeys(range(10, 9 + MOST_ACCOUNTS), "officer")})
    assert len(full.accounts) == MOST_ACCOUNTS and objection("add_officer", 2, 3, full) == "full"
    assert objection("remove", 2, 10, full) is None
