"""Whether the compositor turns: one round of Wayland's own protocol, on a connection of its own.

A compositor that stands still shows what it has drawn last for as long as it is there, and no browser below it can take
that away. So it is asked as any client may ask (wl_display.sync). One that does not answer MISSES times in a row, or
once when its page has fallen silent, is killed by who has started it (screen.py). Then the glass is the kernel's, and
black.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from pathlib import Path

ASK_SECONDS = 1.0  # from one time to the next
ANSWER_SECONDS = 3.0  # a display that is plugged in keeps it from answering for a while
MISSES = 2  # one answer that is late, under load, costs nobody their screen
AT_ONCE_SECONDS = 1.0  # for one that shows a page which gets no frames any more
DISPLAY, SYNC, CALLBACK = 1, 0, 2  # wl_display's own number and request, and a number of ours (wayland.xml)
QUESTION = struct.pack("=IHHI", DISPLAY, SYNC, 12, CALLBACK)  # object, request, bytes of it all, argument


def place() -> Path | None:
    """The socket of the one that this process is shown by. None: by none."""
    folder, name = os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("WAYLAND_DISPLAY")
    return Path(folder, name) if folder and name else None


def stands_still(place: Path, seconds: float = ANSWER_SECONDS) -> bool:
    """It is there, and has not answered within this time. One that has gone does not stand still."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(seconds)
        try:
            line.connect(str(place))
            line.sendall(QUESTION)
            line.recv(8)
        except (TimeoutError, BlockingIOError):  # the latter: so many wait at its door already
            return True
    return False
