"""A gallery of screens: the kiosk's own web application before a real Chromium, and fragments swapped into its page.

Only page.js, which would look for a session, is an empty file here; what it does with a screen, `SWAP` does.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, Response
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from kiosk.flows.take_home import slip
from kiosk.receipts.render import lay_out, png_bytes
from kiosk.session.preferences import Preferences
from kiosk.web.app import create
from kiosk.web.site import Site
from tests.chromium import alone
from tests.web.catalogue_guidance import PLAN
from tests.web.sight import SETTINGS, Sight

SWAP = """async html => {
    const { fit } = await import("/static/fit.js");
    window.kiosk ??= trustedTypes.createPolicy("kiosk", {createHTML: html => html});
    document.querySelector("#neutral").hidden = true;
    const screen = document.querySelector("#screen");
    screen.hidden = false;
    screen.innerHTML = window.kiosk.createHTML(html);
    fit(screen);
    if (document.fonts.status === "loading") await document.fonts.ready; // without waiting, nothing is painted between
    const pictures = [...screen.querySelectorAll("img")];
    if (pictures.length) await Promise.all(pictures.map((picture) => picture.decode()));
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
class Gallery:
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
def gallery(browser: Browser | None = None) -> Iterator[Gallery]:
    """The server, gone afterwards. browser: without one, another that goes with it."""
    door = socket.create_server(("127.0.0.1", 0))
    host, port = door.getsockname()
    app = _application(Site(f"{host}:{port}", frozenset(), "key"))
    server = make_server(host, port, app, threaded=True, request_handler=_Quiet, fd=door.fileno())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with nullcontext(browser) if browser else alone() as shown:
            yield Gallery(shown, f"http://{host}:{port}/")
    finally:
        server.shutdown()
        thread.join()
        door.close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


def _application(site: Site) -> Flask:
    sample = png_bytes(lay_out(slip(PLAN), SETTINGS.station, datetime.now(), width=576))
    app = create(site, lambda: sample)

    @app.get("/static/page.js")
    def nobody_to_talk_to() -> Response:
        return Response("", mimetype="text/javascript")

    return app
