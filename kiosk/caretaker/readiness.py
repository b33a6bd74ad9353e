"""The readiness report: how the kiosk is on one day, what somebody of the staff said who tried every part of it out,
and what ran there. They have the slip; the whole of it stays here.

Each has a number, and is a file of JSON, which is what its fingerprint is of (SHA-256; it stands on the slip). It is on
the disk before anybody is told its number. Beside it comes the same as a page to read, A4, as PDF (`sheet.py`): laid
out by a program of its own, for that takes seconds, and one after the other. One that is missing, because the power
went, is made at the next start; one that cannot be laid out is said in the journal once. Whoever takes a report out has
it laid out from the file: the page beside it is for a version of the kiosk that can no longer read that, and nothing
tells whether somebody has changed it.

The newest KEPT reports are kept, which is more than one for each day of a year.
"""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from kiosk.caretaker import disk
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.identity import Identity
from kiosk.config.events import FIELDS, event
from kiosk.ipc.messages import Counted, DoorsStand, PaperStands, Part, Reported, Role, Row, Verdict

log = logging.getLogger("kiosk.caretaker")

FOLDER = "reports"  # in the state directory
KEPT = 400
MOST = FIELDS["report"].most or 0
LAID_OUT_SECONDS = 120.0
PROJECT = Path(__file__).resolve().parents[2]


class NotReported(Exception):
    """There is no report. One line."""


class Stands(Struct, frozen=True):
    """How the kiosk stands: what the board shows, whether it is open, the roll, the counts, and the trail's anchor."""

    checks: tuple[Row, ...]
    doors: DoorsStand
    paper: PaperStands
    counted: Counted
    lines: int
    head: str


class Readiness(Struct, frozen=True):
    """The file. made: seconds since 1970. tried: a part that is not there the machine has not; None: no verdict was
    given. ready: every part is good."""

    number: int
    made: int
    staff: int
    role: Role
    tried: dict[Part, Verdict | None]
    ready: bool
    stands: Stands
    identity: Identity

    @property
    def problems(self) -> int:
        """How many the board has. They are none of what was tried out, and so of no weight in `ready`."""
        return sum(row.level == "problem" for row in self.stands.checks)


class Reports:
    """identity: what runs here. page: a report as PDF; raises OSError. now: seconds since
    1970."""

    def __init__(
        self,
        folder: Path,
        changes: Changes,
        identity: Callable[[], Identity],
        page: Callable[[bytes], bytes] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder, self._changes, self._identity, self._now = folder, changes, identity, now
        self._page = page or laid_out
        self._layer: threading.Thread | None = None
        self._failed: set[Path] = set()
        self._looks = True

    def make(self, staff: int, role: Role, tried: Mapping[Part, Verdict | None], stands: Stands) -> Reported:
        """Raises NotReported."""
        ready = bool(tried) and set(tried.values()) == {"good"}
        try:
            self._changes.settle()  # perhaps one more report, and its number
        except OSError as error:
            raise NotReported(f"the disk does not take it ({error.strerror})") from None
        number = max(map(number_of, kept(self._folder)), default=0) + 1
        if number > MOST:
            raise NotReported("there are no more numbers; move the reports away")
        report = Readiness(number, int(self._now()), staff, role, dict(tried), ready, stands, self._identity())
        data = msgspec.json.encode(report)
        verdict = "good" if ready else "bad"
        told = event("readiness_reported", staff=staff, role=role, report=number, verdict=verdict)
        try:
            disk.private_folder(self._folder)
            self._make_room()
            self._changes.write({self._folder / f"{number:06}.json": data}, told)
        except OSError as error:
            raise NotReported(f"the disk does not take it ({error.strerror})") from None
        self._looks = True
        return on_slip(report, data)

    def turn(self) -> None:
        """To be called about once a second: the next page that is missing, when none is being made."""
        if not self._looks or (self._layer is not None and self._layer.is_alive()):
            return
        missing = [each for each in kept(self._folder) if not page_of(each).exists() and each not in self._failed]
        self._looks = bool(missing)
        if missing:
            self._layer = threading.Thread(target=self._lay_out, args=missing[:1], name="report", daemon=True)
            self._layer.start()

    def _lay_out(self, path: Path) -> None:
        try:
            disk.put(page_of(path), self._page(path.read_bytes()))
        except OSError as error:
            self._failed.add(path)
            log.error("%s: is not laid out (%s); kiosk report get lays it out again", path, error.strerror or error)

    def _make_room(self) -> None:
        """For one more, by those that were kept for long enough."""
        for path in kept(self._folder)[: 1 - KEPT]:
            disk.remove(path, page_of(path))


def kept(folder: Path) -> list[Path]:
    """The reports, the oldest first. None where there is no folder."""
    return sorted(folder.glob("[0-9]" * 6 + ".json"))


def number_of(path: Path) -> int:
    return int(path.stem)


def page_of(path: Path) -> Path:
    """Where the report's PDF is, or will be."""
    return path.with_suffix(".pdf")


def read(data: bytes) -> Readiness:
    """Raises NotReported."""
    try:
        return msgspec.json.decode(data, type=Readiness)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NotReported("is no report, or of another version of the kiosk") from None


def fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def on_slip(report: Readiness, data: bytes) -> Reported:
    """What of it stands on the slip."""
    start = report.stands.counted.start
    return msgspec.convert(
        {
            "message": "reported",
            "number": report.number,
            "staff": report.staff,
            "role": report.role,
            "tried": report.tried,
            "ready": report.ready,
            "problems": report.problems,
            "version": report.identity.versions["kiosk"],
            "image": report.identity.image,
            "settings": report.identity.settings,
            "fingerprint": fingerprint(data),
            "visits": sum(start.visits.values()),
            "prints": sum(start.prints.values()),
            "calls": start.calls,
            "faults": sum(start.faults.values()),
        },
        Reported,
    )


def laid_out(data: bytes) -> bytes:
    """The page of a report, by a program of its own. Raises OSError."""
    command = [sys.executable, "-m", "kiosk.caretaker.sheet"]
    try:
        made = subprocess.run(
            command, input=data, capture_output=True, cwd=PROJECT, check=False, timeout=LAID_OUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise OSError("it took too long") from None
    if made.returncode != 0 or not made.stdout.startswith(b"%PDF-"):
        raise OSError(made.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it said nothing")
    return made.stdout
