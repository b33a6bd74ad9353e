"""An input device, as Linux tells of it: events of 24 bytes each (struct input_event, linux/input.h).

A socket's switch and a button of its own are both such a device; what an event means is known to whoever reads it
(`jack.py`, `button.py`). A device that is away, or hurts, is looked for again (`supervise.keep`), and whoever reads
hears that it has gone. It is read and never held: that nobody else takes its keys for typing, udev says (docs/aids.md).

What stands in for a device is a pipe with the same bytes; it ends where a kernel would say ENODEV.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import struct
import threading
from collections.abc import Callable

from kiosk.hw import supervise

EVENT = struct.Struct("@llHHi")  # struct input_event: seconds, microseconds, type, code, value
EV_SYN, EV_KEY, EV_SW = 0x00, 0x01, 0x05
SYN_DROPPED = 0x03  # the kernel had no room for more: ask anew
LOOK_AGAIN_SECONDS = 2.0


class InputDevice:
    """path: best one of /dev/input/by-path or by-id, which stay. without: what is not so while it is away, for the
    log."""

    def __init__(self, path: str, log: logging.Logger, without: str) -> None:
        self.complaints = supervise.Complaints(log)
        self._path, self._without = path, without
        self._stopped = threading.Event()
        self._wake, self._woken = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def start(
        self,
        name: str,
        there: Callable[[int], object],
        told: Callable[[int, int, int, int], object],
        gone: Callable[[], object],
    ) -> None:
        """Begin to watch, in a thread of this name, from which all are called: `there` with the open device whenever
        it has come, `told` with it and type, code and value of each event, `gone` when it is away or cannot be read."""

        def watch() -> None:
            supervise.keep(
                lambda: self._watch(there, told),
                self._stopped,
                self.complaints,
                failed=gone,
                words=lambda error: f"{self._path}: {_words(error)}; {self._without}",
                pauses=(LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS),
            )

        supervise.start(name, watch)

    def stop(self) -> None:
        self._stopped.set()
        os.write(self._woken, b"\0")

    def _watch(self, there: Callable[[int], object], told: Callable[[int, int, int, int], object]) -> None:
        """Until the device is gone: OSError."""
        device = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            there(device)
            while not self._stopped.is_set():
                select.select([device, self._wake], [], [])
                if self._stopped.is_set():
                    return
                events = os.read(device, EVENT.size * 64)
                if not events:  # the end of what stands in for a device
                    raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
                for _seconds, _microseconds, kind, code, value in EVENT.iter_unpack(events):
                    told(device, kind, code, value)
        finally:
            os.close(device)


def _words(error: Exception) -> str:
    return str(error.strerror) if isinstance(error, OSError) else supervise.where(error)
