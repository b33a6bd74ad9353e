"""What was begun at the portal and is not over, on record in the runtime directory for whoever comes after us.

A session ends what it began, however it ends; one that is killed cannot, nor one whose portal is away at that moment.
Its successor can, if it knows what to end. So each request has a file here from *before* it is begun until the portal
has said that it is over. The file is all name, and changes its name in one step:

    linking.begin.<key>    we asked the portal to begin, with this idempotency key; whether it did is not known
    linking.<id>           the portal has begun this linking
    release.…              the same of a release

Both are random numbers of the two machines and name nobody; the directory is memory (tmpfs), and what is in the file
is only the moment after which the portal has ended it by itself, in seconds of the machine's monotonic clock,
which all its processes share and which begins anew where tmpfs does.

The directory belongs to the screen's user (systemd/tmpfiles.d), who may remove our files. That costs no more than the
portal's 15 minutes. A file that is not ours is not believed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from kiosk.portal.model import Purpose

log = logging.getLogger(__name__)

LIFETIME_SECONDS = 15 * 60  # of a request (openapi.yaml, "What ends, and what is erased")
MARGIN_SECONDS = 60  # we count from before the call that begins it
LONGEST = 64  # bytes of a file
NAME = re.compile(r"(linking|release)\.(begin\.)?([0-9A-Za-z_-]{16,64})")


@dataclass(frozen=True)
class Entry:
    """One request. word: its id, or while that is not known the key it was begun with. until: monotonic seconds."""

    word: str = field(repr=False)
    asked: bool  # the id is not known
    until: float
    purpose: Purpose = Purpose.LINKING

    @property
    def name(self) -> str:
        return f"{self.purpose.value}.{'begin.' if self.asked else ''}{self.word}"


class Begun:
    """The record. directory: the runtime directory, which is memory; None: nothing is written down.

    Never raises: a record that cannot be kept costs the portal's 15 minutes, and nobody their linking.
    """

    def __init__(self, directory: Path | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._now = now

    def asked(self, key: str, purpose: Purpose = Purpose.LINKING) -> Entry:
        """The portal is about to be asked to begin one."""
        entry = Entry(key, True, self._now() + LIFETIME_SECONDS + MARGIN_SECONDS, purpose)
        if self._directory is not None:
            try:
                file = os.open(
                    self._directory / entry.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600
                )
                with os.fdopen(file, "w") as line:
                    line.write(f"{entry.until:.0f}\n")
            except OSError as error:
                log.warning("what is begun at the portal cannot be noted (%s)", type(error).__name__)
        return entry

    def named(self, entry: Entry, id: str) -> Entry:
        """It has begun it, and this is its id."""
        named = replace(entry, word=id, asked=False)
        if self._directory is not None:
            with contextlib.suppress(OSError):
                os.rename(self._directory / entry.name, self._directory / named.name)
        return named

    def over(self, entry: Entry) -> None:
        """It is over, or was never begun."""
        if self._directory is not None:
            with contextlib.suppress(OSError):
                (self._directory / entry.name).unlink(missing_ok=True)

    def ended(self, purpose: Purpose, id: str) -> None:
        """The request of that id is over."""
        self.over(Entry(id, False, 0, purpose))

    def left(self) -> list[Entry]:
        """What has not been ended yet; what has ended by itself is taken off the record."""
        entries = []
        with contextlib.suppress(OSError):
            for name in os.listdir(self._directory) if self._directory is not None else ():
                if (entry := self._read(name)) is None:
                    continue
                if not self.is_past(entry):
                    entries.append(entry)
        return entries

    def is_past(self, entry: Entry) -> bool:
        """The portal has ended it by itself; then it is taken off the record."""
        past = entry.until <= self._now()
        if past:
            self.over(entry)
        return past

    def _read(self, name: str) -> Entry | None:
        assert self._directory is not None
        named = NAME.fullmatch(name)
        if named is None:
            return None
        latest = self._now() + LIFETIME_SECONDS + MARGIN_SECONDS
        try:
            file = os.open(self._directory / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(file) as line:
                status = os.fstat(file)
                if status.st_uid != os.geteuid() or not stat.S_ISREG(status.st_mode):
                    return None
                until: float = int(line.read(LONGEST))
        except OSError:
            return None  # gone, or not ours
        except ValueError:
            until = latest  # killed before it was written down
        return Entry(named[3], named[2] is not None, min(until, latest), Purpose(named[1]))
