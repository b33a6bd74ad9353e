"""From the end of a session to the attract screen of the next, and beside it what no kiosk could do without.

A reset is all of this: the flow ends, the page gets its last words, the browser's network process is killed as on an
appliance, the worker leaves, gunicorn forks the next session, and the page, which has lost its socket, asks until it is
led to the new session's site, loads it there and shows its first screen in a renderer of its own.

The bare navigation is the last part of it alone: to the attract screen of another kiosk's session that is there and
waits, on a site where the browser has not been, in a new renderer. The same after the network process was killed is
what a reset costs when nothing but the browser has to forget. An empty page on such a site is what Chromium itself
takes.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page

from bench.page import open_page, touch
from bench.table import Row, paired
from kiosk.services.browser import forget
from kiosk.services.browser_words import ALIVE, FORGET, hear
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
EMPTY = b"<!doctype html><title>empty</title><div id=screen><p class=is-attract>.</p></div>"
GO = "(address) => { console.debug('begun', bench.now()); location.replace(address); }"
KNOCK = """(address) => {
  console.debug("begun", bench.now());
  const knock = () => fetch("/alive").then(() => location.replace(address), () => setTimeout(knock, 10));
  knock();
}"""


def rows(directory: Path, quick: bool) -> Iterator[Row]:
    resets: list[float] = []
    beside: dict[str, list[float]] = {}

    def measured(what: str, begin: Callable[[], object]) -> None:
        beside.setdefault(what, []).append(until_attract(page, begin))

    with (
        Stage(directory / "kiosk") as stage,
        Stage(directory / "other") as other,
        empty_pages() as empty_page,
        open_page(stage.address, WATCH) as page,
    ):
        forgetting(stage.runtime)
        for _ in range(3 if quick else 40):
            page.wait_for_selector("[data-answer=start]")
            touch(page, "start")
            touch(page, "link")
            resets.append(until_attract(page, lambda: touch(page, "leave")))
            measured("bare navigation to such a page", partial(page.evaluate, GO, site_of(other)))
            back(page, stage, other)
            measured("the same without a network process", partial(robbed, page, site_of(other)))
            back(page, stage, other)
            measured("bare navigation to an empty page", lambda: page.evaluate(GO, empty_page()))
            back(page, stage, other)
    for what, seconds in beside.items():
        yield paired("session end to attract painted", resets, what, seconds)


def back(page: Page, stage: Stage, other: Stage) -> None:
    """To the kiosk, whose session has seen nobody; the other gets a new session, and with it a new site."""
    page.goto(stage.address)
    page.wait_for_selector("[data-answer=start]")
    since = other.logged()
    other.kill_worker()
    other.wait_log("no browser's keeper", since=since)
    page.wait_for_timeout(500)


def site_of(other: Stage) -> str:
    """Where its session lives: the address to which the door leads, and a page that is left behind is led at once."""
    connection = http.client.HTTPConnection("127.0.0.1", other.port, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", "/")
        return str(connection.getresponse().headers["Location"])


def robbed(page: Page, address: str) -> None:
    forget(os.getpid())
    page.evaluate(KNOCK, address)


@contextmanager
def empty_pages() -> Iterator[Callable[[], str]]:
    """Gives the address of an empty page on a new site, each time."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(EMPTY)))
            self.end_headers()
            self.wfile.write(EMPTY)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield lambda: f"http://{secrets.token_hex(10)}.localhost:{server.server_port}/"
        server.shutdown()


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

    def obey(word: bytes) -> bool:
        if word == FORGET:
            forget(os.getpid())
        return word in (FORGET, ALIVE)

    runtime.mkdir(parents=True, exist_ok=True)
    threading.Thread(target=hear, args=(runtime, obey), daemon=True).start()
