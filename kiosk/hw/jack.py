"""The headphone socket, as Linux tells of it: a switch of an input device (linux/input.h).

Most sound chips report a plug as SW_HEADPHONE_INSERT on a device of its own, "… Headphone" in
/proc/bus/input/devices. What is read are its events, 24 bytes each; what it was before is asked once by ioctl. A
device that is away is looked for again, and counts as a socket with nothing in it.
"""

from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import select
import struct
import threading
from collections.abc import Callable

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
        self._wake, self._woken = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    @property
    def plugged(self) -> bool:
        return self._plugged

    def start(self, changed: Callable[[bool], None]) -> None:
        threading.Thread(target=self._watch, args=(changed,), name="jack", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        os.write(self._woken, b"\0")

    def _watch(self, changed: Callable[[bool], None]) -> None:
        told = False
        while not self._stopped.is_set():
            try:
                device = os.open(self._device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                if not told:
                    log.warning("%s: %s; headphones are not noticed", self._device, error.strerror)
                told = True
            else:
                told = False
                try:
                    self._follow(device, changed)
                except OSError as error:
                    log.warning("%s: %s; it is looked for again", self._device, error.strerror)
                finally:
                    os.close(device)
                self._say(False, changed)
            self._stopped.wait(LOOK_AGAIN_SECONDS)

    def _follow(self, device: int, changed: Callable[[bool], None]) -> None:
        """Until the device is gone (OSError, or the end of what stands in for one). What is in already was plugged in
        by somebody before: known, but no news."""
        self._plugged = _state(device)
        while not self._stopped.is_set():
            select.select([device, self._wake], [], [])
            if self._stopped.is_set():
                return
            events = os.read(device, EVENT.size * 64)
            if not events:
                return
            for _seconds, _microseconds, kind, code, value in EVENT.iter_unpack(events):
                if (kind, code) == (EV_SW, SW_HEADPHONE_INSERT):
                    self._say(value != 0, changed)
                elif (kind, code) == (EV_SYN, SYN_DROPPED):
                    self._say(_state(device), changed)

    def _say(self, plugged: bool, changed: Callable[[bool], None]) -> None:
        if plugged != self._plugged:
            self._plugged = plugged
            changed(plugged)


def _state(device: int) -> bool:
    """Whether something is plugged in now. A stand-in (a pipe) cannot be asked, and begins empty."""
    switches = ctypes.create_string_buffer(1)
    try:
        fcntl.ioctl(device, EVIOCGSW, switches)
    except OSError:
        return False
    return bool(switches.raw[0] & 1 << SW_HEADPHONE_INSERT)
