"""`make fuzz`: visits by chance, each held to all invariants.

make fuzz ARGS="--seed 7 --visits 200 --minutes 3"
make fuzz ARGS="--seed 7 --only 41"                  the one visit that failed, by itself
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterable, Iterator

from tests.wild.ground import Ground
from tests.wild.invariants import broken
from tests.wild.play import play
from tests.wild.visit import SHIFTS, by_chance, shift_by_chance
from tests.wild.walker import Seen

DECIDED = 1 / 3  # of all people's visits, at least, reach the portal's decision
STAFF_EVERY = 6  # one of so many is of the staff


def visits(ground: Ground, seed: int, numbers: Iterable[int]) -> Iterator[tuple[Seen, list[str]]]:
    """Each visit, and what did not hold."""
    people = tuple(ground.people)
    for number in numbers:
        staff = number % STAFF_EVERY == STAFF_EVERY - 1
        seen = play(ground, shift_by_chance(seed, number) if staff else by_chance(seed, number, people))
        yield seen, broken(ground, seen)


def main(ground: Ground, arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--visits", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="begin with that visit")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="that visit alone")
    options = parser.parse_args(arguments)
    first, count = (options.first, options.visits) if options.only is None else (options.only, 1)
    until = time.monotonic() + options.minutes * 60
    played = peoples = decided = failed = 0
    with ground:
        for seen, wrong in visits(ground, options.seed, range(first, first + count)):
            played, decided, failed = played + 1, decided + seen.decided, failed + bool(wrong)
            peoples += seen.visit.goal not in SHIFTS
            print(f"{seen.visit} → {seen.end}, {seen.seconds:.1f} s", *wrong, sep="\n    ", flush=True)
            if wrong:
                print("    " + " → ".join(name for name, _ in seen.screens))
                print(f'    once more: make fuzz ARGS="--seed {options.seed} --only {first + played - 1}"', flush=True)
            if time.monotonic() > until:
                break
    print(f"seed {options.seed}: {played} visits, {decided} decided by the portal, {failed} failed")
    return int(failed > 0 or (options.only is None and decided < peoples * DECIDED))
