"""A trail that did not hold together stays a problem until the operator says that it was looked into: no start, no mark
of the staff's and no line behind it ends that.

The trail has both, the flaw and the word (looked_into.py), and what is so follows from its lines; here it is kept from
start to start.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from kiosk.caretaker.looked_into import WORD
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import Counts, Event

FILE = "broken.json"  # in the state directory
BROKEN = "trail_broken"


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
