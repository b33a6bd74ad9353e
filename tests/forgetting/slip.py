"""What is personal on a slip: the number of the receipt, as a text and as the rows of dots in which it is printed."""

from __future__ import annotations

from datetime import UTC, datetime

from PIL import Image, ImageChops

from kiosk.config.kiosk import Station
from kiosk.portal.model import LinkedAt, Reference
from kiosk.receipts.render import lay_out
from kiosk.receipts.slips import LinkedSlip
from tests.forgetting.memory import forms

ROWS = 5  # of the number's, which no other slip has
BLACK_BITS = bytes(range(255, -1, -1))  # the wire says 1 for black, a picture 0


def markers(printed: Image.Image, number: str) -> dict[str, set[bytes]]:
    """printed: somebody's slip, as the printer has it."""
    return {"receipt number": forms(number), "slip": raster(printed, number)}


def raster(printed: Image.Image, number: str) -> set[bytes]:
    """Rows of dots through the number, as a picture has them in memory (a byte a dot), and packed as one is sent."""
    top, bottom = _where(number, printed.width)
    rows = set[bytes]()
    for row in range(top + (bottom - top) // 4, bottom - (bottom - top) // 4, max(1, (bottom - top) // 2 // ROWS)):
        line = printed.convert("1").crop((0, row, printed.width, row + 1))
        packed = line.tobytes()
        rows |= {
            *(line.convert("L").tobytes().strip(b"\xff"), ImageChops.invert(line.convert("L")).tobytes().strip(b"\0")),
            *(packed.strip(b"\xff"), packed.translate(BLACK_BITS).strip(b"\0")),
        }
    return rows


def _where(number: str, width: int) -> tuple[int, int]:
    """The rows in which the number stands: those in which the slip with another differs."""
    now = datetime.now(UTC)
    both = [
        lay_out(
            LinkedSlip(reference=Reference(each), linked_at=LinkedAt(now), can=()), Station(name=""), now, width=width
        ).convert("L")
        for each in (number, "".join("2" if letter == "7" else "7" if letter != "-" else "-" for letter in number))
    ]
    box = ImageChops.difference(*both).getbbox()
    assert box is not None
    return box[1], box[3]
