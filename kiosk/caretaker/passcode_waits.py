"""How long nobody may try a passcode after wrong ones. A value: seconds are the monotonic clock's, and are given in.

Five tries are free, for each staff number and for the machine as a whole; from the fifth wrong one on a wait begins:

    wrong in a row    5    6    7    8     9     10    11 and more
    seconds           15   30   60   120   240   480   900

Never longer: the corner is open to everybody who stands there, and locking the officers out for ever must not be a way
to harm. A right passcode ends both counts, the staff number's and the machine's; time alone ends neither.

Only the counts outlive the process. A wait that had begun before begins anew, whole: the monotonic clock of before is
gone, and no other can be trusted. What the wall clock says is never asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

FREE = 5
FIRST_SECONDS, LONGEST_SECONDS = 15, 900
MOST_NUMBERS = 256  # that are counted by themselves; the machine's count has no such end
MOST_COUNTED = 1_000_000

Held = Literal["number", "machine"]


class Counted(Struct, frozen=True, forbid_unknown_fields=True):
    """Wrong ones in a row: what outlives the process."""

    machine: int = 0
    numbers: dict[int, int] = {}


def seconds_after(wrong: int) -> int:
    """How long a wait is after so many wrong ones in a row."""
    if wrong < FREE:
        return 0
    return min(FIRST_SECONDS << min(wrong - FREE, 10), LONGEST_SECONDS)


class Waits:
    """The counts, and until when nobody may try."""

    def __init__(self, counted: Counted, now: float) -> None:
        self._machine = counted.machine
        self._numbers = dict(counted.numbers)
        self._machine_until = now + seconds_after(self._machine)
        self._until = {number: now + seconds_after(wrong) for number, wrong in self._numbers.items()}

    @property
    def counted(self) -> Counted:
        return Counted(self._machine, dict(self._numbers))

    def left(self, number: int, now: float) -> int:
        """Whole seconds until this one may try; 0: now."""
        until = max(self._machine_until, self._until.get(number, now))
        return max(0, math.ceil(until - now))

    def begins(self, number: int, known: Mapping[int, object]) -> None:
        """A try is made: it counts as wrong until it was right, so that a power cut in the middle frees none.

        known: the staff numbers that exist, of which no count is ever dropped.
        """
        self._machine = min(self._machine + 1, MOST_COUNTED)
        self._numbers[number] = min(self._numbers.get(number, 0) + 1, MOST_COUNTED)
        if len(self._numbers) > MOST_NUMBERS:
            others = [each for each in self._numbers if each not in known and each != number]
            if others:
                self.forget(min(others, key=lambda each: self._numbers[each]))

    def wrong(self, number: int, now: float) -> dict[Held, int]:
        """It was wrong: the waits that begin, in seconds."""
        waits: dict[Held, int] = {}
        if seconds := seconds_after(self._numbers.get(number, 0)):
            waits["number"] = seconds
            self._until[number] = now + seconds
        if seconds := seconds_after(self._machine):
            waits["machine"] = seconds
            self._machine_until = now + seconds
        return waits

    def right(self, number: int) -> None:
        self._machine, self._machine_until = 0, 0.0
        self.forget(number)

    def forget(self, number: int) -> None:
        self._numbers.pop(number, None)
        self._until.pop(number, None)
