"""The call for the staff, as one session has it: begun by a press, asked for each second, over when the person leaves.

The caretaker may be slow or away, so all of it is asked in a thread of its own, which lives as long as the call.
Whoever presses again has the same call, but for one of which nobody has heard: that is made anew. It says what the
caretaker last said; that somebody has seen it stays true.

The caretaker knows of one call and not whose it is. So a thread asks for its own only when the one before has ended
its call.

A process that is killed asks no more, and the caretaker ends its call by that (kiosk/caretaker/alerts.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from kiosk.hw.supervise import start
from kiosk.ipc.caretaker import Listener
from kiosk.ipc.messages import CallState

ASK_SECONDS = 1.0
LONGEST_SECONDS = 600.0  # somebody called from the first screen, which nobody ever leaves


class Calling:
    """changed: called from another thread when the state is another; now: monotonic seconds."""

    def __init__(
        self,
        caretaker: Listener,
        now: Callable[[], float] = time.monotonic,
        ask_seconds: float = ASK_SECONDS,
    ) -> None:
        self.state: CallState = "none"
        self._caretaker, self._now, self._ask_seconds = caretaker, now, ask_seconds
        self._over = threading.Event()  # the call at hand is
        self._over.set()
        self._lock = threading.Lock()  # held from looking whether it is over to saying how it stands
        self._turn = threading.Lock()  # of the one call that the caretaker is asked about

    def begin(self, changed: Callable[[], None]) -> None:
        """Call, unless it is being done."""
        with self._lock:
            if not self._over.is_set() and self.state != "unsent":
                return
            self._over.set()
            self._over = over = threading.Event()
            self.state = "sending"
        start("calling", lambda: self._live(over, changed))

    def end(self) -> None:
        """They have gone, or want nobody any more. Nothing is waited for."""
        with self._lock:
            self._over.set()
            self.state = "none"

    def _live(self, over: threading.Event, changed: Callable[[], None]) -> None:
        with self._turn:
            if over.is_set():
                return  # it was called off, or made anew, before it was its turn
            until = self._now() + LONGEST_SECONDS
            self._is(self._caretaker.call(), over, changed)
            while not over.wait(self._ask_seconds) and self._now() < until:
                self._is(self._caretaker.call_stands(), over, changed)
            self._caretaker.end_call()
        with self._lock:
            if over.is_set():
                return
            over.set()
            self.state = "none"
        changed()

    def _is(self, state: CallState, over: threading.Event, changed: Callable[[], None]) -> None:
        if state == "none":
            state = "unsent"  # it was ended there, or lost with the caretaker that had it
        with self._lock:
            if over.is_set() or self.state in (state, "acknowledged"):
                return
            self.state = state
        changed()
