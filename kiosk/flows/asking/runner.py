"""Walks a list of steps. From the same list come the progress bar, the staff guide's table and the test matrix.

A step is a function of the visit that returns NEXT or BACK. Back goes to the nearest earlier step that asks the
person something: a step that only reads or sends has nothing to go back to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

Visit = TypeVar("Visit")


class Move(Enum):
    NEXT = 1
    BACK = -1


@dataclass(frozen=True)
class Step(Generic[Visit]):
    """number and title as the official manual has them; asks: the person answers something here."""

    number: int
    title: str
    run: Callable[[Visit], Move]
    asks: bool = True


def walk(steps: Sequence[Step[Visit]], visit: Visit) -> Move:
    """Run the steps in order. Returns NEXT after the last, BACK when the person went back before the first."""
    at = 0
    while at < len(steps):
        if steps[at].run(visit) is Move.NEXT:
            at += 1
            continue
        at -= 1
        while at >= 0 and not steps[at].asks:
            at -= 1
        if at < 0:
            return Move.BACK
    return Move.NEXT
