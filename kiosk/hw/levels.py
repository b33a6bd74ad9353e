"""How loud the machine is and how bright its screen, as far as it has anything to set, in percent.

The screen's user sets both, for sound and screen are its own: logind gives whoever sits at the seat the sound cards,
and sets a backlight for them (SetBrightness of their session), so that no unit needs a group or a power for it.

    volume       ALSA's mixer of the default card, by amixer: the first of CONTROLS that there is. -M reckons as it is
                 heard
    brightness   the first of /sys/class/backlight: a panel's own. One that is set over its cable (DDC/CI) is not: that
                 needs the bus of the graphics card, and with it much else

What cannot be read is not there. Each program is waited for so long at most, and none is asked in a shell.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

BACKLIGHTS = Path("/sys/class/backlight")
CONTROLS = ("Master", "Headphone", "Speaker", "PCM", "HDMI")
PERCENT = re.compile(r"\[(\d{1,3})%\]")
SECONDS = 2.0
SESSION = ("org.freedesktop.login1", "/org/freedesktop/login1/session/auto", "org.freedesktop.login1.Session")


class Levels(NamedTuple):
    """None: the machine has no such thing."""

    volume: int | None = None
    brightness: int | None = None


class Machine:
    """backlights: where the kernel has them."""

    def __init__(self, backlights: Path = BACKLIGHTS) -> None:
        self._backlights = backlights
        self._control: str | None = None

    def read(self) -> Levels:
        """As they are now. Never raises."""
        return Levels(self._volume(), self._brightness())

    def set(self, wanted: Levels) -> None:
        """Those that are given. Never raises: what has come of it is read."""
        if wanted.volume is not None and self._control is not None:
            _asked("amixer", "-M", "-q", "sset", self._control, f"{wanted.volume}%")
        if wanted.brightness is not None and (panel := self._panel()) is not None:
            name, _now, most = panel
            value = max(round(most * wanted.brightness / 100), 1)  # at 0 some go out
            _asked("busctl", "call", *SESSION, "SetBrightness", "ssu", "backlight", name, str(value))

    def _volume(self) -> int | None:
        for control in [self._control] if self._control else CONTROLS:
            said = PERCENT.search(_asked("amixer", "-M", "sget", control))
            if said and int(said[1]) <= 100:
                self._control = control
                return int(said[1])
        self._control = None  # the card is gone, or there never was one
        return None

    def _brightness(self) -> int | None:
        panel = self._panel()
        return None if panel is None else min(round(100 * panel[1] / panel[2]), 100)

    def _panel(self) -> tuple[str, int, int] | None:
        """Its name, what it is set to, and the most that it can be."""
        return next(self._panels(), None)

    def _panels(self) -> Iterator[tuple[str, int, int]]:
        with contextlib.suppress(OSError):
            for folder in sorted(self._backlights.iterdir()):
                with contextlib.suppress(OSError, ValueError):
                    now, most = (int((folder / name).read_text("ascii")) for name in ("brightness", "max_brightness"))
                    if 0 <= now <= most and most > 0:
                        yield folder.name, now, most


def _asked(*command: str) -> str:
    """What a program says; nothing when it fails, is not there, or takes too long."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        )
        return done.stdout.decode("utf-8", "replace")
    return ""
