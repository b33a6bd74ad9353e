"""How long the flow's thread has been doing one thing, for whoever sees to it that it does not stand still.

Whatever waits for somebody may wait for ever and is no work. Time is monotonic seconds, and is given in; the flow's
thread tells, another one asks.
"""

from __future__ import annotations


class Work:
    """may_take: seconds, by its nature, what is being done now; 0: what anything may."""

    def __init__(self, now: float) -> None:
        self.may_take = 0.0
        self._waits, self._since = False, now

    @property
    def waits(self) -> bool:
        """It waits for somebody."""
        return self._waits

    def lasts(self, now: float) -> float:
        """So long it has been doing one thing; 0 while it waits."""
        return 0.0 if self._waits else now - self._since

    def goes_on(self, now: float, may_take: float = 0.0) -> None:
        """From now on it does another thing. What it was before counts no more, also for whoever asks in between."""
        self._since = now
        self.may_take, self._waits = may_take, False

    def rests(self) -> None:
        """From now on it waits for somebody."""
        self._waits = True
