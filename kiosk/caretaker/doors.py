"""Whether the kiosk is open: by the staff, and by its hours (`[opening]`).

Staff close it, for a reason and, if they like, until a moment; then it opens by itself. Without such a moment it stays
closed until staff open it. Their word goes before the hours. Where it ends outside them it ends all the same, and
people are told when the hours begin.

Outside its hours it is closed until they begin again, and gives guidance if the station wants that. Staff may open it
for the rest of the day (Japan's), or until the hours begin if they do sooner.

What staff have done is kept on the disk before it is acknowledged; a disk that refuses is said in the journal, and it
then lasts as long as the caretaker. Moments are the machine's clock's, for so they were said. What is so is also left
for the sessions to read while the caretaker is away (kiosk/ipc/doors.py, which says what follows from it).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from kiosk.caretaker import disk
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import event
from kiosk.config.kiosk import Opening
from kiosk.ipc.doors import DoorsLeft, Hour, written
from kiosk.ipc.messages import ClosedFor, DoorsStand, Moment, Role

FILE = "doors.json"  # in the state directory
OPENED_FILE = "opened.json"
LONGEST_SECONDS = 366 * 24 * 3600
READABLE = 0o644


class NotPlanned(Exception):
    """It cannot be closed until then. One line."""


class Opened(Struct, frozen=True):
    """The file: until when staff have opened it although it is outside its hours."""

    until: Moment = 0


class Doors:
    """changes: through which what staff do stands in the trail. now: seconds since 1970. opening: its hours. left:
    where others find what is so; None: there are no others. For one thread."""

    def __init__(
        self,
        path: Path,
        changes: Changes,
        now: Callable[[], float] = time.time,
        opening: Opening | None = None,
        left: Path | None = None,
    ) -> None:
        self._kept, self._changes, self._now = StateFile(path, DoorsStand(), changes), changes, now
        self._opened = StateFile(path.with_name(OPENED_FILE), Opened(), changes)
        self._opening = opening or Opening()
        self._place, self._left = left, b""
        self._leave()

    @property
    def stand(self) -> DoorsStand:
        return self._now_so.stand(self._now())

    @property
    def hour(self) -> Hour:
        """How it stands by its hours, and by who has opened it outside them."""
        return self._now_so.hour(self._now())

    def close(self, staff: int, role: Role, reason: ClosedFor, until: int | None = None) -> None:
        """Also when it is closed already, for another reason or until another moment. Raises NotPlanned."""
        if until is not None and not self._now() < until <= self._now() + LONGEST_SECONDS:
            raise NotPlanned("the end has to be ahead, and within a year")
        told = event("kiosk_closed", staff=staff, role=role, closed_for=reason)
        self._changes.keep(told, self._kept.change(DoorsStand(reason, until)))
        self._leave()

    def open(self, staff: int, role: Role) -> None:
        """Now, whatever closes it: the rest of a day that is outside the hours, too."""
        if self.stand.open:
            return
        changed = []
        if not self._kept.now.open:
            changed.append(self._kept.change(DoorsStand()))
        if self.hour == "outside":
            day_ends = self._now_so.day_ends(self._now())
            changed.append(self._opened.change(Opened(int(day_ends.timestamp()))))
        self._changes.keep(event("kiosk_opened", staff=staff, role=role), *changed)
        self._leave()

    def turn(self) -> None:
        """To be called about once a second."""
        self._kept.turn()
        self._opened.turn()
        if self._now_so.over(self._now()):
            if self.stand.open:  # and it is not outside its hours
                self._changes.keep(event("kiosk_reopened"), self._kept.change(DoorsStand()))
            else:
                self._kept.keep(DoorsStand())
        self._leave()

    @property
    def _now_so(self) -> DoorsLeft:
        return DoorsLeft(self._kept.now, self._opened.now.until, self._opening)

    def _leave(self) -> None:
        """If it is not as it was left there, or could not be. It is asked for while we are away, and nothing is lost
        by it while we are there."""
        told = written(self._now_so)
        if self._place is not None and told != self._left:
            with contextlib.suppress(OSError):
                disk.put(self._place, told, READABLE)
                self._left = told
