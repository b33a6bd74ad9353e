"""The kiosk among stand-ins (`kiosk.sim.serve`), whose page does not tell that it lives: to know what telling costs."""

from __future__ import annotations

import sys
from typing import Any
from unittest.mock import patch

from flask import Flask, Response, request

from kiosk.services import server
from kiosk.sim.serve import main
from kiosk.web import app

TOLD_ONCE = 'import { socket } from "./line.js"; socket.on("connect", () => socket.emit("life", true));'


def create(*arguments: Any) -> Flask:
    flask = app.create(*arguments)

    @flask.before_request
    def silent() -> Response | None:
        return Response(TOLD_ONCE, mimetype="text/javascript") if request.path == "/static/life.js" else None

    return flask


if __name__ == "__main__":
    with patch.object(server, "create", create):
        sys.exit(main())
