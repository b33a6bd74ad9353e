"""The faults as they strike a call: what happens before it is done, and what happens to its answer.

Which of them are switched on stands in `faults.py`; `WRONG_CERTIFICATE` strikes earlier, in TLS (`sandbox.py`).
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from flask import Flask, Response, request

from kiosk.sim.portal.faults import MALFORMED, Fault, Faults
from kiosk.sim.portal.problems import Problem


def struck_by(faults: Faults, app: Flask) -> None:
    """Have the faults strike the application's calls."""

    @app.before_request
    def before() -> Response | None:
        return _before(faults, str(request.endpoint))

    @app.after_request
    def after(response: Response) -> Response:
        return _after(faults, str(request.endpoint), response)


def _before(faults: Faults, call: str) -> Response | None:
    if (seconds := faults.strikes(Fault.SLOW, call)) is not None:
        faults.stall(float(seconds or 30))
    if faults.strikes(Fault.CUT, call) is not None:
        return _cut()
    if faults.strikes(Fault.SERVER_ERROR, call) is not None:
        return Response("Internal Server Error", 500, mimetype="text/plain")
    if call not in ("state", "state_release") and (minutes := faults.strikes(Fault.CLOSED, call)) is not None:
        opens_at = datetime.now(UTC) + timedelta(minutes=float(minutes)) if minutes else None
        raise Problem("closed", opens_at=opens_at)
    return None


def _after(faults: Faults, call: str, response: Response) -> Response:
    if faults.strikes(Fault.LOST_ANSWER, call) is not None:
        return _cut()
    if (kind := faults.strikes(Fault.MALFORMED, call)) is not None:
        return _spoilt(response, kind)
    if (seconds := faults.strikes(Fault.TRICKLE, call)) is not None:
        content = response.get_data()
        response.response = _trickle(faults, content, float(seconds or 0.5))
        response.content_length = len(content)
    return response


def _cut() -> Response:
    """End the connection under the answer, whatever it is."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    return Response()


def _spoilt(response: Response, kind: str) -> Response:
    content, media = response.get_data(), response.mimetype
    if kind == "truncated":
        return Response(content[: len(content) // 2], response.status_code, mimetype=media)
    if kind == "wrong_media":
        return Response(content, response.status_code, mimetype="text/html")
    return Response(MALFORMED[kind], response.status_code, mimetype=media)


def _trickle(faults: Faults, content: bytes, seconds: float) -> Iterator[bytes]:
    for place in range(len(content)):
        yield content[place : place + 1]
        faults.stall(seconds)
