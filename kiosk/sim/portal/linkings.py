"""The linkings the sandbox knows, what it holds of applicants, and the erasing.

Applicant data lives in one place, `Entry.applicant`, from hold to the end of the linking, and `Entry.end` is the only
way to an end. A thread wakes at the moment the oldest linking expires, so that data goes when its time has come and
not when somebody asks. Ended linkings are remembered for a while without it, so that a kiosk can ask.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kiosk.portal.model import Applicant, Linked, Linking, LinkingState, Refusal, State, Terms

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
    """One linking. Whoever changes it holds `lock`; submission, cancellation and expiry exclude each other by it."""

    owner: str  # digest of the client certificate that began it
    linking: Linking
    due: float  # monotonic
    state: State = State.BEGUN
    applicant: Applicant | None = None
    erased_at: datetime | None = None
    linked: Linked | None = None
    refusal: Refusal | None = None
    given: dict[tuple[str, str], Given] = field(default_factory=dict, repr=False)  # by call and idempotency key
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def ended(self) -> bool:
        return self.state not in OPEN

    def hold(self, applicant: Applicant) -> None:
        self.applicant, self.state = applicant, State.HELD

    def end(self, state: State, linked: Linked | None = None, refusal: Refusal | None = None) -> None:
        """End it, once, and erase."""
        if self.applicant is not None:
            self.applicant, self.erased_at = None, datetime.now(UTC)
            for call, key in list(self.given):
                if call == "hold":  # the digest of its body could be guessed at
                    del self.given[call, key]
        self.linked, self.refusal = linked, refusal
        self.state = state  # last: a reader that sees the end sees all of it

    def view(self) -> LinkingState:
        with self.lock:
            return LinkingState(
                state=self.state,
                applicant_data="held" if self.applicant else "erased" if self.erased_at else "none",
                erased_at=self.erased_at,
                linked=self.linked,
                refusal=self.refusal,
            )


class Linkings:
    def __init__(self, lifetime: timedelta = LIFETIME, memory: timedelta = MEMORY) -> None:
        self._lifetime, self._memory = lifetime, memory
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="sandbox portal: expiry", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()

    def begin(self, owner: str, terms: Terms) -> Entry:
        linking = Linking(
            id=secrets.token_urlsafe(16),
            nonce=secrets.token_urlsafe(32),
            terms=terms,
            expires=datetime.now(UTC) + self._lifetime,
        )
        entry = Entry(owner, linking, time.monotonic() + self._lifetime.total_seconds())
        with self._lock:
            self._entries[linking.id] = entry
        return entry

    def find(self, owner: str, name: str) -> Entry | None:
        """The owner's linking of that id. To anyone else it does not exist."""
        with self._lock:
            entry = self._entries.get(name)
        return entry if entry is not None and entry.owner == owner else None

    def held_count(self) -> int:
        """How many applicants' data are held now."""
        return sum(entry.applicant is not None for entry in self._all())

    def clear(self) -> None:
        """Forget every linking, as a restart would."""
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

        All linkings live equally long, so one that is begun meanwhile cannot be due before the returned time is over.
        """
        now, next_due = time.monotonic(), time.monotonic() + self._lifetime.total_seconds()
        for entry in self._all():
            if entry.due + self._memory.total_seconds() <= now:
                with self._lock:
                    self._entries.pop(entry.linking.id, None)
            elif not entry.ended and entry.due <= now:
                with entry.lock:
                    if not entry.ended:
                        entry.end(State.EXPIRED)
            elif not entry.ended:
                next_due = min(next_due, entry.due)
        return max(0.0, next_due - time.monotonic())
