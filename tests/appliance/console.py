"""What stands on a machine's screen as letters of the kernel's console, read by tesseract."""

from __future__ import annotations

import io
import subprocess

from PIL import Image, ImageOps

TIMES = 3  # as large: the kernel's letters are 8 by 16 dots
BRIGHT = 0.1  # of the screen, that letters cover at most
READ = ("tesseract", "-", "-", "--psm", "6")


def text(shown: Image.Image) -> str:
    """Its lines; "" for what is no console, or an empty one."""
    grey = shown.convert("L")
    box = grey.getbbox()
    if box is None or sum(grey.histogram()[128:]) > BRIGHT * grey.width * grey.height:
        return ""
    lines = ImageOps.expand(ImageOps.invert(grey.crop(box)), 16, 255)
    picture = io.BytesIO()
    lines.resize((lines.width * TIMES, lines.height * TIMES), Image.Resampling.LANCZOS).save(picture, "png")
    return subprocess.run(READ, input=picture.getvalue(), capture_output=True, check=True).stdout.decode()
