"""What the kiosk holds in memory and keeps open, session after session: a kiosk runs for months and may not grow.

Each session is a real one: the page's protocol without a browser, three touches, a process that ends. At the same point
of each, arbiter and session are looked at through /proc; the slope of what is seen, by least squares over the sessions,
must be nil within its error. Resident memory is all that a process has in memory, files and shared pages included; own
memory leaves the files out and counts a page that two processes share half for each.

Chromium is looked at in the same way, under the keeper of the appliance and without a debugging port, and reported by
itself: its memory goes up and down like a saw, over more than a hundred sessions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.table import Row, Slope
from bench.visitor import Visitor
from tests.forgetting.screen import Display
from tests.stage import Stage

WARM_UP = 15  # sessions that are not counted


class Held(NamedTuple):
    """What some processes hold at one moment."""

    own: float  # kB, without the files of libraries and programs, which other programs may share
    resident: float  # kB
    open: float  # descriptors
    sockets: float  # among them
    threads: float


Strike = Callable[[int, Stage, Display], bool]


def rows(directory: Path, quick: bool) -> Iterator[Row]:
    if os.geteuid() != 0:
        yield Row("growth per session", "not measured: only root may look into the kiosk's processes")
        return
    count = WARM_UP + (5 if quick else 300)
    seen = list(sessions(directory / "kiosk", count))[WARM_UP:]
    yield grown("arbiter: resident memory", [arbiter.resident for arbiter, _ in seen], "kB")
    yield grown("session: resident memory", [session.resident for _, session in seen], "kB")
    yield grown("both: own memory", [arbiter.own + session.own for arbiter, session in seen], "kB")
    yield grown("arbiter: open descriptors", [arbiter.open for arbiter, _ in seen])
    yield grown("session: open descriptors", [session.open for _, session in seen])
    browser = list(browser_sessions(directory / "browser", count))[WARM_UP:]
    yield grown("all of Chromium: own memory", [each.own for each in browser], "kB")
    yield grown("all of Chromium: open descriptors", [each.open for each in browser])


def grown(what: str, values: Sequence[float], unit: str = "") -> Row:
    """How much more of it there is from one session to the next, and how much in the end."""
    return slope_row(what, Slope.of(values), len(values), values[-1], unit)


def slope_row(what: str, slope: Slope, count: int, last: float, unit: str) -> Row:
    """The same from a slope that is known already."""
    end = f"{last / 1024:.1f} MB" if unit else f"{last:.0f}"
    return Row(f"{what}, more each session ({count}×)", f"{slope} {unit}".strip(), f"in the end {end}")


def sessions(directory: Path, count: int) -> Iterator[tuple[Held, Held]]:
    """Arbiter and session, seen in each of so many visits."""
    with Stage(directory) as stage:
        for _ in range(count):
            with Visitor(stage.port) as visitor:
                visitor.touch("start", "link").finds("is-licence")
                yield held_by(stage.arbiter), held_by(stage.worker)
                visitor.leave()


def nothing(number: int, stage: Stage, display: Display) -> bool:
    return False


def browser_sessions(directory: Path, count: int, strike: Strike = nothing) -> Iterator[Held]:
    """All of Chromium's processes, seen in each of so many visits that are made by pressing keys.

    strike: what happens in the n-th of them (from 0 on), after it was looked at; true when that has ended it."""
    with Stage(directory) as stage, Display(stage.settings, stage.temporary) as display:
        at = 0
        for number in range(count):
            at = stage.wait_log("the page is here", since=at)
            at = press_until(display, stage, "Return", "screen home", at)
            at = press_until(display, stage, "Return", "screen 1 licence", at)
            yield held_by(*display.processes)
            if not strike(number, stage, display):
                at = press_until(display, stage, "Escape", "session ends", at)


def press_until(display: Display, stage: Stage, key: str, words: str, since: int) -> int:
    """Press a key until the kiosk's log says the words; a screen that is not painted yet takes no key."""
    for _ in range(50):
        display.press(key)
        try:
            return stage.wait_log(words, seconds=0.4, since=since)
        except AssertionError:
            continue
    raise AssertionError(f"no “{words}” after many presses of {key}")


def held_by(*processes: int) -> Held:
    """Processes that have just ended hold nothing."""
    own = resident = descriptors = sockets = threads = 0
    for process in processes:
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            links = [link(each) for each in Path(f"/proc/{process}/fd").iterdir()]
            threads += len(os.listdir(f"/proc/{process}/task"))
        except (FileNotFoundError, ProcessLookupError):
            continue
        descriptors += len(links)
        sockets += sum(each.startswith("socket:") for each in links)
        sizes = dict(line.split(":", 1) for line in rollup.splitlines()[1:])
        own += int(sizes["Pss_Anon"].split()[0])
        resident += int(sizes["Rss"].split()[0])
    return Held(own, resident, descriptors, sockets, threads)


def link(descriptor: Path) -> str:
    """What it leads to; nothing when it has just been closed."""
    try:
        return os.readlink(descriptor)
    except FileNotFoundError:
        return ""
