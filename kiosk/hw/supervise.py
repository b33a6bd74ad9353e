"""What keeps a watch going, whatever it meets.

Every thread that lives as long as its process (the reader's, the jack's, printer and portal, the keeper's ear) runs its
work in `keep`. Work returns when it has been told to stop. Whatever it raises before, foreseen or not, is one and the
same: it is told, what the watch knew is given up (`failed`), and after a pause the work begins anew. So no watch has
to know all that a driver can throw, and none ends in silence. The pause is short at first and doubles; work that has
run well for longer than the longest begins with the short one again.

What is told is the type of an error and its place in our code, never its text, which could hold anything; unless the
watch has better words for it, made by itself (`words`). Each is told once, and again only after a minute that was well:
a device that fails twice a second for a night leaves one line.

A driver that hangs (its daemon stands still, a reader never answers) raises nothing. So whoever calls one waits
`within` so long: then the call is given up, its thread is left to itself, and what it may bring after all is undone
(`late`).

BaseException is not survived: it is how a process is told to end.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import TypeVar

BACK_OFF_SECONDS = (0.2, 2.0)  # first and longest pause
STEADY_SECONDS = 60.0  # who ran so long has recovered


T = TypeVar("T")


class Hung(Exception):
    """It has not come back in time. The text is what it was called."""


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


def within(seconds: float, name: str, work: Callable[[], T], late: Callable[[T], object] = lambda _result: None) -> T:
    """What `work` returns or raises, if it does in time; raises Hung. late: called with what it returns later."""
    lock, given_up = threading.Lock(), threading.Event()
    results: list[T] = []
    errors: list[BaseException] = []

    def works() -> None:
        try:
            result = work()
        except BaseException as error:
            errors.append(error)
            return
        with lock:
            if not given_up.is_set():
                results.append(result)
                return
        with contextlib.suppress(Exception):  # nobody waits for it any more
            late(result)

    start(name, works).join(seconds)
    with lock:
        given_up.set()
    if errors:
        raise errors[0]
    if not results:
        raise Hung(f"{name} has not come back within {seconds:g} s")
    return results[0]


class Calls:
    """Calls into one daemon, each waited for so long: whether one is under way, and one that was given up still out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = 0
        self._given_up: list[threading.Event] = []  # each set when its call has come back after all

    @property
    def under_way(self) -> bool:
        """Somebody waits for one."""
        return self._under_way > 0

    @property
    def out(self) -> bool:
        """One that nobody waits for any more has not come back."""
        with self._lock:
            self._given_up = [each for each in self._given_up if not each.is_set()]
            return bool(self._given_up)

    def within(
        self, seconds: float, name: str, work: Callable[[], T], late: Callable[[T], object] = lambda _result: None
    ) -> T:
        """As `within` itself."""
        back = threading.Event()

        def works() -> T:
            try:
                return work()
            finally:
                back.set()

        with self._lock:
            self._under_way += 1
        try:
            return within(seconds, name, works, late)
        except Hung:
            with self._lock:
                self._given_up.append(back)
            raise
        finally:
            with self._lock:
                self._under_way -= 1


def stands(thread: threading.Thread) -> str:
    """Where a thread is now, innermost first: no values."""
    frame = sys._current_frames().get(thread.ident or 0)
    frames = traceback.extract_stack(frame) if frame else []
    return " < ".join(f"{each.name}:{each.lineno}" for each in reversed(frames))


def start(name: str, keeping: Callable[[], object]) -> threading.Thread:
    """A thread for it that does not keep the process."""
    thread = threading.Thread(target=keeping, name=name, daemon=True)
    thread.start()
    return thread
