"""The kiosk among stand-ins (`kiosk.sim.serve`), whose page does by itself what a page should never do, when a key is
pressed: what is wrong then is the page's own doing, in a real browser, and no signal's. What would keep a page from it
(the sandbox of its headers, and life.js, which goes nowhere) is taken away: the keeper holds alone."""

from __future__ import annotations

import sys
from typing import Any
from unittest.mock import patch

from flask import Flask, Response

from kiosk.services import server
from kiosk.sim.serve import main
from kiosk.web import app, view

FAULTS = {  # by the key, with shift, what it does
    "F2": "for (;;);",
    "F3": "(function again() { Promise.resolve().then(again); })();",  # runs, and lets nothing else run
    "F4": "alert('something of Chromium before the page, which stands still');",
    "F6": "print();",
    "F7": "location = 'http://127.0.0.1:1/';",  # a port that no browser asks: its error page
    "F8": "location = 'about:blank';",
}
SCRIPT = f"""
navigation.addEventListener("navigate", (event) => event.stopImmediatePropagation());
const faults = {{ {", ".join(f"{key}() {{ {fault} }}" for key, fault in FAULTS.items())} }};
addEventListener("keydown", ({{ key, shiftKey }}) => shiftKey && key in faults && setTimeout(faults[key]), true);
"""
TAG = '<script src="/failing.js"></script></body>'


def create(*arguments: Any) -> Flask:
    flask = app.create(*arguments)

    @flask.get("/failing.js")
    def failing() -> Response:
        return Response(SCRIPT, mimetype="text/javascript")

    return flask


def page() -> str:
    return view.page().replace("</body>", TAG)


if __name__ == "__main__":
    free = {"Content-Security-Policy": app.HEADERS["Content-Security-Policy"].partition("; sandbox")[0]}
    with patch.object(server, "create", create), patch.object(app, "page", page), patch.dict(app.HEADERS, free):
        sys.exit(main())
