"""The headphone socket, as Linux tells of it: a switch of an input device (linux/input.h).

Most sound chips report a plug as SW_HEADPHONE_INSERT on a device of its own, "… Headphone" in
/proc/bus/input/devices. What it was before is asked once by ioctl. A device that is away (`evdev.py`) counts as a
socket with nothing in it.
"""

from __future__ import annotations

import ctypes
import fcntl
import logging
from collections.abc import Callable

from kiosk.hw.evdev import EV_SW, EV_SYN, SYN_DROPPED, InputDevice

log = logging.getLogger("kiosk.jack")

SW_HEADPHONE_INSERT = 0x02
EVIOCGSW = 2 << 30 | 1 << 16 | ord("E") << 8 | 0x1B  # the state of the first eight switches, in one byte


class InputJack:
    """Implements `hw.device.Jack`. device: its path, best one of /dev/input/by-path."""

    def __init__(self, device: str) -> None:
        self._device = InputDevice(device, log, "headphones are not noticed")
        self._plugged = False

    @property
    def plugged(self) -> bool:
        return self._plugged

    def start(self, changed: Callable[[bool], None]) -> None:
        def there(device: int) -> None:
            """What is in already was plugged in by somebody before: known, no news."""
            self._plugged = _state(device)

        def told(device: int, kind: int, code: int, value: int) -> None:
            if (kind, code) == (EV_SW, SW_HEADPHONE_INSERT):
                self._say(value != 0, changed)
            elif (kind, code) == (EV_SYN, SYN_DROPPED):
                self._say(_state(device), changed)

        self._device.start("jack", there, told, lambda: self._say(False, changed))

    def stop(self) -> None:
        self._device.stop()

    def _say(self, plugged: bool, changed: Callable[[bool], None]) -> None:
        if plugged != self._plugged:
            self._plugged = plugged
            with self._device.complaints.survive("the listener for headphones"):  # the watch must outlive it
                changed(plugged)


def _state(device: int) -> bool:
    """Whether something is plugged in now. A stand-in (a pipe) cannot be asked, and begins empty."""
    switches = ctypes.create_string_buffer(1)
    try:
        fcntl.ioctl(device, EVIOCGSW, switches)
    except OSError:
        return False
    return bool(switches.raw[0] & 1 << SW_HEADPHONE_INSERT)
