"""One check as it is shown: not at the first word, so that a second's fault does not flicker, and not for ever.

What is reported is shown when it has been worse than what is shown, or better, for so long without a break
(config/health.toml, `shows` and `goes`). It is the direction that has to last and not the reason: a printer that is
without paper now and open then has been unable to print all the while. What is well is shown at once when nothing is
shown yet.
"""

from __future__ import annotations

from kiosk.config.health import LEVELS, Check


class Debounced:
    """now: monotonic seconds, given in. shown: what stood there before; None: nothing yet."""

    def __init__(self, check: Check, shown: str | None = None) -> None:
        self._check, self.shown = check, shown
        self._latest: str | None = None
        self._way = 0
        self._since = 0.0

    @property
    def latest(self) -> str | None:
        """What was reported last; None: nothing yet."""
        return self._latest

    def report(self, reason: str, now: float) -> None:
        if self._latest is None or self._way != self._way_to(reason) or self._latest == self.shown:
            self._since = now
        self._latest, self._way = reason, self._way_to(reason)

    def turn(self, now: float) -> bool:
        """True: what was reported has lasted, and is shown from now on."""
        if self._latest in (None, self.shown):
            return False
        lasts = self._check.goes if self._way < 0 else self._check.shows
        at_once = self.shown is None and self._way < 0
        return (at_once or now - self._since >= lasts) and self.show()

    def show(self) -> bool:
        """What was reported last is shown, whether it lasts or not. True: it was not."""
        before, self.shown = self.shown, self._latest or self.shown
        self._way = 0
        return self.shown != before

    def _way_to(self, reason: str) -> int:
        """Worse (1), better (-1), or the same level (0) than what is shown."""
        level = self._level(reason)
        shown = 0 if self.shown is None else self._level(self.shown)
        if self.shown is None and level <= LEVELS.index("info"):
            return -1
        return (level > shown) - (level < shown)

    def _level(self, reason: str) -> int:
        return LEVELS.index(self._check.reasons[reason].level)
