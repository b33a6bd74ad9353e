"""`make endurance`: visit after visit, a fault in every tenth, and what the processes hold after each.

    make endurance ARGS="socket --minutes 80"     one uninterrupted part: 1,000 visits take about an hour
    make endurance ARGS="browser --visits 315"    the same in Chromium, under the keeper, without a fault
    make endurance ARGS="--write"                 what all parts have found, into docs/benchmarks.md

A part is one life of the kiosk, for a slope across a restart says nothing. The next part goes on with the number after
the last, so that no visit is played twice. Each visit is one line of var/endurance. The person's time is left out:
a visit of the anchor takes 37 seconds, of which the kiosk needs hardly one.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from bench.growth import Held, browser_sessions, grown, held_by
from bench.table import Row, keep, markdown
from tests.stage import ROOT
from tests.wild.ground import Ground
from tests.wild.invariants import broken
from tests.wild.visit import Visit, by_chance
from tests.wild.walker import play

KEPT, STORE = ROOT / "docs" / "benchmarks.md", ROOT / "var" / "endurance"
SEED = 2026
WARM_UP = 15  # visits of each part that are not looked at
ENOUGH: Mapping[str, int] = {"socket": 1000, "browser": 300}  # visits that a slope takes
ANCHOR_SECONDS = 37
COLUMNS = ("part", "number", "fault", "hand", "own", "resident", "descriptors", "sockets", "threads", "files")
UNITS = {"own": "kB", "resident": "kB"}


def visit_of(number: int, people: tuple[str, ...]) -> Visit:
    """Somebody else each time; in every tenth visit something goes wrong, but nothing that ends the part."""
    if number % 10:
        return Visit(
            seed=f"{SEED}/{number}", who=people[number % len(people)], goal="check" if number % 7 == 0 else "link"
        )
    made = by_chance(SEED, number, people)
    strikes = {screen: strike for screen, strike in made.strikes.items() if strike != "arbiter killed"}
    return replace(made, strikes=strikes or {"pin": "card pulled"})


def socket_visits(ground: Ground, first: int, count: int) -> Iterator[dict[str, float]]:
    people = tuple(ground.people)
    with ground:
        for number in range(first, first + count):
            seen = play(ground, visit_of(number, people))
            wrong = broken(ground, seen)
            for what in wrong:
                print(f"{seen.visit}: {what}", flush=True)
            with contextlib.closing(ground.next_visitor()):
                held = held_by(ground.arbiter, ground.worker)
            files = sum(1 for place in (ground.runtime, ground.temporary) for _ in place.rglob("*"))
            yield {"number": number, "fault": number % 10 == 0, "hand": bool(wrong), "files": files, **columns(held)}


def browser_visits(ground: Ground, first: int, count: int) -> Iterator[dict[str, float]]:
    for number, held in enumerate(browser_sessions(ground.directory / "browser", count), first):
        yield {"number": number, "fault": 0, "hand": 0, "files": 0, **columns(held)}


def columns(held: Held) -> dict[str, float]:
    return dict(zip(("own", "resident", "descriptors", "sockets", "threads"), held, strict=True))


PARTS = {"socket": socket_visits, "browser": browser_visits}


def lived(name: str) -> list[dict[str, float]]:
    """Every visit that there has been."""
    file = STORE / f"{name}.csv"
    if not file.exists():
        return []
    with file.open(encoding="utf-8") as lines:
        return [{key: float(value) for key, value in line.items()} for line in csv.DictReader(lines)]


def live(ground: Ground, name: str, visits: int, minutes: float) -> None:
    """One part."""
    before = lived(name)
    part, first = (int(before[-1]["part"]) + 1, int(before[-1]["number"]) + 1) if before else (1, 1)
    STORE.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + minutes * 60
    with (STORE / f"{name}.csv").open("a", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, COLUMNS)
        if not before:
            lines.writeheader()
        for line in PARTS[name](ground, first, visits):
            lines.writerow({"part": part, **{key: int(value) for key, value in line.items()}})
            file.flush()
            if time.monotonic() > until:
                break


def rows(name: str, visits: Sequence[dict[str, float]]) -> Iterator[Row]:
    """What there has been in all, and the slopes of each part that is long enough for one."""
    hours = len(visits) * ANCHOR_SECONDS / 3600
    faults, hands = (int(sum(visit[each] for visit in visits)) for each in ("fault", "hand"))
    yield Row(
        f"{name}: {len(visits)} visits, {faults} with a fault", f"{hands} needed a hand", f"as in {hours:.1f} hours"
    )
    for part, group in groupby(visits, lambda visit: visit["part"]):
        whole = list(group)
        if len(whole) < ENOUGH[name]:
            yield Row(f"{name}, part {part:.0f}", f"{len(whole)} visits", "too few for a slope")
            continue
        for what in COLUMNS[4:]:
            values = [visit[what] for visit in whole[WARM_UP:]]
            yield grown(f"{name}, part {part:.0f}: {what}", values, UNITS.get(what, ""))


def main(ground: Ground, arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="make endurance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=tuple(PARTS))
    parser.add_argument("--visits", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=80.0)
    parser.add_argument("--write", action="store_true", help="keep what was found in docs/benchmarks.md")
    options = parser.parse_args(arguments)
    if options.part:
        live(ground, options.part, options.visits, options.minutes)
    table = [row for name in PARTS if (visits := lived(name)) for row in rows(name, visits)]
    print(text := markdown(table) + "\n")
    if options.write:
        keep(KEPT, "endurance", text)
    return 0
