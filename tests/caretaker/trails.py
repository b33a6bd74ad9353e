"""A trail for tests: a clock in the test's hands, and segments of a few lines."""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.caretaker.chain import Line, lines_of
from kiosk.caretaker.key import Key
from kiosk.caretaker.trail import Trail, segments
from kiosk.caretaker.verify import Report, verify
from kiosk.config.events import Event, event

BEGAN = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
KEPT_DAYS = 30


class Told(list[Event]):
    """Stands in for the record: it keeps what it is told."""

    end = None

    def tell(self, told: Event) -> None:
        self.append(told)

    def owe(self, told: Sequence[Event], behind: int | None) -> None:
        self.extend(told)


@cache
def key() -> Key:
    return Key(Ed25519PrivateKey.generate())


class Clock:
    def __init__(self) -> None:
        self.time = BEGAN

    def __call__(self) -> datetime:
        return self.time

    def passes(self, **how: float) -> None:
        self.time += timedelta(**how)


class Lost:
    """The disk gives back nothing of these files, whoever reads them, and goes on with all others."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
        self.paths, self._open = {str(path) for path in paths}, io.open
        for module in (io, builtins):
            monkeypatch.setattr(module, "open", self.open)

    def open(self, path: Any, *args: Any, **kwargs: Any) -> Any:
        if str(path) in self.paths:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return self._open(path, *args, **kwargs)


def opened(folder: Path, clock: Clock | None = None, segment_bytes: int = 700) -> Trail:
    return Trail(folder, key(), KEPT_DAYS, clock or Clock(), segment_bytes)


def number(count: int) -> Event:
    """An event that is told from the others."""
    return event("gap", speaker="server", why="away", count=count)


def sample(folder: Path, lines: int = 11) -> Path:
    """A trail of some sealed segments and an open one."""
    trail = opened(folder)
    for count in range(1, lines + 1):
        trail.append(number(count))
    trail.close()
    return folder


def copied(folder: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to)
    return to


def checked(folder: Path) -> Report:
    return verify(folder, key().public)


def lines(folder: Path) -> list[Line]:
    return [line for path in segments(folder) for line in lines_of(path.read_bytes())]


def counts(folder: Path) -> list[int]:
    """The numbers that were told, in order."""
    return [line.field("count") for line in lines(folder) if line.event == "gap"]
