"""A real Chromium on the kiosk's page, and the moment at which what was asked for has been painted.

The clock is the browser's own. It starts with the time stamp of the touch, which the browser takes when the finger
leaves the glass. It stops in the first task after the frame in which the change was painted: a frame is asked for when
the change is in the document, and what is posted from within it runs once style, layout and paint are done.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from kiosk.services.browser import FEATURES

SCREEN = {"width": 1080, "height": 1920}
CLOCK = """
globalThis.bench = {
  now: () => performance.timeOrigin + performance.now(),
  painted: () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(bench.now());
    port2.postMessage(null);
  })),
};
"""


@contextmanager
def open_page(address: str, script: str = "") -> Iterator[Page]:
    """The kiosk's page in Chromium. script: runs in every document before the page's own, with `bench` at hand."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[FEATURES, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        )
        page = browser.new_context(viewport=SCREEN, has_touch=True).new_page()  # type: ignore[arg-type]
        page.add_init_script(CLOCK + script)
        page.goto(address)
        yield page
        browser.close()


def touch(page: Page, answer: str) -> None:
    page.tap(f"#screen [data-answer='{answer}']")
