"""A change that stands in the trail: what is so from now on, and the line that says so; both, or neither.

Staff's acts change a file (whether the kiosk is open, who has an account) and leave a line. These are two writes, and
the power can go between them. So what is to be done is written down first, whole, as a redo log has it:

    1. redo.json: the files as they are to be, the lines, and behind which line of the trail those will stand
    2. the files
    3. the lines
    4. redo.json is removed

A start that finds redo.json does what is left of it: the files before anybody reads them, and the lines that do not
stand in the trail yet. Cut off before the first step nothing has happened, and behind it nothing is missing. Files that
the disk does not take then are so from now on all the same: whoever reads one here has it as it is to be, whoever
writes one changes what is to be, and the disk is tried again, less and less often; until it has taken all of them, no
other change is begun (`settle`).

A disk that does not take it is the caller's to bear. `write` raises, and has done and told nothing. `keep` goes on in
memory, as everything of the caretaker's does that officers wait for (`state_file.py`).
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Raw, Struct

from kiosk.caretaker import disk
from kiosk.caretaker.state_file import Change
from kiosk.config.events import Event, NotAnEvent, decode

log = logging.getLogger("kiosk.caretaker")

FILE = "redo.json"  # in the state directory
FIRST_SECONDS, LONGEST_SECONDS = 1.0, 60.0  # between two tries of what the disk did not take at the start


class Redo(Struct, frozen=True, forbid_unknown_fields=True):
    """The file. files: by their names in the state directory. behind: the number of the trail's last line then; None:
    nobody knew."""

    files: dict[str, bytes]
    told: tuple[Raw, ...]
    behind: int | None

    def __repr__(self) -> str:
        return f"<Redo of {len(self.files)}>"


class Lines(Protocol):
    """The trail, as far as it is needed here (`record.py`)."""

    @property
    def end(self) -> int | None:
        """The number of its last line; None: it is not known now."""

    def tell(self, told: Event) -> object: ...

    def owe(self, told: Sequence[Event], behind: int | None) -> None:
        """Have those written of these that do not stand behind that line."""


class Changes:
    """state: the state directory, whose files nobody has read yet. now: monotonic seconds. For one thread."""

    def __init__(self, lines: Lines, state: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._lines, self._state, self._now = lines, state, now
        self._owed: tuple[list[Event], int | None] | None = None  # of the start before
        self._undone: dict[Path, bytes] = {}  # which the disk did not take at the start
        self._written = b""  # the file, while there is something undone
        self._pause, self._again = FIRST_SECONDS, now()
        self._left = False  # the file is there, and has to go
        self._redo()

    def read(self, path: Path) -> bytes:
        """What is so of a file. Raises OSError."""
        return self._undone[path] if path in self._undone else path.read_bytes()

    def put(self, path: Path, data: bytes) -> None:
        """This file has this content from now on, and no line says so. Raises OSError."""
        if path in self._undone:
            self._undone[path] = data
        else:
            disk.put(path, data)

    def tell(self, told: Event) -> None:
        """That something has happened, and nothing has changed."""
        self._lines.tell(told)

    def write(self, files: Mapping[Path, bytes], *told: Event) -> None:
        """These files have this content from now on, and the trail says so. Raises OSError; then neither is so."""
        self._put(files, told)
        self._say(told)

    def keep(self, told: Event, *changes: Change) -> None:
        """This is so from now on, and the trail says so. Never raises."""
        try:
            self._put({each.path: each.data for each in changes}, (told,))
        except OSError:
            for each in changes:
                each.keep()  # it says what is wrong with the disk, and tries again
        else:
            for each in changes:
                each.stands()
        self._say((told,))

    def turn(self) -> None:
        """To be called about once a second: what is left of the start before, and of what could not be removed."""
        self._owe()
        if self._undone and self._now() >= self._again:
            with contextlib.suppress(OSError):
                self.settle()
            self._again, self._pause = self._now() + self._pause, min(self._pause * 2, LONGEST_SECONDS)
        if self._left:
            self._remove()

    def settle(self) -> None:
        """What the disk did not take at the start, it takes now. Raises OSError: it does not."""
        if not self._undone:
            return
        self._owe()
        # As it is now: a power cut in what follows is not to bring back what has been changed since.
        data = self._encoded(self._undone, (), None)
        if data != self._written:
            disk.put(self._state / FILE, data)
            self._written = data
        for path, content in self._undone.items():
            disk.put(path, content)
        self._undone = {}
        log.warning("%s: is done after all", self._state / FILE)

    def _owe(self) -> None:
        if self._owed is not None:
            (told, behind), self._owed = self._owed, None
            self._lines.owe(told, behind)

    def _encoded(self, files: Mapping[Path, bytes], told: Sequence[Event], behind: int | None) -> bytes:
        names = {str(path.relative_to(self._state)): data for path, data in files.items()}
        return msgspec.json.encode(Redo(names, tuple(Raw(msgspec.json.encode(each)) for each in told), behind))

    def _put(self, files: Mapping[Path, bytes], told: Sequence[Event]) -> None:
        self.settle()
        self.turn()
        redo = self._encoded(files, told, self._lines.end)
        self._left = True
        try:
            disk.put(self._state / FILE, redo)
            for path, data in files.items():
                disk.put(path, data)
        except OSError:
            self._remove()
            raise

    def _say(self, told: Sequence[Event]) -> None:
        for each in told:
            self._lines.tell(each)
        if self._left:
            self._remove()

    def _remove(self) -> None:
        if self._undone:
            return
        with contextlib.suppress(OSError):  # the next turn tries again
            disk.remove(self._state / FILE)
            self._left = False

    def _redo(self) -> None:
        path = self._state / FILE
        try:
            redo = msgspec.json.decode(path.read_bytes(), type=Redo)
        except FileNotFoundError:
            return
        except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
            log.error("%s: cannot be done (%s); what was begun there is not done at all", path, type(error).__name__)
            self._left = True
            return
        files = {self._state / name: data for name, data in redo.files.items()}
        self._owed, self._left = (_known(redo.told), redo.behind), True
        try:
            for each, data in files.items():
                disk.put(each, data)
        except OSError as error:
            log.error(
                "%s: the disk does not take it (%s); it is so all the same, and tried again", path, error.strerror
            )
            self._undone = files
            return
        with contextlib.suppress(OSError):  # they may be changed from now on, and are not to be put there once more
            disk.put(path, msgspec.json.encode(Redo({}, redo.told, redo.behind)))


def _known(told: Sequence[Raw]) -> list[Event]:
    """Those that today's table has."""
    events = []
    for each in told:
        with contextlib.suppress(NotAnEvent):
            events.append(decode(each))
    return events
