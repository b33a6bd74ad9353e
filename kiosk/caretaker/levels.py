"""How loud the machine is and how bright its screen: what staff have set, and what the screen's keeper says is so.

The caretaker has no power over either. It keeps what is wanted, over restarts too, and the keeper, whose sound and
screen these are, asks for it and sets it (kiosk/hw/levels.py). What the machine has not is not offered, and what nobody
has set stays as it is.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, structs

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import event
from kiosk.ipc.messages import Adjusted, LevelsStand, Percent, Role

FILE = "levels.json"  # in the state directory


class NotSet(Exception):
    """The machine has no such thing. One line."""


class State(Struct, frozen=True):
    """The file: what staff have set. None: nobody has."""

    volume: Percent | None = None
    brightness: Percent | None = None


class Levels:
    """For one thread."""

    def __init__(self, path: Path, changes: Changes) -> None:
        self._kept, self._changes = StateFile(path, State(), changes), changes
        self._are = LevelsStand()

    @property
    def stand(self) -> LevelsStand:
        wanted, are = self._kept.now, self._are
        volume = are.volume if wanted.volume is None else wanted.volume
        brightness = are.brightness if wanted.brightness is None else wanted.brightness
        return LevelsStand(None if are.volume is None else volume, None if are.brightness is None else brightness)

    def are(self, volume: Percent | None, brightness: Percent | None) -> LevelsStand:
        """As the screen's keeper finds them. Returns as they are to be."""
        self._are = LevelsStand(volume, brightness)
        return self.stand

    def set(self, staff: int, role: Role, level: Adjusted, percent: Percent) -> None:
        """Raises NotSet."""
        if getattr(self._are, level) is None:
            raise NotSet("this machine has no such thing")
        told = event("level_set", staff=staff, role=role, adjusted=level, percent=percent)
        self._changes.keep(told, self._kept.change(structs.replace(self._kept.now, **{level: percent})))

    def turn(self) -> None:
        """To be called about once a second."""
        self._kept.turn()
