"""`make test-appliance`: the image as a whole machine, in parts (tests/appliance/parts).

As root, after `make image`. Each line says what was looked for and what was found; the exit code is 1 when one was not
as it has to be. A part that was good with this image is not tried again; what machines said and showed (of each
part a sheet of its pictures, sheet.png), and what was found, stays in var/appliance.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import subprocess
import sys
from pathlib import Path

from tests.appliance.built import disk, images
from tests.appliance.machine import PICTURE, Machine, NoMachine, lacking, processor
from tests.appliance.report import PAGE, Enough, Report, kept, now, page
from tests.appliance.sheet import sheet

FOLDER = Path("var/appliance")
MINUTES = 75.0  # and what is begun then comes to its end: no run takes more than 90
# A part may begin with what one before it has left.
PARTS = (
    *("slots", "fetched", "inside", "healed", "start", "bare", "proof", "visit", "people", "ends", "unwiped"),
    *("devices", "moments", "keys", "fingers", "strangers", "stick", "fleet", "odd", "flipped", "stranded"),
    *("power", "power_visit", "power_update", "update", "back", "older", "rings"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test-appliance", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--again", action="store_true", help="try also what was good already")
    parser.add_argument("--write", action="store_true", help=f"put the last results into {PAGE}")
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help="a part may take in one run; default: %(default)s"
    )
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    missing = lacking()
    if missing or not images():
        print(f"apt install {' '.join(missing)}" if missing else "make image has to come first, with throw-away keys")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # or QEMU would run on without us
    reports = [tried(part, asked.again, asked.minutes) for part in asked.parts or PARTS]
    if asked.write:
        PAGE.write_text(page([(part, holds(part), kept(FOLDER, part)) for part in PARTS]))
    return 0 if all(report.good for report in reports) else 1


def holds(part: str) -> str:
    """The first paragraph of a part's head."""
    return (importlib.import_module(f"tests.appliance.parts.{part}").__doc__ or "").partition("\n\n")[0].strip()


def tried(part: str, again: bool, minutes: float = MINUTES) -> Report:
    """Its report; the one that is kept, if it was good with this image. minutes: that it may take, as far as it can go
    on where it stopped."""
    image = disk().stem
    last = kept(FOLDER, part)
    if last and last.good and last.image == image and not again:
        print(f"{part}: good on {last.began}")
        return last
    print(f"{part}: {holds(part)}", flush=True)
    report = Report(part, image, f"QEMU, {', '.join(processor())}", now())
    if last and last.image == image and not again and last.goes_on():
        print(f"{part}: goes on after {last.done[-1]}", flush=True)
        report = last
    else:
        for picture in (FOLDER / part).glob(f"*{PICTURE}"):
            picture.unlink()
    report.folder = FOLDER
    report.may_take(minutes)
    try:
        importlib.import_module(f"tests.appliance.parts.{part}").run(Machine(FOLDER / part), report)
        report.whole = True
    except Enough:
        print(f"{part}: goes on after {report.done[-1]} in the next run", flush=True)
    except (NoMachine, OSError, subprocess.SubprocessError) as why:
        report(False, str(why) or type(why).__name__)
    finally:
        if shown := sheet(FOLDER / part):
            print(f"      what stood on the screen: {shown}", flush=True)
    report.keep(FOLDER)
    return report


if __name__ == "__main__":
    sys.exit(main())
