"""Who is on the staff by a signed file: put beside the settings by provisioning (root), read by the caretaker alone.

A passcode comes as what the caretaker keeps of it, Argon2id, and at the cost at which it is checked here: nobody who
hands the file on learns it, and no file makes a check dearer.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from kiosk.ipc.messages import Number

FILE = "appointed.json"  # beside the settings
MEMORY, PASSES, LANES = 64 * 1024, 3, 4  # Argon2id: KiB, passes, lanes (RFC 9106, the second of its recommendations)
PHC = rf"^\$argon2id\$v=19\$m={MEMORY},t={PASSES},p={LANES}\$[A-Za-z0-9+/]{{22}}\$[A-Za-z0-9+/]{{43}}\Z"

Appointment = Literal["officer", "supervisor"]  # a vendor's account ends by itself, and is made where that is watched


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """phc: the passcode as Argon2id, in the PHC string format."""

    role: Appointment
    phc: Annotated[str, Meta(pattern=PHC)]

    def __repr__(self) -> str:
        return f"<Member {self.role}>"


class Appointed(Struct, frozen=True, forbid_unknown_fields=True):
    """number: of the file by which they are, so that it is done once. members: those who come, or have another
    passcode, by staff number. removed: those who go."""

    number: str
    members: dict[Number, Member] = {}
    removed: tuple[Number, ...] = ()
