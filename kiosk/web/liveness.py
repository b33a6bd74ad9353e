"""Whether the page on the screen still lives: by when it must have told so. The page's side is static/life.js, and who
replaces a page that has not told is services/browser.py. A value: time is monotonic seconds, and is given in.

    what is heard                      the page has then
    a browser was started              START_SECONDS, and as long again while it works at it, up to SLOWEST_SECONDS:
                                       nobody's picture is on the glass, and to begin anew would not make it faster
    the page lives                     SILENT_SECONDS
    a session has ended                COMING_SECONDS: the page is on its way to the next one
    a renderer of it has died          DEAD_SECONDS, unless the page is on its way: then one dies rightly
    there is no server to tell it to   AWAY_SECONDS, and is asked for again: a page that lived shows the neutral screen

Silence is all that counts; that something died only makes it count sooner. A renderer that was spare, or the last
session's, dies too, and the page goes on telling.

What counts is silence in which the page could have told. A browser whose processes wait for a processor meanwhile (the
machine does other things) gets that time on top, twice what it had at most (PATIENCE): a new one would wait, too. What
stands still, or turns in a circle on a machine that has nothing else to do, waits for no processor.

How long a page may be silent, or on its way, is for a machine that brings its first page within a few seconds. One that
took c seconds for it is slow at everything, and is no sooner done by beginning anew: there a page may be silent for
c / 8, and on its way for c / 2, where that is more. Its way to a server that is back, with the neutral screen on the
glass, may take c - 5: all of the page comes anew, as it did then. Its first silence, with nobody's picture on the glass
and most still to do, counts as its way. Up to 6 seconds of start nothing changes, and up to 16 nothing of what a person
may see but that one.
"""

from __future__ import annotations

from collections.abc import Iterable

START_SECONDS = 15.0
SLOWEST_SECONDS = 300.0
WORK_SECONDS = 3.0  # of processor time in START_SECONDS; a browser that stands still uses next to none
SILENT_SECONDS = 2.0
COMING_SECONDS = 3.0
DEAD_SECONDS = 0.8  # longer than from one time to the next (LIFE_MS in life.js)
AWAY_SECONDS = 1.0
PATIENCE = 2.0


class Life:
    """Of one browser. `renderers`: the processes one of which carries the page, as seen when it first told."""

    def __init__(self, now: float) -> None:
        self.renderers: frozenset[int] = frozenset()
        self._started = now
        self._silent, self._coming, self._away = SILENT_SECONDS, COMING_SECONDS, AWAY_SECONDS
        self._slowest = now + SLOWEST_SECONDS
        self._worked = 0.0
        self._has(START_SECONDS, now)
        self.fresh = True  # no page has told since the browser was started
        self.coming = True  # no page has told since the browser was started or the last session ended

    def told(self, now: float) -> None:
        """The page lives."""
        silent = self._silent
        if self.fresh:
            came = now - self._started
            self._silent, self._coming = max(SILENT_SECONDS, came / 8), max(COMING_SECONDS, came / 2)
            self._away = AWAY_SECONDS + max(0, came - 2 * COMING_SECONDS)
            silent = self._coming if self._coming > COMING_SECONDS else self._silent
        self._has(silent, now)
        self.fresh = self.coming = False

    def works(self, worked: float, now: float) -> bool:
        """Its time is over without a first page; whether it gets more. worked: processor time since its start [s]."""
        more = self.fresh and worked - self._worked >= WORK_SECONDS and now < self._slowest
        if more:
            self._worked, self._until = worked, min(now + START_SECONDS, self._slowest)
        return more

    def waits(self, waited: float, now: float) -> bool:
        """Its time is over; whether it gets more. waited: how long its browser has waited for a processor since it was
        given that time [s]. What has died does not come back by waiting."""
        until = self._since + min(self._given + waited, PATIENCE * self._given)
        more = not (self.fresh or self._died) and now < until
        if more:
            self._until = until
        return more

    def session_ended(self, now: float) -> None:
        """The page goes to the next. One that has been on its way from the start has what it has."""
        if not self.coming:
            self._has(self._coming, now)
            self.coming = True

    def see(self, processes: Iterable[int], now: float) -> None:
        """These renderers are there now."""
        left = self.renderers.intersection(processes)
        if left != self.renderers and not self.coming:
            self._until, self._died = min(self._until, now + DEAD_SECONDS), True
        self.renderers = left

    def server_away(self, now: float) -> None:
        self._has(self._away, now)

    def over(self, now: float) -> bool:
        """The page has not told, and is to be replaced."""
        return now >= self._until

    def _has(self, seconds: float, now: float) -> None:
        self._since, self._given, self._until, self._died = now, seconds, now + seconds, False
