"""The contract as a WSGI application: which path is which call.

What a call reads and answers stands in `calls.py`, what it means in `decisions.py`, what can be made to go wrong around
it in `strikes.py`.
"""

from __future__ import annotations

from flask import Flask, request

from kiosk.portal.model import Offer
from kiosk.sim.portal.calls import Calls, status
from kiosk.sim.portal.decisions import Decisions
from kiosk.sim.portal.faults import Faults
from kiosk.sim.portal.problems import Problem, answer_with_problems
from kiosk.sim.portal.strikes import struck_by

BASE = "/v1"
REQUEST_LIMIT = 64 * 1024  # bytes
LINKINGS, RELEASES = BASE + "/linkings", BASE + "/releases"
ROUTES = {  # method of every call, and its path below those of its purpose
    "begin": ("POST", ""),
    "state": ("GET", "/<name>"),
    "hold": ("PUT", "/<name>/applicant"),
    "submit": ("POST", "/<name>/signature"),
    "cancel": ("POST", "/<name>/cancellation"),
}


def make_app(decisions: Decisions, faults: Faults) -> Flask:
    app = Flask("kiosk.sim.portal", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = REQUEST_LIMIT
    app.url_map.strict_slashes = True
    app.add_url_rule(BASE + "/status", "status", lambda: status(decisions.offers), methods=["GET"])
    linking = Calls(decisions, decisions.linkings, decisions.begin)
    release = Calls(decisions, decisions.releases, decisions.begin_release)
    for call, (method, path) in ROUTES.items():
        app.add_url_rule(LINKINGS + path, call, getattr(linking, call), methods=[method])
        app.add_url_rule(RELEASES + path, f"{call}_release", getattr(release, call), methods=[method])

    @app.before_request
    def as_offered() -> None:
        if request.path.startswith(RELEASES) and Offer.RELEASE not in decisions.offers:
            raise Problem("not_found")

    struck_by(faults, app)
    answer_with_problems(app)
    return app
