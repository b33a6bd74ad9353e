"""Whether the machine's clock was set back: it says less than it has said before, also before the machine was off.

Something before it may have been wrong, and this be right. Who knows is the portal: when its clock has agreed with ours
for a while since the setting back was noticed, ours is believed again.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from kiosk.caretaker.state_file import StateFile

FILE = "clock.json"  # in the state directory
BACK_SECONDS = 60.0  # less than that is a correction
KEPT_EVERY_SECONDS = 3600.0  # a setting back while the machine was off may be hidden by so much
BELIEVED_SECONDS = 120.0


class State(Struct, frozen=True):
    """The file. latest: what the clock has said, in seconds since 1970."""

    latest: float = 0.0


class Clock:
    """All times are given in; wall: seconds since 1970; now: monotonic seconds. For one thread."""

    def __init__(self, path: Path) -> None:
        self._kept = StateFile(path, State())
        self._latest = self._kept.now.latest
        self._agreed_from: float | None = None
        self.set_back = False

    def look(self, wall: float) -> bool:
        """Whether it is set back."""
        self._latest = max(self._latest, wall)
        if self._latest - self._kept.now.latest >= KEPT_EVERY_SECONDS:
            self._kept.keep(State(self._latest))
        was, self.set_back = self.set_back, self._latest - wall > BACK_SECONDS
        if self.set_back and not was:
            self._agreed_from = None
        return self.set_back

    def portal_says(self, right: bool, wall: float, now: float) -> None:
        """Its clock agrees with ours, or does not."""
        if not right or not self.set_back:
            self._agreed_from = None
        elif self._agreed_from is None:
            self._agreed_from = now
        elif now - self._agreed_from >= BELIEVED_SECONDS:
            self._latest, self.set_back = wall, False
            self._kept.keep(State(wall))

    def stop(self) -> None:
        self._kept.keep(State(self._latest))
