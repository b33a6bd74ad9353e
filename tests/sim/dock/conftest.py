"""The dock with all it moves, for its own tests and for those that press its buttons in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from kiosk.hw.device import ReaderState
from kiosk.sim.dock.app import Dock, make_dock
from kiosk.sim.dock.drawer import Drawer
from kiosk.sim.inputs import VirtualInput
from kiosk.sim.pager import Pager
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.sandbox import Sandbox, world
from kiosk.sim.portal.server import Server
from kiosk.sim.printer import Switches, VirtualPrinter
from kiosk.sim.reader import VpcdReader
from tests.stage import free_port, until

SOON = 5.0


class World:
    """The dock with all it moves, and a reader that sees what comes into the slot."""

    def __init__(self, pki: Pki, folder: Path) -> None:
        slot_port, dock_port = free_port(), free_port()
        self.reader = VpcdReader(slot_port)
        self.printer = VirtualPrinter(port=0)
        self.portal = Sandbox(*world(pki), directory=folder)
        self.drawer = Drawer(pki, people(), "127.0.0.1", slot_port)
        self.aids = {name: VirtualInput(folder / name) for name in ("bell", "keypad", "remote")}
        self.dock = Dock("http://127.0.0.1:1/", self.drawer, self.printer, self.portal, Pager(), aids=self.aids)
        self.app = make_dock(self.dock)
        self.server = Server(dock_port, self.app)
        self.address = f"http://127.0.0.1:{dock_port}"
        self.client = self.app.test_client()

    def ask(self, method: str, path: str, body: object = None, **more: Any) -> TestResponse:
        kind: dict[str, Any] = {"json": body} if body is not None else {}
        return self.client.open(path, method=method, base_url=self.address, **kind, **more)

    def becomes(self, state: ReaderState) -> None:
        until(lambda: self.reader.state is state, SOON)


@pytest.fixture(scope="module")
def running(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(pki, tmp_path_factory.mktemp("portal"))
    made.printer.start()
    made.reader.start(lambda _state: None)
    with made.portal:
        made.server.start()
        yield made
        made.drawer.remove()
        made.server.stop()
    made.reader.stop()
    made.printer.stop()


@pytest.fixture
def dock(running: World) -> Iterator[World]:
    yield running
    running.drawer.remove()
    running.drawer._cards.clear()
    running.becomes(ReaderState.EMPTY)
    running.dock.switch_printer(True)
    for aid in running.aids.values():
        aid.pull()
    running.printer.switches = Switches()
    running.portal.reset()
