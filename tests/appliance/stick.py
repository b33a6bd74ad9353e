"""A USB stick as a file: FAT, in a partition as bought or on the whole of it. mtools reads and writes it while it is in
no machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

STICK_BYTES = 64 << 20
TABLE = b"label: dos\nstart=2048, type=c\n"
PARTITION = "@@1M"  # where it begins, as mtools says it


class Stick:
    """image: its file, made anew. name: its label. whole: FAT on the whole of it. mtools writes a table of partitions
    into its first block all the same, so that a kernel sees the same FAT twice, as a disk and as a partition."""

    def __init__(self, image: Path, name: str, whole: bool = False) -> None:
        self.image = image
        self._place = f"{image}{'' if whole else PARTITION}"
        image.unlink(missing_ok=True)
        image.touch()
        os.truncate(image, STICK_BYTES)
        if not whole:
            subprocess.run(["sfdisk", "--quiet", image], input=TABLE, check=True, capture_output=True)
        self._do("mformat", "-v", name, "::")

    def names(self, folder: str = "") -> list[str]:
        """Of what lies in a folder, or on the top."""
        listed = self._do("mdir", "-b", f"::/{folder}").decode().splitlines()
        return [line.rstrip("/").rpartition("/")[2] for line in listed]

    def read(self, name: str) -> bytes:
        return self._do("mtype", f"::/{name}")

    def write(self, name: str, content: bytes) -> None:
        self._do("mcopy", "-o", "-", f"::/{name}", content=content)

    def _do(self, command: str, *arguments: str, content: bytes = b"") -> bytes:
        done = subprocess.run([command, "-i", self._place, *arguments], input=content, check=True, capture_output=True)
        return done.stdout
