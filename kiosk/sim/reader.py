"""The virtual card reader: the reader's end of vpcd in our own process, so that a demo needs no daemon.

Its slot is a TCP port, where a card that connects is a card put in (`vpcd.py`). One thread listens and watches for the
end of a card's connection; what comes over it belongs to the exchange that asked.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
import threading
from collections.abc import Callable

from kiosk.hw.device import Lost, ReaderState
from kiosk.sim.vpcd import ASK_ATR, KIOSK_PORT, POWER_OFF, POWER_ON, RETRY, receive_frame, send_frame

log = logging.getLogger(__name__)

LONGEST_ATR = 33  # bytes (ISO 7816-3 §8.2)
ATR_TIMEOUT = 2.0  # seconds a powered card has to say who it is
TRANSMIT_TIMEOUT = 10.0  # seconds for one answer; a real signature takes well under two


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

    @property
    def answers(self) -> bool:
        return True

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
