"""What `make image` has made, and the picture that a start has to come to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.appliance.machine import Machine, wait_for
from tests.appliance.report import Report
from tests.appliance.screens import resemblance, same

OUT = Path("var/image/out")
ADDON = OUT / "test.addon.efi"
ATTRACT = Path("var/shots/portrait/attract.png")
ATTRACT_SECONDS = 40 * 60.0  # without hardware virtualisation, on a busy machine


def images() -> list[Path]:
    """The disk images that lie there, the newest last."""
    return sorted(OUT.glob("kiosk_*.raw"), key=lambda path: path.stat().st_mtime) if ADDON.exists() else []


def disk() -> Path:
    """The newest that is a whole disk, and no part of one."""
    return [path for path in images() if ".root" not in path.name][-1]


def comes_to_attract(machine: Machine, report: Report, seconds: float = ATTRACT_SECONDS) -> float | None:
    """Wait for attract's picture, and keep what is seen then. Seconds that it took; None: it did not come."""
    shipped = attract()
    took = wait_for(lambda: same(machine.picture(), shipped), seconds)
    picture = machine.picture()
    picture.save(machine.folder / "attract.png")
    alike = f"{resemblance(picture, shipped):.4f} alike to the shipped picture"
    report(took is not None, f"attract after {took if took is not None else seconds:.0f} s, {alike}")
    return took


def attract() -> Image.Image:
    """The shipped picture (`make shots`)."""
    if not ATTRACT.exists():
        subprocess.run([sys.executable, "-m", "tests.shots", "attract"], check=True)
    with Image.open(ATTRACT) as shipped:
        return shipped.convert("RGB")
