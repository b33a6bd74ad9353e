"""The helpers that are on every screen, and the questions laid over it: to call the staff, to leave, to stay. And the
bell, which is the first of them for whoever does not see the glass.

What is laid over a screen is `shown.py`'s, how a call stands `calling.py`'s; here is which of it an answer brings.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.flows.asking.ends import Left
from kiosk.session.answers import Help
from kiosk.session.calling import Calling
from kiosk.session.shown import Shown

log = logging.getLogger("kiosk.session")

CONFIRM_LEAVING_FROM = 5  # the step from which やめる asks once more: something has been typed or read


class Helpers:
    """can_call: something brings a call to the staff; else it is only said where they are. changed: called from another
    thread when the call stands otherwise. rings: counts how often the bell was pressed."""

    def __init__(self, shown: Shown, calling: Calling, can_call: bool, changed: Callable[[], None]) -> None:
        self.calling = calling
        self.can_call = can_call
        self.rings = 0
        self._shown = shown
        self._changed = changed
        self._rung = False  # the bell was, and the screen has not said so yet

    def ring(self) -> None:
        """The bell was pressed, in any thread: what 係員を呼ぶ does, from whatever screen, also while that takes no
        answer. In the staff's room they are there already."""
        self.rings += 1
        if self._shown.view.screen.staff != "room":
            self._call()
            self._rung = True

    def say_rung(self) -> bool:
        """It is said, aloud, for whoever pressed it may not see. False: there is nothing to say."""
        if not self._rung:
            return False
        self._rung = False
        self._shown.lay("staff", aloud=True)
        return True

    def answer(self, answer: Help, in_use: bool) -> None:
        """One of the helpers, or an answer to what they have laid over the screen. in_use: somebody is served, and so
        can leave. Raises Left."""
        view = self._shown.view
        match answer, view.overlay:
            case Help.STAFF, _:
                self._call()
                self._shown.lay("staff")
            case Help.CALL_OFF, "staff":
                self.calling.end()
                self._shown.lay(None)
            case Help.STAY, _:
                self._shown.lay(None)
            case Help.LEAVE_NOW, "leave" | "idle":
                raise Left
            case Help.LEAVE, _ if in_use:
                if (view.screen.step or 0) < CONFIRM_LEAVING_FROM:
                    raise Left
                self._shown.lay("leave")

    def end(self) -> None:
        """Whoever was here has gone, and so has their call."""
        self.calling.end()

    def _call(self) -> None:
        log.info("asked where the staff are")
        if self.can_call:
            self.calling.begin(self._changed)
