"""A station's own words on paper: whatever they are, they wrap and nothing runs over the edge.

No slip has anything of a person (tests/receipts/test_slip_types.py); the station's texts are the only ones that others
write.
"""

from __future__ import annotations

from functools import cache
from itertools import cycle, product

import pytest
from PIL import Image

from kiosk.config.kiosk import Station
from kiosk.language.hours import Hours
from kiosk.language.languages import LANGUAGES
from kiosk.receipts.render import lay_out
from tests.names_of_the_world import ADDRESSES, NAMES, STATION
from tests.receipts.shots import STATION as USUAL
from tests.receipts.shots import WHEN, facts
from tests.whole import few

SLIPS = dict(facts())
KINDS = {type(slip): name for name, slip in SLIPS.items()}
WRITTEN = {
    "letters": STATION,
    "turned round": NAMES["turned round from its middle"],
    "without a break": ADDRESSES["without a break"],
}
LONG_HOURS = Hours("Mo-Th 08:30-12:00,13:00-17:15; Fr 08:30-20:00; Sa 09:00-12:00; PH off; Dec 29-Jan 3 off")
MARGIN = 16  # dots that stay white at either side, of the 20 of the style sheet


def edges(image: Image.Image, above: int) -> tuple[int, int]:
    """Dots in the margins, left and right, below the part where the test print goes to the edges on purpose."""
    ink = image.convert("L").point(lambda value: 255 - value)
    boxes = ((0, above, MARGIN, image.height), (image.width - MARGIN, above, image.width, image.height))
    left, right = (ink.crop(box).histogram()[255] for box in boxes)
    return left, right


@cache
def bare_height(name: str, width: int) -> int:
    """Of a slip that says nothing of the station."""
    return lay_out(SLIPS[name], Station(name="", desk="", telephone=""), WHEN, width=width).height


# Each text on each kind of slip, on one of the two papers in turn.
WIDTHS = (576, 512)
EACH = list(product(KINDS.values(), WRITTEN))


@pytest.mark.parametrize(
    ("name", "kind", "width"),
    few(((*each, width) for each, width in zip(EACH, cycle(WIDTHS))), of=((*each, w) for each in EACH for w in WIDTHS)),
)
def test_a_stations_own_text_wraps_on_every_kind_of_slip(name: str, kind: str, width: int) -> None:
    text = WRITTEN[kind]
    bare = bare_height(name, width)
    image = lay_out(SLIPS[name], Station(name=text, desk=text, hours=LONG_HOURS), WHEN, width=width)
    assert edges(image, above=bare - 200) == (0, 0)
    assert image.height > bare


def test_forty_five_letters_take_more_lines_in_every_language() -> None:
    for language in LANGUAGES.values():
        usual = lay_out(SLIPS["linked"], USUAL, WHEN, width=576, language=language)
        long = lay_out(
            SLIPS["linked"], Station(STATION, STATION, USUAL.telephone, LONG_HOURS), WHEN, width=576, language=language
        )
        assert long.height > usual.height + 100
        assert edges(long, above=0) == (0, 0)
