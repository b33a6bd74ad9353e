"""Somebody before a machine, who knows it by its picture alone: sees which screen stands there, and touches what gives
an answer.

How a screen looks, and where its keys lie, is taken from the same pages in a Chromium here (tests/e2e/look/gallery.py).
A screen is recognised when it is alike, and more alike than the one before it.
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image
from playwright.sync_api import FloatRect, Page

from tests.appliance.machine import HEIGHT, TOUCH_SECONDS, WIDTH, wait_for
from tests.appliance.screens import SAME, resemblance
from tests.e2e.look.gallery import WAYS, show
from tests.web.catalogue import SIGHTS

ANSWER = "#screen [data-answer='%s']"
PATIENCE_SECONDS = 240.0  # without hardware virtualisation
BETWEEN_SECONDS = 0.6  # two keys of a pad: the same one sooner counts as a bounce
PAGE_SECONDS = 4.0
HOLD_SECONDS = 6.5  # five, and what a slow machine takes to notice
SIGHT = {sight.name: sight for sight in SIGHTS}
LOOKS: dict[str, Expected] = {}  # of each sight, once it has been put up


class Glass(Protocol):
    """What somebody has of a machine (`machine.Machine`). folder: where a picture is kept."""

    folder: Path

    def picture(self) -> Image.Image: ...

    def touch(self, x: float, y: float, seconds: float = TOUCH_SECONDS) -> None: ...

    def fingers(self, on_the_glass: Mapping[int, tuple[float, float]]) -> None: ...


@dataclass(frozen=True)
class Expected:
    """A screen as it has to look. text: where one stands that may have been scrolled, which is not compared."""

    picture: Image.Image
    text: tuple[int, int, int, int] | None

    def resembled_by(self, shown: Image.Image) -> float:
        """0.0 for a picture of another size."""
        if shown.size != self.picture.size:
            return 0.0
        return resemblance(*map(self._without_text, (shown, self.picture)))

    def _without_text(self, picture: Image.Image) -> Image.Image:
        if self.text is not None:
            picture = picture.copy()
            picture.paste((255, 255, 255), self.text)
        return picture


class NotSeen(Exception):
    """The screen that was waited for did not come. One line."""


class Person:
    """page: the gallery's, upright. took: seconds that each screen was waited for."""

    def __init__(self, machine: Glass, page: Page) -> None:
        self.machine = machine
        self.took: dict[str, float] = {}
        self._page = page
        self._before: Expected | None = None
        self._seen = ""

    def sees(self, name: str, seconds: float | None = None) -> None:
        """Wait for this sight of the catalogue, or for what was seen last to stand there. Raises NotSeen."""
        self.sees_one_of((name,), seconds)

    def sees_one_of(self, names: Sequence[str], seconds: float | None = None) -> str:
        """Which of several sights stands there: that to which it is most alike. Raises NotSeen."""
        expected = {name: self._looks(name) for name in names}
        before = None if self._seen in names else self._before
        seconds = seconds or PATIENCE_SECONDS
        name, shown = names[0], expected[names[0]].picture

        def there() -> bool:
            nonlocal name, shown
            shown = self.machine.picture()
            alike, name = max((each.resembled_by(shown), which) for which, each in expected.items())
            return alike >= SAME and (before is None or alike > before.resembled_by(shown))

        took = wait_for(there, seconds, look=0.5)
        shown.save(self.machine.folder / f"{name}.png", compress_level=1)
        if took is None:
            raise NotSeen(f"{' or '.join(names)} did not come in {seconds:.0f} s; {name}.png is what stood there")
        self.took[name] = took
        self._before, self._seen = self._looks(name), name
        return name

    def touches(self, answer: str) -> None:
        """What gives this answer on the sight that was seen last."""
        self._touches(ANSWER % answer)

    def touches_at_once(self, selector: str) -> None:
        """All of these, each with a finger of its own."""
        boxes = [each.bounding_box() for each in self._page.locator(selector).all()]
        places = [_middle(box) for box in boxes if box is not None]
        self.machine.fingers({finger: (x / WIDTH, y / HEIGHT) for finger, (x, y) in enumerate(places)})
        time.sleep(TOUCH_SECONDS)
        self.machine.fingers({})

    def holds_the_corner(self) -> None:
        """The staff's door, on the sight that was seen last."""
        self._touches("#screen [data-hold]", HOLD_SECONDS)

    def reads_to_the_end(self, unread: str, read: str, pages: int = 40) -> None:
        """Turn the pages of a text until what stands around it is the sight `read`. Raises NotSeen."""
        before, after = (self._looks(name) for name in (unread, read))
        for _ in range(pages):
            show(self._page, SIGHT[unread], WAYS[0])
            self._touches("#screen [data-scroll-page]")
            time.sleep(PAGE_SECONDS)
            shown = self.machine.picture()
            if after.resembled_by(shown) > before.resembled_by(shown):
                return self.sees(read)
        raise NotSeen(f"{read} did not come in {pages} pages")

    def types(self, keys: str) -> None:
        for key in keys:
            self.touches(f"key:{key}")
            time.sleep(BETWEEN_SECONDS)

    def place(self, answer: str) -> tuple[float, float]:
        """Of what gives this answer, on the sight that was seen last: of the screen's width and height, 0 to 1."""
        x, y = self._place(ANSWER % answer)
        return x / WIDTH, y / HEIGHT

    def _touches(self, selector: str, seconds: float = TOUCH_SECONDS) -> None:
        self.machine.touch(*self._place(selector), seconds)

    def _place(self, selector: str) -> tuple[float, float]:
        box = self._page.locator(selector).first.bounding_box()
        if box is None:
            raise NotSeen(f"there is no {selector} to touch")
        return _middle(box)

    def _looks(self, name: str) -> Expected:
        show(self._page, SIGHT[name], WAYS[0])
        if name not in LOOKS:
            LOOKS[name] = self._expected()
        return LOOKS[name]

    def _expected(self) -> Expected:
        picture = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        text = self._page.locator("#screen [data-scroll]")
        box = text.bounding_box() if text.count() else None
        if box is None:
            return Expected(picture, None)
        left, top = round(box["x"]), round(box["y"])
        return Expected(picture, (left, top, left + round(box["width"]), top + round(box["height"])))


def _middle(box: FloatRect) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
