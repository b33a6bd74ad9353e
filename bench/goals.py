"""How many touches it takes from the attract screen to the slip in the hand, counted in a real browser.

Beside it stands what the tests allow at most. Where something is signed, it is the floor: the keys of the PINs, each
with the one that goes on, the terms, read to their end, ticked and agreed to, and what the person has to decide. What
the kiosk has above it are screens that only lead on. The card going in is not a touch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.page import open_page
from bench.table import Row
from tests.e2e.visitor import GOALS, Goal, Visitor
from tests.stage import Stage


def rows(directory: Path, quick: bool) -> Iterator[Row]:
    with Stage(directory) as stage, open_page(stage.address) as page:
        for goal in list(GOALS.values())[: 2 if quick else None]:
            visitor = Visitor(stage, page)
            visitor.follows(goal)
            visitor.slip()
            yield row(goal, visitor.count, visitor.needed)
            visitor.leaves()


def row(goal: Goal, count: int, needed: Mapping[str, int]) -> Row:
    least, beside = goal.most, f"at most {goal.most}"
    if needed["PINs"]:
        least = sum(needed.values())
        parts = ", ".join(f"{needed[kind]} {kind}" for kind in ("PINs", "terms", "decisions"))
        beside = f"floor: {least} ({parts})"
    return Row(f"touches: {goal.words}", f"{count}", beside, count / least)
