"""The kiosk says where it is, for whoever cannot see it (`[beacon]`): at the sign of a hand-held remote, by itself from
time to time, or both. Only while nobody is before it: never during a visit, nor over what somebody has set or asked.

The sign is a contact of the remote's receiver (hw/button.py): somebody is near and listens, so no hour is too late for
it. By itself it sounds in its hours alone, those of the kiosk where it has none of its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from kiosk.config.kiosk import Beacon as BeaconSettings
from kiosk.hw.supervise import Complaints, keep, start
from kiosk.language import dates

log = logging.getLogger("kiosk.beacon")


class Beacon:
    """alone: whether nobody is before the kiosk. within: whether it is within its hours. sound: has the page say it."""

    def __init__(
        self,
        settings: BeaconSettings,
        alone: Callable[[], bool],
        within: Callable[[], bool],
        sound: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._alone, self._within, self._sound = alone, within, sound
        self._stopped = threading.Event()

    def start(self) -> None:
        """Sound from time to time, if that is wanted, until the process ends."""
        if self._settings.every_seconds is not None:
            start("beacon", lambda: keep(self._by_itself, self._stopped, Complaints(log)))

    def stop(self) -> None:
        self._stopped.set()

    def asked(self) -> None:
        """Somebody with a remote would like to know."""
        if self._alone():
            self._sound()

    def due(self) -> None:
        """The time has come round."""
        hours = self._settings.hours
        if self._within() if hours is None else hours.open_at(dates.now()):
            self.asked()

    def _by_itself(self) -> None:
        while not self._stopped.wait(self._settings.every_seconds):
            self.due()
