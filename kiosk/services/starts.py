"""Whether the server's starts come to anything. One that never does is not tried for ever: it is tried with less.

A start is good when a page of it has painted, or when it has ended as it was told to. What comes before that may fail
in any way, so it is counted before anything else is done, and the count outlives the process: a file in the runtime
directory, one byte longer with each start, and gone with the first that is good. The directory is memory, so a machine
that is switched on begins anew.

    starts that came to nothing, one after another      how the next is made
    fewer than TRIES                                    as the settings say
    fewer than twice as many                            with guidance only (server.py)
    more                                                a page that says it is out of order (out_of_order.py), and anew

A port that is taken is counted apart (TAKEN): with less the start would find it taken, too. After TRIES it is told, and
the port is waited for (out_of_order.py).
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import Literal

log = logging.getLogger("kiosk.server")

TRIES = 3
FILE, TAKEN = "starts", "taken"  # in server.runtime_directory

How = Literal["as set", "guidance only", "out of order"]


class Starts:
    """runtime: the runtime directory. Never raises: where nothing can be written, each start is the first."""

    def __init__(self, runtime: Path | str, file: str = FILE) -> None:
        self._path = Path(runtime, file)
        self._good = False

    def begin(self) -> How:
        """One more."""
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "wb") as counted:
                before = os.fstat(file).st_size
                counted.write(b".")
        except OSError as error:
            log.warning("starts cannot be counted in %s (%s)", self._path.parent, error.strerror)
            before = 0
        return "as set" if before < TRIES else "guidance only" if before < 2 * TRIES else "out of order"

    def good(self) -> None:
        """It has come to something. May be said as often as one likes."""
        if not self._good:
            self._good = True
            with contextlib.suppress(OSError):
                self._path.unlink()
