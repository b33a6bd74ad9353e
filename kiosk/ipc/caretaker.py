"""The caretaker, as everybody else sees it: tell it something, ask it something. Whoever tells is never held up by it,
and never fails for it: what could not be told is counted, and the number goes along with the next that can be.

A telling is taken only when the caretaker has said so. An answer that does not come in time counts as not taken, though
it may have been: a gap too many is written rather than one too few.
"""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Protocol

from kiosk.config.events import Event
from kiosk.ipc import doors
from kiosk.ipc.doors import DoorsLeft
from kiosk.ipc.messages import (
    LONGEST,
    SOCKET,
    Answer,
    Call,
    Calling,
    CallStands,
    CallState,
    Denied,
    EndCall,
    NotAMessage,
    Question,
    Report,
    Standing,
    Status,
    Taken,
    answer,
    encode,
    telling,
)

PATIENCE_SECONDS = 1.5  # for an answer: a passcode may be being checked, or a disk be slow
STAFF_SECONDS = 10.0  # of a member of the staff, for an answer that they have asked for
ROOT_SECONDS = 20.0  # of root at the command line: passcodes that are being checked go before


class Away(Exception):
    """Nobody answers there. One line."""


class Untold(Protocol):
    """Where the count is kept of what could not be told."""

    untold: int


class InThisProcess:
    """A count that ends with its process."""

    untold = 0


class Caretaker:
    """runtime: caretaker.runtime_directory."""

    def __init__(
        self, runtime: Path | str, untold: Untold | None = None, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._path = Path(runtime, SOCKET)
        self._untold = untold or InThisProcess()
        self._patience_seconds = patience_seconds

    def ask(self, question: Question, patience_seconds: float | None = None) -> Answer:
        """Raises Away."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
                line.settimeout(patience_seconds or self._patience_seconds)
                line.connect(str(self._path))
                line.send(encode(question))
                said = line.recv(LONGEST * 16)
        except OSError as error:
            raise Away(f"{self._path}: {error.strerror or 'no answer'}") from None
        try:
            return answer(said)
        except NotAMessage:
            raise Away(f"{self._path}: hung up") from None

    def tell(self, told: Event, times: int = 1) -> bool:
        """Whether it has arrived. Never raises. A state is not counted when it has not: it is told again and again.
        times: of what is only counted, how often it was so."""
        waiting, lost = self._untold.untold, told.row.kind != "state"
        try:
            arrived = isinstance(self.ask(telling(told, waiting, times)), Taken | Denied)
        except Away:
            arrived = False
        # What another thread has not got through meanwhile stays to be told.
        self._untold.untold = max(0, self._untold.untold - waiting) if arrived else self._untold.untold + lost
        return arrived

    def report(self, check: str, reason: str) -> bool:
        """How something is (config/health.toml), and whether that has arrived. Never raises for a caretaker that is not
        there: what is so is reported again and again."""
        try:
            return isinstance(self.ask(Report(check, reason)), Taken)
        except Away:
            return False

    def present(self) -> bool:
        """It is there, and answers."""
        try:
            return isinstance(self.ask(Status()), Standing)
        except Away:
            return False

    def doors_left(self) -> DoorsLeft | None:
        """Whether the kiosk is open, as it has left it for when it is away; None: nothing is left."""
        return doors.left(self._path.parent)

    def call(self) -> CallState:
        """Somebody wants the staff. Who cannot be asked calls nobody."""
        return self._call(Call())

    def call_stands(self) -> CallState:
        return self._call(CallStands())

    def end_call(self) -> None:
        with contextlib.suppress(Away):
            self.ask(EndCall())

    def _call(self, question: Call | CallStands) -> CallState:
        try:
            said = self.ask(question)
        except Away:
            return "unsent"
        return said.call if isinstance(said, Calling) else "unsent"


class NoCaretaker:
    """Where there is none to be told: a demo without it, a test."""

    def tell(self, told: Event, times: int = 1) -> bool:
        return True

    def report(self, check: str, reason: str) -> bool:
        return True

    def present(self) -> bool:
        return True

    def doors_left(self) -> DoorsLeft | None:
        return DoorsLeft()  # there is nobody who could have closed them

    def call(self) -> CallState:
        return "none"

    def call_stands(self) -> CallState:
        return "none"

    def end_call(self) -> None:
        pass

    def ask(self, question: Question, patience_seconds: float | None = None) -> Answer:
        raise Away("there is no caretaker")


class Listener(Protocol):
    """What a session needs of it."""

    def tell(self, told: Event, times: int = 1) -> bool: ...

    def report(self, check: str, reason: str) -> bool: ...

    def present(self) -> bool: ...

    def doors_left(self) -> DoorsLeft | None: ...

    def call(self) -> CallState: ...

    def call_stands(self) -> CallState: ...

    def end_call(self) -> None: ...

    def ask(self, question: Question, patience_seconds: float | None = None) -> Answer: ...
