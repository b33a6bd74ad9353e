"""The card's end of the wire: a chip on its way into a reader, and out again.

A server that is forked anew for each session takes its listening socket away and brings it back; the card finds it
again by itself within `vpcd.RETRY` seconds.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Protocol, Self

from kiosk.sim.vpcd import ASK_ATR, POWER_OFF, POWER_ON, RESET, RETRY, receive_frame, send_frame

# What a card that does not answer to power sends for an ATR: longer than any can be (ISO 7816-3 §8.2). pcscd then fails
# to power it and calls it mute; an empty frame would make its driver wait for ever.
NO_ATR = bytes(34)

CONNECT_TIMEOUT = 2.0  # seconds for one attempt to reach the reader


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
                wire = socket.create_connection(self._address, timeout=CONNECT_TIMEOUT)
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
