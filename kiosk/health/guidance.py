"""The facts that people are told, and that somebody has to confirm again. `look.everything` reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from kiosk.config.guidance import Overdue
from kiosk.health.finding import Finding, State


def judge(path: str | Path, late: Sequence[Overdue]) -> Iterator[Finding]:
    """path: the file. late: the facts in it that are past their review date."""
    if not late:
        yield Finding("guidance", State.OK, f"{path}: every fact was confirmed not long ago")
    for each in late:
        words = f"{path}: {each.name} was last confirmed on {each.fact.confirmed}"
        yield Finding(
            "guidance",
            State.PROBLEM,
            words,
            "make sure of it, then write the new day, or have a supervisor confirm it at the screen",
        )
