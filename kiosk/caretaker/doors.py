"""Whether the kiosk is open. Staff close it, for a reason and, if they like, until a moment that people are told; then
it opens by itself, for that is what people were told. Without such a moment it stays closed until staff open it.

It is kept on the disk before it is acknowledged; a disk that refuses is said in the journal, and the closing then lasts
as long as the caretaker. The moment is one of the machine's clock, for so it was said.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from kiosk.caretaker.kept import Kept
from kiosk.config.events import Event, event
from kiosk.ipc.messages import ClosedFor, DoorsStand, Role

FILE = "doors.json"  # in the state directory
LONGEST_SECONDS = 366 * 24 * 3600


class NotPlanned(Exception):
    """It cannot be closed until then. One line."""


class Doors:
    """tell: into the trail. now: seconds since 1970. For one thread."""

    def __init__(self, path: Path, tell: Callable[[Event], object], now: Callable[[], float] = time.time) -> None:
        self._kept, self._tell, self._now = Kept(path, DoorsStand()), tell, now

    @property
    def stand(self) -> DoorsStand:
        return self._kept.now

    def close(self, staff: int, role: Role, reason: ClosedFor, until: int | None = None) -> None:
        """Also when it is closed already, for another reason or until another moment. Raises NotPlanned."""
        if until is not None and not self._now() < until <= self._now() + LONGEST_SECONDS:
            raise NotPlanned("the end has to be ahead, and within a year")
        self._kept.keep(DoorsStand(reason, until))
        self._tell(event("kiosk_closed", staff=staff, role=role, closed_for=reason))

    def open(self, staff: int, role: Role) -> None:
        if not self.stand.open:
            self._kept.keep(DoorsStand())
            self._tell(event("kiosk_opened", staff=staff, role=role))

    def turn(self) -> None:
        """To be called about once a second."""
        self._kept.turn()
        if self.stand.until is not None and self._now() >= self.stand.until:
            self._kept.keep(DoorsStand())
            self._tell(event("kiosk_reopened"))
