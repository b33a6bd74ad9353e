"""The web application of one session, on a site of its own.

The site's name, `<random>.localhost`, is the session's capability: a browser keeps its storage, its history and its
renderer apart from every other site's, and nothing but script and style goes to any other Host, nothing at all to
another Origin's socket. That one check closes DNS rebinding and cross-site sockets. 127.0.0.1 only says where the
present session lives.

Everything listens on loopback; nothing here is reachable from outside the machine.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.voice.mouth import Mouth
from kiosk.web.site import Site
from kiosk.web.style import sheet
from kiosk.web.view import page

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "media-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types kiosk",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()",
    "Cache-Control": "no-store",
}


def create(site: Site, paper: Callable[[], bytes | None], mouth: Mouth | None = None) -> Flask:
    """The application. paper: the slip of this session as PNG, once there is one. mouth: what it can say."""
    app = Flask("kiosk.web")
    app.config["MAX_CONTENT_LENGTH"] = 0

    @app.before_request
    def only_here() -> AnyResponse | None:
        if request.host == site.host or request.endpoint in ("static", "style"):
            return None  # script and style, too, for the page of a session that died while its page was loading
        if request.host in site.door and request.path == "/" and request.method == "GET":
            return redirect(site.origin + "/")
        if request.path == "/alive":
            return Response(status=200)
        abort(421)

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    @app.get("/")
    def index() -> str:
        return page()

    @app.get("/style.css")
    def style() -> Response:
        return Response(sheet(), mimetype="text/css")

    @app.get("/alive")
    def alive() -> Response:
        """204 while this very session lives; its successor answers 200 to the page that was left behind."""
        return Response(status=204)

    @app.get("/paper.png")
    def slip() -> Response:
        picture = paper()
        if picture is None:
            abort(404)
        return Response(picture, mimetype="image/png")

    @app.get("/voice/<name>")
    def prompt(name: str) -> Response:
        file = mouth.prompt(name) if mouth else None
        if file is None:
            abort(404)
        return Response(file.read_bytes(), mimetype="audio/ogg")

    @app.get("/voice/now/<int:number>.wav")
    def said_now(number: int) -> Response:
        sound = mouth.live(number) if mouth else None
        if sound is None:
            abort(404)
        return Response(sound, mimetype="audio/wav")

    return app
