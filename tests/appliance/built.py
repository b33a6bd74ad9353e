"""What `make image` has made (`UPDATE=yes` for its update), and the picture that a start has to come to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.appliance.machine import Machine, NoMachine, wait_for
from tests.appliance.report import Report
from tests.appliance.screens import resemblance, same

OUT = Path("var/image/out")
ADDON = OUT / "test.addon.efi"
KEEPS = OUT / "keeps.addon.efi"  # init_on_free=0
BARE = OUT / "bare.addon.efi"  # in place of ADDON: the same, without a kiosk
UPDATE = OUT / "update"
TOOLS = Path("var/image/tools")  # the Debian that makes the image
ATTRACT = Path("var/shots/portrait/attract.png")
ATTRACT_SECONDS = 40 * 60.0  # without hardware virtualisation, on a busy machine


def images() -> list[Path]:
    """The disk images that lie there, the newest last."""
    whole = [path for path in OUT.glob("kiosk_*.raw") if ".root" not in path.name]
    return sorted(whole, key=lambda path: path.stat().st_mtime) if ADDON.exists() else []


def disk() -> Path:
    """The newest."""
    return images()[-1]


def update() -> str:
    """The name of the update to it. Raises NoMachine: there is none."""
    newer = sorted(path.stem for path in UPDATE.glob(f"{disk().stem}.*.efi"))
    if not newer:
        raise NoMachine("make image UPDATE=yes has to come first")
    return newer[-1]


def as_disk(name: str, disk: Path) -> Path:
    """A disk (ext4, labelled "update") with the update's files, as they come."""
    folder = disk.with_suffix(".files")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for pattern in (f"{name}.efi", f"{name}.root*.raw.gz"):
        for path in UPDATE.glob(pattern):
            os.link(path, folder / path.name)
    disk.unlink(missing_ok=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-L", "update", "-d", folder, disk, "2G"], check=True)
    return disk


def comes_to_attract(
    machine: Machine, report: Report, seconds: float = ATTRACT_SECONDS, then: str = ""
) -> float | None:
    """Wait for attract's picture, and keep what is seen then. Seconds that it took; None: it did not come. then: what
    was before, for the report."""
    took = wait_for(lambda: same(machine.picture(), attract()), seconds)
    picture, shipped = machine.picture(), attract()
    machine.keep_picture(then or "attract")
    alike = f"{resemblance(picture, shipped):.4f} alike to the shipped picture"
    report(
        took is not None, f"{then and then + ': '}attract after {took if took is not None else seconds:.0f} s, {alike}"
    )
    return took


def attract() -> Image.Image:
    """The shipped picture (`make shots`)."""
    if not ATTRACT.exists():
        subprocess.run([sys.executable, "-m", "tests.shots", "attract"], check=True)
    with Image.open(ATTRACT) as shipped:
        return shipped.convert("RGB")
