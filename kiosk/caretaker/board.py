"""How everything stands, as the staff see it: each check by what was reported of it, once that lasts (`debounced.py`).

What staff have marked as seen stays seen as long as it is what it was, also when it goes and comes back within an hour.
It is to be seen again when it is something else, or was well for longer.

What stands on the board is on the disk, with the moment from which on it does, so a caretaker that is started anew says
what it said before until it is told better. What comes to stand there is told to the trail, but for a check that has an
event of its own (reader, printer, portal), and for what is well from the first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, structs

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.debounced import Debounced
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import EVENTS, Event, event
from kiosk.config.health import CHECKS, level_of
from kiosk.ipc.messages import Role, Row

FILE = "board.json"  # in the state directory
WELL_SECONDS = 3600.0  # after which what was seen is forgotten


class Shown(Struct, frozen=True):
    """since: seconds since 1970. seen: the reason that staff have seen."""

    reason: str
    since: int
    seen: str | None = None


class State(Struct, frozen=True):
    """The file: the checks by name."""

    checks: dict[str, Shown] = {}


class Board:
    """now: monotonic seconds; wall: seconds since 1970. For one thread."""

    def __init__(
        self,
        path: Path,
        changes: Changes,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._kept, self._changes, self._now, self._wall = StateFile(path, State(), changes), changes, now, wall
        known = {name: shown for name, shown in self._kept.now.checks.items() if _in_the_table(name, shown)}
        self._shown = known
        self._held = {
            name: Debounced(check, known[name].reason if name in known else None) for name, check in CHECKS.items()
        }
        self._well_since = {name: now() for name in CHECKS}

    @property
    def rows(self) -> tuple[Row, ...]:
        """In the table's order, those of which something is known."""
        return tuple(self._row(name, self._shown[name]) for name in CHECKS if name in self._shown)

    @property
    def standing(self) -> tuple[Event, ...]:
        """What was told of what stands there, once more: for who has forgotten, or was not there."""
        return tuple(event("check", check=row.check, level=row.level) for row in self.rows if row.check not in EVENTS)

    def shows(self, check: str, reason: str) -> bool:
        """It stands there as that."""
        return any((row.check, row.reason) == (check, reason) for row in self.rows)

    def latest(self, check: str) -> str | None:
        """What was reported last, shown or not; None: nothing since the start."""
        return self._held[check].latest

    def report(self, check: str, reason: str) -> None:
        """How it is. Raises KeyError for what the table does not have."""
        level_of(check, reason)
        self._held[check].report(reason, self._now())
        if self._held[check].turn(self._now()):
            self._show(check)

    def turn(self) -> None:
        """To be called about once a second."""
        self._kept.turn()
        for check, held in self._held.items():
            if held.turn(self._now()):
                self._show(check)
            elif self._forgets(check):
                self._set(check, structs.replace(self._shown[check], seen=None))

    def again(self) -> None:
        """Show what was reported last, whether it lasts or not."""
        for check, held in self._held.items():
            if held.latest is not None and held.show():
                self._show(check)

    def mark(self, staff: int, role: Role, check: str, reason: str) -> None:
        """One of the staff has seen it stand there for that reason. What has become of it since then is still to be
        seen, and what is well need not be."""
        shown = self._shown.get(check)
        if shown is None or shown.reason != reason or level_of(check, reason) == "ok":
            return
        if shown.seen != reason:
            told = event("check_seen", staff=staff, role=role, check=check)
            self._set(check, structs.replace(shown, seen=reason), told)

    def _show(self, check: str) -> None:
        reason, before = self._held[check].shown, self._shown.get(check)
        assert reason is not None
        well = level_of(check, reason) == "ok"
        seen = before.seen if before and (well or before.seen == reason) else None
        if well:
            self._well_since[check] = self._now()
        told = check not in EVENTS and (before is not None or not well)
        line = event("check", check=check, level=level_of(check, reason)) if told else None
        self._set(check, Shown(reason, int(self._wall()), seen), line)

    def _forgets(self, check: str) -> bool:
        shown = self._shown.get(check)
        if shown is None or shown.seen is None or level_of(check, shown.reason) != "ok":
            return False
        return self._now() - self._well_since[check] >= WELL_SECONDS

    def _set(self, check: str, shown: Shown, told: Event | None = None) -> None:
        self._shown = {**self._shown, check: shown}
        if told is None:
            self._kept.keep(State(self._shown))
        else:
            self._changes.keep(told, self._kept.change(State(self._shown)))

    def _row(self, check: str, shown: Shown) -> Row:
        return Row(check, level_of(check, shown.reason), shown.reason, shown.since, shown.seen == shown.reason)


def _in_the_table(check: str, shown: Shown) -> bool:
    """An older program may have known other checks, and other reasons."""
    return check in CHECKS and shown.reason in CHECKS[check].reasons
