"""`make test-appliance`: the image starts as a whole machine, its picture is attract's, and its start counts as good.

As root, after `make image`. Each line says what was looked for and what was found; the exit code is 1 when one was not
as it has to be. What the machine said and showed stays in var/appliance.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests.appliance.machine import Machine, lacking, running
from tests.appliance.screens import resemblance, same

OUT, FOLDER, SHIPPED = Path("var/image/out"), Path("var/appliance"), Path("var/shots/portrait/attract.png")
LOOK_SECONDS = 5.0
EMPTY = "_empty"


def wait_for(what: Callable[[], bool], seconds: float) -> float | None:
    """Seconds until it was so; None: it was not."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if what():
            return time.monotonic() - began
        time.sleep(LOOK_SECONDS)
    return None


class Report:
    """What was looked for, line by line."""

    def __init__(self) -> None:
        self.failed = 0

    def __call__(self, good: bool, what: str) -> None:
        self.failed += not good
        print(f"{'good' if good else 'BAD '}  {what}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test-appliance", description=__doc__)
    parser.add_argument("--minutes", type=float, default=25, help="for the attract page to come; default: %(default)s")
    asked = parser.parse_args()
    missing = lacking()
    images = sorted(OUT.glob("kiosk_*.raw"), key=lambda path: path.stat().st_mtime)
    addon = OUT / "test.addon.efi"
    if missing or not images or not addon.exists():
        print(f"apt install {' '.join(missing)}" if missing else "make image has to come first, with throw-away keys")
        return 2
    if not SHIPPED.exists():
        subprocess.run([sys.executable, "-m", "tests.shots", "attract"], check=True)
    with Image.open(SHIPPED) as shipped:
        return run(Machine(FOLDER), images[-1], addon, shipped.convert("RGB"), asked.minutes * 60)


def run(machine: Machine, image: Path, addon: Path, shipped: Image.Image, patience_seconds: float) -> int:
    report, name = Report(), image.stem
    machine.install(image, addon)
    # As an update comes: with three tries.
    machine.on_the_esp("mren", f"::/EFI/Linux/{name}.efi", f"{name}+3.efi")
    with running(machine):
        took = wait_for(lambda: same(machine.picture(), shipped), patience_seconds)
        picture = machine.picture()
        picture.save(FOLDER / "attract.png")
        report(took is not None, f"attract after {took or patience_seconds:.0f} s, {resemblance(picture, shipped):.3f}")
        good = wait_for(lambda: "a good start" in machine.said(), 300)
        report(good is not None, "the start counts as good")
        blessed = wait_for(lambda: "Finished systemd-bless-boot.service" in machine.said(), 120)
        report(blessed is not None, "and loses its count")
        print(f"      {machine.memory_in_use() >> 20} MB of memory in use", flush=True)
    said = machine.said()
    report("Kernel is locked down from EFI Secure Boot" in said, "secure boot")
    report(re.search(r"mem auto-init:.*heap free:on", said) is not None, "memory is overwritten when it is freed")
    report(re.search(r"Failed to start|Failed with result", said) is None, "no unit has failed")
    report(" login: " not in said, "nothing asks who is there")
    names = machine.on_the_esp("mdir", "-b", "::/EFI/Linux").split()
    report(names == [f"::/EFI/Linux/{name}.efi"], f"the boot loader's file is {', '.join(names)}")
    slots = [each.get("name") for each in machine.partitions()]
    report(slots.count(EMPTY) == 2 and slots[-1] == "kiosk-state", f"partitions: {', '.join(map(str, slots))}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
