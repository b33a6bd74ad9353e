"""The dock: its tables name every switch there is, its interface moves cards, printer and portal, its page works."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from kiosk.card.apdu import Card
from kiosk.card.text import TextApplication
from kiosk.config import Printer as PrinterSettings
from kiosk.hw.device import NotPrinted, Printed, PrinterFault, ReaderState
from kiosk.hw.printer import open_printer
from kiosk.portal.client import PortalClient, PortalClosed
from kiosk.sim.card.chip import Behaviour, Faults
from kiosk.sim.dock import controls
from kiosk.sim.dock.app import Dock, make_dock
from kiosk.sim.dock.drawer import Drawer
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.faults import VALUES, Fault
from kiosk.sim.portal.sandbox import Sandbox, world
from kiosk.sim.portal.server import Server
from kiosk.sim.printer import Switches, VirtualPrinter
from kiosk.sim.reader import VpcdReader
from tests.stage import free_port


class World:
    """The dock with all it moves, and a reader that sees what comes into the slot."""

    def __init__(self, pki: Pki, folder: Path) -> None:
        slot_port, dock_port = free_port(), free_port()
        self.reader = VpcdReader(slot_port)
        self.printer = VirtualPrinter(port=0)
        self.portal = Sandbox(*world(pki), directory=folder)
        self.drawer = Drawer(pki, people(), "127.0.0.1", slot_port)
        self.dock = Dock("http://127.0.0.1:1/", self.drawer, self.printer, self.portal)
        self.app = make_dock(self.dock)
        self.server = Server(dock_port, self.app)
        self.address = f"http://127.0.0.1:{dock_port}"
        self.client = self.app.test_client()

    def ask(self, method: str, path: str, body: object = None, **more: object):
        kind = {"json": body} if body is not None else {}
        return self.client.open(path, method=method, base_url=self.address, **kind, **more)

    def becomes(self, state: ReaderState) -> None:
        until(lambda: self.reader.state is state)


def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


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
    running.printer.switches = Switches()
    running.portal.reset()


# -- the tables ---------------------------------------------------------------------------------------------------


def names(*tables: tuple[controls.Control, ...]) -> set[str]:
    return {each.name for table in tables for each in table}


def fields(kind: type) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


def test_the_panel_has_every_switch_there_is() -> None:
    assert names(controls.BEHAVIOUR) == fields(Behaviour)
    assert names(controls.CARD_FAULTS) | set(controls.CARD_FAULTS_FOR_PROGRAMS) == fields(Faults)
    assert names(controls.PRINTER, controls.PRINTER_AT_WORK) == fields(Switches)
    assert names(controls.PORTAL) == {fault.value for fault in Fault}


def test_what_the_panel_offers_as_ordinary_is_ordinary() -> None:
    usual = Behaviour()
    for each in controls.BEHAVIOUR:
        value = getattr(usual, each.name)
        assert value == (int(each.choices[0][0]) if each.choices else each.off), each.name


def test_every_value_the_panel_offers_for_a_fault_of_the_portal_is_known_there() -> None:
    for each in controls.PORTAL:
        for value, _ in each.choices:
            assert value in VALUES[Fault(each.name)]


# -- cards --------------------------------------------------------------------------------------------------------


def test_a_card_put_in_is_in_the_reader_until_it_is_pulled_out(dock: World) -> None:
    state = dock.ask("POST", "/api/card", {"person": "excellent"}).get_json()
    assert (state["card"]["person"], state["card"]["device"]) == ("excellent", "card")
    dock.becomes(ReaderState.CARD)
    assert dock.ask("GET", "/api/state").get_json()["card"]["attached"]
    assert dock.ask("DELETE", "/api/card").get_json()["card"] is None
    dock.becomes(ReaderState.EMPTY)


def test_only_one_card_is_in_the_slot(dock: World) -> None:
    for person in ("excellent", "both"):
        dock.ask("POST", "/api/card", {"person": person})
        dock.becomes(ReaderState.CARD)
    assert dock.ask("GET", "/api/state").get_json()["card"]["person"] == "both"


def test_tries_are_counted_across_insertions_until_the_card_is_made_new(dock: World) -> None:
    def tries_after_a_wrong_pin() -> int:
        dock.ask("POST", "/api/card", {"person": "excellent"})
        dock.becomes(ReaderState.CARD)
        connection = dock.reader.connect()
        text = TextApplication.select(Card(connection.transmit))
        with pytest.raises(Exception, match="PIN"):
            text.verify(bytearray(b"0000"))
        connection.close()
        dock.ask("DELETE", "/api/card")
        dock.becomes(ReaderState.EMPTY)
        return dock.ask("GET", "/api/state").get_json()["tries"]["excellent/card"]["text"]

    assert [tries_after_a_wrong_pin(), tries_after_a_wrong_pin()] == [2, 1]
    assert dock.ask("DELETE", "/api/cards/excellent").get_json()["tries"] == {}
    assert tries_after_a_wrong_pin() == 2


def test_a_card_the_wrong_way_round_is_mute(dock: World) -> None:
    state = dock.ask("POST", "/api/card", {"person": "excellent", "faults": {"mute": True}}).get_json()
    assert state["card"]["faults"] == {"mute": True}
    dock.becomes(ReaderState.MUTE)


def test_a_card_that_pulls_itself_out_is_gone_from_the_slot(dock: World) -> None:
    dock.ask("POST", "/api/card", {"person": "excellent", "faults": {"pull_at": 1}})
    dock.becomes(ReaderState.CARD)
    with pytest.raises(Exception, match="card"):
        TextApplication.select(Card(dock.reader.connect().transmit))
    dock.becomes(ReaderState.EMPTY)
    until(lambda: dock.ask("GET", "/api/state").get_json()["card"] is None)


def test_a_card_of_another_kind_and_a_table_of_answers_can_be_ordered(dock: World) -> None:
    order = {"person": "phone", "device": "phone", "behaviour": {"t0": True}, "faults": {"answers": {"3": "6F00"}}}
    card = dock.ask("POST", "/api/card", order).get_json()["card"]
    assert (card["device"], card["behaviour"], card["faults"]) == ("phone", {"t0": True}, {"answers": {"3": "6F00"}})


# -- printer and portal -------------------------------------------------------------------------------------------


def test_the_printer_obeys_and_the_paper_can_be_looked_at(dock: World) -> None:
    real = open_printer(PrinterSettings(kind="network", host="127.0.0.1", port=dock.printer.port, timeout_seconds=1))
    picture = Image.new("1", (576, 80), 0)
    dock.ask("POST", "/api/printer", {"paper_end": True})
    assert real.print(picture) == NotPrinted(PrinterFault.PAPER_END, partly=False)
    dock.ask("POST", "/api/printer", {"paper_end": False})
    assert real.print(picture) == Printed()
    count = dock.ask("GET", "/api/state").get_json()["printer"]["slips"]
    paper = dock.ask("GET", f"/paper/{count}.png")
    assert paper.mimetype == "image/png" and paper.data.startswith(b"\x89PNG")
    assert dock.ask("GET", f"/paper/{count + 1}.png").status_code == 404


def test_a_printer_without_power_is_unreachable_and_comes_back(dock: World) -> None:
    real = open_printer(PrinterSettings(kind="network", host="127.0.0.1", port=dock.printer.port, timeout_seconds=1))
    assert not dock.ask("POST", "/api/printer", {"power": False}).get_json()["printer"]["power"]
    assert real.state().fault is PrinterFault.UNREACHABLE
    dock.ask("POST", "/api/printer", {"power": True})
    assert real.state().fault is None


def test_the_portal_obeys(dock: World) -> None:
    client = PortalClient(dock.portal.settings)
    state = dock.ask("POST", "/api/portal", {"faults": {"closed": {"on": "status", "value": "5"}}}).get_json()
    assert state["portal"]["faults"] == {"closed": {"on": "status", "times": None, "value": "5"}}
    assert isinstance(client.reachable(), PortalClosed)
    dock.ask("POST", "/api/portal", {"faults": {"closed": False}})
    assert client.reachable() is True
    before = client.begin().terms.version
    dock.ask("POST", "/api/portal", {"change_terms": True})
    assert client.begin().terms.version != before


# -- what does not fit --------------------------------------------------------------------------------------------

MISFITS = [
    ("/api/card", {}, "missing required field `person`"),
    ("/api/card", {"person": "nobody"}, "there is no card of 'nobody'; there are: excellent, "),
    ("/api/card", {"person": "excellent", "device": "phone"}, "there is no phone of 'excellent'"),
    ("/api/card", {"person": "excellent", "colour": 1}, "unknown field `colour`"),
    ("/api/card", {"person": "excellent", "faults": {"rain": True}}, "rain: no such switch; there are: pull_at, "),
    ("/api/card", {"person": "excellent", "faults": {"pull_at": "soon"}}, "Expected `int | null`, got `str`"),
    ("/api/card", {"person": "excellent", "faults": {"answers": {"1": "XY"}}}, "non-hexadecimal"),
    ("/api/printer", {"paper_end": "yes"}, "Expected `bool`, got `str`"),
    ("/api/printer", {"ink": True}, "ink: no such switch; there are: paper_end, "),
    ("/api/printer", {"power": 1}, "power: true or false"),
    ("/api/printer", [], "Expected `object`, got `array`"),
    ("/api/portal", {"faults": {"rain": True}}, "'rain' is not a valid Fault"),
    ("/api/portal", {"faults": {"slow": {"on": "lunch"}}}, "there is no call lunch; the calls are status, "),
    ("/api/portal", {"faults": {"malformed": {"value": "odd"}}}, "malformed: the values are not_json, "),
]


@pytest.mark.parametrize(("path", "body", "words"), MISFITS)
def test_an_order_that_does_not_fit_is_answered_with_why_and_moves_nothing(
    dock: World, path: str, body: object, words: str
) -> None:
    before = dock.ask("GET", "/api/state").get_json()
    answer = dock.ask("POST", path, body)
    assert answer.status_code == 400
    assert words in answer.get_json()["error"]
    assert dock.ask("GET", "/api/state").get_json() == before


def test_nobody_but_this_machine_and_no_other_site_can_move_anything(dock: World) -> None:
    order = {"person": "excellent"}
    assert dock.client.get("/api/state", base_url="http://rebound.example").status_code == 421
    assert dock.ask("POST", "/api/card", order, headers={"Origin": "http://elsewhere.example"}).status_code == 403
    assert dock.ask("DELETE", "/api/card", headers={"Origin": "null"}).status_code == 403
    assert dock.ask("POST", "/api/card", data='{"person": "excellent"}', content_type="text/plain").status_code == 415
    assert dock.ask("GET", "/api/state").get_json()["card"] is None


# -- the page -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser.new_page(viewport={"width": 1600, "height": 1000})
        browser.close()


def test_the_panel_does_all_that_by_hand_and_by_keyboard_with_an_empty_console(dock: World, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(dock.address)
    assert page.locator(".person").count() == len(people())

    page.get_by_role("checkbox", name="うら向き（応答しない）").check()
    page.locator("[data-person=last-try]").get_by_role("button", name="カードを入れる").press("Enter")
    dock.becomes(ReaderState.MUTE)
    row = page.locator("[data-person=last-try]")
    row.get_by_role("button", name="抜く").click()
    dock.becomes(ReaderState.EMPTY)

    page.get_by_role("button", name="ふつうのカードにもどす").click()
    row.get_by_role("button", name="カードを入れる").click()
    dock.becomes(ReaderState.CARD)
    page.get_by_role("status").get_by_text("カードが入っています").wait_for()
    row.get_by_text("あと 1 回").wait_for()

    page.get_by_role("checkbox", name="カバーが開いている").check()
    until(lambda: dock.printer.switches.cover_open)
    page.get_by_label("いつ").select_option("submit")
    page.get_by_label("１回だけ").check()
    page.get_by_role("checkbox", name="答えない").check()
    until(lambda: "slow" in dock.portal.faults.active())
    slow = dock.portal.faults.active()["slow"]
    assert (slow.on, slow.times, slow.value) == ("submit", 1, "30")
    dock.portal.faults.strikes(Fault.SLOW, "submit")
    until(lambda: not page.get_by_role("checkbox", name="答えない").is_checked())
    assert said == []
