"""Which screen a picture shows: how much it resembles the shipped one (`make shots`), at the size of a thumbnail, so
that another rendering of letters and a pointer do no harm."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageStat

THUMBNAIL = (54, 96)
SAME = 0.97


def resemblance(shown: Image.Image, shipped: Image.Image) -> float:
    """1.0: the same; 0.0: black for white."""
    small = [image.convert("L").resize(THUMBNAIL, Image.Resampling.BOX) for image in (shown, shipped)]
    [mean] = ImageStat.Stat(ImageChops.difference(*small)).mean
    return 1.0 - mean / 255


def same(shown: Image.Image, shipped: Image.Image) -> bool:
    """Of one size, and alike."""
    return shown.size == shipped.size and resemblance(shown, shipped) >= SAME
