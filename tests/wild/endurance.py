"""`make endurance`: visit after visit, a fault in every tenth, and what the processes hold after each.

    make endurance ARGS="socket --minutes 80"     one uninterrupted part: 1,000 visits take about an hour
    make endurance ARGS="browser --visits 1300"   the same in Chromium, under the keeper, by its keys
    make endurance ARGS="--write"                 what all parts have found, into docs/

A part is one life of the kiosk, for a slope across a restart says nothing. The next part goes on with the number after
the last, so that no visit is played twice. Each visit is one line of var/endurance while its part lives; of a part that
is over, docs/endurance.json keeps the sums and the slopes, so that parts of years and of many machines add up. The
person's time is left out: a visit of the anchor takes 37 seconds, of which the kiosk needs hardly one.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

import msgspec

from bench.__main__ import said
from bench.growth import Held, browser_sessions, held_by, slope_row
from bench.table import Row, Slope, keep, markdown
from kiosk.services.processes import children_of_type
from tests.forgetting.screen import Display
from tests.stage import ROOT, Stage
from tests.wild.ground import Ground
from tests.wild.invariants import broken
from tests.wild.play import play
from tests.wild.visit import Visit, by_chance

PAGE, KEPT = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "endurance.json"
LIVED = ROOT / "var" / "endurance"  # the visits of the parts that have been lived here, a file for each way in
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
    """Chromium's memory goes up and down with the keeper's renewal of it (`browser.SESSIONS_EACH`)."""

    def strike(index: int, stage: Stage, display: Display) -> bool:
        number = first + index
        return number % 10 == 0 and IN_THE_BROWSER[number // 10 % len(IN_THE_BROWSER)](stage, display)

    for number, held in enumerate(browser_sessions(ground.directory / "browser", count, strike), first):
        yield {"number": number, "fault": number % 10 == 0, "hand": 0, "files": 0, **columns(held)}


# Faults that leave the browser itself as it is; each says whether it has ended the visit.


def _card_pulled(stage: Stage, display: Display) -> bool:
    stage.put_in("excellent")
    stage.take_out()
    return False


def _network_killed(stage: Stage, display: Display) -> bool:
    """The process by which Chromium speaks to the server; it makes another."""
    assert display.keeper.pid is not None
    for process in children_of_type(display.keeper.pid, b"network.mojom.NetworkService"):
        os.kill(process, signal.SIGKILL)
    return False


def _session_killed(stage: Stage, display: Display) -> bool:
    stage.kill_worker()
    return True


IN_THE_BROWSER = (_card_pulled, _network_killed, _session_killed)


def columns(held: Held) -> dict[str, float]:
    return dict(zip(("own", "resident", "descriptors", "sockets", "threads"), held, strict=True))


PARTS = {"socket": socket_visits, "browser": browser_visits}


class Line(msgspec.Struct, frozen=True):
    """How one quantity went through a part: its slope for each visit, the error of that, and what it was in the end."""

    slope: float
    error: float
    last: float


class Part(msgspec.Struct, frozen=True):
    """What is kept of a part that is over. The lines are there when it was long enough for a slope."""

    name: str
    number: int
    ended: str
    revision: str
    first: int
    visits: int
    faults: int
    hands: int
    lines: dict[str, Line] = {}


def kept() -> list[Part]:
    return msgspec.json.decode(KEPT.read_bytes(), type=list[Part])


def lived(name: str) -> list[dict[str, float]]:
    """Every visit that has been lived here."""
    file = LIVED / f"{name}.csv"
    if not file.exists():
        return []
    with file.open(encoding="utf-8") as lines:
        return [{key: float(value) for key, value in line.items()} for line in csv.DictReader(lines)]


def parts() -> list[Part]:
    """Those that are kept, and those that have been lived here since."""
    known = kept()
    there = {(part.name, part.number) for part in known}
    new = [
        summed(name, list(visits))
        for name in PARTS
        for number, visits in groupby(lived(name), lambda visit: visit["part"])
        if (name, number) not in there
    ]
    return sorted([*known, *new], key=lambda part: (list(PARTS).index(part.name), part.number))


def summed(name: str, visits: Sequence[Mapping[str, float]]) -> Part:
    """A part's sums and slopes."""
    lines = {}
    if len(visits) >= ENOUGH[name]:
        for what in COLUMNS[4:]:
            values = [visit[what] for visit in visits[WARM_UP:]]
            slope = Slope.of(values)
            lines[what] = Line(round(slope.per_step, 4), round(slope.error, 4), values[-1])
    return Part(
        name,
        number=int(visits[0]["part"]),
        ended=f"{date.today()}",
        revision=said("git", "rev-parse", "--short", "HEAD"),
        first=int(visits[0]["number"]),
        visits=len(visits),
        faults=int(sum(visit["fault"] for visit in visits)),
        hands=int(sum(visit["hand"] for visit in visits)),
        lines=lines,
    )


def live(ground: Ground, name: str, visits: int, minutes: float) -> None:
    """One part, which goes on with the visit after the last that there has been."""
    before = [part for part in parts() if part.name == name]
    number = max((part.number for part in before), default=0) + 1
    first = max((part.first + part.visits for part in before), default=1)
    LIVED.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + minutes * 60
    with (LIVED / f"{name}.csv").open("a", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, COLUMNS)
        if not file.tell():
            lines.writeheader()
        for line in PARTS[name](ground, first, visits):
            lines.writerow({"part": number, **{key: int(value) for key, value in line.items()}})
            file.flush()
            if time.monotonic() > until:
                break


def rows(parts: Sequence[Part]) -> Iterator[Row]:
    """What there has been in all, and the slopes of each part that was long enough for one."""
    for name, group in groupby(parts, lambda part: part.name):
        whole = list(group)
        visits, faults, hands = (sum(getattr(part, each) for part in whole) for each in ("visits", "faults", "hands"))
        yield Row(
            f"{name}: {visits} visits, {faults} with a fault",
            f"{hands} needed a hand",
            f"as in {visits * ANCHOR_SECONDS / 3600:.1f} hours",
        )
        for part in whole:
            title = f"{name}, part {part.number} ({part.ended}, revision {part.revision})"
            if not part.lines:
                yield Row(title, f"{part.visits} visits", "too few for a slope")
            for what, line in part.lines.items():
                slope = Slope(line.slope, line.error)
                yield slope_row(f"{title}: {what}", slope, part.visits - WARM_UP, line.last, UNITS.get(what, ""))


def main(ground: Ground, arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="make endurance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=tuple(PARTS))
    parser.add_argument("--visits", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=80.0)
    parser.add_argument("--write", action="store_true", help="keep what was found in docs/")
    options = parser.parse_args(arguments)
    if options.part:
        live(ground, options.part, options.visits, options.minutes)
    print(text := markdown(list(rows(everything := parts()))) + "\n")
    if options.write:
        KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(everything)) + b"\n")
        keep(PAGE, "endurance", text)
    return 0
