"""Walks a list of steps. From the same list come the progress bar, the staff guide's table and the test matrix.

A step is a function of what is remembered so far; it returns NEXT or BACK. Back goes to the nearest earlier step that
asks the person something: a step that only reads or sends has nothing to go back to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen

Memory = TypeVar("Memory")


class Move(Enum):
    NEXT = 1
    BACK = -1


@dataclass(frozen=True)
class Step(Generic[Memory]):
    """number and title as the official manual has them; asks: the person answers something here."""

    number: int
    title: str
    run: Callable[[Memory], Move]
    asks: bool = True


def walk(steps: Sequence[Step[Memory]], memory: Memory) -> Move:
    """Run the steps in order. Returns NEXT after the last, BACK when the person went back before the first."""
    at = 0
    while at < len(steps):
        if steps[at].run(memory) is Move.NEXT:
            at += 1
            continue
        at -= 1
        while at >= 0 and not steps[at].asks:
            at -= 1
        if at < 0:
            return Move.BACK
    return Move.NEXT


def choices(kiosk: Kiosk, *screens: Screen) -> tuple[str, ...] | None:
    """Ask one after another and return the answers; "back" asks the one before again. None: back before the first."""
    chosen: list[str] = []
    while len(chosen) < len(screens):
        answer = kiosk.ask(screens[len(chosen)])
        if answer != "back":
            chosen.append(answer)
        elif chosen:
            chosen.pop()
        else:
            return None
    return tuple(chosen)
