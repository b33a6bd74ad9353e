"""What one session leaves to the next: four facts of one bit each, a number, and nothing about anybody.

The arbiter makes it before the first fork and every worker shares it, so it outlives the session, also one that was
killed. It is the only thing that does.
"""

from __future__ import annotations

import mmap
import struct

TYPED, EMPTY, IN_USE, UNSEEN = 0, 1, 2, 3
UNTOLD, NUMBER = 4, struct.Struct("=I")


class Handover:
    """The facts are false at first, and the number is 0."""

    def __init__(self) -> None:
        self._bytes = mmap.mmap(-1, UNTOLD + NUMBER.size)

    @property
    def typed(self) -> bool:
        """A real keyboard was used in this session; the browser remembers what was typed (`browser.py`)."""
        return bool(self._bytes[TYPED])

    @typed.setter
    def typed(self, value: bool) -> None:
        self._bytes[TYPED] = value

    @property
    def empty(self) -> bool:
        """The last that is known of the card slot is that there is nothing in it (`slot.py`)."""
        return bool(self._bytes[EMPTY])

    @empty.setter
    def empty(self, value: bool) -> None:
        self._bytes[EMPTY] = value

    @property
    def in_use(self) -> bool:
        """Somebody is being served, or was when the session's process was killed (`course.py`)."""
        return bool(self._bytes[IN_USE])

    @in_use.setter
    def in_use(self, value: bool) -> None:
        self._bytes[IN_USE] = value

    @property
    def unseen(self) -> bool:
        """A session has begun, no page has been sent by it, and it has not ended as it was told to (`server.py`)."""
        return bool(self._bytes[UNSEEN])

    @unseen.setter
    def unseen(self, value: bool) -> None:
        self._bytes[UNSEEN] = value

    @property
    def untold(self) -> int:
        """So many events could not be told to the caretaker (`ipc/caretaker.py`)."""
        return int(NUMBER.unpack_from(self._bytes, UNTOLD)[0])

    @untold.setter
    def untold(self, value: int) -> None:
        NUMBER.pack_into(self._bytes, UNTOLD, min(value, 0xFFFF_FFFF))
