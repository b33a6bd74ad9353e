"""The sandbox's switches over HTTP: one interface, at the dock and, for a sandbox by itself, at its admin port.

GET  /api/portal    {"portal": {"faults": {…}, "applicants_held": 0, "offers": [], "scope": "lapsed"}}
POST /api/portal    {"faults": {"slow": {"on": "submit", "times": 1, "value": "5"}, "closed": false}}: a fault's
                    three are optional, and `true` is all of them left out
                    {"change_terms": true}: put new terms in force
                    {"offers": []}: do this beyond linking and no more, here as a portal of version 1.0
                    {"scope": "any"}: release any link, "lapsed": only that of a lapsed licence
                    {"release_links": true}: everybody is linked, or not, as at the start
                    {"reset": true}: as after a restart
                    Answers as GET does.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

import msgspec
from flask import Blueprint, Flask, Response, jsonify
from werkzeug.exceptions import BadRequest

from kiosk.portal.model import Offer
from kiosk.sim.orders import order, take_orders
from kiosk.sim.portal.faults import Fault
from kiosk.sim.portal.sandbox import Sandbox


class FaultOrder(msgspec.Struct, forbid_unknown_fields=True):
    """How a fault strikes: see `faults`."""

    on: str | None = None
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    value: str = ""


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a POST."""

    faults: dict[str, FaultOrder | bool] = {}
    change_terms: bool = False
    offers: tuple[Offer, ...] | None = None
    scope: Literal["lapsed", "any"] | None = None
    release_links: bool = False
    reset: bool = False


def state(sandbox: Sandbox) -> dict[str, object]:
    return {
        "faults": {name: dataclasses.asdict(switch) for name, switch in sandbox.faults.active().items()},
        "applicants_held": sandbox.held_count(),
        "offers": [offer.value for offer in Offer if offer in sandbox.offers],
        "scope": sandbox.scope,
    }


def obey(sandbox: Sandbox, wanted: Order) -> None:
    """Raises ValueError for a fault, a call or a value that does not exist."""
    if wanted.reset:
        sandbox.reset()
    for kind, how in [(Fault(name), how) for name, how in wanted.faults.items()]:
        if how is False:
            sandbox.faults.switch_off(kind)
        else:
            how = FaultOrder() if how is True else how
            sandbox.faults.switch_on(kind, how.on, how.times, how.value)
    if wanted.change_terms:
        sandbox.change_terms()
    if wanted.offers is not None or wanted.scope is not None:
        offers = sandbox.offers if wanted.offers is None else wanted.offers
        sandbox.offer(*offers, scope=wanted.scope or sandbox.scope)
    if wanted.release_links:
        sandbox.drivers.release_all()


def switches(sandbox: Sandbox) -> Blueprint:
    """The interface, for an application that takes orders."""
    door = Blueprint("portal", __name__, url_prefix="/api/portal")

    @door.get("")
    def look() -> Response:
        return jsonify(portal=state(sandbox))

    @door.post("")
    def move() -> Response:
        try:
            obey(sandbox, order(Order))
        except ValueError as error:
            raise BadRequest(f"faults: {error}") from None
        return look()

    return door


def make_admin(sandbox: Sandbox) -> Flask:
    """An application with nothing but the switches."""
    app = Flask(__name__, static_folder=None)
    take_orders(app)
    app.register_blueprint(switches(sandbox))
    return app
