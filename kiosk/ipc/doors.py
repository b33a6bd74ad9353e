"""Whether the kiosk is open: by what staff have done, and by its hours. And where the caretaker leaves that for others,
to be read while it is away.

It is a file in the caretaker's runtime directory, in memory: it outlives the caretaker, the server and every session,
whichever of them is killed or started again. Hours go on by it. After a start of the machine there is none until the
caretaker has come: then nobody knows whether staff have closed the kiosk, and it gives guidance only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, structs

from kiosk.config.file import read_hours, write_hours
from kiosk.config.kiosk import Opening
from kiosk.ipc.messages import DoorsStand, Moment
from kiosk.language import dates

FILE = "doors_left.json"  # in caretaker.runtime_directory
UNKNOWN = DoorsStand(guidance=True)

Hour = Literal["always", "within", "outside", "opened"]  # what config/health.toml says of the hours


class DoorsLeft(Struct, frozen=True):
    """by_staff: as they have left it. opened: until when they have opened it although it is outside its hours."""

    by_staff: DoorsStand = DoorsStand()
    opened: Moment = 0
    opening: Opening = Opening()

    def hour(self, now: float) -> Hour:
        """How it stands by its hours, and by who has opened it outside them. now: seconds since 1970."""
        if self.opening.hours is None:
            return "always"
        if self.opening.hours.open_at(datetime.fromtimestamp(now, dates.JST)):
            return "within"
        return "opened" if now < self.opened else "outside"

    def stand(self, now: float) -> DoorsStand:
        """The word of the staff goes before the hours, and lasts as long as they said. Told is when it opens, which is
        not before its hours begin."""
        if not self.by_staff.open and not self.over(now):
            return structs.replace(self.by_staff, until=self._opens(self.by_staff.until))
        if self.hour(now) != "outside":
            return DoorsStand()
        begins = self.begins(now)
        return DoorsStand("hours", None if begins is None else int(begins.timestamp()), guidance=self.opening.guidance)

    def over(self, now: float) -> bool:
        """The moment has come until which staff have closed it."""
        return self.by_staff.until is not None and now >= self.by_staff.until

    def opens(self, end: datetime) -> datetime | None:
        """When it is open again, if staff close it until `end`: then, or when its hours begin. None: it never is."""
        return end if self.hour(end.timestamp()) != "outside" else self.begins(end.timestamp())

    def begins(self, now: float) -> datetime | None:
        """When the hours begin again."""
        hours = self.opening.hours
        return None if hours is None else hours.next_opening(datetime.fromtimestamp(now, dates.JST))

    def day_ends(self, now: float) -> datetime:
        """The end of this day, which is Japan's; or when the hours begin, if they do sooner."""
        moment = datetime.fromtimestamp(now, dates.JST)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(1)
        return min(filter(None, (midnight, self.begins(now))))

    def _opens(self, end: Moment | None) -> Moment | None:
        opens = None if end is None else self.opens(datetime.fromtimestamp(end, dates.JST))
        return None if opens is None else int(opens.timestamp())


def written(doors: DoorsLeft) -> bytes:
    return msgspec.json.encode(doors, enc_hook=write_hours)


def left(runtime: Path) -> DoorsLeft | None:
    """What the caretaker has left; None: nothing that can be read."""
    try:
        return msgspec.json.decode((runtime / FILE).read_bytes(), type=DoorsLeft, dec_hook=read_hours)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None
