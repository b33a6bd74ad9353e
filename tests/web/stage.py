"""A stage for screens: the page, served with the production headers to a real Chromium, and fragments swapped into it.

The page's own script stays away, since there is no session to talk to; all else is what a person sees.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, Response
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from kiosk.flows.guidance import slip
from kiosk.preferences import Preferences
from kiosk.receipts.render import lay_out, png_bytes
from kiosk.web.app import HEADERS
from kiosk.web.view import page as document
from tests.web.catalogue_guidance import PLAN
from tests.web.sight import SETTINGS, Sight

SWAP = """html => {
    window.kiosk ??= trustedTypes.createPolicy("kiosk", {createHTML: html => html});
    document.querySelector("#neutral").hidden = true;
    const screen = document.querySelector("#screen");
    screen.hidden = false;
    screen.innerHTML = window.kiosk.createHTML(html);
    fit(screen);
    return document.fonts.ready.then(() => {});
}"""


@dataclass(frozen=True)
class Way:
    """How the screen stands and how large its text is."""

    name: str
    width: int
    height: int
    large: bool


WAYS = (
    Way("portrait", 1080, 1920, False),
    Way("portrait-large", 1080, 1920, True),
    Way("landscape", 1920, 1080, False),
    Way("landscape-large", 1920, 1080, True),
)


@dataclass(frozen=True)
class Stage:
    browser: Browser
    address: str

    def page(self, way: Way) -> Page:
        """A page with nobody on it."""
        size = {"width": way.width, "height": way.height}
        context = self.browser.new_context(viewport=size, reduced_motion="reduce", has_touch=True)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(self.address)
        return page


def show(page: Page, sight: Sight, way: Way, **wanted: Any) -> None:
    """Put a screen up as the kiosk's own script does. wanted: preferences besides the size of the text."""
    page.evaluate(SWAP, sight.html(Preferences(large=way.large, **wanted)))


@contextmanager
def stage() -> Iterator[Stage]:
    """The server and a browser, both gone afterwards."""
    server = make_server("127.0.0.1", 0, _application(), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"] if os.geteuid() == 0 else []
            )
            yield Stage(browser, f"http://127.0.0.1:{server.server_port}/")
            browser.close()
    finally:
        server.shutdown()
        thread.join()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


def _application() -> Flask:
    app = Flask("kiosk.web")
    sample = lay_out(slip(PLAN), SETTINGS.station, datetime.now(), width=576)

    @app.get("/")
    def neutral() -> str:
        return re.sub(r"<script[^>]*(socket.io.min|kiosk).js[^>]*></script>", "", document())

    @app.get("/paper.png")
    def paper() -> Response:
        return Response(png_bytes(sample), mimetype="image/png")

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    return app
