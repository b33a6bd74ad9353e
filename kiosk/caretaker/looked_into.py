"""A trail that did not hold together stays a problem until the operator says that it was looked into: no start, no mark
of the staff's and no line behind it ends that.

The trail has both, the flaw and the word, and what is so follows from its lines; here it is kept from start to start.
The word comes from root, or in a signed file that provisioning has put beside the settings, told once for each file.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.provisioned import provisioned
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import Counts, Event, event
from kiosk.ipc import looked_into
from kiosk.ipc.looked_into import LookedInto

FILE = "broken.json"  # in the state directory
BROKEN, WORD = "trail_broken", "trail_looked_into"


class State(Struct, frozen=True):
    """The file."""

    broken: bool = False


class Broken:
    """stood: it is so where there is no file yet. For one thread."""

    def __init__(self, path: Path, stood: bool) -> None:
        self._kept = StateFile(path, State(stood))

    @property
    def stands(self) -> bool:
        return self._kept.now.broken

    def written(self, told: Event | Counts) -> None:
        """What stands in the trail now, in its order."""
        if told.name in (BROKEN, WORD) and self.stands != (told.name == BROKEN):
            self._kept.keep(State(told.name == BROKEN))

    def turn(self) -> None:
        """To be called about once a second."""
        self._kept.turn()


def tell(path: Path, state: Path, changes: Changes) -> None:
    """path: of what provisioning has put there; nothing when nothing has. Never raises for a file."""
    word = provisioned(path, LookedInto, "nobody has looked into anything")
    if word is None:
        return
    told = StateFile(state / looked_into.FILE, LookedInto(), changes)
    if word != told.now:
        changes.keep(event(WORD), told.change(word))
