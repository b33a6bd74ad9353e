"""The dock as a web application: one page, in Japanese or English as the browser asks or `?lang=` says, and the JSON
interface that the page and programs use alike.

Who may use it stands in `sim.orders`. The portal's switches are the portal's own door (`portal.admin`), opened here.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import msgspec
from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.exceptions import BadRequest

from kiosk.sim.card.chip import Behaviour, Faults
from kiosk.sim.dock import controls
from kiosk.sim.dock.drawer import Drawer
from kiosk.sim.dock.english import ENGLISH
from kiosk.sim.inputs import VirtualInput
from kiosk.sim.orders import order, take_orders
from kiosk.sim.pager import Pager
from kiosk.sim.pager import door as pagers_door
from kiosk.sim.portal import admin
from kiosk.sim.portal.sandbox import Sandbox
from kiosk.sim.printer import Switches, VirtualPrinter

T = TypeVar("T")

LANGUAGES = ("ja", "en")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass
class Dock:
    """What the dock can move, and who is called. kiosk: the kiosk's address. printer, portal, pager: None when real
    ones are used instead. aids: bell, keypad and remote, those that are not real."""

    kiosk: str
    drawer: Drawer
    printer: VirtualPrinter | None
    portal: Sandbox | None
    pager: Pager | None = None
    printer_on: bool = True
    aids: Mapping[str, VirtualInput] = field(default_factory=dict)

    def state(self) -> dict[str, object]:
        return {
            "kiosk": self.kiosk,
            **self.drawer.state(),
            "printer": self._printer_state(self.printer) if self.printer else None,
            "portal": admin.state(self.portal) if self.portal else None,
            "aids": {name: each.plugged for name, each in self.aids.items()},
            "calls": self.pager.state() if self.pager else None,
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


class CardOrder(msgspec.Struct, forbid_unknown_fields=True):
    """POST /api/card."""

    person: str
    device: Literal["card", "phone"] = "card"
    behaviour: dict[str, Any] = {}
    faults: dict[str, Any] = {}
    new: bool = False


class AidOrder(msgspec.Struct, forbid_unknown_fields=True):
    """POST /api/aids/<name>. press: once. plugged: in, or pulled out."""

    press: bool = False
    plugged: bool | None = None


def make_dock(dock: Dock) -> Flask:
    app = Flask(__name__)
    take_orders(app)
    if dock.portal:
        app.register_blueprint(admin.switches(dock.portal))
    if dock.pager:
        app.register_blueprint(pagers_door(dock.pager))

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.update(HEADERS)
        return response

    @app.get("/")
    def panel() -> str:
        asked = request.args.get("lang")
        lang = asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES, LANGUAGES[0])
        words = ENGLISH if lang == "en" else {}
        given = {"people": dock.drawer.people.values(), "controls": controls}
        return render_template(
            "dock.html", dock=dock, **given, lang=lang, words=words, say=lambda text: words.get(text, text)
        )

    @app.get("/api/state")
    def state() -> Response:
        return jsonify(dock.state())

    @app.post("/api/card")
    def insert() -> Response:
        wanted = order(CardOrder)
        behaviour, faults = _switches(Behaviour, wanted.behaviour), _switches(Faults, wanted.faults)
        if wanted.new:
            dock.drawer.renew(wanted.person)
        try:
            dock.drawer.insert(wanted.person, wanted.device, behaviour, faults)
        except KeyError:
            raise BadRequest(
                f"there is no {wanted.device} of {wanted.person!r}; there are: {', '.join(dock.drawer.people)}"
                + ("" if wanted.device == "card" else " (with phone = true in the table of people)")
            ) from None
        return state()

    @app.delete("/api/card")
    def remove() -> Response:
        dock.drawer.remove()
        return state()

    @app.delete("/api/cards/<person>")
    def renew(person: str) -> Response:
        dock.drawer.renew(person)
        return state()

    @app.post("/api/printer")
    def move_printer() -> Response:
        printer = dock.printer or abort(404, "the printer in use is not the virtual one")
        given = order(dict[str, Any])
        power = given.pop("power", dock.printer_on)
        if not isinstance(power, bool):
            raise BadRequest("power: true or false")
        wanted = _switches(Switches, given)
        for name in given:
            setattr(printer.switches, name, getattr(wanted, name))
        dock.switch_printer(power)
        return state()

    @app.post("/api/aids/<name>")
    def move_aid(name: str) -> Response:
        aid, wanted = dock.aids.get(name) or abort(404, f"{name}: there is no such aid here"), order(AidOrder)
        if wanted.plugged is not None:
            aid.plug() if wanted.plugged else aid.pull()
        if wanted.press:
            aid.press()
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
