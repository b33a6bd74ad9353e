"""Whether the kiosk is open: by the staff, and by its hours (`[opening]`).

Staff close it, for a reason and, if they like, until a moment that people are told; then it opens by itself, for that
is what people were told. Without such a moment it stays closed until staff open it. Their word goes before the hours.

Outside its hours it is closed until they begin again, and gives guidance if the station wants that. Staff may open it
for the rest of the day (Japan's), or until the hours begin if they do sooner.

What staff have done is kept on the disk before it is acknowledged; a disk that refuses is said in the journal, and it
then lasts as long as the caretaker. Moments are the machine's clock's, for so they were said.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from msgspec import Struct

from kiosk.caretaker.kept import Kept
from kiosk.config.events import Event, event
from kiosk.config.kiosk import Opening
from kiosk.ipc.messages import ClosedFor, DoorsStand, Moment, Role
from kiosk.language import dates

FILE = "doors.json"  # in the state directory
OPENED_FILE = "opened.json"
LONGEST_SECONDS = 366 * 24 * 3600

Hour = Literal["always", "within", "outside", "opened"]  # what config/health.toml says of the hours


class NotPlanned(Exception):
    """It cannot be closed until then. One line."""


class Opened(Struct, frozen=True):
    """The file: until when staff have opened it although it is outside its hours."""

    until: Moment = 0


class Doors:
    """tell: into the trail. now: seconds since 1970. opening: its hours. For one thread."""

    def __init__(
        self,
        path: Path,
        tell: Callable[[Event], object],
        now: Callable[[], float] = time.time,
        opening: Opening | None = None,
    ) -> None:
        self._kept, self._tell, self._now = Kept(path, DoorsStand()), tell, now
        self._opened = Kept(path.with_name(OPENED_FILE), Opened())
        self._opening = opening or Opening()

    @property
    def stand(self) -> DoorsStand:
        if self._kept.now.open and self.hour == "outside":
            opens = self._opens()
            until = None if opens is None else int(opens.timestamp())
            return DoorsStand("hours", until, guidance=self._opening.guidance)
        return self._kept.now

    @property
    def hour(self) -> Hour:
        """How it stands by its hours, and by who has opened it outside them."""
        if self._opening.hours is None:
            return "always"
        if self._opening.hours.open_at(self._moment):
            return "within"
        return "opened" if self._now() < self._opened.now.until else "outside"

    def close(self, staff: int, role: Role, reason: ClosedFor, until: int | None = None) -> None:
        """Also when it is closed already, for another reason or until another moment. Raises NotPlanned."""
        if until is not None and not self._now() < until <= self._now() + LONGEST_SECONDS:
            raise NotPlanned("the end has to be ahead, and within a year")
        self._kept.keep(DoorsStand(reason, until))
        self._tell(event("kiosk_closed", staff=staff, role=role, closed_for=reason))

    def open(self, staff: int, role: Role) -> None:
        """Now, whatever closes it: the rest of a day that is outside the hours, too."""
        if self.stand.open:
            return
        if not self._kept.now.open:
            self._kept.keep(DoorsStand())
        if self.hour == "outside":
            midnight = self._moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(1)
            until = min(filter(None, (midnight, self._opens())))
            self._opened.keep(Opened(int(until.timestamp())))
        self._tell(event("kiosk_opened", staff=staff, role=role))

    def turn(self) -> None:
        """To be called about once a second."""
        self._kept.turn()
        self._opened.turn()
        until = self._kept.now.until
        if until is not None and self._now() >= until:
            self._kept.keep(DoorsStand())
            if self.stand.open:  # and it is not outside its hours
                self._tell(event("kiosk_reopened"))

    @property
    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self._now(), dates.JST)

    def _opens(self) -> datetime | None:
        """When the hours begin again."""
        return None if self._opening.hours is None else self._opening.hours.next_opening(self._moment)
