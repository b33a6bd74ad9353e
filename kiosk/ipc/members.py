"""Who of the staff may do what with another's account at the screen. The caretaker holds to it; the screen says it
before a passcode is typed in vain.

A vendor does what a supervisor does, but is shown no supervisor's passcode: what they know then would outlast their own
account, which ends by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.ipc.messages import SUPERVISING, MemberAct, Objection, Role, Staff

MOST_ACCOUNTS = 1000
ADDED: Mapping[MemberAct, Role] = {"add_officer": "officer", "add_supervisor": "supervisor"}


def objection(act: MemberAct, by: int, member: int, staff: Staff) -> Objection | None:
    """What there is against it; None: nothing. by, member: staff numbers, of who acts and of whom it is about."""
    role, theirs = staff.accounts.get(by), staff.accounts.get(member)
    if role not in SUPERVISING:
        return "role"
    if by == member:
        return "oneself"
    if act in ADDED:
        if theirs is not None:
            return "there"
        if len(staff.accounts) >= MOST_ACCOUNTS:
            return "full"
        theirs = ADDED[act]
    if theirs is None:
        return "nobody"
    if act == "remove":
        return "last_supervisor" if theirs == "supervisor" and not _supervised_without(member, staff) else None
    if theirs == "vendor":
        return "vendor"
    return "supervisor" if theirs == "supervisor" and role == "vendor" else None


def _supervised_without(member: int, staff: Staff) -> bool:
    """Somebody else is a supervisor, and has come in with a passcode of their own: a first one may never reach them."""
    return any(
        role == "supervisor" and number != member and number not in staff.first
        for number, role in staff.accounts.items()
    )
