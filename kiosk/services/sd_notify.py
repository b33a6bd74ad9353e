"""Tell systemd how the start goes, by the protocol of sd_notify(3): one datagram of lines to the socket it names.

A start that is slow is not a start that hangs: a cold disk, a font cache to build, a machine that fsck has just left.
systemd cannot know and ends whatever is not ready after its 90 seconds, for ever again. So each stage extends
the time-out as it begins; one that hangs extends nothing more, and is ended as before.
The server's READY=1 is gunicorn's to say, once it listens; the others say it themselves.

A process that runs is not one that works. So each loop that a service turns by says so (WATCHDOG=1), and a unit whose
loop stands still for its WatchdogSec= is killed and started again.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time

STAGE_SECONDS = 120  # the longest that one stage may take
TURN_SECONDS = 2.0  # from one WATCHDOG=1 to the next, at least
SEND_SECONDS = 1.0  # for a systemd that is behind with its letters


def notify(*lines: str) -> None:
    """Send these lines, if there is a systemd that wants to hear them. Never raises, and waits a second at most."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address.startswith("@"):  # Linux's abstract names begin with a zero byte
        address = "\0" + address[1:]
    if address:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.settimeout(SEND_SECONDS)
            systemd.sendto("\n".join(lines).encode(), address)


def stage(what: str) -> None:
    """A stage of the start begins: `systemctl status` shows its name, and the time-out is put off for it."""
    notify(f"STATUS=Starting: {what}", f"EXTEND_TIMEOUT_USEC={STAGE_SECONDS * 1_000_000}")


class Watchdog:
    """systemd's, as a loop sees it that may turn many times a second."""

    def __init__(self) -> None:
        self._said = float("-inf")

    def turn(self) -> None:
        """The loop turns: said if it has not been for TURN_SECONDS."""
        now = time.monotonic()
        if now - self._said >= TURN_SECONDS:
            self._said = now
            notify("WATCHDOG=1")
