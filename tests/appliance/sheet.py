"""A contact sheet: all pictures that a part has kept, small, each with its name, in the order of time."""

from __future__ import annotations

import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

NAME = "sheet.png"
PICTURE, LETTERS = (216, 384), 32  # of a line below it
CELL = (PICTURE[0] + 12, PICTURE[1] + 48)
IN_A_ROW = 8


def sheet(folder: Path) -> Path | None:
    """folder/sheet.png; None: nothing was kept there."""
    kept = sorted(
        (path for path in folder.glob("*.png") if path.name != NAME), key=lambda path: path.stat().st_mtime_ns
    )
    if not kept:
        return None
    columns = min(IN_A_ROW, len(kept))
    whole = Image.new("RGB", (columns * CELL[0], -(-len(kept) // columns) * CELL[1]), "white")
    words = ImageDraw.Draw(whole)
    for number, path in enumerate(kept):
        left, top = number % columns * CELL[0], number // columns * CELL[1]
        with Image.open(path) as picture:
            whole.paste(ImageOps.contain(picture.convert("RGB"), PICTURE), (left, top))
        name = "\n".join(textwrap.wrap(path.stem.replace("-", " "), LETTERS)[:3])
        words.multiline_text((left + 2, top + PICTURE[1] + 2), name, fill="black")
    place = folder / NAME
    whole.save(place)
    return place
