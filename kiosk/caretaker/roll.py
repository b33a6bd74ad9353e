"""The paper in the printer, by what is known: when staff put in a new roll, and how many slips were printed since.

How many slips are left follows from the rolls before: one that had come to its end, or near it, gave so many. Without
such a roll nothing is said, nor once more were printed than any roll has ever given: somebody has put in a new one and
not said so. Whatever such a roll and the next gave together is kept by none. Slips come with the counts of an hour
(`hours.py`), so the number is a little behind, and never moves while the person can still be seen.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Literal

from msgspec import Struct, structs

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import event
from kiosk.ipc.messages import PaperStands, Role

FILE = "paper.json"  # in the state directory
LOW = ("near_end", "paper_end")  # what the printer says of a roll that has given what it has
ROLLS = 5  # the last ones, by which is judged


class State(Struct, frozen=True):
    """The file. low: the printer has said that this roll comes to its end. gave: slips of the last rolls that did.
    line: of the trail, counted up to it (`counters.py`). said: since this roll is there, that it could print, or that
    there was no paper; what it says before is of the roll before. refilled: so many were printed when it had paper
    again, and nobody had said that there is a new roll."""

    rolls: int = 0
    printed: int = 0
    low: bool = False
    gave: tuple[int, ...] = ()
    line: int | None = None
    said: Literal["", "ready", "paper_end"] = "ready"
    refilled: int | None = None

    @property
    def several(self) -> bool:
        """What was printed is of more than one roll."""
        return self.refilled is not None and self.printed > self.refilled


class Roll:
    """For one thread."""

    def __init__(self, path: Path, changes: Changes) -> None:
        self._kept, self._changes = StateFile(path, State(), changes), changes
        self._line = 0  # up to which there is nothing more to count; it is on the disk within a second

    @property
    def stands(self) -> PaperStands:
        state = self._kept.now
        known = state.gave and state.printed <= max(state.gave) and not state.several
        left = max(round(statistics.median(state.gave)) - state.printed, 0) if known else None
        return PaperStands(state.rolls, state.printed, left)

    def changed(self, staff: int, role: Role) -> None:
        """There is a new roll."""
        state = self._kept.now
        whole = state.low and state.printed and not state.several
        gave = (*state.gave, state.printed)[-ROLLS:] if whole else state.gave
        new = self._kept.change(State(state.rolls + 1, gave=gave, line=self._heard, said=""))
        self._changes.keep(event("paper_changed", staff=staff, role=role), new)

    def turn(self) -> None:
        """To be called about once a second: many lines do not become as many writes."""
        self._kept.turn()
        if self._heard != self._kept.now.line:
            self._kept.keep(structs.replace(self._kept.now, line=self._heard))

    def known(self, end: int) -> int:
        """The line up to which it is counted, of a trail that ends there."""
        line = end if self._heard is None else min(self._heard, end)
        self._line = 0
        if line != self._kept.now.line:
            self._kept.keep(structs.replace(self._kept.now, line=line))
        return line

    def heard(self, line: int) -> None:
        """Up to that line of the trail, which says nothing of slips."""
        self._line = max(self._line, line)

    def printed(self, slips: int, line: int) -> None:
        """So many more, as that line of the trail says."""
        if line > (self._heard or 0):
            self._kept.keep(structs.replace(self._kept.now, printed=self._kept.now.printed + slips, line=line))

    @property
    def _heard(self) -> int | None:
        line = self._kept.now.line
        return line if line is None else max(line, self._line)

    def reported(self, reason: str) -> None:
        """What the printer says (config/health.toml)."""
        state = self._kept.now
        if reason == "ready":
            refilled = state.printed if state.said == "paper_end" and state.refilled is None else state.refilled
            self._know(structs.replace(state, said="ready", refilled=refilled))
        elif reason in LOW and state.said:
            self._know(structs.replace(state, low=True, said="paper_end" if reason == "paper_end" else state.said))

    def _know(self, state: State) -> None:
        if state != self._kept.now:
            self._kept.keep(state)
