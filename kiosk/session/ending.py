"""What was said from outside while the flow did something, and ends it: the kiosk stops, the page is none of ours any
more, the person wants to leave. It is told in any thread, and heeded by the flow's where that goes on.
"""

from __future__ import annotations

from kiosk.flows.asking.ends import BrowserLost, Left, Stopped


class Ending:
    """Nothing of it is ever taken back. A signal's handler may call `stop`: it waits for nothing."""

    def __init__(self) -> None:
        self._stopping = False
        self._astray = False
        self._leaving = False

    def stop(self) -> None:
        """The kiosk is to end."""
        self._stopping = True

    def page_astray(self) -> None:
        """Something that is not ours has come before the page, which has been taken away: whoever is served cannot be
        served on."""
        self._astray = True

    def leave(self) -> None:
        """やめる was pressed."""
        self._leaving = True

    def heed_stop(self) -> None:
        """Raises Stopped: that goes before all else."""
        if self._stopping:
            raise Stopped

    def heed(self, in_use: bool = True) -> None:
        """Raises the end. in_use: somebody is served, and so can leave."""
        self.heed_stop()
        if self._astray:
            raise BrowserLost
        if self._leaving and in_use:
            raise Left
