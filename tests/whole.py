"""How much of a product of many things is tried: each screen in each language, size, height and place of the buttons
is twelve thousand screens, and each command of a card at which it may be pulled out is a visit of its own.

`make test` tries a part that meets every one of these things, and each pair that matters, but not each with all the
others. `make whole` (WHOLE=yes) tries everything. What the part does not see is said where it is chosen. An assertion
is the same in both.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import cycle, islice, product
from typing import Any, TypeVar

WHOLE = os.environ.get("WHOLE", "") == "yes"
Case = TypeVar("Case")


def few(cases: Iterable[Case], *, of: Iterable[Case]) -> list[Case]:
    """These cases; when the whole is wanted, all of those they are taken from."""
    some, every = list(cases), list(of)
    strangers = [case for case in some if case not in every]
    assert not strangers, f"none of the whole: {strangers}"
    return every if WHOLE else some


def covering(*of: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Every value of each of these at least once, in step: as many cases as the longest has values. When the whole is
    wanted, each with all the others."""
    values = [list(each) for each in of]
    if WHOLE:
        return list(product(*values))
    return list(islice(zip(*map(cycle, values), strict=True), max(map(len, values))))


def turn(cases: Sequence[Case], number: int, turns: int) -> list[Case]:
    """Every so many-th of the cases, from the `number`-th on: all of them in so many turns. All, when the whole is
    wanted."""
    return list(cases if WHOLE else cases[number % turns :: turns])
