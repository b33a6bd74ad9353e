"""The last thing the server can be: one page that says the kiosk is out of order, and where the desk is.

For when neither a start as set nor one with guidance only has come to a page (starts.py). Nothing of either is used,
as it may be what fails: no gunicorn, no templates, no devices. It says one thing to whoever asks for it by this
machine's name, hears nothing, and so needs to know nobody. Its page tells about each second that it lives, which goes
on to the browser's keeper; and it goes to the session when that is there again.

It stands for STAND_SECONDS. Then the process ends with code 1, and is started again as if nothing had been.

Nobody can serve a page at a port that another program has. Then this is told all the same, and the port waited for: it
is no use to begin anew several times a second.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from kiosk.config.kiosk import Settings, Station
from kiosk.language.furigana import plain
from kiosk.language.languages import JAPANESE, N_, Language, shipped, translations
from kiosk.services import sd_notify
from kiosk.services.browser_words import ALIVE, tell_browser
from kiosk.web.site import own_hosts, port_free

STAND_SECONDS = 300.0
LOOK_SECONDS = 2.0
CANNOT = N_("いまは、お使いいただけません")
DESK = N_("お急ぎのときは、こちらの窓口へ")
STYLE = (
    "body{margin:0;min-height:100vh;display:flex;flex-direction:column;justify-content:center;gap:4vmin;padding:6vmin;"
    "box-sizing:border-box;font-family:sans-serif;background:#fff;color:#1a1a1a}"
    "h1{margin:0;font-size:6vmin}h2{margin:0;font-size:3vmin}p{margin:0;font-size:2.6vmin}"
)
SCRIPT = """
const look = () => fetch("/alive").then(
  (answer) => answer.status === 204 || location.replace("/"),
  () => {},
).then(() => setTimeout(() => requestAnimationFrame(look), 700));
requestAnimationFrame(look);
"""


def stand(settings: Settings, seconds: float = STAND_SECONDS) -> int:
    """Show the page for so long. The exit code. Raises OSError when the port cannot be had."""
    watchdog, until = sd_notify.Watchdog(), time.monotonic() + seconds
    with PageServer(settings, settings.server.port) as page_server:
        Thread(target=page_server.serve_forever, name="page", daemon=True).start()
        sd_notify.notify("READY=1", "STATUS=Out of order")
        Thread(target=_tell, args=(settings,), name="tells", daemon=True).start()
        while time.monotonic() < until:
            watchdog.turn()
            time.sleep(min(LOOK_SECONDS, seconds))
        page_server.shutdown()
    return 1


def await_port(settings: Settings, seconds: float = STAND_SECONDS) -> int:
    """Until the port can be had, so long at most. The exit code."""
    watchdog, until = sd_notify.Watchdog(), time.monotonic() + seconds
    sd_notify.notify("READY=1", f"STATUS=Out of order: port {settings.server.port} cannot be had")
    Thread(target=_tell, args=(settings,), name="tells", daemon=True).start()
    while time.monotonic() < until and not port_free(settings.server.port):
        watchdog.turn()
        time.sleep(min(LOOK_SECONDS, seconds))
    return 1


def _tell(settings: Settings) -> None:
    """The caretaker, if it and its words are there: so that the staff are called, and nobody takes it for silent."""
    with contextlib.suppress(Exception):
        from kiosk.config.events import event
        from kiosk.ipc.caretaker import Caretaker

        Caretaker(settings.caretaker.runtime_directory).tell(event("out_of_order"))


class PageServer(ThreadingHTTPServer):
    """Listens on loopback."""

    def __init__(self, settings: Settings, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.settings = settings

    def handle_error(self, request: object, client_address: object) -> None:
        """Of who has gone nothing is to be told."""


class Handler(BaseHTTPRequestHandler):
    """What answers a request."""

    server: PageServer

    def do_GET(self) -> None:
        if self.headers["Host"] not in own_hosts(self.server.server_port):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)  # by another name, so from another site's page
            return
        if self.path == "/alive":
            tell_browser(self.server.settings, ALIVE)
            self.send_response(204)
            self.end_headers()
            return
        once = secrets.token_urlsafe(16)
        said = page(self.server.settings.station, once).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Cache-Control", "no-store")
        only = f"default-src 'none'; connect-src 'self'; script-src 'nonce-{once}'; style-src 'nonce-{once}'; "
        only += "sandbox allow-scripts allow-same-origin"
        self.send_header("Content-Security-Policy", only)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Nothing: who asks is no fault."""


def page(station: Station, once: str = "") -> str:
    """The one page, in every language. once: what its style and script are allowed by."""
    where = " ".join(filter(None, (station.desk, station.telephone)))
    return (
        f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{escape(CANNOT)}</title>'
        f'<style nonce="{once}">{STYLE}</style></head><body>'
        f"<h1>{escape(CANNOT)}</h1><h2>{escape(DESK)}　{escape(where)}</h2>"
        f"{''.join(_others())}"
        f'<script nonce="{once}">{SCRIPT}</script></body></html>'
    )


def _others() -> Iterator[str]:
    """The same in the other languages, as far as their catalogues can be read."""
    for language in shipped():
        if language != JAPANESE:
            with contextlib.suppress(Exception):
                yield f'<p lang="{language.html}">{escape(_in(language, CANNOT))} — {escape(_in(language, DESK))}</p>'


def _in(language: Language, text: str) -> str:
    return plain(translations(language).gettext(text))
