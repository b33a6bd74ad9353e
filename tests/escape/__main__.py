"""`make escape`: does anything that can be done at the screen lead out of the kiosk? In parts, each of which can be run
alone and goes on where it stopped.

    make escape                            every part; hours
    make escape ARGS="whole terms"         the parts with all layers, at the terms
    make escape ARGS="touch whole pin"     one part: what fingers can do at a PIN
    make escape ARGS="page --rows alert"   of a part only rows that are called so; nothing is kept
    make escape ARGS=--write               what all parts have found, into docs/lockdown.md

    keys       chords of Ctrl, Alt, Shift and Super with every key (keys.py): all with all layers, else those with keys
               by which Chromium opens something
    mouse      buttons, wheel and drags, on what a page may hold (mouse.py)
    touch      gestures of one to five fingers (touch.py)
    page       what a page could be made to do (pages.py)
"""

from __future__ import annotations

import argparse
import itertools
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from bench.__main__ import said
from kiosk.config.kiosk import Screen as Patient
from kiosk.config.kiosk import Session
from tests.escape import mouse, pages, touch
from tests.escape.chords import ANSWERED, OPENING, Chord, chords
from tests.escape.devtools import Devtools
from tests.escape.keys import Trial
from tests.escape.places import COME_SECONDS, HERE, PLACES, goes_to
from tests.escape.results import Tried, kept, write
from tests.escape.rows import Row, Rows
from tests.escape.screen import LAYERS, Screen, debian
from tests.stage import Stage

FAMILIES = ("keys", "mouse", "touch", "page")
TABLES = {"mouse": mouse.rows, "touch": touch.rows, "page": pages.rows}
LOST = Session(browser_lost_seconds=30)
SEED, ANSWERED_COUNT = 10, 60
# The keymap is between a keyboard and Chromium alone; and a page of nobody's is not at a PIN.
LEFT_OUT = {*itertools.product(TABLES, ("no-keymap",), PLACES)} | {*itertools.product(FAMILIES, ("bare",), PLACES[1:])}
PARTS = [part for part in itertools.product(FAMILIES, LAYERS, PLACES) if part not in LEFT_OUT]


def of_keys(layer: str, place: str) -> Iterator[Chord]:
    """Which chords are tried. Each key that the screen answers takes a browser of its own for each chord: beside those
    that open something, a sample of them."""
    if layer != "whole":
        yield from (chord for chord in chords() if chord[1] in OPENING)
        return
    answered = [chord for chord in chords() if chord[1] in ANSWERED[place]]
    sample = random.Random(SEED).sample(answered, ANSWERED_COUNT)
    yield from (chord for chord in chords() if chord[1] not in ANSWERED[place])
    yield from sample


def hand(family: str, screen: Screen, devtools: Devtools) -> object:
    if family == "touch":
        return touch.Fingers(devtools)
    if family == "mouse":
        assert screen.pointer is not None
        return mouse.Mouse(screen.pointer, screen.keyboard)
    return devtools


def of_table(family: str, wanted: Sequence[str]) -> list[Row]:
    return [row for row in TABLES[family]() if not wanted or any(each in row.name for each in wanted)]


def run(family: str, layer: str, place: str, options: argparse.Namespace) -> Tried:
    alone = bool(options.rows or options.keys)
    tried = Tried(family, layer, place) if alone or options.again else kept(family, layer, place)
    if tried.whole:
        print(tried.said(), flush=True)
        return tried
    before, began = tried.seconds, time.monotonic()

    def over() -> None:
        tried.seconds, tried.day = before + time.monotonic() - began, f"{date.today()}"
        tried.revision = said("git", "rev-parse", "--short", "HEAD")
        if not alone:
            tried.keep()

    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder, "stage"), screen=Patient(idle_seconds=600), session=LOST)
        with stage, Screen(stage, layer, family != "keys", family == "mouse") as screen:
            if screen.kept:
                stage.wait_log(HERE, COME_SECONDS, 0)
            if family == "keys":
                few = [chord for chord in of_keys(layer, place) if not options.keys or chord[1] in options.keys]
                Trial(screen, stage, place, tried).run(few, over)
            else:
                again = lambda: goes_to(place, stage, screen.keeper, screen.keyboard)  # noqa: E731
                trial = Rows(screen, stage, tried, again, lambda devtools: hand(family, screen, devtools))
                trial.run(of_table(family, options.rows), over)
    tried.whole = True
    over()
    print(tried.said(), flush=True)
    return tried


def chosen(names: Sequence[str]) -> list[tuple[str, str, str]]:
    """The parts that these name: of each kind of name one has to fit, if there are any."""
    kinds: Mapping[int, set[str]] = {at: set(names) & set(kind) for at, kind in enumerate((FAMILIES, LAYERS, PLACES))}
    return [part for part in PARTS if all(not of or part[at] in of for at, of in kinds.items())]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="make escape", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = (*FAMILIES, *LAYERS, *PLACES)
    parser.add_argument("parts", nargs="*", choices=[*names, []], metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--rows", nargs="+", default=[], metavar="WORDS", help="only rows whose name has these words")
    parser.add_argument("--keys", type=int, nargs="+", default=[], metavar="CODE", help="only chords with these keys")
    parser.add_argument("--again", action="store_true", help="also what was tried already")
    parser.add_argument("--write", action="store_true", help="put what was found into docs/lockdown.md")
    options = parser.parse_args(argv)
    if options.write and not options.parts:
        write(PARTS)
        return 0
    if why := debian():
        print(f"not tried: {why}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # cage and Chromium end with us
    tried = [run(*part, options) for part in chosen(options.parts)]
    if options.write:
        write(PARTS)
    return 1 if any(each.out for each in tried if each.layer == "whole") else 0


if __name__ == "__main__":
    sys.exit(main())
