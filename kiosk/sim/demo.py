"""`python -m kiosk demo`: everything on loopback, without hardware and without a daemon.

This process is the world around the kiosk: sandbox portal, virtual printer, dock, and the virtual cards with their
keys. The kiosk itself is a child, with the settings this one has written for it, so that nothing of the invented people
is in its memory but what a card or a typing hand has brought there. A child is told to end when its parent has gone,
however it went (`setpriv --pdeathsig`), and ends first when the demo is stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import structs

from kiosk.config import kiosk as config
from kiosk.config.file import ConfigError, write_hours
from kiosk.config.kiosk import Settings, Station
from kiosk.language.hours import Hours
from kiosk.sim.dock.app import Dock, make_dock
from kiosk.sim.dock.drawer import Drawer
from kiosk.sim.inputs import VirtualInput
from kiosk.sim.pager import Pager
from kiosk.sim.people import people
from kiosk.sim.pki import DIRECTORY as PKI_DIRECTORY
from kiosk.sim.pki import Pki
from kiosk.sim.portal.__main__ import arguments as portal_arguments
from kiosk.sim.portal.records import HELP, BadRecords
from kiosk.sim.portal.sandbox import Sandbox, world
from kiosk.sim.portal.server import Server
from kiosk.sim.portal.trust import BadAnchor
from kiosk.sim.printer import VirtualPrinter
from kiosk.sim.vpcd import KIOSK_PORT, PCSCD_PORT
from kiosk.web.site import kiosk_answers, port_fault

ROOT = Path(__file__).parent.parent.parent
STATE = PKI_DIRECTORY.parent  # where `kiosk.sim.card` looks for its keys too
SHARED_MEMORY = Path("/dev/shm")
STATION = Station(
    name="見本警察署", telephone="00-0000-0000", hours=Hours("Mo-Fr 08:30-17:15; PH off; Dec 29-Jan 3 off")
)
READY_SECONDS = 30.0
STOP_SECONDS = 5.0

DESCRIPTION = """\
The whole kiosk on this machine: its server, a dock with invented people and their virtual cards, a portal that really
checks what it is sent, and a printer that keeps the paper as pictures. Nothing but loopback is used; keys and
certificates are made at the first run."""

EPILOG = f"""\
cards:
  The dock puts in the cards of the invented people. Any other card may come to the card slot too: what connects to
  its port and speaks vpcd's protocol (frames of a 2-byte big-endian length; a frame of one byte is power off 00, power
  on 01, reset 02, ask for the ATR 04; any longer one a command) is a card in the slot until it hangs up. So does
  vsmartcard's vpicc, and so does ours:
    python -m kiosk.sim.card --person excellent
  With --reader pcsc the slot is a PC/SC reader of this machine, through pcscd, and the dock's cards go to pcscd's
  virtual reader (package vsmartcard-vpcd), if it has one.

test cards of your own:
  Give the authority that issued their signature certificates (--trust-anchor), its list of revoked certificates
  (--crl; without one, revocation is not checked for that authority), and a record of each driver (--records).

{HELP}
settings:
  --config takes a kiosk.toml as of an appliance (config/kiosk.toml explains every key). Its printer and its portal, if
  it names any, are used instead of the virtual ones. The settings in force are written to demo.toml in the state
  directory; `python -m kiosk check --config var/demo.toml` says what they lead to.

the dock's interface for programs (JSON, on the dock's port):
  GET    /api/state         everything there is to know
  POST   /api/card          {{"person": "excellent"}}; optional: "device": "phone", "behaviour": {{"t0": true}},
                            "faults": {{"pull_at": 5}}, "new": true (its counters as on the first day)
  DELETE /api/card          pull it out
  POST   /api/printer       {{"paper_end": true, "power": false}}: any of its switches
  POST   /api/aids/bell     {{"press": true}} or {{"plugged": false}}; also remote, and keypad (its keys are your own)
  POST   /api/portal        {{"faults": {{"slow": {{"on": "submit", "times": 1, "value": "5"}}, "closed": false}}}},
                            {{"change_terms": true}}, {{"release_links": true}}, {{"reset": true}},
                            {{"offers": []}}, as a portal of version 1.0, {{"scope": "any"}}
  POST   /api/calls         {{"seen": "0a1b2c3d"}}: one of the staff has seen this call, of those in the state
  GET    /paper/1.png       the first slip, and so on
"""


class Trouble(Exception):
    """The demo cannot start or go on. One line: what, and which option helps."""


def port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port (1 to 65535, or 0 for any free one)")
    return number


def address(text: str) -> tuple[str, int]:
    host, _, number = text.rpartition(":")
    if not host or not (number.isascii() and number.isdigit()) or not 0 < int(number) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not HOST:PORT")
    return host.strip("[]"), int(number)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings to begin with, as of an appliance")
    parser.add_argument("--state", type=Path, default=STATE, metavar="DIR", help="keys are kept here (%(default)s)")
    parser.add_argument("--paper", type=Path, metavar="DIR", help="keep every slip there as slip-0001.png and so on")
    parser.add_argument("--browser", action="store_true", help="open the kiosk in Chromium, full screen")
    parser.add_argument("--reader", choices=("vpcd", "pcsc"), default="vpcd", help="the card slot (%(default)s)")
    parser.add_argument("--printer", type=address, metavar="HOST:PORT", help="a network printer, not the virtual one")
    portal_arguments(parser)
    ports = parser.add_argument_group("ports on 127.0.0.1 (0: any free one)")
    ports.add_argument("--port", type=port, metavar="PORT", help="the kiosk (8888, or server.port of --config)")
    ports.add_argument("--dock-port", type=port, metavar="PORT", default=8889, help="the dock (%(default)s)")
    ports.add_argument(
        "--portal-port", type=port, metavar="PORT", default=8443, help="the sandbox portal (%(default)s)"
    )
    ports.add_argument(
        "--printer-port", type=port, metavar="PORT", default=9100, help="the virtual printer (%(default)s)"
    )
    ports.add_argument(
        "--vpcd-port",
        type=port,
        metavar="PORT",
        help=f"where cards come ({KIOSK_PORT}; with --reader pcsc {PCSCD_PORT}, pcscd's own)",
    )


def run(options: argparse.Namespace) -> int:
    """The demo until Ctrl-C, SIGTERM, or the end of its terminal. Returns the exit code."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    try:
        with contextlib.ExitStack() as stack:
            _run(options, stack, ended)
    except (BadAnchor, BadRecords, ConfigError) as error:
        return _complain(str(error), 2)
    except Trouble as trouble:
        return _complain(str(trouble), 1)
    return 0


def _complain(line: str, code: int) -> int:
    print(f"demo: {line}", file=sys.stderr)
    return code


def _run(options: argparse.Namespace, stack: contextlib.ExitStack, ended: threading.Event) -> None:
    if options.browser and not (os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")):
        raise Trouble("--browser: there is no display here; leave it out and open the kiosk's address in a browser")
    given = config.load(options.config) if options.config else Settings(station=STATION)
    ports = _ports(options, given)
    around = _surroundings(options, given, ports)
    around.start(stack)
    settings = around.reached(_printing_at(given, *options.printer) if options.printer else given)
    runtime = _runtime(stack)
    settings = structs.replace(
        settings,
        server=structs.replace(settings.server, port=ports.kiosk, runtime_directory=runtime),
        caretaker=structs.replace(
            settings.caretaker,
            runtime_directory=runtime,
            state_directory=str((options.state / "caretaker").absolute()),
        ),
    )
    aids = _aids(settings, Path(runtime), stack)
    settings = _felt(settings, aids)
    pager = Pager() if settings.alerts.kind == "none" else None
    if pager:
        settings = structs.replace(settings, alerts=_called_at(settings, ports.dock))
    panel = Dock(ports.address("kiosk"), around.drawer, around.printer, around.portal, pager, aids=aids)
    file = (options.state / "demo.toml").absolute()
    file.write_text("# Written by the demo at each start.\n" + as_toml(settings), encoding="utf-8")
    dock = Server(ports.dock, make_dock(panel))
    dock.start()
    stack.callback(dock.stop)
    reader = ["--vpcd-port", str(ports.slot)] if options.reader == "vpcd" else []
    serve = ["kiosk.sim.serve", "--quiet", "--caretaker", *reader]
    children = {
        "the caretaker": _child(stack, ["kiosk", "caretaker", "--config", str(file)]),
        "the kiosk": _child(stack, serve, msgspec.json.encode(settings, enc_hook=write_hours)),
    }
    _await(ports.kiosk, children, ended)
    if options.browser:
        alone = ["--", "--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
        children["the browser"] = _child(stack, ["kiosk", "browser", "--config", str(file), "--shared", *alone])
    if not ended.is_set():
        _announce(options, settings, ports, around)
    while not ended.wait(0.2):
        _still_running(children)
    print("\nstopping", flush=True)


@dataclass(frozen=True)
class Ports:
    """Where they listen on 127.0.0.1; portal and printer have theirs by themselves."""

    kiosk: int
    dock: int
    slot: int

    def address(self, name: Literal["kiosk", "dock"]) -> str:
        return f"http://127.0.0.1:{getattr(self, name)}/"


def _ports(options: argparse.Namespace, settings: Settings) -> Ports:
    kiosk = _claim("--port", settings.server.port if options.port is None else options.port)
    dock = _claim("--dock-port", options.dock_port)
    if options.reader == "vpcd":
        return Ports(kiosk, dock, _claim("--vpcd-port", KIOSK_PORT if options.vpcd_port is None else options.vpcd_port))
    return Ports(kiosk, dock, PCSCD_PORT if options.vpcd_port is None else options.vpcd_port)


def _claim(option: str, number: int) -> int:
    """The port to use for an option; Trouble when it is taken."""
    if number == 0:
        with socket.create_server(("127.0.0.1", 0)) as free:
            return int(free.getsockname()[1])
    if (fault := port_fault(number)) is not None:
        raise Trouble(f"{option} {number}: {fault.strerror}; stop what uses this port, or give another {option}")
    return number


@dataclass(frozen=True)
class Surroundings:
    """What stands around the kiosk. printer, portal: None when real ones are used instead."""

    drawer: Drawer
    printer: VirtualPrinter | None
    portal: Sandbox | None

    def start(self, stack: contextlib.ExitStack) -> None:
        stack.callback(self.drawer.remove)
        if self.portal:
            stack.enter_context(self.portal)
        if self.printer:
            self.printer.start()
            stack.callback(self.printer.stop)

    def reached(self, settings: Settings) -> Settings:
        """The settings with the addresses of what is started here; all else, the portal's times too, as given."""
        if self.portal:
            sandbox = {key: getattr(self.portal.settings, key) for key in ("url", *config.PORTAL_FILES)}
            settings = structs.replace(settings, portal=structs.replace(settings.portal, **sandbox))
        if self.printer:
            settings = _printing_at(settings, "127.0.0.1", self.printer.port)
        return settings


def _surroundings(options: argparse.Namespace, settings: Settings, ports: Ports) -> Surroundings:
    try:
        options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        pki = Pki(options.state / "pki")
        portal, printer = _portal(options, settings, pki), _printer(options, settings)
        if options.paper:
            options.paper.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Trouble(f"{error.filename or options.state}: {error.strerror or error}; give another folder") from None
    return Surroundings(Drawer(pki, people(), "127.0.0.1", ports.slot), printer, portal)


def _portal(options: argparse.Namespace, settings: Settings, pki: Pki) -> Sandbox | None:
    if settings.portal.ca_file is not None:
        if options.trust_anchor or options.crl or options.records:
            raise Trouble("--trust-anchor, --crl, --records: they are the sandbox portal's, but --config names another")
        return None
    number = _claim("--portal-port", options.portal_port)
    records, trust = world(pki, options.trust_anchor, options.crl, options.records)
    return Sandbox(records, trust, options.state.absolute() / "portal", number)


def _printer(options: argparse.Namespace, settings: Settings) -> VirtualPrinter | None:
    if options.printer or settings.printer.kind != "none":
        return None
    number = _claim("--printer-port", options.printer_port)
    return VirtualPrinter(port=number, width=settings.printer.width, paper=options.paper)


def _printing_at(settings: Settings, host: str, number: int) -> Settings:
    return structs.replace(settings, printer=structs.replace(settings.printer, kind="network", host=host, port=number))


def _aids(settings: Settings, folder: Path, stack: contextlib.ExitStack) -> dict[str, VirtualInput]:
    """Bell, keypad and remote, plugged in, but for those that the settings name."""
    named = {"bell": settings.bell.device, "keypad": settings.keypad.device, "remote": settings.beacon.device}
    made = {name: VirtualInput(folder / name) for name, device in named.items() if device is None}
    for each in made.values():
        each.plug()
        stack.callback(each.pull)
    return made


def _felt(settings: Settings, aids: dict[str, VirtualInput]) -> Settings:
    """The settings with those in place of none."""
    sections = {"bell": "bell", "keypad": "keypad", "remote": "beacon"}
    devices = {sections[name]: str(each.path) for name, each in aids.items()}
    replaced = {name: structs.replace(getattr(settings, name), device=device) for name, device in devices.items()}
    return structs.replace(settings, **replaced)


def _called_at(settings: Settings, number: int) -> config.Alerts:
    return structs.replace(settings.alerts, kind="alertmanager", url=f"http://127.0.0.1:{number}")


def _runtime(stack: contextlib.ExitStack) -> str:
    """A folder in memory for as long as the demo runs."""
    made = tempfile.mkdtemp(prefix="kiosk-demo-", dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None)
    stack.callback(shutil.rmtree, made, ignore_errors=True)
    return made


def as_toml(settings: Settings) -> str:
    """The settings as a file that kiosk/config/kiosk.py reads back. A TOML value of ours is written like a JSON one."""
    lines: list[str] = []
    for section, keys in msgspec.to_builtins(settings, enc_hook=write_hours).items():
        lines.append(f"[{section}]")
        lines += [
            f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items() if value is not None
        ]
    return "\n".join(lines) + "\n"


def _child(stack: contextlib.ExitStack, module: list[str], told: bytes = b"") -> subprocess.Popen[bytes]:
    """A Python module as a process that ends with this one, out of reach of the terminal's Ctrl-C. told: its input."""
    command = ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", *module]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True)
    stack.callback(_end, child)
    assert child.stdin
    with contextlib.suppress(BrokenPipeError), child.stdin:  # one that has ended already is seen by `_still_running`
        child.stdin.write(told)
    return child


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _still_running(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if (code := child.poll()) is not None:
            raise Trouble(f"{name} has ended by itself with code {code}; what it said stands above")


def _await(number: int, children: dict[str, subprocess.Popen[bytes]], ended: threading.Event) -> None:
    """Until the first session stands ready, or somebody has asked to stop."""
    give_up = time.monotonic() + READY_SECONDS
    while not kiosk_answers(number) and not ended.wait(0.05):
        _still_running(children)
        if time.monotonic() > give_up:
            raise Trouble(f"the kiosk is not ready after {READY_SECONDS:.0f} seconds")


def _announce(options: argparse.Namespace, settings: Settings, ports: Ports, around: Surroundings) -> None:
    """Where everything is, how a card is put in, and what is not checked."""
    printer = settings.printer
    at = f"{printer.host}:{printer.port}" if printer.kind == "network" else printer.kind
    slot = "(vpcd)" if options.reader == "vpcd" else "(pcscd's virtual reader)"
    places = {
        "kiosk": ports.address("kiosk"),
        "dock": f"{ports.address('dock')}   people and their cards, faults, paper",
        "card slot": f"127.0.0.1:{ports.slot}   {slot}",
        "portal": settings.portal.url + ("   (sandbox)" if around.portal else ""),
        "printer": at + ("   (virtual)" if around.printer else ""),
    }
    card = ["python -m kiosk.sim.card --person excellent"]
    if options.state != STATE:
        card.append(f"--pki {options.state / 'pki'}")
    if ports.slot != KIOSK_PORT:
        card.append(f"--port {ports.slot}")
    print("\n".join(["", *(f"  {name:10} {place}" for name, place in places.items()), ""]))
    print("Insert a card: at the dock, or", *card)
    for anchor in around.portal.trust.unchecked if around.portal else ():
        print(f"Revocation is not checked for {anchor.subject.rfc4514_string()}: no --crl of it was given.")
    print("Ctrl-C stops everything.", flush=True)
