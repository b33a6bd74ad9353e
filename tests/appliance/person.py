"""Somebody before a machine, who knows it by its picture alone: sees which screen stands there, and touches what gives
an answer.

How a screen looks, and where its keys lie, is taken from the same pages in a Chromium here (tests/e2e/look/gallery.py).
A screen is recognised when it is alike, and more alike than the one before it.
"""

from __future__ import annotations

import io
import time

from PIL import Image
from playwright.sync_api import Page

from tests.appliance.machine import Machine, wait_for
from tests.appliance.screens import resemblance, same
from tests.e2e.look.gallery import WAYS, show
from tests.web.catalogue import SIGHTS

PATIENCE_SECONDS = 240.0  # without hardware virtualisation
BETWEEN_SECONDS = 0.6  # two keys of a pad: the same one sooner counts as a bounce
PAGE_SECONDS = 4.0
BELOW = (0, 1300, 1080, 1920)  # of the upright screen: what can be pressed
SIGHT = {sight.name: sight for sight in SIGHTS}


class NotSeen(Exception):
    """The screen that was waited for did not come. One line."""


class Person:
    """page: the gallery's, upright. took: seconds that each screen was waited for."""

    def __init__(self, machine: Machine, page: Page) -> None:
        self.machine = machine
        self.took: dict[str, float] = {}
        self._page = page
        self._before: Image.Image | None = None

    def sees(self, name: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait for this sight of the catalogue. Raises NotSeen."""
        expected, before = self._looks(name), self._before

        def there() -> bool:
            shown = self.machine.picture()
            alike = resemblance(shown, expected)
            return same(shown, expected) and (before is None or alike > resemblance(shown, before))

        took = wait_for(there, seconds, look=0.5)
        self.machine.picture().save(self.machine.folder / f"{name}.png")
        if took is None:
            raise NotSeen(f"{name} did not come in {seconds:.0f} s; {name}.png is what stood there")
        self.took[name] = took
        self._before = expected

    def touches(self, answer: str) -> None:
        """What gives this answer on the sight that was seen last."""
        self._touches(f"#screen [data-answer='{answer}']")

    def reads_to_the_end(self, unread: str, read: str, pages: int = 40) -> None:
        """Turn the pages of a text until the screen below it is that of the sight `read`. Raises NotSeen."""
        before, after = (self._looks(name).crop(BELOW) for name in (unread, read))
        for _ in range(pages):
            self._looks(unread)
            self._touches("#screen [data-scroll-page]")
            time.sleep(PAGE_SECONDS)
            shown = self.machine.picture().crop(BELOW)
            if resemblance(shown, after) > resemblance(shown, before):
                return self.sees(read)
        raise NotSeen(f"{read} did not come in {pages} pages")

    def types(self, keys: str) -> None:
        for key in keys:
            self.touches(f"key:{key}")
            time.sleep(BETWEEN_SECONDS)

    def _touches(self, selector: str) -> None:
        box = self._page.locator(selector).first.bounding_box()
        if box is None:
            raise NotSeen(f"there is no {selector} to touch")
        self.machine.touch(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def _looks(self, name: str) -> Image.Image:
        show(self._page, SIGHT[name], WAYS[0])
        return Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
