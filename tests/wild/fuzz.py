"""`make fuzz`: visits by chance, each held to all invariants.

make fuzz ARGS="--seed 7 --visits 200 --minutes 3"
make fuzz ARGS="--seed 7 --only 41"                  the one visit that failed, by itself
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import time
from collections.abc import Iterable, Iterator

from tests.wild.ground import Ground
from tests.wild.invariants import SPARE, broken
from tests.wild.visit import by_chance
from tests.wild.walker import Seen, play

DECIDED = 1 / 3  # of all visits, at least, reach the portal's decision


def visits(ground: Ground, seed: int, numbers: Iterable[int]) -> Iterator[tuple[Seen, list[str]]]:
    """Each visit, and what did not hold."""
    people = tuple(ground.people)
    before: tuple[int, int] | None = None
    arbiter = ground.arbiter
    for number in numbers:
        seen = play(ground, by_chance(seed, number, people))
        wrong = broken(ground, seen)
        if ground.arbiter != arbiter:
            arbiter, before = ground.arbiter, None
        now = (len(os.listdir(f"/proc/{arbiter}/fd")), sum(1 for _ in ground.temporary.rglob("*")))
        before = before or now
        if now[0] > before[0] + SPARE or now[1] > before[1]:
            wrong.append(f"no_growth: {before} descriptors and files have become {now}")
        yield seen, wrong


def main(ground: Ground, arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--visits", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="begin with that visit")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="that visit alone")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    numbers: Iterable[int] = range(options.first, options.first + options.visits)
    if options.only is not None:
        numbers = [options.only]
    until = time.monotonic() + options.minutes * 60
    count = failed = decided = 0
    with ground:
        for seen, wrong in visits(
            ground, options.seed, itertools.takewhile(lambda _: time.monotonic() < until, numbers)
        ):
            count, decided, failed = count + 1, decided + seen.decided, failed + bool(wrong)
            print(f"{seen.visit} → {seen.end}, {seen.seconds:.1f} s", flush=True)
            for what in wrong:
                print(f"    {what}", flush=True)
            if wrong:
                print(
                    f'    once more: make fuzz ARGS="--seed {options.seed} --only {seen.visit.seed.rpartition("/")[2]}"'
                )
                print("    " + " → ".join(name for name, _ in seen.screens))
    print(f"{count} visits, {decided} decided by the portal, {failed} failed; seed {options.seed}")
    return int(failed > 0 or (options.only is None and decided < count * DECIDED))
