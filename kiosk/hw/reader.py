"""The card slot over the real pcscd: the only file that knows pyscard.

Theory of operation. One thread, the watch, lives in two loops. The outer one opens a PC/SC context and, whenever that
dies (pcscd restarted, not there yet, access refused), reports ABSENT, waits 0.2 s doubling to 2 s, and opens the next
one. The inner one lists the readers, lays over them what it saw last, and sleeps in SCardGetStatusChange until a card
or, through a pseudo-reader, a reader comes or goes; but never longer than a second, because a reader that appears
between the listing and the sleeping wakes nobody (pcsc-lite before 2.3).

From each look follow a chosen reader and its `ReaderState`. pcscd counts the insertions and removals of each reader in
the upper half of the event state. When that count has moved although there is a card before and after, the card was
taken out and put back, or swapped, between two looks: the watch then reports the EMPTY it did not see before the CARD.

Every context has a generation. What a dead or a stopped one still has to say is dropped.

A connection has a context of its own, because pcsc-lite lets only one call at a time into a context and the watch is
always inside its own. It is exclusive. It begins with the card's power off and on, and ends with the power off: a PIN
once verified stays so over a disconnect and a warm reset (my-number-card.md §3), and a warm reset is all that pcscd
does for a client that died. A connection that has failed stays failed; it never reaches the next card.

Only `smartcard.scard` is used, none of pyscard's own monitors. Importing this file opens nothing, `start` and `connect`
do; a context belongs to the process that opened it, so both come after the fork.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from smartcard import scard

from kiosk.hw.device import Connection, Lost, ReaderState

log = logging.getLogger(__name__)

PLUG_AND_PLAY = "\\\\?PnP?\\Notification"
LOOK_SECONDS = 1.0  # the longest sleep between two looks at the list of readers
BACK_OFF_SECONDS = (0.2, 2.0)  # first and longest pause before a new context
SHARING_SECONDS = 1.5  # how long another program may keep the card before we give up
SHARING_PAUSE_SECONDS = 0.05
STOP_SECONDS = 3.0

_PROTOCOLS = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_GONE = scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE | scard.SCARD_STATE_IGNORE
_NOTHING_NEW = (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT, scard.SCARD_E_CANCELLED)
_NO_ANSWER = (
    scard.SCARD_W_UNRESPONSIVE_CARD,
    scard.SCARD_W_UNPOWERED_CARD,
    scard.SCARD_W_UNSUPPORTED_CARD,
    scard.SCARD_E_PROTO_MISMATCH,
)
_NO_READER = (scard.SCARD_E_NO_READERS_AVAILABLE, scard.SCARD_E_UNKNOWN_READER, scard.SCARD_E_READER_UNAVAILABLE)


class PcscError(Exception):
    """A PC/SC call failed. Says which call and why; never what was sent or answered."""

    def __init__(self, call: str, code: int) -> None:
        self.code = code
        super().__init__(f"{call}: {scard.SCardGetErrorMessage(code).rstrip('.')} (0x{code & 0xFFFFFFFF:08X})")


def _check(call: str, code: int) -> None:
    if code != scard.SCARD_S_SUCCESS:
        raise PcscError(call, code)


@contextmanager
def _new_context() -> Iterator[int]:
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    _check("SCardEstablishContext", code)
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)  # frees our side even when pcscd is dead


@dataclass(frozen=True)
class Slot:
    """One reader at one look. `count` is pcscd's count of its insertions and removals."""

    name: str
    state: ReaderState
    count: int

    @classmethod
    def of(cls, name: str, event: int) -> Slot:
        """Read a dwEventState (pcsc-lite, SCardGetStatusChange)."""
        if event & _GONE:
            state = ReaderState.ABSENT
        elif event & scard.SCARD_STATE_MUTE:
            state = ReaderState.MUTE
        elif event & scard.SCARD_STATE_PRESENT:
            state = ReaderState.CARD
        else:
            state = ReaderState.EMPTY
        return cls(name, state, event >> 16 & 0xFFFF)

    @property
    def occupied(self) -> bool:
        return self.state in (ReaderState.CARD, ReaderState.MUTE)

    def holds_the_card_of(self, earlier: Slot | None) -> bool:
        return earlier is not None and earlier.occupied and (self.name, self.count) == (earlier.name, earlier.count)


_PREFERENCE = (ReaderState.CARD, ReaderState.MUTE, ReaderState.EMPTY, ReaderState.ABSENT)


def choose(slots: list[Slot], current: Slot | None) -> Slot | None:
    """The reader that counts: the current one while its card stays in, else the first with a card, else the first."""

    def rank(slot: Slot) -> tuple[int, bool]:
        elsewhere = current is None or slot.name != current.name
        return _PREFERENCE.index(slot.state), slot.occupied and elsewhere

    return min(slots, key=rank, default=None)


class PcscReader:
    """Implements `hw.device.Reader`."""

    def __init__(self, name: str | None = None) -> None:
        """`name`: a part of the wanted reader's name, in any case; None takes whichever is there (see `choose`)."""
        self._wanted = (name or "").casefold()
        self._lock = threading.Lock()  # guards the four below
        self._generation = 0
        self._slot: Slot | None = None  # the chosen reader at the last look
        self._state = ReaderState.ABSENT
        self._insertion = 0
        self._mute: Slot | None = None  # a card that pcscd could power but nobody can talk to
        self._context: int | None = None  # the one the watch sleeps in
        self._changed: Callable[[ReaderState], None] = lambda _: None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> ReaderState:
        return self._state

    @property
    def insertion(self) -> int:
        return self._insertion

    def start(self, changed: Callable[[ReaderState], None]) -> None:
        """Begin to watch. `changed` is called from the watching thread and may call `connect` or `stop`."""
        if self._thread is not None:
            raise RuntimeError("the reader is already being watched")
        self._changed = changed
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(self._stop,), name="card-reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch, promptly. Nothing is reported any more; the state is ABSENT. Open connections stay open."""
        thread, self._thread = self._thread, None
        self._stop.set()
        with self._lock:
            self._generation += 1
            self._slot, self._state = None, ReaderState.ABSENT
        deadline = time.monotonic() + STOP_SECONDS
        # Cancelling has no effect in the moment before the watch falls asleep, hence again and again.
        while thread not in (None, threading.current_thread()) and thread.is_alive() and time.monotonic() < deadline:
            self._wake()
            thread.join(0.02)

    def connect(self) -> Connection:
        """Power the chosen reader's card and hold it exclusively (see the head of this file).

        Raises `Lost` when there is no card, it does not answer, or another program holds it for more than 1.5 s.
        """
        slot = self._slot
        if slot is None or slot.state is not ReaderState.CARD:
            raise Lost("no card in the reader")
        try:
            return _PcscConnection(slot.name)
        except PcscError as error:
            if error.code in _NO_ANSWER:
                self._mute = slot
                self._wake()
            log.warning("card reader %s: %s%s", slot.name, error, _advice(error.code))
            raise Lost(f"reader {slot.name}: {error}") from None

    def _wake(self) -> None:
        if (context := self._context) is not None:
            scard.SCardCancel(context)

    # -- the watch -------------------------------------------------------------------------------------------------

    def _watch(self, stop: threading.Event) -> None:
        first, longest = BACK_OFF_SECONDS
        pause, complaint = first, ""
        while not stop.is_set():
            with self._lock:
                self._generation += 1
                generation = self._generation
            try:
                with _new_context() as context:
                    self._context = context
                    try:
                        for slots in self._looks(context, stop):
                            pause, complaint = first, ""
                            self._see(generation, slots)
                    finally:
                        self._context = None
            except PcscError as error:
                if str(error) != complaint:
                    complaint = str(error)
                    log.warning("no card reader service: %s%s", complaint, _advice(error.code))
                self._see(generation, [])
                stop.wait(pause)
                pause = min(pause * 2, longest)

    def _looks(self, context: int, stop: threading.Event) -> Iterator[list[Slot]]:
        """Yield all wanted readers at every change and at least once a second; PcscError when the context is dead."""
        seen: dict[str, int] = {}  # event state by reader, the pseudo-reader included
        while not stop.is_set():
            code, names = scard.SCardListReaders(context, [])
            if code not in _NO_READER:
                _check("SCardListReaders", code)
            wanted = [name for name in names or [] if self._wanted in name.casefold()]
            if not wanted:
                yield []
            asked = [(name, seen.get(name, scard.SCARD_STATE_UNAWARE)) for name in [*wanted, PLUG_AND_PLAY]]
            code, rows = scard.SCardGetStatusChange(context, int(LOOK_SECONDS * 1000), asked)
            if code in _NO_READER:  # went away since it was listed
                seen.clear()
                stop.wait(SHARING_PAUSE_SECONDS)
                continue
            if code not in _NOTHING_NEW:
                _check("SCardGetStatusChange", code)
            seen = {name: event & ~scard.SCARD_STATE_CHANGED for name, event, _atr in rows}
            yield [Slot.of(name, seen[name]) for name in wanted]

    def _see(self, generation: int, slots: list[Slot]) -> None:
        """Turn one look into the state, and report each change of it."""
        with self._lock:
            if generation != self._generation:
                return
            before = self._slot
            slots = [replace(slot, state=ReaderState.MUTE) if slot == self._mute else slot for slot in slots]
            after = choose(slots, before)
            state = after.state if after else ReaderState.ABSENT
            reports = [state] if state is not self._state else []
            if after and after.occupied and not after.holds_the_card_of(before):
                self._insertion += 1
                if before and before.occupied:
                    reports = [ReaderState.EMPTY, state]
            self._slot, self._state = after, state
        for report in reports:
            log.info("card reader: %s", report.value)
            try:
                self._changed(report)
            except Exception as error:  # the watch must outlive its listener; the text could hold anything
                log.error("card reader: the listener failed with %s", type(error).__name__)


def _advice(code: int) -> str:
    if code == scard.SCARD_W_SECURITY_VIOLATION:
        return "; polkit refuses this user: install systemd/polkit/50-kiosk-pcscd.rules"
    if code == scard.SCARD_E_NO_SERVICE:
        return "; is pcscd.socket enabled?"
    return ""


# A reader that cannot carry a long command fails that one command; a shorter one may go through (card/file.py tries).
_FAILED_ONCE = frozenset(
    (
        scard.SCARD_E_NOT_TRANSACTED,
        scard.SCARD_E_INVALID_PARAMETER,
        scard.SCARD_E_INSUFFICIENT_BUFFER,
        scard.SCARD_F_COMM_ERROR,
    )
)


class _PcscConnection:
    """Implements `hw.device.Connection`."""

    def __init__(self, reader: str) -> None:
        self._context: int | None = None
        self._lost = False
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        _check("SCardEstablishContext", code)
        try:
            self._card = _connect_exclusively(context, reader)
            code, self._protocol = scard.SCardReconnect(
                self._card, scard.SCARD_SHARE_EXCLUSIVE, _PROTOCOLS, scard.SCARD_UNPOWER_CARD
            )
            _check("SCardReconnect", code)
        except PcscError:
            scard.SCardReleaseContext(context)  # pcscd drops the handle with it
            raise
        self._context = context

    def transmit(self, apdu: bytes) -> bytes:
        """One command, in the calling thread.

        PC/SC knows no time-out here; the reader's driver has one for a silent card. A pulled card and a dying pcscd end
        the call with `Lost`.
        """
        if self._context is None or self._lost:
            raise Lost("the connection to the card has ended")
        pci = scard.SCARD_PCI_T1 if self._protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        code, answer = scard.SCardTransmit(self._card, pci, list(apdu))
        if code != scard.SCARD_S_SUCCESS:
            self._lost = code not in _FAILED_ONCE
            raise Lost(str(PcscError("SCardTransmit", code)))
        if len(answer) < 2:  # some drivers call a card pulled in the middle a success without an answer
            self._lost = True
            raise Lost("SCardTransmit: no status word")
        return bytes(answer)

    def close(self) -> None:
        """Take the power away. Never raises."""
        context, self._context = self._context, None
        if context is None:
            return
        scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)
        scard.SCardReleaseContext(context)


def _connect_exclusively(context: int, reader: str) -> int:
    deadline = time.monotonic() + SHARING_SECONDS
    while True:
        code, card, _protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_EXCLUSIVE, _PROTOCOLS)
        if code != scard.SCARD_E_SHARING_VIOLATION or time.monotonic() > deadline:
            _check("SCardConnect", code)
            return int(card)
        time.sleep(SHARING_PAUSE_SECONDS)
