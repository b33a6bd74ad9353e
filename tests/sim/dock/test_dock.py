"""The dock: its tables name every switch there is, and its interface moves cards, printer and portal."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path

import pytest
from PIL import Image

from kiosk.card.apdu import Card
from kiosk.card.text import TextApplication
from kiosk.config.kiosk import Printer as PrinterSettings
from kiosk.hw.button import InputButton
from kiosk.hw.device import NotPrinted, Printed, PrinterFault, ReaderState
from kiosk.hw.printer import open_printer
from kiosk.portal.client import PortalClient, PortalClosed
from kiosk.sim.card.chip import Behaviour, Faults
from kiosk.sim.dock import controls
from kiosk.sim.dock.english import ENGLISH
from kiosk.sim.portal.faults import VALUES, Fault
from kiosk.sim.printer import Switches
from tests.sim.dock.conftest import SOON, World
from tests.stage import until

DOCK = Path(controls.__file__).parent

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


def test_in_english_nothing_is_left_in_japanese_and_every_word_is_used(dock: World) -> None:
    japanese = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff10-\uff19]")
    asked = {"Accept-Language": "en-GB,en;q=0.9,ja;q=0.5"}
    page = html.unescape(re.sub(' data-words="[^"]*"', "", dock.ask("GET", "/", headers=asked).get_data(as_text=True)))
    assert [line for line in page.splitlines() if japanese.search(line)] == [
        '  <nav><a href="/?lang=ja" lang="ja" hreflang="ja">日本語</a></nav>'
    ]
    script = re.sub("//.*", "", (DOCK / "static/dock.js").read_text("utf-8"))
    spoken = {each for each in re.findall('"([^"]*)"', script) if japanese.search(each)} | {"、", "（%n）"}
    assert spoken <= ENGLISH.keys()
    assert not japanese.search(re.sub('"[^"]*"', "", script)), "a text that no table can hold"
    shown = html.unescape(dock.ask("GET", "/?lang=ja").get_data(as_text=True))
    assert [each for each in ENGLISH if each not in shown and each not in spoken] == []
    assert dock.ask("GET", "/").get_data(as_text=True) == dock.ask("GET", "/?lang=ja").get_data(as_text=True)


# -- what is felt -------------------------------------------------------------------------------------------------


def test_a_bell_is_heard_by_the_kiosks_own_code_and_is_gone_when_it_is_pulled_out(
    dock: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.hw.evdev.LOOK_AGAIN_SECONDS", 0.05)
    rings: list[str] = []
    bell = InputButton(str(dock.aids["bell"].path), "bell")
    bell.start(lambda: rings.append("ring"), lambda: None)
    assert dock.ask("POST", "/api/aids/bell", {"plugged": True}).get_json()["aids"]["bell"] is True
    until(lambda: bell.present, SOON)
    dock.ask("POST", "/api/aids/bell", {"press": True})
    until(lambda: rings == ["ring"], SOON)
    assert dock.ask("POST", "/api/aids/bell", {"plugged": False}).get_json()["aids"]["bell"] is False
    until(lambda: not bell.present, SOON)
    bell.stop()
    assert dock.ask("POST", "/api/aids/horn", {"press": True}).status_code == 404
    assert {name for name, _label, _press in controls.AIDS} == dock.aids.keys()


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
        return int(dock.ask("GET", "/api/state").get_json()["tries"]["excellent/card"]["text"])

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
    until(lambda: dock.ask("GET", "/api/state").get_json()["card"] is None, SOON)


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
