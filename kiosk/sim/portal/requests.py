"""The requests of one purpose that the sandbox knows, what it holds of applicants, and the erasing.

Applicant data lives in one place, `Entry.applicant`, from hold to the end of the request, and `Entry.end` is the only
way to an end. A thread wakes at the moment the oldest request expires, so that data goes when its time has come and
not when somebody asks. Ended requests are remembered for a while without it, so that a kiosk can ask.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from kiosk.portal.model import (
    Applicant,
    Licence,
    Linked,
    LinkingState,
    Refusal,
    Release,
    Released,
    ReleaseState,
    Request,
    RequestState,
    State,
)

LIFETIME = timedelta(minutes=15)
MEMORY = timedelta(hours=24)
OPEN = (State.BEGUN, State.HELD)


@dataclass(frozen=True)
class Given:
    """An answer given under an idempotency key. `body` is a digest of what had been asked with it."""

    body: bytes = field(repr=False)
    status: int
    media: str
    content: bytes = field(repr=False)


@dataclass
class Entry:
    """One request. Whoever changes it holds `lock`; submission, cancellation and expiry exclude each other by it."""

    owner: str  # digest of the client certificate that began it
    request: Request
    due: float  # monotonic
    state: State = State.BEGUN
    applicant: Applicant | None = None
    erased_at: datetime | None = None
    done: Linked | Released | None = None
    refusal: Refusal | None = None
    licence: Licence | None = None  # of somebody linked already
    given: dict[tuple[str, str], Given] = field(default_factory=dict, repr=False)  # by call and idempotency key
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def linked(self) -> Linked | None:
        return self.done if isinstance(self.done, Linked) else None

    @property
    def released(self) -> Released | None:
        return self.done if isinstance(self.done, Released) else None

    @property
    def ended(self) -> bool:
        return self.state not in OPEN

    def hold(self, applicant: Applicant) -> None:
        self.applicant, self.state = applicant, State.HELD

    def end(
        self,
        state: State,
        done: Linked | Released | None = None,
        refusal: Refusal | None = None,
        licence: Licence | None = None,
    ) -> None:
        """End it, once, and erase."""
        if self.applicant is not None:
            self.applicant, self.erased_at = None, datetime.now(UTC)
            for call, key in list(self.given):
                if call == "hold":  # the digest of its body could be guessed at
                    del self.given[call, key]
        self.done, self.refusal, self.licence = done, refusal, licence
        self.state = state  # last: a reader that sees the end sees all of it

    def view(self) -> RequestState:
        with self.lock:
            data: Literal["none", "held", "erased"] = (
                "held" if self.applicant else "erased" if self.erased_at else "none"
            )
            if isinstance(self.request, Release):
                return ReleaseState(self.state, data, self.erased_at, self.refusal, self.released)
            return LinkingState(self.state, data, self.erased_at, self.refusal, self.linked, self.licence)


class Requests:
    def __init__(self, lifetime: timedelta = LIFETIME, memory: timedelta = MEMORY) -> None:
        self._lifetime, self._memory = lifetime, memory
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="sandbox portal: expiry", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def begin(self, owner: str, make: Callable[[str, str, datetime], Request]) -> Entry:
        """make: the request, of an id, a nonce and the moment at which it ends."""
        request = make(secrets.token_urlsafe(16), secrets.token_urlsafe(32), datetime.now(UTC) + self._lifetime)
        entry = Entry(owner, request, time.monotonic() + self._lifetime.total_seconds())
        with self._lock:
            self._entries[request.id] = entry
        return entry

    def find(self, owner: str, name: str) -> Entry | None:
        """The owner's request of that id. To anyone else it does not exist."""
        with self._lock:
            entry = self._entries.get(name)
        return entry if entry is not None and entry.owner == owner else None

    def held_count(self) -> int:
        """How many applicants' data are held now."""
        return sum(entry.applicant is not None for entry in self._all())

    def clear(self) -> None:
        """Forget every request, as a restart would."""
        with self._lock:
            entries, self._entries = self._entries, {}
        for entry in entries.values():
            with entry.lock:
                entry.end(State.CANCELLED)

    def _all(self) -> list[Entry]:
        with self._lock:
            return list(self._entries.values())

    def _watch(self) -> None:
        while not self._stop.wait(self._expire()):
            pass

    def _expire(self) -> float:
        """End what is due and forget what is old. Returns the seconds until the next is due.

        All of them live equally long, so one that is begun meanwhile cannot be due before the returned time is over.
        """
        now, next_due = time.monotonic(), time.monotonic() + self._lifetime.total_seconds()
        for entry in self._all():
            if entry.due + self._memory.total_seconds() <= now:
                with self._lock:
                    self._entries.pop(entry.request.id, None)
            elif not entry.ended and entry.due <= now:
                with entry.lock:
                    if not entry.ended:
                        entry.end(State.EXPIRED)
            elif not entry.ended:
                next_due = min(next_due, entry.due)
        return max(0.0, next_due - time.monotonic())
