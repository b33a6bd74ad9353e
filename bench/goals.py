"""How many touches it takes from the attract screen to the slip in the hand, counted in a real browser.

Beside it stands what the tests of the guidance allow at most. The card going in is not a touch.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.page import open_page
from bench.table import Row
from tests.e2e.visitor import GOALS, Visitor
from tests.stage import Stage


def rows(directory: Path, quick: bool) -> Iterator[Row]:
    with Stage(directory) as stage, open_page(stage.address) as page:
        for goal in list(GOALS.values())[: 2 if quick else None]:
            visitor = Visitor(stage, page)
            visitor.follows(goal)
            visitor.slip()
            count = visitor.count
            yield Row(f"touches: {goal.words}", f"{count}", f"at most {goal.most}", count / goal.most)
            visitor.leaves()
