"""The wire between a virtual card and a virtual card reader, both ends of it.

Theory of operation. vpcd is the protocol of vsmartcard: the *reader* listens on TCP, the *card* connects, and being
connected is being inserted. Either side sends frames of a two-byte big-endian length and that many bytes. From reader
to card a frame of one byte is a control (power off, power on, reset, ask for the ATR; only the last is answered), any
longer one a command APDU; from card to reader comes the ATR or a response APDU. (Protocol: vsmartcard's documentation
"Creating a virtual smart card"; my-number-card.md §6.)

`VpcdCard` carries a chip to any such reader: pcscd's (through the package vsmartcard-vpcd) or `VpcdReader`, which is
the reader end in our own process, so that a demo needs no daemon. A server that is forked anew for each session takes
its listening socket away and brings it back; the card finds it again by itself within `RETRY` seconds.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from kiosk.hw.device import Lost, ReaderState

log = logging.getLogger(__name__)

KIOSK_PORT = 25970  # our own in-process reader; below 32768, where the kernel takes ports for outgoing connections
PCSCD_PORT = 35963  # first slot of pcscd's virtual reader; the second is 35964

POWER_OFF, POWER_ON, RESET, ASK_ATR = b"\x00", b"\x01", b"\x02", b"\x04"

# What a card that does not answer to power sends for an ATR: longer than any can be (ISO 7816-3 §8.2). pcscd then fails
# to power it and calls it mute; an empty frame would make its driver wait for ever.
NO_ATR = bytes(34)
LONGEST_ATR = 33

RETRY = 0.2  # seconds between a card's attempts to find its reader, and a reader's to get its port
ATR_TIMEOUT = 2.0  # seconds a powered card has to say who it is
TRANSMIT_TIMEOUT = 10.0  # seconds for one answer; a real signature takes well under two


class Chip(Protocol):
    """What can be carried over the wire: anything that takes power and answers commands."""

    @property
    def atr(self) -> bytes:
        """The answer to reset; empty when the chip does not answer to power."""

    def power_on(self) -> None: ...
    def power_off(self) -> None: ...
    def reset(self) -> None: ...
    def transmit(self, apdu: bytes) -> bytes:
        """Response data and status word; empty when no answer ever comes. Raises `Pulled` when the card has gone."""


class Pulled(Exception):
    """The chip says that it has been pulled out."""


def send_frame(wire: socket.socket, payload: bytes) -> None:
    wire.sendall(struct.pack(">H", len(payload)) + payload)


def receive_frame(wire: socket.socket, within: float | None = None) -> bytes:
    """One frame. Raises EOFError when the other end has gone, TimeoutError when it is not whole within that time."""
    deadline = None if within is None else time.monotonic() + within

    def exactly(count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            if deadline is not None and (left := deadline - time.monotonic()) > 0:
                wire.settimeout(left)
            elif deadline is not None:
                raise TimeoutError
            part = wire.recv(count - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    wire.settimeout(None)
    # pcscd's driver writes length and payload apart, and its second write waits for the first one's acknowledgement,
    # which the kernel holds back for 40 ms unless told, each time anew, not to.
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    (length,) = struct.unpack(">H", exactly(2))
    return exactly(length)


class VpcdCard:
    """A chip on its way into a reader. `start` (or blocking `run`) puts it in, `close` pulls it out."""

    def __init__(self, host: str, port: int, chip: Chip) -> None:
        self._address = (host, port)
        self._chip = chip
        self._out = threading.Event()
        self._in = threading.Event()
        self._wire: socket.socket | None = None
        self._thread = threading.Thread(target=self.run, name="vpcd-card", daemon=True)

    @property
    def attached(self) -> bool:
        return self._in.is_set()

    def wait_attached(self, timeout: float | None = None) -> bool:
        """True once a reader has taken the connection."""
        return self._in.wait(timeout)

    def wait_out(self, timeout: float | None = None) -> bool:
        """True once the card has been pulled out, by `close` or by a fault of the chip."""
        return self._out.wait(timeout)

    def start(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        """Pull the card out. May be called from anywhere, more than once."""
        self._out.set()
        if wire := self._wire:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def run(self) -> None:
        """Look for the reader, serve it, look again when it has gone; return when the card is pulled out."""
        while not self._out.is_set():
            try:
                wire = socket.create_connection(self._address, timeout=ATR_TIMEOUT)
            except OSError:
                self._out.wait(RETRY)
                continue
            with wire:
                self.serve(wire)
            self._out.wait(RETRY)

    def serve(self, wire: socket.socket) -> None:
        """Be in the reader at the other end of `wire` until it goes or the card is pulled."""
        # pcscd's ports lie in the range of outgoing ports. With nobody listening TCP can connect such a port to itself,
        # and would then keep the reader from ever getting it: let go of it at once and without an after-life.
        if wire.getsockname() == wire.getpeername():
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._wire = wire
        self._in.set()
        try:
            while not self._out.is_set():
                self._answer(wire, receive_frame(wire))
        except (OSError, EOFError):
            pass  # the reader has gone: back to looking for it
        except Pulled:
            self._out.set()
        finally:
            self._in.clear()
            self._wire = None
            self._chip.power_off()

    def _answer(self, wire: socket.socket, frame: bytes) -> None:
        if frame == POWER_OFF:
            self._chip.power_off()
        elif frame == POWER_ON:
            self._chip.power_on()
        elif frame == RESET:
            self._chip.reset()
        elif frame == ASK_ATR:
            send_frame(wire, self._chip.atr or NO_ATR)
        elif answer := self._chip.transmit(frame):
            send_frame(wire, answer)


class VpcdReader:
    """Our own reader end: a `hw.device.Reader` whose slot is a TCP port. It takes one card and turns a second away."""

    def __init__(self, port: int = KIOSK_PORT, host: str = "127.0.0.1") -> None:
        self._address = (host, port)
        self._state = ReaderState.ABSENT
        self._insertion = 0
        self._card: socket.socket | None = None
        self._held: socket.socket | None = None  # the card that a connection has powered
        self._io = threading.Lock()  # one exchange at a time on the wire
        self._changed: Callable[[ReaderState], None] = lambda state: None
        self._thread = threading.Thread(target=self._watch, name="vpcd-reader", daemon=True)

    @property
    def state(self) -> ReaderState:
        return self._state

    @property
    def insertion(self) -> int:
        return self._insertion

    def start(self, changed: Callable[[ReaderState], None]) -> None:
        self._changed = changed
        self._stop, self._stopped = socket.socketpair()
        self._thread.start()

    def stop(self) -> None:
        if not self._thread.is_alive():
            return
        self._stop.close()
        if card := self._card:
            with contextlib.suppress(OSError):
                card.shutdown(socket.SHUT_RDWR)  # wakes a transmit that waits
        self._thread.join()

    def connect(self) -> VpcdConnection:
        with self._io:
            if self._card is None or self._state is not ReaderState.CARD or self._held is not None:
                raise Lost("no card at the virtual reader, or it is in use")
            try:
                powered = answer_to_power(self._card)
            except (OSError, EOFError):
                powered = False
            if not powered:
                raise Lost("the virtual card has gone")
            self._held = self._card
            return VpcdConnection(self, self._card)

    # -- the connection's side -------------------------------------------------------------------------------------

    def exchange(self, card: socket.socket, apdu: bytes) -> bytes:
        """One command over one card's wire. After a failure that wire is dead: a late answer must not meet the next."""
        with self._io:
            try:
                send_frame(card, apdu)
                return receive_frame(card, TRANSMIT_TIMEOUT)
            except (OSError, EOFError):
                with contextlib.suppress(OSError):
                    card.shutdown(socket.SHUT_RDWR)
                raise Lost("the virtual card does not answer any more") from None

    def release(self, card: socket.socket) -> None:
        with self._io:
            if self._held is card:
                self._held = None
                with contextlib.suppress(OSError):
                    send_frame(card, POWER_OFF)

    # -- the watching thread ---------------------------------------------------------------------------------------

    def _watch(self) -> None:
        with self._stopped:
            if listener := self._listen():
                with listener:
                    self._become(ReaderState.EMPTY)
                    self._watch_slot(listener)
                self._become(ReaderState.ABSENT)

    def _listen(self) -> socket.socket | None:
        """The slot, as soon as its port is free; None when stopped before."""
        complained = False
        while True:
            try:
                return socket.create_server(self._address, backlog=4)  # sets SO_REUSEADDR
            except OSError as error:
                if not complained:
                    reason = os.strerror(error.errno) if error.errno else error
                    log.warning("virtual reader: cannot listen on %s:%d: %s", *self._address, reason)
                complained = True
            if select.select([self._stopped], [], [], RETRY)[0]:
                return None

    def _watch_slot(self, listener: socket.socket) -> None:
        poll = select.poll()
        poll.register(self._stopped, select.POLLIN)
        poll.register(listener, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self._card and (self._card.fileno() in ready or self._stopped.fileno() in ready):
                poll.unregister(self._card)
                self._take_out()
            if self._stopped.fileno() in ready:
                return
            if listener.fileno() in ready:
                newcomer = listener.accept()[0]
                if self._card:
                    newcomer.close()
                    continue
                self._put_in(newcomer)
                # Only the end of the connection is waited for here; what comes over it belongs to `exchange`.
                poll.register(newcomer, select.POLLRDHUP)

    def _put_in(self, card: socket.socket) -> None:
        card.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._card = card
        self._insertion += 1
        try:
            self._become(ReaderState.CARD if answer_to_power(card) else ReaderState.MUTE)
        except TimeoutError:
            self._become(ReaderState.MUTE)
        except (OSError, EOFError):
            pass  # gone at once: the poll will say so

    def _take_out(self) -> None:
        with self._io:
            card, self._card, self._held = self._card, None, None
        if card:
            card.close()
        self._become(ReaderState.EMPTY)

    def _become(self, state: ReaderState) -> None:
        if state is not self._state:
            self._state = state
            self._changed(state)


class VpcdConnection:
    """A powered virtual card, held alone: a `hw.device.Connection`."""

    def __init__(self, reader: VpcdReader, card: socket.socket) -> None:
        self._reader = reader
        self._card: socket.socket | None = card

    def transmit(self, apdu: bytes) -> bytes:
        if self._card is None:
            raise Lost("this connection has been closed")
        return self._reader.exchange(self._card, apdu)

    def close(self) -> None:
        if card := self._card:
            self._card = None
            self._reader.release(card)


def answer_to_power(card: socket.socket) -> bool:
    """Power the card and ask for its ATR; False when what comes cannot be one."""
    send_frame(card, POWER_ON)
    send_frame(card, ASK_ATR)
    return 2 <= len(receive_frame(card, ATR_TIMEOUT)) <= LONGEST_ATR
