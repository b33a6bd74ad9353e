"""`python -m bench`: measure, print a table for each, and with --write keep them in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from bench import card, fleet, goals, growth, idle, reset, slip, touch
from bench.table import Row, keep, markdown

KEPT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"

# What grows comes last: it leaves the display and the temporary folder of its browser in the environment.
MEASUREMENTS: dict[str, Callable[[Path, bool], Iterator[Row]]] = {
    "card": card.rows,
    "kinds": card.kinds,
    "goals": goals.rows,
    "touch": touch.rows,
    "reset": reset.rows,
    "slip": slip.rows,
    "idle": idle.rows,
    "growth": growth.rows,
    "fleet": fleet.rows,
}
BY_NAME_ALONE = ("fleet",)  # it is of the desk, and takes longer than all the others


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the kiosk; about fifteen minutes.")
    parser.add_argument(
        "only", nargs="*", metavar="NAME", help=f"one of {', '.join(MEASUREMENTS)}; all but the last when none is given"
    )
    parser.add_argument("--quick", action="store_true", help="a few repeats of each: whether it works, not how fast")
    parser.add_argument("--write", action="store_true", help="keep what is measured in docs/benchmarks.md")
    options = parser.parse_args()
    if unknown := set(options.only) - set(MEASUREMENTS):
        parser.error(f"there is no measurement {', '.join(sorted(unknown))}")
    if options.write and options.quick:
        parser.error("--write keeps whole runs only: leave out --quick")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # leave nothing behind
    failed = False
    for name, rows in MEASUREMENTS.items():
        if name not in (options.only or MEASUREMENTS) or (not options.only and name in BY_NAME_ALONE):
            continue
        print(f"measuring: {name}", file=sys.stderr)
        before, table = os.getloadavg()[0], []
        try:
            with tempfile.TemporaryDirectory() as directory:
                for row in rows(Path(directory), options.quick):
                    print(*row.cells, sep="  ", file=sys.stderr)
                    table.append(row)
        except Exception as error:
            traceback.print_exc()
            print(f"{name} was not measured: {type(error).__name__}")
            failed = True
            continue
        text = f"{conditions(before)}\n\n{markdown(table)}\n"
        print(text)
        if options.write:
            keep(KEPT, f"measured: {name}", text)
    return int(failed)


def conditions(load_before: float) -> str:
    """Where and with what it was measured, in one paragraph."""
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    parts = (
        f"{datetime.date.today()}",
        f"revision {said('git', 'rev-parse', '--short', 'HEAD')}",
        f"{os.cpu_count()} processors ({processor[1] if processor else platform.machine()})",
        f"load {load_before:.1f} before and {os.getloadavg()[0]:.1f} after",
        f"Python {platform.python_version()}",
        f"WeasyPrint {version('weasyprint')}",
        said("chromium", "--version").partition(" built")[0],
        said("opensc-tool", "--info").partition(" [")[0] or "no OpenSC",
    )
    return "; ".join(parts) + "."


def said(*command: str) -> str:
    """The first line that a program prints; empty when it is not there."""
    try:
        out = subprocess.run(command, capture_output=True, text=True, cwd=KEPT.parent, timeout=30).stdout
    except OSError:
        return ""
    return out.partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
