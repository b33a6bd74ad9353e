"""A contact of its own on the cabinet: the bell that calls the staff, or the receiver of a hand-held remote.

Either is a switch behind a keyboard's encoder, like the USB switch interfaces of people with motor disabilities: an
input device whose key, whichever it is, goes down (EV_KEY, value 1) when the contact closes. So which key its maker
chose need not be known, a contact that is held counts once (a repeat has the value 2), and the kernel says when the
device was pulled out. A contact on a serial line's CTS could not: open is what a cable that is not there says, too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.hw.evdev import EV_KEY, InputDevice

log = logging.getLogger("kiosk.button")

DOWN = 1


class InputButton:
    """Implements `hw.device.Button`. device: its path. name: what it is, for the log."""

    def __init__(self, device: str, name: str) -> None:
        self._device = InputDevice(device, log, f"the {name} is not heard")
        self._name = name
        self._present = False

    @property
    def present(self) -> bool:
        return self._present

    def start(self, pressed: Callable[[], None], changed: Callable[[], None]) -> None:
        def told(_device: int, kind: int, _code: int, value: int) -> None:
            if (kind, value) == (EV_KEY, DOWN):
                with self._device.complaints.survive(f"the listener for the {self._name}"):
                    pressed()

        self._device.start(self._name, lambda _device: self._is(True, changed), told, lambda: self._is(False, changed))

    def stop(self) -> None:
        self._device.stop()

    def _is(self, present: bool, changed: Callable[[], None]) -> None:
        if present is not self._present:
            self._present = present
            with self._device.complaints.survive(f"the listener for the {self._name}"):
                changed()
