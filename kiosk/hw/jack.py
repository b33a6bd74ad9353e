"""The headphone socket, as Linux tells of it: a switch of an input device (linux/input.h).

Most sound chips report a plug as SW_HEADPHONE_INSERT on a device of its own, "… Headphone" in
/proc/bus/input/devices. What is read are its events, 24 bytes each; what it was before is asked once by ioctl. A
device that is away, or hurts, is looked for again (`supervise.keep`), and counts as a socket with nothing in it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import logging
import os
import select
import struct
import threading
from collections.abc import Callable

from kiosk.hw import supervise

log = logging.getLogger("kiosk.jack")

EVENT = struct.Struct("@llHHi")  # struct input_event: seconds, microseconds, type, code, value
EV_SYN, EV_SW = 0x00, 0x05
SYN_DROPPED = 0x03  # the kernel had no room for more: ask anew
SW_HEADPHONE_INSERT = 0x02
EVIOCGSW = 2 << 30 | 1 << 16 | ord("E") << 8 | 0x1B  # the state of the first eight switches, in one byte
LOOK_AGAIN_SECONDS = 2.0


class InputJack:
    """Implements `hw.device.Jack`. device: its path, best one of /dev/input/by-path."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._plugged = False
        self._stopped = threading.Event()
        self._complaints = supervise.Complaints(log)
        self._wake, self._woken = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    @property
    def plugged(self) -> bool:
        return self._plugged

    def start(self, changed: Callable[[bool], None]) -> None:
        def watch() -> None:
            supervise.keep(
                lambda: self._watch(changed),
                self._stopped,
                self._complaints,
                failed=lambda: self._say(False, changed),
                words=lambda error: f"{self._device}: {_words(error)}; headphones are not noticed",
                pauses=(LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS),
            )

        supervise.start("jack", watch)

    def stop(self) -> None:
        self._stopped.set()
        os.write(self._woken, b"\0")

    def _watch(self, changed: Callable[[bool], None]) -> None:
        """Until the device is gone: OSError. What is in already was plugged in by somebody before: known, no news."""
        device = os.open(self._device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            self._plugged = _state(device)
            while not self._stopped.is_set():
                select.select([device, self._wake], [], [])
                if not self._stopped.is_set():
                    self._read(device, changed)
        finally:
            os.close(device)

    def _read(self, device: int, changed: Callable[[bool], None]) -> None:
        events = os.read(device, EVENT.size * 64)
        if not events:  # the end of what stands in for a device
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        for _seconds, _microseconds, kind, code, value in EVENT.iter_unpack(events):
            if (kind, code) == (EV_SW, SW_HEADPHONE_INSERT):
                self._say(value != 0, changed)
            elif (kind, code) == (EV_SYN, SYN_DROPPED):
                self._say(_state(device), changed)

    def _say(self, plugged: bool, changed: Callable[[bool], None]) -> None:
        if plugged != self._plugged:
            self._plugged = plugged
            with self._complaints.survive("the listener for headphones"):  # the watch must outlive it
                changed(plugged)


def _state(device: int) -> bool:
    """Whether something is plugged in now. A stand-in (a pipe) cannot be asked, and begins empty."""
    switches = ctypes.create_string_buffer(1)
    try:
        fcntl.ioctl(device, EVIOCGSW, switches)
    except OSError:
        return False
    return bool(switches.raw[0] & 1 << SW_HEADPHONE_INSERT)


def _words(error: Exception) -> str:
    return str(error.strerror) if isinstance(error, OSError) else supervise.where(error)
