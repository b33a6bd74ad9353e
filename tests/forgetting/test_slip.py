"""The rows that are looked for of a slip stand in it, as a picture and as it is sent, and in nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime

from PIL import Image

from kiosk.config.kiosk import Station
from kiosk.portal.model import LinkedAt, Reference
from kiosk.receipts.render import lay_out
from kiosk.receipts.slips import LinkedSlip
from tests.forgetting.slip import markers, raster

NUMBER, OTHER = "7K3F-92QM", "7K3F-92QN"


def slip(number: str) -> Image.Image:
    """Of another station and moment than those that the rows are found with."""
    when = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    told = LinkedSlip(reference=Reference(number), linked_at=LinkedAt(when), can=())
    return lay_out(told, Station(name="みどり野警察署", telephone="000-000-0110"), when, width=576)


def test_its_rows_are_nobody_elses() -> None:
    here, there = slip(NUMBER), slip(OTHER)
    looked_for = raster(here, NUMBER)
    assert len(looked_for) >= 16 and min(map(len, looked_for)) >= 16
    held = [here.convert("L").tobytes(), here.tobytes(), bytes(255 - byte for byte in here.tobytes())]
    assert sum(any(row in form for form in held) for row in looked_for) >= len(looked_for) * 3 // 4
    others = there.convert("L").tobytes(), there.tobytes(), bytes(255 - byte for byte in there.tobytes())
    assert not [row for row in looked_for if any(row in form for form in others)]


def test_the_number_is_looked_for_too() -> None:
    found = markers(slip(NUMBER), NUMBER)
    assert NUMBER.encode() in found["receipt number"] and found["slip"]
