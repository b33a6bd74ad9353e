"""A USB stick as a file: FAT on the whole of it, read and written by mtools while it is in no machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

STICK_BYTES = 64 << 20


class Stick:
    """image: its file, made anew. name: its label."""

    def __init__(self, image: Path, name: str) -> None:
        self.image = image
        image.unlink(missing_ok=True)
        image.touch()
        os.truncate(image, STICK_BYTES)
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
        done = subprocess.run([command, "-i", self.image, *arguments], input=content, check=True, capture_output=True)
        return done.stdout
