"""The contract as a WSGI application: which path is which call.

What a call reads and answers stands in `calls.py`, what it means in `decisions.py`, what can be made to go wrong around
it in `strikes.py`.
"""

from __future__ import annotations

from flask import Flask

from kiosk.sim.portal.calls import Calls
from kiosk.sim.portal.decisions import Decisions
from kiosk.sim.portal.faults import Faults
from kiosk.sim.portal.problems import answer_with_problems
from kiosk.sim.portal.strikes import struck_by

BASE = "/v1"
REQUEST_LIMIT = 64 * 1024  # bytes
ROUTES = {  # method and path of every call
    "status": ("GET", "/status"),
    "begin": ("POST", "/linkings"),
    "state": ("GET", "/linkings/<name>"),
    "hold": ("PUT", "/linkings/<name>/applicant"),
    "submit": ("POST", "/linkings/<name>/signature"),
    "cancel": ("POST", "/linkings/<name>/cancellation"),
}


def make_app(decisions: Decisions, faults: Faults) -> Flask:
    app = Flask("kiosk.sim.portal", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = REQUEST_LIMIT
    app.url_map.strict_slashes = True
    calls = Calls(decisions)
    for call, (method, path) in ROUTES.items():
        app.add_url_rule(BASE + path, call, getattr(calls, call), methods=[method])
    struck_by(faults, app)
    answer_with_problems(app)
    return app
