"""An update goes into the slot that does not run, whole or not at all, also after an update that had to be taken back.

For this no machine is started: systemd-sysupdate itself, of the Debian that makes the image, writes small updates on a
small disk (a loop device) by the image's own rules, in which only the places are others.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.appliance.built import TOOLS
from tests.appliance.machine import Machine, partitions
from tests.appliance.report import Report

RULES = Path("image/mkosi.extra/usr/lib/sysupdate.d")
VERITY, ROOT = "2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5", "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
ROOT_BYTES, VERITY_BYTES = 64 << 20, 8 << 20
EFI_BYTES = 1 << 20
UNIT = Path("image/mkosi.extra/usr/lib/systemd/system/systemd-sysupdate.service.d/kiosk.conf")
SYSUPDATE = "/usr/lib/systemd/systemd-sysupdate"
# In the tools tree, as on the machine: which image runs, the rules, the disk, the boot loader's files.
INSIDE = f"""
    mount --make-rprivate /
    mount --bind "$1" "$1"; cd "$1"
    mount --rbind /dev dev; mount --rbind /sys sys; mount -t proc proc proc
    mount --bind "$2" mnt; mount --bind "$2/os-release" usr/lib/os-release
    mkdir -p etc/sysupdate.d; mount --bind "$2/rules" etc/sysupdate.d
    set -f; chroot . $3
    exec chroot . {SYSUPDATE} update
"""


def run(machine: Machine, report: Report) -> None:
    report.machine = "no machine: systemd-sysupdate alone"
    folder = machine.folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("rules", "update", "esp"):
        (folder / name).mkdir(parents=True)
    loader = folder / "esp"
    (loader / "kiosk_1.efi").write_bytes(os.urandom(EFI_BYTES))
    lay_out(folder / "disk.raw")
    disk = subprocess.check_output(["losetup", "--find", "--show", folder / "disk.raw"], text=True).strip()
    try:
        placed(folder / "rules", disk, "/mnt/update")
        bring(folder / "update", 2)
        for part, what in (("root-verity", "its hashes are"), ("root", "its root is")):
            update(folder, running=1, cut=part)
            report(slots(folder) == ["1", "_empty"], f"cut while {what} written: {stands(folder)}")
            report(files(folder) == ["kiosk_1.efi"], "and nothing names it")
        said = update(folder, running=1)
        report("ignoring" not in said, "no line of the rules is ignored")
        report(slots(folder) == ["1", "2"], f"1 runs, 2 comes: {stands(folder)}")
        report(files(folder) == ["kiosk_1.efi", "kiosk_2+3-0.efi"], "2 has three tries")
        (loader / "kiosk_2+3-0.efi").write_bytes(b"")  # as a power cut leaves it while it gets its name
        update(folder, running=1)
        size = (loader / "kiosk_2+3-0.efi").stat().st_size
        report(size == EFI_BYTES, f"what was cut as it got its name comes anew: {stands(folder)}, {size} bytes")
        (loader / "kiosk_2+3-0.efi").rename(loader / "kiosk_2.efi")  # as a good start does
        bring(folder / "update", 3)
        update(folder, running=2)
        report(slots(folder) == ["3", "2"], f"2 runs well, 3 comes: {stands(folder)}")
        report(files(folder) == ["kiosk_2.efi", "kiosk_3+3-0.efi"], "1 is gone, 2 stays")
        (loader / "kiosk_3+3-0.efi").rename(loader / "kiosk_3+0-3.efi")  # as three bad starts do
        bring(folder / "update", 4)
        update(folder, running=2)
        report(slots(folder) == ["4", "2"], f"3 was bad, 2 runs again, 4 comes: {stands(folder)}")
        report(files(folder) == ["kiosk_2.efi", "kiosk_4+3-0.efi"], "3 is gone, 2 stays")
    finally:
        subprocess.run(["losetup", "--detach", disk], check=True)


def placed(folder: Path, disk: str, update: str | None) -> None:
    """The image's rules, with the places of here. update: where an update lies; None: as in the image."""
    for path in RULES.glob("*.transfer"):
        text = path.read_text().replace("Path=auto", f"Path={disk}")
        text = text.replace("Path=/EFI/Linux\nPathRelativeTo=boot\n", "Path=/mnt/esp\n")
        (folder / path.name).write_text(text.replace("/state/update", update) if update else text)


def release(running: int) -> str:
    """What says which image runs."""
    return (TOOLS / "usr/lib/os-release").read_text() + f"IMAGE_ID=kiosk\nIMAGE_VERSION={running}\n"


def lay_out(disk: Path) -> None:
    """Two slots, the second empty."""
    with disk.open("wb") as raw:
        raw.truncate(2 * (ROOT_BYTES + VERITY_BYTES) + (8 << 20))
    sizes = ((VERITY, VERITY_BYTES, "kiosk_1_verity"), (ROOT, ROOT_BYTES, "kiosk_1"))
    rows = [*sizes, *((kind, size, "_empty") for kind, size, _ in sizes)]
    table = "".join(f'type={kind}, size={size >> 10}KiB, name="{name}"\n' for kind, size, name in rows)
    subprocess.run(["sfdisk", "--quiet", disk], input=f"label: gpt\n{table}", text=True, check=True)


def bring(folder: Path, version: int | str, root_bytes: int = ROOT_BYTES) -> None:
    """The three files of an update, and no others."""
    shutil.rmtree(folder)
    folder.mkdir()
    for part, size in (("root-verity", VERITY_BYTES), ("root", root_bytes)):
        name = f"kiosk_{version}.{part}.{os.urandom(16).hex()}.raw.gz"
        (folder / name).write_bytes(gzip.compress(os.urandom(size), 1))
    (folder / f"kiosk_{version}.efi").write_bytes(os.urandom(EFI_BYTES))


def update(folder: Path, running: int, cut: str = "") -> str:
    """Let systemd-sysupdate do its work. cut: end it when it has begun with this part. Returns what it said."""
    (folder / "os-release").write_text(release(running))
    [before] = re.findall(r"^ExecStartPre=-(/usr/bin/find .+)$", UNIT.read_text(), re.MULTILINE)
    before = before.replace("/boot/EFI/Linux", "/mnt/esp")
    command: Sequence[str | Path] = ("sh", "-euc", INSIDE, "-", TOOLS.absolute(), folder, before)
    inside = ("unshare", "--mount", "--pid", "--fork", "--kill-child", *command)
    said = ""
    with subprocess.Popen(inside, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said += line
            if cut and re.search(r"Imported [1-9]\d*%", line) and f".{cut}." in said:
                process.send_signal(signal.SIGKILL)
    if not cut and process.returncode:
        raise subprocess.CalledProcessError(process.returncode, SYSUPDATE, said)
    return said


def slots(folder: Path) -> list[str]:
    """Which version is in each, by the label of its root; a slot whose two labels do not agree says both."""
    names = [each["name"].removeprefix("kiosk_") for each in partitions(folder / "disk.raw")]
    pairs = zip(names[::2], names[1::2], strict=True)
    return [root if verity.removesuffix("_verity") == root else f"{verity}, {root}" for verity, root in pairs]


def files(folder: Path) -> list[str]:
    """What the boot loader may start."""
    return sorted(path.name for path in (folder / "esp").glob("kiosk_*"))


def stands(folder: Path) -> str:
    return f"slots {' and '.join(slots(folder))}, files {', '.join(files(folder))}"
