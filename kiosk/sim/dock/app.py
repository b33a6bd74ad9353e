"""The dock as a web application: one page, and the JSON interface that the page and programs use alike.

Only this machine may use it, and no other site in a browser on this machine: the Host must be loopback's, and a request
that changes anything must be JSON (which another site cannot send without asking first, and is never granted) and must
not come from another origin.
"""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.exceptions import BadRequest, HTTPException

from kiosk.sim.card.chip import Behaviour, Faults
from kiosk.sim.dock import controls
from kiosk.sim.dock.slot import Slot
from kiosk.sim.portal.faults import Fault
from kiosk.sim.portal.sandbox import Sandbox
from kiosk.sim.printer import Switches, VirtualPrinter

T = TypeVar("T")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LARGEST_REQUEST = 16 * 1024


@dataclass
class Dock:
    """What the dock can move. kiosk: the kiosk's address. printer, portal: None when real ones are used instead."""

    kiosk: str
    port: int
    slot: Slot
    printer: VirtualPrinter | None
    portal: Sandbox | None
    printer_on: bool = True

    def state(self) -> dict[str, object]:
        return {
            "kiosk": self.kiosk,
            **self.slot.state(),
            "printer": self._printer_state(self.printer) if self.printer else None,
            "portal": self._portal_state(self.portal) if self.portal else None,
        }

    def _printer_state(self, printer: VirtualPrinter) -> dict[str, object]:
        return {
            "power": self.printer_on,
            **dataclasses.asdict(printer.switches),
            "slips": len(printer.slips),
            "faults_in_stream": printer.faults,
        }

    def switch_printer(self, on: bool) -> None:
        if self.printer and on != self.printer_on:
            self.printer.start() if on else self.printer.stop()
            self.printer_on = on

    @staticmethod
    def _portal_state(portal: Sandbox) -> dict[str, object]:
        active = portal.faults.active()
        return {
            "faults": {name: dataclasses.asdict(switch) for name, switch in active.items()},
            "applicants_held": portal.held_count(),
        }


class CardOrder(msgspec.Struct, forbid_unknown_fields=True):
    """POST /api/card."""

    person: str
    device: Literal["card", "phone"] = "card"
    behaviour: dict[str, Any] = {}
    faults: dict[str, Any] = {}
    new: bool = False


class FaultOrder(msgspec.Struct, forbid_unknown_fields=True):
    """How a fault of the portal strikes: see `portal.faults`."""

    on: str | None = None
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    value: str = ""


class PortalOrder(msgspec.Struct, forbid_unknown_fields=True):
    """POST /api/portal."""

    faults: dict[str, FaultOrder | bool] = {}
    change_terms: bool = False
    release_links: bool = False


def make_dock(dock: Dock) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.json.sort_keys = False  # type: ignore[attr-defined]
    hosts = {f"{name}:{dock.port}" for name in ("127.0.0.1", "localhost")}

    @app.before_request
    def only_here() -> None:
        if request.host not in hosts:
            abort(421)
        if request.method in ("GET", "HEAD"):
            return
        if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
            abort(403)
        if request.method == "POST" and request.mimetype != "application/json":
            abort(415)

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    @app.errorhandler(HTTPException)
    def say(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.description), error.code or 500

    @app.get("/")
    def panel() -> str:
        return render_template("dock.html", dock=dock, people=dock.slot.people.values(), controls=controls)

    @app.get("/api/state")
    def state() -> Response:
        return jsonify(dock.state())

    @app.post("/api/card")
    def insert() -> Response:
        order = _body(CardOrder)
        behaviour, faults = _switches(Behaviour, order.behaviour), _switches(Faults, order.faults)
        if order.new:
            dock.slot.renew(order.person)
        try:
            dock.slot.insert(order.person, order.device, behaviour, faults)
        except KeyError:
            raise BadRequest(
                f"there is no {order.device} of {order.person!r}; there are: {', '.join(dock.slot.people)}"
                + ("" if order.device == "card" else " (with phone = true in the table of people)")
            ) from None
        return state()

    @app.delete("/api/card")
    def remove() -> Response:
        dock.slot.remove()
        return state()

    @app.delete("/api/cards/<person>")
    def renew(person: str) -> Response:
        dock.slot.renew(person)
        return state()

    @app.post("/api/printer")
    def move_printer() -> Response:
        printer = dock.printer or abort(404, "the printer in use is not the virtual one")
        order = _body(dict[str, Any])
        power = order.pop("power", dock.printer_on)
        if not isinstance(power, bool):
            raise BadRequest("power: true or false")
        wanted = _switches(Switches, order)
        for name in order:
            setattr(printer.switches, name, getattr(wanted, name))
        dock.switch_printer(power)
        return state()

    @app.post("/api/portal")
    def move_portal() -> Response:
        portal = dock.portal or abort(404, "the portal in use is not the sandbox")
        order = _body(PortalOrder)
        try:
            for kind, wanted in [(Fault(name), wanted) for name, wanted in order.faults.items()]:
                if wanted is False:
                    portal.faults.switch_off(kind)
                else:
                    how = FaultOrder() if wanted is True else wanted
                    portal.faults.switch_on(kind, how.on, how.times, how.value)
        except ValueError as error:
            raise BadRequest(f"faults: {error}") from None
        if order.change_terms:
            portal.change_terms()
        if order.release_links:
            portal.drivers.release_all()
        return state()

    @app.get("/paper/<int:number>.png")
    def paper(number: int) -> Response:
        slips = dock.printer.slips if dock.printer else []
        if not 1 <= number <= len(slips):
            abort(404)
        png = io.BytesIO()
        slips[number - 1].image.save(png, "PNG")
        return Response(png.getvalue(), mimetype="image/png")

    return app


def _body(kind: type[T]) -> T:
    try:
        return msgspec.json.decode(request.get_data(), type=kind)
    except msgspec.MsgspecError as error:
        raise BadRequest(str(error)) from None


def _switches(kind: type[T], given: dict[str, Any]) -> T:
    """A `Behaviour`, `Faults` or `Switches` with what is given set. Bytes are written in hexadecimal."""
    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise BadRequest(f"{name}: no such switch; there are: {', '.join(known)}")
    try:
        if "answers" in given:
            given = {**given, "answers": {int(at): bytes.fromhex(said) for at, said in given["answers"].items()}}
        return msgspec.convert(given, kind)
    except (AttributeError, TypeError, ValueError) as error:  # msgspec.ValidationError is a ValueError
        raise BadRequest(str(error)) from None
