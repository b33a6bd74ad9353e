"""That a stick for provisioning was seen to, and may be pulled: left by the helper that did it (root), in
server.runtime_directory, for the screen before which whoever put it in stands. In memory, and good for as long as
somebody would wait there; the board has what was done (config/health.toml, `provisioning`)."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from kiosk.config.health import CHECKS, ReasonName

CHECK = "provisioning"
FILE = "stick_done.json"
MODE = 0o640  # the folder gives it the server's group
STANDS_SECONDS = 120.0
MOST_BYTES = 1000
UNTRUSTED = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # the folder is the browser's, too


class StickDone(Struct, frozen=True):
    """reason: what was done. at: when, in seconds since the machine's start."""

    reason: ReasonName
    at: float


def now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def word(reason: str) -> bytes:
    """What is left there: that this was done, now."""
    return msgspec.json.encode(StickDone(reason, now()))


def left(runtime: Path) -> str | None:
    """The reason, if that was not long ago. What others than root have put there is none's word."""
    try:
        with open(runtime / FILE, "rb", opener=lambda path, flags: os.open(path, flags | UNTRUSTED)) as file:
            helpers = os.fstat(file.fileno()).st_uid in (0, os.geteuid())  # our own where one user is everybody
            done = msgspec.json.decode(file.read(MOST_BYTES), type=StickDone)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None
    known = helpers and done.reason in CHECKS[CHECK].reasons
    return done.reason if known and 0 <= now() - done.at < STANDS_SECONDS else None
