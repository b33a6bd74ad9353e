"""Orders over HTTP, as the dock and the sandbox portal take them: who may send one, and how it is read.

Only this machine may, and no other site in a browser on this machine: the Host must be loopback's, and a request that
changes anything must be JSON (which another site cannot send without asking first, and is never granted) and must not
come from another origin. Whatever does not fit is answered with why, as `{"error": "…"}`.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from flask import Flask, Response, abort, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException

T = TypeVar("T")

LARGEST_REQUEST = 16 * 1024  # bytes


def take_orders(app: Flask) -> None:
    """Have the application take orders from this machine alone."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.json.sort_keys = False  # type: ignore[attr-defined]

    @app.before_request
    def only_here() -> None:
        port = request.environ["SERVER_PORT"]
        if request.host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            abort(421)
        if request.method in ("GET", "HEAD"):
            return
        if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
            abort(403)
        if request.method == "POST" and request.mimetype != "application/json":
            abort(415)

    @app.errorhandler(HTTPException)
    def say(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.description), error.code or 500


def order(kind: type[T]) -> T:
    """The order in the request at hand."""
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except msgspec.MsgspecError as error:
        raise BadRequest(str(error)) from None
