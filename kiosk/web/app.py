"""The web application of one session, on a site of its own.

The site's name, `<random>.localhost`, keeps a session apart in the browser: its storage, its history and its renderer
are no other site's, and nothing but script and style goes to any other Host, nothing at all to another Origin's socket.
That one check closes DNS rebinding and cross-site sockets. 127.0.0.1 only says where the present session lives, and so
is the page of a session that has ended told, whose name can be nobody's out in the world.

The name is no secret, for it stands in an address. What a page shows is the session's key: a cookie which the page's
own load has brought (no script reads it, no other site sends it, and it goes with the session), and which is asked for
with everything that says something about the person: the slip, what is spoken, the socket. It stands on no command
line and in no file, and it is given only over a connection that was let in (`connections.py`), which is the screen's
user's; docs/decisions/0008.

Everything listens on loopback; nothing here is reachable from outside the machine.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.voice.mouth import Mouth
from kiosk.web.site import KEY, Site, is_site
from kiosk.web.style import sheet
from kiosk.web.view import page

ASKS_NOBODY = (  # for anything that a browser would lay a question or a window of its own over the page for
    *("accelerometer", "camera", "clipboard-read", "clipboard-write", "display-capture", "fullscreen"),
    *("geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "keyboard-map", "local-fonts"),
    *("magnetometer", "microphone", "midi", "otp-credentials", "payment", "picture-in-picture", "screen-wake-lock"),
    *("publickey-credentials-create", "publickey-credentials-get", "serial", "storage-access", "usb"),
    *("window-management", "xr-spatial-tracking"),
)
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
            # No window, no dialog that stops the page, no print, no download, no pointer held: all that is left out.
            "sandbox allow-scripts allow-same-origin",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{what}=()" for what in ASKS_NOBODY),
    "Cache-Control": "no-store",
}

PERSONAL = ("slip", "prompt", "said_now")  # asked for by a page that has the key


def create(site: Site, paper: Callable[[], bytes | None], mouth: Mouth | None = None) -> Flask:
    """The application. paper: the slip of this session as PNG, once there is one. mouth: what it can say."""
    app = Flask("kiosk.web")
    app.config["MAX_CONTENT_LENGTH"] = 0

    @app.before_request
    def only_here() -> AnyResponse | None:
        if request.endpoint in ("static", "style"):
            return None  # also for the page of a session that died while its page was loading
        if request.host == site.host:
            if request.endpoint in PERSONAL and not site.opens(request.cookies):
                abort(403)
            return None
        if request.host in site.door and request.path == "/" and request.method == "GET":
            return redirect(site.origin + "/")
        if request.path == "/alive":  # from the page of a session that has ended, if from any of ours
            return Response(site.origin + "/" if is_site(request.host) else "", mimetype="text/plain")
        abort(421)

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    @app.get("/")
    def index() -> Response:
        response = Response(page(), mimetype="text/html")
        response.set_cookie(KEY, site.key, httponly=True, samesite="Strict")  # no Domain: for this very host
        return response

    @app.get("/style.css")
    def style() -> Response:
        return Response(sheet(), mimetype="text/css")

    @app.get("/alive")
    def alive() -> Response:
        """204 while this very session lives; its successor answers 200 to the page that was left behind, and says where
        it lives itself."""
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
