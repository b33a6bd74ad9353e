"""The staff's accounts: number, role, passcode. No session can read them; a session hands in what was typed and hears
whether that was right.

A passcode is kept as Argon2id (RFC 9106, the second of its recommended settings) and checked one at a time;
`passcode_waits.py` says how many tries there can be. A try is counted, on the disk, before it is checked. A staff
number that nobody has takes as long, waits as long, and is told apart by nothing.

A supervisor's account may ask for a card besides (`cards.py`). The two come in either order, the second within
HALF_SECONDS of the first. Whoever has shown their card first waits for nobody's wrong passcodes: tries behind a card
have counts of their own, which only those who hold one can spend. So somebody at the corner who tries one passcode
after the other keeps no supervisor with a card out. A passcode that is right before the card was seen counts as a try
until then.

A passcode that was made for somebody (`act`), and not chosen by them, opens nothing but its own change (`choose`). It
is kept with a word before its hash that makes it no hash at all to an older version, which may come back by itself:
that one reads the file, and lets nobody in by it.

There is no default account. Who has no terminal appoints by a signed file (`appointed.py`), which brings the hashes.
Accounts and the number of the file that was done last are lost together; then the last file is done once more.
Roles: officer, supervisor, vendor. A vendor's account ends by itself after seven days, by
whichever is first: the machine's clock, or the hours in which the caretaker has run; so a clock that was set back
prolongs nothing.

A disk that cannot be written to does not lock the officers out: what cannot be counted there counts as long as the
caretaker runs.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from msgspec import Struct, structs

from kiosk.caretaker import disk
from kiosk.caretaker.cards import Challenges
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.passcode_waits import Counted, Waits
from kiosk.caretaker.weak_passcodes import digits, weak
from kiosk.config.events import Event, event
from kiosk.ipc.appointed import LANES, MEMORY, PASSES, Appointed
from kiosk.ipc.members import ADDED, MOST_ACCOUNTS, objection
from kiosk.ipc.messages import FirstPasscode, MemberAct, Objection, Role, Staff, Weakness

log = logging.getLogger("kiosk.caretaker")

FILE = "staff.json"  # in the state directory
VENDOR_SECONDS = 7 * 24 * 3600
KEPT_EVERY_SECONDS = 3600  # how much of a vendor's time a power cut can give back
HALF_SECONDS = 120.0  # in which the second of passcode and card has to follow the first
SALT_BYTES, HASH_BYTES = 16, 32
FIRST = "first"  # before the hash of a passcode that was made for somebody
FIRST_DIGITS = 8


class Cost(Struct, frozen=True):
    """What one check costs: Argon2id with so much memory (KiB), passes and lanes."""

    memory: int = MEMORY
    passes: int = PASSES
    lanes: int = LANES


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    """One member of the staff. ends, left: of a vendor: the moment, and the seconds of running time until then. card:
    SHA-256 of their card's certificate; None: they need no card."""

    role: Role
    phc: str  # Argon2id, in the PHC string format; or that behind FIRST
    card: str | None = None
    ends: datetime | None = None
    left: float | None = None

    @property
    def first(self) -> bool:
        """Their passcode was made for them, and is theirs to change before anything else."""
        return self.phc.startswith(FIRST)

    def __repr__(self) -> str:
        return f"<Account {self.role}>"


class Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """The file. appointed: the number of the signed file that was done last."""

    accounts: dict[int, Account] = {}
    wrong: Counted = Counted()
    wrong_behind_card: Counted = Counted()
    appointed: str = ""


class Half(Struct, frozen=True):
    """One of the two has been seen of this staff number, and the other may follow until then (monotonic seconds)."""

    number: int
    seen: Literal["passcode", "card"]
    until: float


class Admitted(Struct, frozen=True):
    role: Role


class ToChange(Struct, frozen=True):
    """What was shown is right, and their passcode is a first one."""


class HalfAdmitted(Struct, frozen=True):
    """What was shown is right, and the other is still to come."""


class Refused(Struct, frozen=True):
    """seconds: for which nobody need try again; 0: at once."""

    seconds: int


class Changed(Struct, frozen=True):
    """The passcode is another one now."""


class NotDone(Exception):
    """An account was not made or removed. One line that says why; nothing of a passcode."""


WEAKNESSES: dict[Weakness, str] = {
    "not_digits": "a passcode is made of digits",
    "too_short": "a passcode has 8 digits or more",
    "too_long": "a passcode has 32 digits at most",
    "common": "this passcode is one of those that are tried first; take another",
    "pattern": "this passcode is a pattern that is tried first; take another",
    "date": "this passcode is a date, and dates are tried first; take another",
    "staff_number": "the staff number stands in this passcode; take another",
    "same": "this passcode is the one that it was; take another",
}


class Passcodes:
    """The accounts of this machine. For one thread.

    changes: through which it stands in the trail; monotonic: seconds; now: an aware datetime, asked only when a
    vendor's account ends.
    """

    def __init__(
        self,
        path: Path,
        changes: Changes,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        cost: Cost | None = None,
    ) -> None:
        self._path, self._changes, self._monotonic, self._now = path, changes, monotonic, now
        self._cost = cost or Cost()
        self._nobodys = hashed("", self._cost)  # what is checked for a number that nobody has
        self._flaw = ""
        kept = self._load()
        self._accounts, self._appointed = dict(kept.accounts), kept.appointed
        self._waits = Waits(kept.wrong, monotonic())
        self._behind_card = Waits(kept.wrong_behind_card, monotonic())
        self._challenges = Challenges(monotonic)
        self._half: Half | None = None
        self._ran = monotonic()

    @property
    def accounts(self) -> dict[int, Role]:
        return {number: account.role for number, account in sorted(self._accounts.items())}

    @property
    def usable(self) -> bool:
        """The file of the accounts can be read, or there is none yet."""
        return not self._flaw

    @property
    def with_card(self) -> tuple[int, ...]:
        """Who needs a card besides."""
        return tuple(number for number, account in sorted(self._accounts.items()) if account.card)

    @property
    def staff(self) -> Staff:
        """All of them, with what may be told of each. Raises NotDone."""
        self._usable()
        first = tuple(number for number, account in sorted(self._accounts.items()) if account.first)
        return Staff(self.accounts, self.with_card, first)

    def add(self, number: int, role: Role, passcode: str) -> None:
        """Raises NotDone."""
        self._usable()
        if number in self._accounts:
            raise NotDone(f"staff number {number} is there already; remove it first")
        if len(self._accounts) >= MOST_ACCOUNTS:
            raise NotDone(f"there are {MOST_ACCOUNTS} accounts already")
        if weakness := weak(passcode, number):
            raise NotDone(WEAKNESSES[weakness])
        account = Account(role, hashed(passcode, self._cost))
        if role == "vendor":
            ends = self._now() + timedelta(seconds=VENDOR_SECONDS)
            account = structs.replace(account, ends=ends, left=float(VENDOR_SECONDS))
        self._waits.forget(number)
        self._behind_card.forget(number)
        self._change({**self._accounts, number: account}, event("staff_added", staff=number, role=role))

    def remove(self, number: int) -> None:
        """Raises NotDone."""
        self._usable()
        if number not in self._accounts:
            raise NotDone(f"there is no staff number {number}")
        left = {each: account for each, account in self._accounts.items() if each != number}
        unpinned = _unpinned(number, self._accounts[number])
        self._change(left, *unpinned, event("staff_removed", staff=number, removal="asked"))

    def appoint(self, appointed: Appointed) -> None:
        """Who comes, and who goes, once for each file: its number is kept with the accounts, in the same write. A
        supervisor who comes with another passcode still needs their card: the file that
        brings a hash is in more hands than the card. A file of accounts that cannot be used is moved aside: where
        there is no terminal, this is the only way back. Raises NotDone."""
        if appointed.number == self._appointed:
            return
        before = {} if self._flaw else self._accounts
        named = (*appointed.removed, *appointed.members)
        gone = [number for number in named if number in before]
        accounts = {number: account for number, account in before.items() if number not in named}
        for number, member in appointed.members.items():
            accounts[number] = Account(member.role, member.phc, _card_of(before.get(number), member.role))
        if len(accounts) > MOST_ACCOUNTS:
            raise NotDone(f"there are {MOST_ACCOUNTS} accounts already")
        if self._flaw:
            with contextlib.suppress(OSError):
                os.replace(self._path, disk.aside(self._path))
        told: list[Event] = []
        for number in gone:
            told += _unpinned(number, before[number], accounts.get(number))
            told.append(event("staff_removed", staff=number, removal="provisioned"))
        for number, member in appointed.members.items():
            self._waits.forget(number)
            told.append(event("staff_added", staff=number, role=member.role))
        self._change(accounts, *told, appointed=appointed.number)
        self._flaw = ""

    def pin(self, number: int, card: str | None) -> None:
        """Have this one need that card besides; None: none any more. Raises NotDone."""
        self._usable()
        account = self._accounts.get(number)
        if account is None:
            raise NotDone(f"there is no staff number {number}")
        if card and account.role != "supervisor":
            raise NotDone(f"a card is for a supervisor; staff number {number} is {account.role}")
        told = event("card_pinned" if card else "card_unpinned", staff=number, role=account.role)
        self._change({**self._accounts, number: structs.replace(account, card=card)}, told)

    def check(self, number: int, passcode: str) -> Admitted | ToChange | HalfAdmitted | Refused:
        """A try. It takes the time of one Argon2id, or none while one has to wait."""
        self.end_vendors()
        behind_card = self._has_seen(number, "card")
        waits = self._behind_card if behind_card else self._waits
        if seconds := waits.left(number, self._monotonic()):
            return Refused(seconds)
        self._half = None
        waits.begins(number, self._accounts)
        self._keep()
        account = self._accounts.get(number)
        if self._is_right(passcode, account) and account is not None:
            return self._half_is_seen(number, "passcode") if account.card and not behind_card else self._admit(number)
        return self._refuse(number, waits)

    def change(self, number: int, passcode: str, new: str) -> Changed | Weakness | Refused:
        """Have this one, who is in, take another passcode for the one that it was. Saying which it was is a try like
        any other, so a session left open is no place to guess at; who needs a card has shown it, and spends tries
        behind it. What may not be had is refused before, and costs none. Raises NotDone."""
        account = self._owner(number)
        if weakness := weak(new, number):
            return weakness
        if digits(new) == digits(passcode):
            return "same"
        if refused := self._try(number, account, passcode):
            return refused
        changed = structs.replace(account, phc=hashed(new, self._cost))
        told = event("passcode_changed", staff=number, role=account.role)
        self._change({**self._accounts, number: changed}, told)
        return Changed()

    def choose(self, number: int, new: str) -> Admitted | Weakness:
        """Have this one, whose first passcode was right, take one of their own for it. Raises NotDone."""
        self._usable()
        account = self._accounts.get(number)
        if account is None or not account.first:
            raise NotDone(f"staff number {number} has no first passcode to change")
        if weakness := weak(new, number):
            return weakness
        if self._is_right(new, account):
            return "same"
        role, own = account.role, structs.replace(account, phc=hashed(new, self._cost))
        told = event("passcode_changed", staff=number, role=role), event("staff_admitted", staff=number, role=role)
        self._change({**self._accounts, number: own}, *told)
        return Admitted(role)

    def act(self, by: int, passcode: str, member: int, act: MemberAct) -> FirstPasscode | Changed | Objection | Refused:
        """Have this one, who is in, do that with another's account; saying their own passcode is a try, as in `change`,
        and what there is against it is said before, and costs none. Raises NotDone."""
        acting = self._owner(by)
        if against := objection(act, by, member, self.staff):
            return against
        if refused := self._try(by, acting, passcode):
            return refused
        role = acting.role
        if act == "remove":
            left = {each: account for each, account in self._accounts.items() if each != member}
            unpinned = _unpinned(member, self._accounts[member])
            self._change(left, *unpinned, event("member_removed", staff=by, role=role, member=member))
            return Changed()
        first = FirstPasscode(_first(member))
        phc = FIRST + hashed(first.passcode, self._cost)
        self._waits.forget(member)
        self._behind_card.forget(member)
        if act == "give":
            made = structs.replace(self._accounts[member], phc=phc)
            told = event("first_passcode_given", staff=by, role=role, member=member)
        else:
            made = Account(ADDED[act], phc)
            told = event("member_added", staff=by, role=role, member=member, member_role=made.role)
        self._change({**self._accounts, member: made}, told)
        return first

    def challenge(self, number: int) -> bytes:
        """What a card is to sign for this number, whether anybody has it or not."""
        return self._challenges.new(number)

    def show(self, number: int, certificate: bytes, signature: bytes) -> Admitted | ToChange | HalfAdmitted | Refused:
        """A card has signed. One that is not theirs costs no try: there is nothing that could be guessed."""
        account = self._accounts.get(number)
        pinned = account.card if account else None
        if not self._challenges.signed(number, pinned, certificate, signature):
            self._changes.tell(event("card_refused", staff=number if account else 0))
            return Refused(0)
        return self._admit(number) if self._has_seen(number, "passcode") else self._half_is_seen(number, "card")

    def end_vendors(self) -> None:
        """Let the time of vendors' accounts pass, and remove those whose time is over. To be called now and then."""
        ran = self._monotonic() - self._ran
        if not any(account.left is not None for account in self._accounts.values()):
            self._ran += ran
            return
        over = [number for number, account in self._accounts.items() if _is_over(account, ran, self._now())]
        if ran < KEPT_EVERY_SECONDS and not over:
            return
        self._ran += ran
        self._accounts = {
            number: structs.replace(account, left=account.left - ran) if account.left is not None else account
            for number, account in self._accounts.items()
            if number not in over
        }
        self._keep(*(event("staff_removed", staff=number, removal="expired") for number in over))

    # Inside.

    def _owner(self, number: int) -> Account:
        """Of a passcode of their own. Raises NotDone."""
        self._usable()
        account = self._accounts.get(number)
        if account is None:
            raise NotDone(f"there is no staff number {number}")
        if account.first:
            raise NotDone(f"staff number {number} has a first passcode to change")
        return account

    def _try(self, number: int, account: Account, passcode: str) -> Refused | None:
        """Of somebody who is in, to say which theirs is. None: it is that one."""
        waits = self._behind_card if account.card else self._waits
        if seconds := waits.left(number, self._monotonic()):
            return Refused(seconds)
        waits.begins(number, self._accounts)
        self._keep()
        if not self._is_right(passcode, account):
            return self._refuse(number, waits)
        waits.right(number)
        return None

    def _refuse(self, number: int, waits: Waits) -> Refused:
        """A try that has begun was wrong."""
        begun = waits.wrong(number, self._monotonic())
        self._changes.tell(event("passcode_refused", staff=number if number in self._accounts else 0))
        for held, seconds in begun.items():
            self._changes.tell(event("passcodes_held", held=held, seconds=seconds))
        return Refused(max(begun.values(), default=0))

    def _has_seen(self, number: int, what: Literal["passcode", "card"]) -> bool:
        half = self._half
        return half is not None and (half.number, half.seen) == (number, what) and self._monotonic() < half.until

    def _half_is_seen(self, number: int, what: Literal["passcode", "card"]) -> HalfAdmitted:
        self._half = Half(number, what, self._monotonic() + HALF_SECONDS)
        return HalfAdmitted()

    def _admit(self, number: int) -> Admitted | ToChange:
        account, self._half = self._accounts[number], None
        self._waits.right(number)
        self._behind_card.right(number)
        if account.first:
            self._keep()
            return ToChange()
        self._keep(event("staff_admitted", staff=number, role=account.role))
        return Admitted(account.role)

    def _is_right(self, passcode: str, account: Account | None) -> bool:
        phc = account.phc.removeprefix(FIRST) if account else self._nobodys
        try:
            Argon2id.verify_phc_encoded(digits(passcode).encode(), phc)
        except (InvalidKey, ValueError):
            return False
        return True

    def _usable(self) -> None:
        if self._flaw:
            raise NotDone(self._flaw)

    def _load(self) -> Kept:
        try:
            return msgspec.json.decode(self._changes.read(self._path), type=Kept)
        except FileNotFoundError:
            return Kept()
        except OSError as error:
            self._flaw = f"{self._path}: cannot be read ({error.strerror}); check its owner and mode"
        except (msgspec.MsgspecError, ValueError):
            self._flaw = f"{self._path}: is not what was written there; move it away, and add the staff anew"
        log.error("%s", self._flaw)
        return Kept()

    def _change(self, accounts: dict[int, Account], *told: Event, appointed: str | None = None) -> None:
        before = self._accounts, self._appointed
        self._accounts, self._appointed = accounts, self._appointed if appointed is None else appointed
        self._half = None
        try:
            self._write(*told)
        except OSError as error:
            self._accounts, self._appointed = before
            raise NotDone(f"{self._path}: {error.strerror}") from None

    def _keep(self, *told: Event) -> None:
        """It is so, also when the disk does not take it."""
        try:
            if not self._flaw:  # whatever stands there is for a person to look at
                self._write(*told)
                return
        except OSError as error:
            log.error("%s: %s; wrong passcodes count until the caretaker ends", self._path, error.strerror)
        for each in told:
            self._changes.tell(each)

    def _write(self, *told: Event) -> None:
        kept = Kept(self._accounts, self._waits.counted, self._behind_card.counted, self._appointed)
        data = msgspec.json.encode(kept)
        if told:
            self._changes.write({self._path: data}, *told)
        else:
            self._changes.put(self._path, data)


def hashed(passcode: str, cost: Cost | None = None) -> str:
    """What is kept of it: Argon2id, in the PHC string format."""
    cost = cost or Cost()
    argon = Argon2id(
        salt=os.urandom(SALT_BYTES),
        length=HASH_BYTES,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory,
    )
    return argon.derive_phc_encoded(digits(passcode).encode())


def _first(number: int) -> str:
    """A passcode that nobody has thought of, and that may be had."""
    while weak(made := f"{secrets.randbelow(10**FIRST_DIGITS):0{FIRST_DIGITS}}", number):
        pass
    return made


def _card_of(before: Account | None, role: Role) -> str | None:
    """Which card an account needs that comes anew: the one that it needed, while its role stays a supervisor's."""
    return before.card if before and before.role == role == "supervisor" else None


def _unpinned(number: int, before: Account, after: Account | None = None) -> tuple[Event, ...]:
    """That a card is registered for them no more; nothing if none was, or still is. after: None if they have gone."""
    kept = after is not None and after.card is not None
    return (event("card_unpinned", staff=number, role=before.role),) if before.card and not kept else ()


def _is_over(account: Account, ran: float, now: datetime) -> bool:
    return (account.left is not None and account.left <= ran) or (account.ends is not None and account.ends <= now)
