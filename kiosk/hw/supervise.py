"""What keeps a watch going, whatever it meets.

Every thread that lives as long as its process (the reader's, the jack's, printer and portal, the keeper's ear) runs its
work in `keep`. Work returns when it has been told to stop. Whatever it raises before, foreseen or not, is one and the
same: it is told, what the watch knew is given up (`failed`), and after a pause the work begins anew. So no watch has
to know all that a driver can throw, and none ends in silence. The pause is short at first and doubles; work that has
run well for longer than the longest begins with the short one again.

What is told is the type of an error and its place in our code, never its text, which could hold anything; unless the
watch has better words for it, made by itself (`words`). Each is told once, and again only after a minute that was well:
a device that fails twice a second for a night leaves one line.

BaseException is not survived: it is how a process is told to end.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator

BACK_OFF_SECONDS = (0.2, 2.0)  # first and longest pause
STEADY_SECONDS = 60.0  # who ran so long has recovered


def where(error: BaseException) -> str:
    """The type of an error and how our code came there, innermost first: no text and no values."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {' < '.join(f'{frame.name}:{frame.lineno}' for frame in reversed(frames))}"


class Complaints:
    """Tells each thing once."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._told: set[str] = set()

    def tell(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            self._log.warning("%s", words)

    def forget(self) -> None:
        """All is well again; what comes from now on is news."""
        self._told.clear()

    @contextlib.contextmanager
    def survive(self, what: str) -> Iterator[None]:
        """Whoever is called in here may fail, and only it."""
        try:
            yield
        except Exception as error:
            self.tell(f"{what} failed: {where(error)}")


def keep(
    work: Callable[[], object],
    stopped: threading.Event,
    complaints: Complaints,
    *,
    failed: Callable[[], object] = lambda: None,
    words: Callable[[Exception], str] = where,
    pauses: tuple[float, float] = BACK_OFF_SECONDS,
) -> None:
    """Do `work` until `stopped` is set, again and again if it fails; returns, never raises.

    failed: called after each failure, before the pause. pauses: the first and the longest, in seconds.
    """
    pause, longest = pauses
    while not stopped.is_set():
        began = time.monotonic()
        try:
            work()
        except Exception as error:
            ran = time.monotonic() - began
            if ran > longest:
                pause = pauses[0]
            if ran > STEADY_SECONDS:
                complaints.forget()
            with complaints.survive("telling of a failure"):
                complaints.tell(words(error))
            with complaints.survive("giving up what was known"):
                failed()
        stopped.wait(pause)
        pause = min(pause * 2, longest)


def start(name: str, keeping: Callable[[], None]) -> threading.Thread:
    """A thread for it that does not keep the process."""
    thread = threading.Thread(target=keeping, name=name, daemon=True)
    thread.start()
    return thread
