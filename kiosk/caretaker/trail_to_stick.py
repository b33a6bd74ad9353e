"""The trail on its way to a stick, since a supervisor wants it there: the bundle of `export.py` lies where the helper
finds it that mounts sticks (kiosk/services/provision.py), for as long as they stand before the screen and ten minutes
at most. That it was taken, the helper tells.

Of a trail that is longer than MOST_BYTES the newest segments are in it: it is made in one go, in memory, and nobody is
to wait for it. `verify` begins with whatever is the first.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.caretaker import disk
from kiosk.caretaker.export import export
from kiosk.caretaker.key import Key
from kiosk.ipc.messages import TrailStands, TrailState
from kiosk.ipc.trail_to_stick import FILE, MODE, MOST_BYTES

log = logging.getLogger("kiosk.caretaker")

WAITS_SECONDS = 600.0


class TrailToStick:
    """trail: its folder. runtime: caretaker.runtime_directory. now: monotonic seconds. For one thread."""

    def __init__(self, trail: Path, key: Key, runtime: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._trail, self._key, self._at, self._now = trail, key, runtime / FILE, now
        self._state: TrailState = "none"
        self._until = 0.0
        self._clear()  # of the start before

    @property
    def stands(self) -> TrailStands:
        return TrailStands(self._state)

    def offer(self) -> None:
        """Lay it there, for a stick that comes now."""
        try:
            export(self._trail, self._key, self._at, most_bytes=MOST_BYTES, mode=MODE)
        except OSError as error:
            log.error("%s: %s", self._at, error.strerror)
            self._end("failed")
        else:
            self._state, self._until = "waits", self._now() + WAITS_SECONDS

    def taken(self) -> None:
        """A stick has it."""
        if self._state == "waits":
            self._end("taken")

    def withdraw(self) -> None:
        """Nobody waits for it any more."""
        self._end("none")

    def turn(self) -> None:
        """To be called about once a second."""
        if self._state == "waits" and self._now() >= self._until:
            self._end("over")

    def _end(self, state: TrailState) -> None:
        self._state = state
        self._clear()

    def _clear(self) -> None:
        try:
            disk.remove(self._at)
        except OSError as error:
            log.error("%s: %s", self._at, error.strerror)
