"""The sandbox's switches over HTTP, for a dock that runs in another process. Loopback only, and only when asked for.

    GET    /                     {"held": 0, "faults": {…}, "calls": […], "kinds": […]}
    PUT    /faults/<kind>        {"on": "submit", "times": 1, "value": ""}, all of them optional
    DELETE /faults/<kind>
    POST   /terms                put new terms in force
    POST   /reset                as after a restart

A page of another site in a browser on this machine must not reach them: it cannot send PUT, DELETE or JSON without
asking first, which is never granted, and a Host that is not loopback is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, abort, jsonify, request

from kiosk.sim.portal.faults import CALLS, Fault

if TYPE_CHECKING:
    from kiosk.sim.portal.sandbox import Sandbox


def make_admin(sandbox: Sandbox) -> Flask:
    app = Flask("kiosk.sim.portal.admin", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 4096

    @app.before_request
    def guard() -> None:
        if request.host.rpartition(":")[0] not in ("127.0.0.1", "localhost"):
            abort(403)
        if request.method not in ("GET", "DELETE") and request.mimetype != "application/json":
            abort(415)

    @app.get("/")
    def look() -> Response:
        return jsonify(
            held=sandbox.held_count(),
            faults={
                name: {"on": switch.on, "times": switch.times, "value": switch.value}
                for name, switch in sandbox.faults.active().items()
            },
            calls=CALLS,
            kinds=[fault.value for fault in Fault],
        )

    @app.put("/faults/<kind>")
    def switch_on(kind: str) -> Response:
        wanted = request.get_json()
        if not isinstance(wanted, dict):
            abort(400)
        try:
            sandbox.faults.switch_on(Fault(kind), wanted.get("on"), wanted.get("times"), str(wanted.get("value") or ""))
        except (TypeError, ValueError) as error:
            return Response(f"{error}\n", 400, mimetype="text/plain")
        return look()

    @app.delete("/faults/<kind>")
    def switch_off(kind: str) -> Response:
        try:
            sandbox.faults.switch_off(Fault(kind))
        except ValueError as error:
            return Response(f"{error}\n", 400, mimetype="text/plain")
        return look()

    @app.post("/terms")
    def change_terms() -> Response:
        sandbox.change_terms()
        return look()

    @app.post("/reset")
    def reset() -> Response:
        sandbox.reset()
        return look()

    return app
