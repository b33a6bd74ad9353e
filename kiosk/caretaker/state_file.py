"""A small state of the caretaker's, in a file of its own: written whole at every change (`disk.py`), read at the start.

A disk that cannot be written to changes nothing for whoever runs now; it is said once, and tried again and again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec
from msgspec import Struct

from kiosk.caretaker import disk

log = logging.getLogger("kiosk.caretaker")

State = TypeVar("State", bound=Struct)


class Change:
    """What a file is to become. keep: it is so from now on, and the disk is tried; stands: and it is on the disk."""

    def __init__(self, path: Path, data: bytes, keep: Callable[[], None], stands: Callable[[], None]) -> None:
        self.path, self.data, self.keep, self.stands = path, data, keep, stands


class Files(Protocol):
    """Where files are. Both raise OSError."""

    def read(self, path: Path) -> bytes: ...

    def put(self, path: Path, data: bytes) -> None: ...


class OnDisk:
    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def put(self, path: Path, data: bytes) -> None:
        disk.put(path, data)


class StateFile(Generic[State]):
    """first: what is so before there is a file, and when there is one that is not ours. files: those in which it is;
    what is changed through `changes.py` is there."""

    def __init__(self, path: Path, first: State, files: Files | None = None) -> None:
        self._path, self._said, self._files = path, "", files or OnDisk()
        self._written = True
        self._now = self._load(first)

    @property
    def now(self) -> State:
        return self._now

    def keep(self, state: State) -> None:
        """From now on it is so. Never raises."""
        self._now, self._written = state, False
        self.turn()

    def change(self, state: State) -> Change:
        """To that state, which is so once it is kept; for `changes.py`."""

        def stands() -> None:
            self._now, self._said, self._written = state, "", True

        return Change(self._path, msgspec.json.encode(state), lambda: self.keep(state), stands)

    def turn(self) -> None:
        """To be called about once a second: what the disk did not take is tried anew."""
        if self._written:
            return
        try:
            self._files.put(self._path, msgspec.json.encode(self._now))
        except OSError as error:
            if self._said != (said := error.strerror or type(error).__name__):
                log.error("%s: %s; what is so now lasts until the caretaker ends", self._path, said)
            self._said = said
        else:
            self._said, self._written = "", True

    def _load(self, first: State) -> State:
        try:
            return msgspec.json.decode(self._files.read(self._path), type=type(first))
        except FileNotFoundError:
            return first
        except OSError as error:
            log.error("%s: cannot be read (%s); it is begun anew", self._path, error.strerror)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            log.error("%s: is not what was written there; it is begun anew", self._path)
        return first
