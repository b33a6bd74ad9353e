"""The tactile keypad: whether the one that the settings name is there, and let in.

Its keys are a keyboard's, and go to the page like any other's (static/keys.js). None of them is read here, and the
server's user may read none: among them are those of somebody's PIN. What is looked for, once a second, is the name that
udev gives the device when it is plugged in and takes away when it is pulled out (/dev/input/by-id).
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from kiosk.hw import supervise
from kiosk.hw.keyboards import shut_out

log = logging.getLogger("kiosk.keypad")

LOOK_SECONDS = 1.0


class ListedKeypad:
    """Implements `hw.device.Keypad`. device: its name, best one of /dev/input/by-id."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._present = _works(device)
        self._stopped = threading.Event()
        self._complaints = supervise.Complaints(log)

    @property
    def present(self) -> bool:
        return self._present

    def start(self, changed: Callable[[], None]) -> None:
        def look() -> None:
            while not self._stopped.wait(LOOK_SECONDS):
                if (present := _works(self._device)) is not self._present:
                    self._present = present
                    with self._complaints.survive("the listener for the keypad"):
                        changed()

        supervise.start("keypad", lambda: supervise.keep(look, self._stopped, self._complaints))

    def stop(self) -> None:
        self._stopped.set()


def _works(device: str) -> bool:
    return os.path.exists(device) and not shut_out(device)
