"""What only a process that outlives the sessions can look at: disk, memory, temperature, voltage, wear, time zone,
settings, facts, fonts, accounts, trail, lock-down. Each is opened here and judged in `health`; what is not told is left
out.

A look takes some milliseconds, for the same thread serves everybody. Fonts are asked of a program of their own, so in a
thread of their own, until they are there, and when staff want to see it again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path

from kiosk.config import guidance, kiosk
from kiosk.config.certificate import end_of
from kiosk.config.file import ConfigError
from kiosk.config.guidance import Guidance
from kiosk.config.kiosk import Settings
from kiosk.health import disk, lockdown, memory, shipped, staff, temperature, wear
from kiosk.health.fonts import FONTS
from kiosk.language import dates

FONT_SECONDS = 10.0  # for the program to answer …
WAITED_SECONDS, WAITED_AGAIN_SECONDS = 0.2, 1.0  # … and for its answer in a look; else it is in the next
JAPAN_SECONDS = -9 * 3600  # west of UTC, as the C library counts

Found = tuple[str, str]  # a check and a reason (config/health.toml)


class Gather:
    """config: the settings file. state: the state directory. roles: of every account; None: they cannot be read.
    unwritten, broken: how the trail is. root: where /proc and /sys are. families: of the fonts that are there.
    confirmed: the facts with the days on which somebody made sure of them here. lists: of what was put on the machine.
    ends: when the certificate does that the kiosk shows the portal, as of the last look; None: there is none that can
    be read."""

    def __init__(
        self,
        config: Path,
        state: Path,
        roles: Callable[[], Collection[str] | None],
        unwritten: Callable[[], int] = lambda: 0,
        broken: Callable[[], bool] = lambda: False,
        root: Path = Path("/"),
        families: Callable[[], bool] | None = None,
        confirmed: Callable[[Guidance], Guidance] = lambda facts: facts,
        lists: tuple[Path, ...] = shipped.LISTS,
    ) -> None:
        self._config, self._state, self._root = config, state, root
        self._roles, self._unwritten, self._broken = roles, unwritten, broken
        self._families, self._lists = families or fonts_there, lists
        self._confirmed = confirmed
        self._fonts: bool | None = None  # not known yet
        self._asks: threading.Thread | None = None
        self.ends: datetime | None = None

    def __call__(self, again: bool = False) -> Iterator[Found]:
        """again: also at what takes its time."""
        if again or not self._fonts:  # a busy start is no time to be sure that one is missing
            self._ask_for_fonts(WAITED_AGAIN_SECONDS if again else WAITED_SECONDS)
        if self._fonts is not None:
            yield "fonts", "there" if self._fonts else "missing"
        yield "staff", staff.judge(self._roles())
        yield "trail", self._trail()
        yield "time_zone", "japan" if time.timezone == JAPAN_SECONDS else "other"
        yield from self._files()
        yield from self._machine()

    def _trail(self) -> str:
        """A disk on which one write has failed is read-only until a start has checked it: that, a restart may mend."""
        with contextlib.suppress(OSError):
            if os.statvfs(self._state).f_flag & os.ST_RDONLY:
                return "read_only"
        return "unwritable" if self._unwritten() else "broken" if self._broken() else "written"

    def _ask_for_fonts(self, seconds: float) -> None:
        def ask() -> None:
            self._fonts = self._families()

        if self._asks is None or not self._asks.is_alive():
            self._asks = threading.Thread(target=ask, name="fonts", daemon=True)
            self._asks.start()
        self._asks.join(seconds)

    def _files(self) -> Iterator[Found]:
        """The settings and the facts, as the next start will read them, and what was installed. Of settings that do not
        fit, what does: a wrong key is no reason to look away from the rest."""
        readable = os.access(self._config, os.R_OK)
        settings, wrong = kiosk.salvage(self._config, Settings)
        yield "settings", "unreadable" if not readable else "unfit" if wrong else "fit"
        self.ends = end_of(settings.portal.certificate_file or "")
        if (files := shipped.listed(self._lists)) is not None:
            yield "lockdown", lockdown.judge(shipped.faults(files, self._root), refused(settings.server.port))
        try:
            facts = guidance.load(settings.station.guidance_file)
        except ConfigError:
            yield "guidance", "unreadable"
        else:
            yield "guidance", "overdue" if guidance.overdue(self._confirmed(facts), dates.today()) else "confirmed"

    def _machine(self) -> Iterator[Found]:
        try:
            room = os.statvfs(self._state)
        except OSError:
            pass  # the trail says so
        else:
            yield "disk", disk.judge(room.f_bavail * room.f_frsize)
        if (lines := self._memory()).keys() >= {"MemAvailable", "MemTotal"}:
            yield "memory", memory.judge(lines["MemAvailable"], lines["MemTotal"])
        zones = [each / 1000 for each in self._numbers("sys/class/thermal/thermal_zone*/temp")]
        if (warm := temperature.judge(zones)) is not None:
            yield "temperature", warm
        if (worn := wear.judge(list(self._numbers("sys/block/mmcblk*/device/pre_eol_info")))) is not None:
            yield "wear", worn
        if alarms := list(self._numbers("sys/class/hwmon/hwmon*/in0_lcrit_alarm")):  # the Raspberry Pi's rpi_volt
            yield "power", "low" if any(alarms) else "steady"

    def _memory(self) -> dict[str, int]:
        """Of /proc/meminfo, in kB; nothing where it cannot be read."""
        try:
            lines = (self._root / "proc/meminfo").read_text("ascii").splitlines()
        except (OSError, ValueError):
            return {}
        return {
            name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines) if value.strip()
        }

    def _numbers(self, pattern: str) -> Iterator[int]:
        """What stands in these files of the kernel's; one that cannot be read says nothing."""
        for path in self._root.glob(pattern):
            try:
                yield int(path.read_text("ascii"), 0)
            except (OSError, ValueError):
                continue


def refused(port: int) -> bool | None:
    """Whether the firewall keeps us from the pages, as it has to keep every user but the screen's. None: nobody listens
    there, and nothing refuses."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return False
    except OSError as error:
        return True if error.errno == errno.EHOSTUNREACH else None


def fonts_there() -> bool:
    """Every family that screen and slip need is installed. False, too, when nobody can say so in time."""
    try:
        for family in FONTS:
            asked = subprocess.run(
                ["fc-list", f":family={family}"], capture_output=True, check=False, timeout=FONT_SECONDS
            )
            if not asked.stdout.strip():
                return False
    except (OSError, subprocess.TimeoutExpired):
        return False
    return True
