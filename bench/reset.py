"""From the end of a session to the attract screen of the next, and a plain reload of the attract page beside it.

A reset is all of this: the flow ends, the page gets its last words, the process leaves, the browser's network process
is killed as on an appliance, gunicorn forks the next session, and the page, which has lost its socket, asks until it is
led to the new session's site, loads it there and shows its first screen. A reload is the last part of it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page

from bench.page import open_page, touch
from bench.table import Row, paired
from kiosk.services.browser import forget, hear
from tests.stage import Stage

# Each document says when it was touched and when its attract screen had been painted, on the clock that all share.
WATCH = """
  addEventListener("pointerup", (event) => console.debug("begun", performance.timeOrigin + event.timeStamp), true);
  new MutationObserver((_, observer) => {
    if (document.querySelector("#screen .is-attract") === null) return;
    observer.disconnect();
    bench.painted().then((at) => console.debug("painted", at));
  }).observe(document, { subtree: true, childList: true });
"""


def rows(directory: Path, quick: bool) -> Iterator[Row]:
    resets, reloads = [], []
    with Stage(directory) as stage, open_page(stage.address, WATCH) as page:
        forgetting(stage.runtime)
        for _ in range(3 if quick else 40):
            page.wait_for_selector("[data-answer=start]")
            touch(page, "start")
            touch(page, "link")
            resets.append(until_attract(page, lambda: touch(page, "leave")))
            page.wait_for_selector("[data-answer=start]")
            reloads.append(until_attract(page, lambda: page.evaluate(RELOAD)))
    yield paired("session end to attract painted", resets, "plain reload of attract", reloads)


RELOAD = "() => { console.debug('begun', bench.now()); location.reload(); }"


def until_attract(page: Page, begin: Callable[[], object]) -> float:
    """Seconds from what `begin` does to an attract screen painted by another document."""
    begun: list[float] = []

    def heard(message: ConsoleMessage) -> None:
        word, _, at = message.text.partition(" ")
        if word == "begun":
            begun.append(float(at))

    page.on("console", heard)
    with page.expect_console_message(lambda message: message.text.startswith("painted ")) as painted:
        begin()
    page.remove_listener("console", heard)
    return (float(painted.value.text.partition(" ")[2]) - begun[-1]) / 1000


def forgetting(runtime: Path) -> None:
    """Make this process's browser forget whenever the server says so, as the browser's keeper does."""
    runtime.mkdir(parents=True, exist_ok=True)
    threading.Thread(target=hear, args=(runtime, lambda _: forget(os.getpid())), daemon=True).start()
