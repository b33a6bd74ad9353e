"""What one session leaves to the next: two facts of one bit each, and nothing about anybody.

The arbiter makes it before the first fork and every worker shares it, so it outlives the session, also one that was
killed. It is the only thing that does.
"""

from __future__ import annotations

import mmap

TYPED, EMPTY = 0, 1


class Handover:
    """Both facts are false at first."""

    def __init__(self) -> None:
        self._bytes = mmap.mmap(-1, 2)

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
