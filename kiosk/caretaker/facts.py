"""When somebody made sure of what people are told. A fact stands in a file (config/guidance.toml) with the day on which
it was confirmed; a supervisor at the screen confirms it anew, here, for the file is root's.

A confirmation is of what the fact said then, by a digest of it. A fact that says something else since is as its file
says. What was confirmed before stays beside it, the newest last; and each is an event of the trail.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, structs

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import event
from kiosk.config.file import ConfigError
from kiosk.config.guidance import Fact, Guidance, digest, overdue, reconfirmed, told
from kiosk.ipc.messages import FactRow, FactsStand, Role
from kiosk.language import dates

FILE = "facts.json"  # in the state directory


class NotConfirmed(Exception):
    """It cannot be confirmed, or not by this one. One line."""


class Confirmed(Struct, frozen=True):
    """day: Japan's. staff: who. digest: of what the fact said."""

    day: datetime.date
    staff: int
    digest: str


class State(Struct, frozen=True):
    """The file: the confirmations of each fact, by its name, the newest last."""

    facts: dict[str, tuple[Confirmed, ...]] = {}


class Facts:
    """load: the facts as the file has them now; raises ConfigError. For one thread."""

    def __init__(
        self,
        path: Path,
        changes: Changes,
        load: Callable[[], Guidance],
        today: Callable[[], datetime.date] = dates.today,
    ) -> None:
        self._kept, self._changes, self._load, self._today = StateFile(path, State(), changes), changes, load, today

    def confirmed(self, facts: Guidance) -> Guidance:
        """The facts with the days on which somebody made sure of them here."""
        newest = {name: last for name, (*_, last) in self._kept.now.facts.items()}
        return reconfirmed(facts, {(name, last.digest): last.day for name, last in newest.items()})

    @property
    def stand(self) -> FactsStand:
        """Raises NotConfirmed when the file cannot be read."""
        facts = self._read()
        late = [each.name for each in overdue(facts, self._today())]
        named = [(each.name, getattr(facts, each.name)) for each in structs.fields(facts)]
        waits = sorted(named, key=lambda each: each[1].due)
        return FactsStand(tuple(self._row(name, fact, name in late) for name, fact in waits))

    def confirm(self, staff: int, role: Role, name: str, shown: str) -> None:
        """This one has made sure of it today. shown: the digest of what they saw. Raises NotConfirmed."""
        if role != "supervisor":
            raise NotConfirmed("a supervisor confirms what people are told")
        if digest(getattr(self._read(), name)) != shown:
            raise NotConfirmed("the fact says something else now than what was shown")
        before = self._kept.now.facts
        new = Confirmed(self._today(), staff, shown)
        told = event("fact_confirmed", staff=staff, role=role, fact=name)
        self._changes.keep(told, self._kept.change(State({**before, name: (*before.get(name, ()), new)})))

    def turn(self) -> None:
        """To be called about once a second."""
        self._kept.turn()

    def _read(self) -> Guidance:
        try:
            return self.confirmed(self._load())
        except ConfigError:
            raise NotConfirmed("the facts cannot be read; kiosk check says why") from None

    def _row(self, name: str, fact: Fact, late: bool) -> FactRow:
        last = self._kept.now.facts.get(name, (None,))[-1]
        here = last is not None and (last.digest, last.day) == (digest(fact), fact.confirmed)
        by = last.staff if last is not None and here else None
        return FactRow(name, told(fact), fact.source, fact.confirmed, by, late, digest(fact))
