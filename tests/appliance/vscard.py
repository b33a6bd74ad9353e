"""A card in the reader of a QEMU machine: the host's end of the protocol that `ccid-card-passthru` speaks.

Theory of operation. QEMU listens on a socket; whoever connects is the card's end. Both send messages of a header (type,
reader, length; each 32 bits, big-endian) and that many bytes. Ours says Init (the letters VSCD, the protocol's version,
no capabilities), then ReaderAdd. ATR puts a card in, CardRemove pulls it out, and every APDU from the guest wants one
in return. (libcacard's vscard_common.h; QEMU's hw/usb/ccid-card-passthru.c.) That the socket closes is no pulled card:
the guest would wait for an answer for ever. Power and resets are the reader's own and do not reach the card: it is
powered when it is put in. The reader speaks T=0 with commands of 256 bytes at most.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from pathlib import Path

from kiosk.sim.card.wire import Chip
from tests.appliance.wire import exactly

INIT, ERROR, READER_ADD, READER_REMOVE, ATR, CARD_REMOVE, APDU = range(1, 8)
MAGIC, VERSION, NO_CAPABILITIES = b"VSCD", 2, 0
HEADER = struct.Struct(">III")
READER, NO_READER = 0, 0xFFFF_FFFF


class Slot:
    """The reader's slot. place: the socket of the chardev. It answers in a thread of its own until `close`."""

    def __init__(self, place: Path) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(place))
        self._chip: Chip | None = None
        self.is_a_readers()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def is_a_readers(self) -> None:
        """Say so, to the reader that is there now: one that was plugged in anew has not heard it."""
        self._say(INIT, MAGIC + struct.pack(">II", VERSION, NO_CAPABILITIES), NO_READER)
        self._say(READER_ADD)

    def put_in(self, chip: Chip) -> None:
        chip.power_on()
        self._chip = chip
        self._say(ATR, chip.atr)

    def take_out(self) -> None:
        if self._chip is not None:
            self._say(CARD_REMOVE)
            self.is_without_power()

    def is_without_power(self) -> None:
        """The reader is unplugged, and the card in it, if there is one, with it."""
        if self._chip is not None:
            self._chip.power_off()
            self._chip = None

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._line.close()

    def _say(self, kind: int, content: bytes = b"", reader: int = READER) -> None:
        self._line.sendall(HEADER.pack(kind, reader, len(content)) + content)

    def _serve(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                kind, _, length = HEADER.unpack(exactly(self._line, HEADER.size))
                content = exactly(self._line, length)
                if kind == APDU and (chip := self._chip) is not None:
                    said = chip.transmit(content)
                    if chip is self._chip:  # it has not been pulled out over it
                        self._say(APDU, said)
