"""The table of a measurement, and the little statistics it needs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression, mean, median

HEAD = ("measured", "kiosk", "beside it", "ratio")


@dataclass(frozen=True)
class Row:
    """A quantity, the kiosk's value, what it is compared with and its value, and the first value over the second."""

    what: str
    ours: str
    other: str = ""
    ratio: float | None = None

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return self.what, self.ours, self.other, "" if self.ratio is None else f"{self.ratio:.2f}"


def paired(what: str, ours: Sequence[float], beside: str, others: Sequence[float]) -> Row:
    """Two things that took turns, in seconds: the median of each, and the median of the ratios of neighbours."""
    ratio = median(one / other for one, other in zip(ours, others, strict=True))
    return Row(f"{what} ({len(ours)}×)", ms(ours), f"{beside}: {ms(others)}", ratio)


def ms(seconds: Sequence[float]) -> str:
    """Median of some times; in brackets those that three of four, and 98 of a hundred, stay below."""
    return f"{median(seconds) * 1000:.1f} ms (75 %: {part(seconds, 0.75):.1f}, 98 %: {part(seconds, 0.98):.1f})"


def part(seconds: Sequence[float], share: float) -> float:
    """The time in ms that this share of them does not exceed."""
    return sorted(seconds)[math.ceil(len(seconds) * share) - 1] * 1000


@dataclass(frozen=True)
class Slope:
    """The straight line through values taken at 0, 1, 2, …: its slope and the standard error of that."""

    per_step: float
    error: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Slope:
        """Least squares. At least three values."""
        steps = range(len(values))
        line = linear_regression(steps, values)
        rest = sum((value - line.slope * step - line.intercept) ** 2 for step, value in zip(steps, values, strict=True))
        spread = sum((step - mean(steps)) ** 2 for step in steps)
        return cls(line.slope, math.sqrt(rest / (len(values) - 2) / spread))

    def __str__(self) -> str:
        return f"{self.per_step:+.3f} ± {self.error:.3f}"


def markdown(rows: Sequence[Row]) -> str:
    return aligned([HEAD, *(row.cells for row in rows)])


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """The table under its head, which is the first line, its columns aligned so that it can be read as it is."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruled = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in ruled
    )


def keep(file: Path, mark: str, text: str) -> None:
    """Put what was measured between `<!-- mark -->` and the `<!-- end -->` that follows it."""
    part = re.compile(rf"(?<=<!-- {re.escape(mark)} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    before = file.read_text("utf-8")
    assert part.search(before), f"{file} has no place for {mark}"
    file.write_text(part.sub(lambda _: text, before, count=1), "utf-8")
