"""The kiosk among stand-ins, on a machine that refuses what the file of $REFUSES names."""

from __future__ import annotations

import errno
import os
import sys
import threading
from pathlib import Path
from typing import Any

from kiosk.sim.serve import main


def refused(name: str) -> bool:
    return Path(os.environ["REFUSES"]).read_text() == name


def begin(thread: threading.Thread, start: Any = threading.Thread.start) -> None:
    if refused("threads") and isinstance(
        thread, threading.Timer
    ):  # for a call to the portal; without any there is no line
        raise RuntimeError("can't start new thread")
    if refused("journal"):  # it is started again, and who wrote to the one before writes to nobody
        reads, writes = os.pipe()
        os.close(reads)
        os.dup2(writes, 2)
        os.close(writes)
    start(thread)


def fork(fork: Any = os.fork) -> int:
    if refused("processes"):
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return int(fork())


if __name__ == "__main__":
    threading.Thread.start, os.fork = begin, fork  # type: ignore[assignment, method-assign]
    sys.exit(main())
