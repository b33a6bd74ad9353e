"""The wire between a virtual card and a virtual card reader: what both ends know of it.

Theory of operation. vpcd is the protocol of vsmartcard: the *reader* listens on TCP, the *card* connects, and being
connected is being inserted. Either side sends frames of a two-byte big-endian length and that many bytes. From reader
to card a frame of one byte is a control (power off, power on, reset, ask for the ATR; only the last is answered), any
longer one a command APDU; from card to reader comes the ATR or a response APDU. (Protocol: vsmartcard's documentation
"Creating a virtual smart card"; my-number-card.md §6.)

The card's end is `card/wire.py`; it goes into any such reader: pcscd's (through the package vsmartcard-vpcd) or our own
in `reader.py`.
"""

from __future__ import annotations

import socket
import struct
import time

KIOSK_PORT = 25970  # our own in-process reader; below 32768, where the kernel takes ports for outgoing connections
PCSCD_PORT = 35963  # first slot of pcscd's virtual reader; the second is 35964

POWER_OFF, POWER_ON, RESET, ASK_ATR = b"\x00", b"\x01", b"\x02", b"\x04"

RETRY = 0.2  # seconds between a card's attempts to find its reader, and a reader's to get its port


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
