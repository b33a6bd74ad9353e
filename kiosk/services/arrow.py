"""The compositor's own arrow, made of nothing.

Many touch panels call themselves a mouse besides. For such a one cage lays an arrow on the middle of the glass, where
it would stand for years, over every page; none of its settings leaves it out. But it draws the arrow of a theme
(xcursor(3)), and this one's is a pixel that is not there. Chromium has arrows of its own, and shows one as soon as a
mouse is moved.
"""

from __future__ import annotations

import struct
from pathlib import Path

VARIABLE = "XCURSOR_PATH"
FOLDER = "arrow"  # in the runtime directory
THEME, NAMES = "default", ("left_ptr", "default")  # what wlroots takes where nothing is said
SIZE = 24  # px, nominal
IMAGE, VERSION = 0xFFFD0002, 0x10000
FILE_HEADER, ENTRY, IMAGE_HEADER = struct.Struct("<4s3I"), struct.Struct("<3I"), struct.Struct("<9I")


def nothing() -> bytes:
    """A file of one cursor: 1 × 1 px, transparent."""
    at = FILE_HEADER.size + ENTRY.size
    return b"".join([
        FILE_HEADER.pack(b"Xcur", FILE_HEADER.size, VERSION, 1),
        ENTRY.pack(IMAGE, SIZE, at),
        IMAGE_HEADER.pack(IMAGE_HEADER.size, IMAGE, SIZE, 1, 1, 1, 0, 0, 0),  # …, width, height, hot spot, delay
        bytes(4),  # ARGB
    ])  # fmt: skip


def hidden(runtime: Path) -> Path:
    """Write the theme below the runtime directory. Returns what VARIABLE has to be. Raises OSError."""
    cursors = runtime / FOLDER / THEME / "cursors"
    cursors.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (cursors / name).write_bytes(nothing())
    return runtime / FOLDER
