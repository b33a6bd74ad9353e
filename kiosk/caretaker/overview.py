"""What is asked about: board, doors, paper, levels, counters, facts, reports, what has been sent to a prefecture, which
version runs, and how often the machine was started; each a file of its own here.

What only a long-lived process can judge is looked at here (`gather.py`), once a minute and whenever staff say so. A
speaker of whom nothing is heard is reported as silent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from kiosk.caretaker import (
    board,
    boots,
    broken,
    clock,
    counters,
    doors,
    facts,
    ledger,
    levels,
    readiness,
    roll,
    upload_progress,
    versions,
)
from kiosk.caretaker.board import Board
from kiosk.caretaker.boots import Boots
from kiosk.caretaker.broken import Broken
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.clock import Clock
from kiosk.caretaker.counters import Counters
from kiosk.caretaker.doors import Doors
from kiosk.caretaker.facts import Facts
from kiosk.caretaker.identity import Identity
from kiosk.caretaker.levels import Levels
from kiosk.caretaker.readiness import Reports, Stands
from kiosk.caretaker.roll import Roll
from kiosk.caretaker.trail import FOLDER as TRAIL
from kiosk.caretaker.upload_progress import UploadProgress
from kiosk.caretaker.versions import Versions
from kiosk.config.events import Counts, Event, Speaker
from kiosk.config.guidance import Guidance
from kiosk.config.kiosk import Opening
from kiosk.ipc.messages import Part, PrintsStand, Reported, Role, Verdict

LOOK_SECONDS = 60.0
SILENT_SECONDS = 45.0  # a session reports every ten, the screen's keeper as well

Looked = Iterable[tuple[str, str]]  # checks, and the reasons found


class Overview:
    """state: the state directory. changes: through which it stands in the trail what is done here. load: the facts
    that people are told, as their file has them; it raises ConfigError. identity: what runs here. look: at the machine;
    again: staff have asked for it. opening: the kiosk's hours. left: where others find how the doors stand while the
    caretaker is away. silent: hears each second of a speaker that is. wanted: the version that the settings ask for.
    now: monotonic seconds; wall: seconds since 1970. For one thread."""

    def __init__(
        self,
        state: Path,
        changes: Changes,
        load: Callable[[], Guidance],
        identity: Callable[[], Identity],
        look: Callable[[bool], Looked] = lambda again: (),
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        opening: Opening | None = None,
        left: Path | None = None,
        silent: Callable[[Speaker], object] = lambda _speaker: None,
        wanted: str | None = None,
    ) -> None:
        self._look, self._silent, self._now, self._wall = look, silent, now, wall
        self._changes, self._trail = changes, state / TRAIL
        self.board = Board(state / board.FILE, changes, now, wall)
        self.broken = Broken(state / broken.FILE, stood=self.board.shows("trail", "broken"))
        self.doors = Doors(state / doors.FILE, changes, wall, opening, left)
        self._clock = Clock(state / clock.FILE)
        self.roll = Roll(state / roll.FILE, changes)
        self.counters = Counters(state / counters.FILE)
        self.levels = Levels(state / levels.FILE, changes)
        self.upload_progress = UploadProgress(state / upload_progress.FILE)
        self.boots = Boots(state / boots.FILE)
        self.versions = Versions(state / versions.FILE, wanted, now=now)
        self.facts = Facts(state / facts.FILE, changes, load)
        self._reports = Reports(state / readiness.FOLDER, changes, identity, now=wall)
        self._heard: dict[Speaker, float] = {"server": now()}  # the screen's keeper once it has spoken
        if any(row.check == "browser" for row in self.board.rows):
            self._heard["browser"] = now()  # it has spoken before this start, and is missed if it does not again
        self._looks_from = now()

    def hears(self, speaker: Speaker) -> None:
        self._heard[speaker] = self._now()

    def report(self, check: str, reason: str) -> None:
        """What somebody else has judged."""
        self.board.report(check, reason)
        if check == "printer":
            self.roll.reported(reason)
        if check == "clock":
            self._clock.portal_says(reason == "right", self._wall(), self._now())

    @property
    def prints(self) -> PrintsStand:
        """What has become of the last print jobs."""
        return PrintsStand(ledger.newest(self._trail))

    def known(self, end: int) -> int:
        """The line of the trail up to which all of it has been heard here. end: its last."""
        return min(self.counters.known(end), self.roll.known(end))

    def written(self, told: Event | Counts, line: int) -> None:
        """What stands in the trail now, in that line."""
        self.counters.add(told, line)
        self.broken.written(told)
        if isinstance(told, Counts) and told.name == "slip":
            self.roll.printed(told.by["printed"].get("printed", 0), line)
        self.roll.heard(line)

    def again(self) -> None:
        """Look, and show what is found without waiting whether it lasts."""
        self._gather(again=True)
        self.board.again()

    def confirm(self, staff: int, role: Role, fact: str, digest: str) -> None:
        """A fact that people are told. The board shows at once what has become of it. Raises NotConfirmed."""
        self.facts.confirm(staff, role, fact, digest)
        self._gather()

    def report_readiness(
        self, staff: int, role: Role, tried: Mapping[Part, Verdict | None], anchor: tuple[int, str]
    ) -> Reported:
        """How everything stands now, and what was said of it. anchor: the trail's. Raises NotReported."""
        rows, stand, paper = self.board.rows, self.doors.stand, self.roll.stands
        return self._reports.make(staff, role, tried, Stands(rows, stand, paper, self.counters.counted, *anchor))

    def turn(self) -> None:
        """To be called about once a second."""
        if self._now() >= self._looks_from:
            self._looks_from = self._now() + LOOK_SECONDS
            self._gather()
        set_back = self._clock.look(self._wall())
        self.board.report("clock_set", "set_back" if set_back else "onward")
        self.board.report("opening", self.doors.hour)
        self._listen()
        self.board.turn()
        self.broken.turn()
        self.doors.turn()
        self.roll.turn()
        self.counters.turn()
        self.facts.turn()
        self.levels.turn()
        self.upload_progress.turn()
        self.boots.turn()
        self.versions.turn(self.board.rows)
        self._changes.turn()
        self._reports.turn()

    def stop(self) -> None:
        self.counters.turn()
        self.roll.turn()
        self._clock.stop()

    def _gather(self, again: bool = False) -> None:
        for check, reason in self._look(again):
            self.board.report(check, reason)

    def _listen(self) -> None:
        silent = {speaker for speaker, at in self._heard.items() if self._now() - at >= SILENT_SECONDS}
        for speaker in silent:
            self._silent(speaker)
        self.board.report("server", "silent" if "server" in silent else "alive")
        if "browser" in silent:
            self.board.report("browser", "silent")
