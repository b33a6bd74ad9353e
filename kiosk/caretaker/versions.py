"""Which version runs, which one is wanted here, and which one has started well last: for a prefecture's desk.

              on the image                                      installed as a package, or from a clone
    running   the image's (os-release)                          the package's; a clone's is the program's own
    wanted    what the settings say (caretaker.wanted_version); without them
              the newest whole update that systemd-sysupdate    nothing is known
              finds, or that the operator's server has brought,
              if it is newer than what runs
    good      what boot-complete.target was reached with, or    the last with which all was well for as long as a good
              the state made (kiosk-version-raised.service)     start takes (kiosk/ipc/started_well.py); kept in FILE

What runs is looked up once: the one that runs, not the one that an upgrade has put on the disk since.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from kiosk.caretaker.identity import PROJECT, package, release, version
from kiosk.caretaker.state_file import StateFile
from kiosk.config.kiosk import VERSION
from kiosk.ipc.messages import Row
from kiosk.ipc.started_well import STEADY_SECONDS, wanting

FILE = "versions.json"  # in the state directory
IMAGE = "kiosk"  # its IMAGE_ID
RELEASE, FLOOR, UPDATES = "usr/lib/os-release", "state/version/os-release", "state/update"
# The newest that lies in a slot, written whenever the server was asked and answered; empty since it was asked in vain.
FETCHED = "state/version/fetched"
PARTS = {"efi", "root", "root-verity"}  # of an update: image/mkosi.extra/usr/lib/sysupdate.d
PART = re.compile(rf"{IMAGE}_(?P<version>{VERSION})\.(?:(?P<efi>efi)|(?P<part>root(?:-verity)?)\.[0-9a-f-]+\.raw\.gz)")
PACKAGED = Path("/usr/lib/kiosk")  # where Debian's package has the program (debian/rules)
LOOK_SECONDS = 60.0


class State(Struct, frozen=True):
    """The file: of what is no image."""

    good: str = ""

    def __repr__(self) -> str:
        return "<State>"


class Versions:
    """asked_for: what the settings say; None: nothing. root: where /usr and /state are. now: monotonic seconds. Each of
    running, wanted and good is empty while it is not known; asked: when the operator's server of updates has answered
    last, or was first asked in vain, in seconds since 1970; None: neither. For one thread."""

    def __init__(
        self,
        path: Path,
        asked_for: str | None = None,
        root: Path = Path("/"),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kept, self._asked_for, self._root, self._now = StateFile(path, State()), asked_for, root, now
        image = release(root / RELEASE)
        self._on_image = image.get("IMAGE_ID") == IMAGE
        self.running = fit(image.get("IMAGE_VERSION", "") if self._on_image else program())
        self.wanted = self.good = self._floor = ""
        self.asked: float | None = None
        self._well_since: float | None = None
        self._looks_from = now()

    def turn(self, rows: Iterable[Row]) -> None:
        """To be called about once a second. rows: the board."""
        if wanting(rows):
            self._well_since = None
        elif self._well_since is None:
            self._well_since = self._now()
        elif self._now() - self._well_since >= STEADY_SECONDS and self._kept.now.good != self.running:
            self._kept.keep(State(self.running))
        self._kept.turn()
        if self._now() >= self._looks_from:
            self._looks_from = self._now() + LOOK_SECONDS
            offered = max((self.running, *self._offered()), key=order) if self._on_image else ""
            self.wanted = self._asked_for or offered
            self.asked = self._last_asked() if self._on_image else None
            floor = release(self._root / FLOOR).get("IMAGE_VERSION", "") if self._on_image else ""
            self._floor = fit(floor)
        self.good = self._floor if self._on_image else self._kept.now.good

    def _last_asked(self) -> float | None:
        try:
            return (self._root / FETCHED).stat().st_mtime
        except OSError:
            return None

    def _offered(self) -> list[str]:
        """The versions of which an update lies there whole, and what was fetched."""
        fetched = fit(release(self._root / FETCHED).get("IMAGE_VERSION", ""))
        try:
            names = os.listdir(self._root / UPDATES)
        except OSError:
            names = []
        there: dict[str, set[str]] = {}
        for found in filter(None, map(PART.fullmatch, names)):
            there.setdefault(found["version"], set()).add(found["efi"] or found["part"])
        return [each for each, parts in there.items() if parts == PARTS] + [fetched] * bool(fetched)


def program() -> str:
    """The version of what is no image."""
    return (package("kiosk") if PROJECT.parent == PACKAGED else "") or version()


def fit(said: str) -> str:
    """A version as it may stand in a figure; empty for anything else."""
    return said if re.fullmatch(VERSION, said) else ""


def order(said: str) -> list[tuple[bool, int, str]]:
    """To compare by: numbers as numbers, and whatever goes on is newer (UAPI.10, as far as `tools/image` names any)."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.findall(r"\d+|[^\W\d_]+", said)]
