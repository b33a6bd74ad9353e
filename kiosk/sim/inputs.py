"""An input device that nobody has built: a pipe where /dev/input would have it, and the bytes that Linux would send.

Theory of operation. Whoever reads an input device gets a struct input_event for each thing that has changed (a time,
a type, a code, a value; linux/input.h) and one of type EV_SYN after what belongs together. The pipe is open at this
end as long as the device is plugged in. To pull it out takes away its name and closes it, so that whoever reads it
comes to its end and finds no other, as with udev and a device that has gone. What it cannot do is be asked for its
state (EVIOCGSW): a switch begins as off. A device of the kernel's own (uinput) would need root, and a kernel that has
it.
"""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path

EVENT = struct.Struct("@llHHi")
EV_SYN, EV_KEY, EV_SW = 0, 1, 5
KEY_ENTER = 28
SW_HEADPHONE_INSERT = 2


class VirtualInput:
    """path: where it stands while it is plugged in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._end: int | None = None

    @property
    def plugged(self) -> bool:
        return self._end is not None

    def plug(self) -> None:
        if self._end is None:
            os.mkfifo(self.path, 0o600)
            self._end = os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def pull(self) -> None:
        if self._end is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._end)
            self._end = None

    def press(self, key: int = KEY_ENTER) -> None:
        """A key goes down and comes up."""
        for value in (1, 0):
            self.send((EV_KEY, key, value))

    def switch(self, on: bool, code: int = SW_HEADPHONE_INSERT) -> None:
        self.send((EV_SW, code, int(on)))

    def send(self, *changes: tuple[int, int, int]) -> None:
        """One report: type, code and value of each change. Of a device that is not plugged in nobody hears."""
        if self._end is not None:
            report = b"".join(EVENT.pack(0, 0, *change) for change in (*changes, (EV_SYN, 0, 0)))
            with contextlib.suppress(BlockingIOError):  # nobody has read for long, and the kernel would drop it
                os.write(self._end, report)
