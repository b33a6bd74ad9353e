"""Another user of the same machine, for what nobody but the screen may have: a fork of the test that has become it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@contextmanager
def nobody_does(what: Callable[[Callable[[bytes], object]], object]) -> Iterator[int]:
    """Have another user do `what`, which is given a function to say something with; yields the end of a pipe on which
    it is heard. The process is gone afterwards, whatever it does."""
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.close(heard)
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            what(lambda words: os.write(said, words))
        os._exit(0)
    os.close(said)
    try:
        yield heard
    finally:
        os.close(heard)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def nobody_says(what: Callable[[], bytes]) -> bytes:
    """What `what` returns to another user; b"" when it raised."""
    with nobody_does(lambda say: say(what())) as heard, os.fdopen(os.dup(heard), "rb") as pipe:
        return pipe.read()
