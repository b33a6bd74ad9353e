"""Tell systemd how the start goes, by the protocol of sd_notify(3): one datagram of lines to the socket it names.

A start that is slow is not a start that hangs: a cold disk, a font cache to build, a machine that fsck has just left.
systemd cannot know and ends whatever is not ready after its 90 seconds, for ever again. So each stage is announced as
it begins, and buys the time for itself; a stage that never ends buys none for a next one, and is ended as before.
READY=1 is gunicorn's to say, once it listens.
"""

from __future__ import annotations

import contextlib
import os
import socket

STAGE_SECONDS = 120  # the longest that one stage may take
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
