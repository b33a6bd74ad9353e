"""The card slot over the real pcscd: the only file that knows pyscard.

Theory of operation. One thread, the watch, lives in two loops. The outer one (`supervise.keep`) opens a PC/SC context
and, whenever that dies (pcscd restarted, not there yet, access refused, or anything else that a driver may throw),
reports ABSENT, waits 0.2 s doubling to 2 s, and opens the next one. The inner one lists the readers, lays over them
what it saw last, and sleeps in SCardGetStatusChange until a card or, through a pseudo-reader, a reader comes or goes;
but never longer than a second, because a reader that appears between the listing and the sleeping wakes nobody
(pcsc-lite before 2.3).

From each look follow a chosen reader and its `ReaderState`. pcscd counts the insertions and removals of each reader in
the upper half of the event state. When that count has moved although there is a card before and after, the card was
taken out and put back, or swapped, between two looks: the watch then reports the EMPTY it did not see before the CARD.

What is reported tells how a card came, for whose it is follows from that (session/slot.py). EMPTY, then CARD: this slot
was seen empty, and then with a card. ABSENT, then CARD: nobody saw it come. It was in when we began to look, or when
pcscd or the reader came back, or in another slot than the one that was emptied just now. A card that was seen to come
is chosen before one that was not, so that what stands in a second slot for ever does not hide the person's card; a slot
for a SAM is none for people, and is left out unless the settings name it.

A reader that cannot be asked does not hide another: when they cannot be asked together, each is asked by itself, and
who refuses is told of and left out until the next look. Names are bytes to pcscd, and not all of them text:
`pcsclite.py`.

A pcscd that stands still (stopped, or waiting for a driver that never comes back) ends nothing by itself: every call
into it waits for ever. So a second thread feels the watch's pulse. One that has not looked for STILL_SECONDS is given
up: the reader is ABSENT until a look comes back. What a visit asks of a card (connect, transmit, close) is waited for
so long and no longer (`supervise.within`), and is then `Lost` like a card that was pulled.

Whether pcscd answers is told to the caretaker, who has it started again (`caretaker/restarts.py`). It does not while
the watch stands still, or a call that was given up is still out. That is not said while a visit still waits for a call,
for none that may still be done is to be cut off; and while it is said, none is begun.

Every context has a generation. What a dead or a stopped one still has to say is dropped.

A connection has a context of its own, because pcsc-lite lets only one call at a time into a context and the watch is
always inside its own. It is exclusive. It begins with the card's power off and on, and ends with the power off: a PIN
once verified stays so over a disconnect and a warm reset (my-number-card.md §3), and a warm reset is all that pcscd
does for a client that died. A connection that has failed stays failed; it never reaches the next card.

Of pyscard only `smartcard.scard` is used, none of its monitors. Importing this file opens nothing, `start` and
`connect` do; a context belongs to the process that opened it, so both come after the fork.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from smartcard import scard

from kiosk.hw import pcsclite, supervise
from kiosk.hw.device import Connection, Lost, ReaderState
from kiosk.hw.pcsclite import printable

log = logging.getLogger(__name__)

PLUG_AND_PLAY = "\\\\?PnP?\\Notification"
LOOK_SECONDS = 1.0  # the longest sleep between two looks at the list of readers
SHARING_SECONDS = 1.5  # how long another program may keep the card before we give up
SHARING_PAUSE_SECONDS = 0.05
REFUSED_SECONDS = 0.25  # between two looks while the readers have to be asked one by one
STOP_SECONDS = 3.0
STILL_SECONDS = 5.0  # without a look: the watch stands still
PULSE_SECONDS = 1.0  # from one feel of its pulse to the next
CONNECT_SECONDS, ANSWER_SECONDS, CLOSE_SECONDS = (
    10.0,
    20.0,
    3.0,
)  # the longest that a visit waits; a signature takes two
NOT_FOR_PEOPLE = re.compile(r"\bsam\b", re.IGNORECASE)  # a slot inside, for a secure access module

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
    """One reader at one look. `count` is pcscd's count of its insertions and removals; `came`: its card was seen to
    come, for the slot was seen without it before."""

    name: str
    state: ReaderState
    count: int
    came: bool = False

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

    def after(self, earlier: Slot | None) -> Slot:
        """The same, with what the look before makes of it."""
        if earlier is None or not self.occupied or earlier.state is ReaderState.ABSENT:
            return self
        return replace(self, came=earlier.came or not self.holds_the_card_of(earlier))


_PREFERENCE = (ReaderState.CARD, ReaderState.MUTE, ReaderState.EMPTY, ReaderState.ABSENT)


def choose(slots: list[Slot], current: Slot | None) -> Slot | None:
    """The reader that counts: the first with a card that was seen to come (the current one while its card stays in),
    else the first with another card, else the first."""

    def rank(slot: Slot) -> tuple[bool, int, bool]:
        elsewhere = current is None or slot.name != current.name
        return not slot.came, _PREFERENCE.index(slot.state), slot.occupied and elsewhere

    return min(slots, key=rank, default=None)


class PcscReader:
    """Implements `hw.device.Reader`."""

    def __init__(self, name: str | None = None) -> None:
        """`name`: a part of the wanted reader's name, in any case; None takes whichever is there (see `choose`)."""
        self._wanted = (name or "").casefold()
        self._lock = threading.Lock()  # guards the five below
        self._generation = 0
        self._slots: dict[str, Slot] = {}  # all of them at the last look
        self._slot: Slot | None = None  # the chosen one
        self._state = ReaderState.ABSENT
        self._insertion = 0
        self._mute: Slot | None = None  # a card that pcscd could power but nobody can talk to
        self._context: int | None = None  # the one the watch sleeps in
        self._changed: Callable[[ReaderState], None] = lambda _: None
        self._complaints = supervise.Complaints(log)
        self._looked = time.monotonic()  # when the watch was last seen to move
        self._known = False  # what comes of a look is
        self._calls = supervise.Calls()  # of visits
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> ReaderState:
        return self._state

    @property
    def insertion(self) -> int:
        return self._insertion

    @property
    def answers(self) -> bool | None:
        still = self._thread is not None and time.monotonic() - self._looked >= STILL_SECONDS
        if (still or self._calls.out) and not self._calls.under_way:
            return False
        return True if self._known else None

    @property
    def slots(self) -> dict[str, ReaderState]:
        """Every slot that could count, by its name as it can be printed."""
        return {printable(name): slot.state for name, slot in self._slots.items()}

    def start(self, changed: Callable[[ReaderState], None]) -> None:
        """Begin to watch. `changed` is called from the watching thread and may call `connect` or `stop`."""
        if self._thread is not None:
            raise RuntimeError("the reader is already being watched")
        self._changed, self._looked = changed, time.monotonic()
        stop = self._stop = threading.Event()
        supervise.start("card-reader-pulse", lambda: self._feel_pulse(stop))
        self._thread = supervise.start("card-reader", lambda: self._keep_watching(stop))

    def stop(self) -> None:
        """End the watch, promptly. Nothing is reported any more; the state is ABSENT. Open connections stay open."""
        thread, self._thread = self._thread, None
        self._stop.set()
        with self._lock:
            self._generation += 1
            self._slots, self._slot, self._state = {}, None, ReaderState.ABSENT
        deadline = time.monotonic() + STOP_SECONDS
        # Cancelling has no effect in the moment before the watch falls asleep, hence again and again.
        while thread not in (None, threading.current_thread()) and thread.is_alive() and time.monotonic() < deadline:
            self._wake()
            thread.join(0.02)

    def connect(self) -> Connection:
        """Power the chosen reader's card and hold it exclusively (see the head of this file).

        Raises `Lost` when there is no card, it does not answer, or another program holds it for more than 1.5 s; and
        for whatever else the driver throws.
        """
        slot = self._slot
        if slot is None or slot.state is not ReaderState.CARD:
            raise Lost("no card in the reader")
        if self.answers is False:
            raise Lost("the card reader service stands still")
        try:
            return self._calls.within(
                CONNECT_SECONDS,
                "connecting",
                lambda: _PcscConnection(slot.name, self._calls),
                late=_PcscConnection.close,
            )
        except PcscError as error:
            if error.code in _NO_ANSWER:
                self._mute = slot
                self._wake()
            why = f"{error}{_advice(error.code)}"
        except supervise.Hung as error:
            why = str(error)
        except Exception as error:
            why = supervise.where(error)
        log.warning("card reader %s: %s", printable(slot.name), why)
        raise Lost(f"reader {printable(slot.name)}: {why}")

    def _wake(self) -> None:
        if (context := self._context) is not None:
            with self._complaints.survive("SCardCancel"):
                supervise.within(PULSE_SECONDS, "SCardCancel", lambda: scard.SCardCancel(context))

    # -- the watch -------------------------------------------------------------------------------------------------

    def _keep_watching(self, stop: threading.Event) -> None:
        def no_reader() -> None:
            generation = self._generation
            if not stop.is_set():
                self._known = True
                self._see(generation, [])

        supervise.keep(
            lambda: self._watch(stop),
            stop,
            self._complaints,
            failed=no_reader,
            words=lambda error: f"no card reader service: {_words(error)}",
        )

    def _watch(self, stop: threading.Event) -> None:
        with self._lock:
            self._generation += 1
            generation = self._generation
        self._looked = time.monotonic()
        with _new_context() as context:
            self._context = context
            try:
                for slots in self._looks(context, stop):
                    if generation != self._generation:
                        return  # it was given up, and has come back: the next begins anew
                    self._looked, self._known = time.monotonic(), True
                    self._see(generation, slots)
            finally:
                self._context = None

    def _feel_pulse(self, stop: threading.Event) -> None:
        out = False
        while not stop.wait(PULSE_SECONDS):
            if out is not self._calls.out:
                out = not out
                with self._complaints.survive("card reader: the listener"):
                    self._changed(self._state)
            if time.monotonic() - self._looked < STILL_SECONDS or self._state is ReaderState.ABSENT:
                continue
            with self._lock:
                self._generation += 1
                generation = self._generation
            self._complaints.tell("the card reader service stands still: nothing is known of any reader")
            self._see(generation, [])

    def _looks(self, context: int, stop: threading.Event) -> Iterator[list[Slot]]:
        """Yield all wanted readers at every change and at least once a second; PcscError when the context is dead."""
        seen: dict[str, int] = {}  # event state by reader, the pseudo-reader included
        while not stop.is_set():
            code, names = pcsclite.list_readers(context)
            if code not in _NO_READER:
                _check("SCardListReaders", code)
            wanted = [name for name in names if self._is_wanted(name)]
            if not wanted:
                yield []
            try:
                seen = _ask(context, LOOK_SECONDS, [*wanted, PLUG_AND_PLAY], seen)
            except Exception as together:  # one of them spoils it for all
                seen = self._ask_each(context, wanted)
                if not seen and getattr(together, "code", None) not in _NO_READER:
                    raise
                stop.wait(REFUSED_SECONDS)
            yield [Slot.of(name, seen[name]) for name in wanted if name in seen]

    def _is_wanted(self, name: str) -> bool:
        return self._wanted in name.casefold() if self._wanted else not NOT_FOR_PEOPLE.search(name)

    def _ask_each(self, context: int, names: Sequence[str]) -> dict[str, int]:
        """Each by itself; those that answer. Who refuses is told of, if it is not all of them."""
        seen: dict[str, int] = {}
        refused: dict[str, Exception] = {}
        for name in names:
            try:
                seen |= _ask(context, 0, [name], {})
            except Exception as alone:
                refused[name] = alone
        for name, why in refused.items() if seen else ():
            if getattr(why, "code", None) not in _NO_READER:  # those have gone, as readers do
                self._complaints.tell(f"card reader {printable(name)} is left out: {_words(why)}")
        return seen

    def _see(self, generation: int, slots: list[Slot]) -> None:
        """Turn one look into the state, and report each change of it."""
        with self._lock:
            if generation != self._generation:
                return
            before = self._slot
            if not slots:
                self._mute = None  # the next pcscd counts from the beginning again
            slots = [slot.after(self._slots.get(slot.name)) for slot in slots]
            slots = [
                replace(slot, state=ReaderState.MUTE) if slot.holds_the_card_of(self._mute) else slot for slot in slots
            ]
            after = choose(slots, before)
            state = after.state if after else ReaderState.ABSENT
            reports = [state] if state is not self._state else []
            if after and after.occupied and not after.holds_the_card_of(before):
                self._insertion += 1
                reports = [*_leading_to(after, before, self._state), state]
            self._slots = {slot.name: slot for slot in slots}
            self._slot, self._state = after, state
        for report in reports:
            fault = report is ReaderState.ABSENT  # all the rest is what a visit does
            log.log(logging.WARNING if fault else logging.INFO, "card reader: %s", report.value)
            with self._complaints.survive("card reader: the listener"):  # the watch must outlive it
                self._changed(report)


def _leading_to(after: Slot, before: Slot | None, state: ReaderState) -> list[ReaderState]:
    """What has to be reported before the card of `after`, so that it is told how it came (see the head of this file).

    before: the slot that counted until now, and what was reported of it.
    """
    gone = [ReaderState.EMPTY] if before is not None and before.occupied else []
    unseen = not after.came and state is not ReaderState.ABSENT
    return [*gone, ReaderState.ABSENT] if unseen else gone


def _ask(context: int, seconds: float, names: Sequence[str], known: Mapping[str, int]) -> dict[str, int]:
    """The event state of each, as soon as one is not as it is known. Raises PcscError."""
    asked = [(name, known.get(name, scard.SCARD_STATE_UNAWARE)) for name in names]
    code, events = pcsclite.status_change(context, int(seconds * 1000), asked)
    if code not in _NOTHING_NEW:
        _check("SCardGetStatusChange", code)
    return {name: event & ~scard.SCARD_STATE_CHANGED for name, event in zip(names, events, strict=True)}


def _words(error: Exception) -> str:
    if isinstance(error, PcscError):
        return f"{error}{_advice(error.code)}"
    return supervise.where(error)


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

    def __init__(self, reader: str, calls: supervise.Calls) -> None:
        self._calls = calls
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
        except BaseException:
            scard.SCardReleaseContext(context)  # pcscd drops the handle with it
            raise
        self._context = context

    def transmit(self, apdu: bytes) -> bytes:
        """One command, in the calling thread.

        PC/SC knows no time-out here; the reader's driver has one for a silent card. A pulled card, a dying pcscd and
        one that does not come back within ANSWER_SECONDS end the call with `Lost`.
        """
        if self._context is None or self._lost:
            raise Lost("the connection to the card has ended")
        pci = scard.SCARD_PCI_T1 if self._protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        try:
            code, answer = self._calls.within(
                ANSWER_SECONDS, "SCardTransmit", lambda: scard.SCardTransmit(self._card, pci, list(apdu))
            )
        except supervise.Hung as hung:
            self._lost = True
            raise Lost(str(hung)) from None
        except Exception as error:
            self._lost = True
            raise Lost(f"SCardTransmit: {type(error).__name__}") from None  # the text could hold what was sent
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

        def lets_go() -> None:
            with suppress(Exception):
                scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)
            scard.SCardReleaseContext(context)

        with suppress(Exception):
            self._calls.within(CLOSE_SECONDS, "closing", lets_go)


def _connect_exclusively(context: int, reader: str) -> int:
    deadline = time.monotonic() + SHARING_SECONDS
    while True:
        code, card = pcsclite.connect(context, reader, scard.SCARD_SHARE_EXCLUSIVE, _PROTOCOLS)
        if code != scard.SCARD_E_SHARING_VIOLATION or time.monotonic() > deadline:
            _check("SCardConnect", code)
            return card
        time.sleep(SHARING_PAUSE_SECONDS)
