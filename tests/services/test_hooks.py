"""The arbiter's hook outlives whatever goes wrong in it, and what is still to be done is not forgotten. And what the
journal is told."""

from __future__ import annotations

import gc
import inspect
import logging
import sys
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from kiosk import __main__ as command
from kiosk.config import guidance
from kiosk.config.events import Event
from kiosk.config.kiosk import PORTAL_FILES, Beacon, Bell, Keypad, Portal, Printer, Settings
from kiosk.hw.button import InputButton
from kiosk.hw.device import NoReader
from kiosk.hw.keypad import ListedKeypad
from kiosk.ipc.caretaker import NoCaretaker
from kiosk.ipc.messages import SafeFor
from kiosk.receipts import pictures
from kiosk.services import server
from kiosk.services.browser_words import FORGET, RESTART
from kiosk.session.devices import Aids
from kiosk.web import view
from tests.session.world import SlotReader


@pytest.mark.parametrize(
    "error", [ValueError("山田"), SystemError(), UnicodeDecodeError("ascii", b"\xe4", 0, 1, "山田")]
)
def test_the_end_of_a_session_is_survived(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    told: list[bytes] = []

    def fails(_settings: Settings, what: bytes) -> None:
        told.append(what)
        if len(told) == 1:
            raise error

    monkeypatch.setattr(server, "tell_browser", fails)
    arbiter = server.Server(Settings(), guidance.load(), SlotReader)
    arbiter._handover.typed = True
    for _ in range(3):
        arbiter._session_died(None, None)
    assert told == [RESTART, RESTART, FORGET], "a browser that remembers is started anew at the next end"
    assert f"failed: {type(error).__name__} at fails:" in caplog.text and "山田" not in caplog.text


class Caretaker(NoCaretaker):
    """Hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def tell(self, told: Event, times: int = 1) -> bool:
        self.heard.append(told.name)
        return True

    def present(self) -> bool:
        return True


def test_a_visit_whose_process_died_is_told_and_one_that_ended_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "tell_browser", lambda _settings, _what: True)
    caretaker = Caretaker()
    arbiter = server.Server(Settings(), guidance.load(), SlotReader, lambda _untold: caretaker)
    arbiter._session_died(None, None)
    assert caretaker.heard == []
    arbiter._handover.in_use = True
    for _ in range(2):
        arbiter._session_died(None, None)
    assert caretaker.heard == ["session_died"]


def test_the_journal_of_an_appliance_is_told_of_faults_and_of_no_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    monkeypatch.setattr(server, "keep_memory_private", lambda: None)
    monkeypatch.setattr(view, "warm", lambda _told: None)
    monkeypatch.setattr(pictures, "warm", lambda _settings: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(server.Server, "run", lambda each: ran.append(each))
    before = logging.getLogger("kiosk").level
    try:
        for journal, told in ((server.FAULTS, False), (server.VISITS, True)):
            server.serve(Settings(), SlotReader, journal=journal)
            for name in ("kiosk.session", "kiosk.web.socket", "kiosk.hw.reader"):
                assert logging.getLogger(name).isEnabledFor(logging.INFO) is told
                assert logging.getLogger(name).isEnabledFor(logging.WARNING)
    finally:
        logging.getLogger("kiosk").setLevel(before)
    assert len(ran) == 2
    assert inspect.signature(server.serve).parameters["journal"].default == server.FAULTS
    assert "VISITS" not in inspect.getsource(command) and "journal" not in inspect.getsource(command)


def breaks(*_: object, **__: object) -> None:
    raise OSError("山田")


def test_a_start_goes_on_past_whatever_cannot_be_made_ready(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    began: list[server.Server] = []
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    monkeypatch.setattr(server, "keep_memory_private", lambda: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(view, "warm", breaks)
    monkeypatch.setattr(pictures, "warm", breaks)
    monkeypatch.setattr(server.Server, "run", lambda each: began.append(each))
    facts = tmp_path / "guidance.toml"
    facts.write_text("[suspend]\n")
    server.serve(msgspec.convert({"station": {"guidance_file": str(facts)}}, Settings), SlotReader)
    [each] = began
    assert each._facts == guidance.load(), "what the kiosk was shipped with"
    assert f"{facts}: suspend." in caplog.text and "山田" not in caplog.text
    assert caplog.text.count("ready failed: OSError at breaks:") == 2


def test_with_guidance_only_no_device_of_the_settings_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[server.Server] = []
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    monkeypatch.setattr(server, "keep_memory_private", lambda: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(view, "warm", lambda _told: None)
    monkeypatch.setattr(pictures, "warm", breaks)
    monkeypatch.setattr(server.Server, "run", lambda each: began.append(each))
    settings = {
        "station": {"name": "みどり野"},
        "printer": {"kind": "network", "host": "printer.example"},
        "portal": {name: "/file" for name in PORTAL_FILES},
        "voice": {"jack": "/dev/input/event0", "loudest": 50},
        "bell": {"device": "/dev/input/event1"},
        "keypad": {"device": "/dev/input/event2"},
        "beacon": {"device": "/dev/input/event3", "every_seconds": 30},
    }
    server.serve(msgspec.convert(settings, Settings), breaks, safe="starts")  # type: ignore[arg-type]
    [each] = began
    assert isinstance(each._open_reader(), NoReader)
    left = each._settings
    assert (left.printer, left.portal, left.voice.jack) == (Printer(), Portal(), None)
    assert (left.bell, left.keypad, left.beacon) == (Bell(), Keypad(), Beacon())
    assert (left.station.name, left.voice.loudest) == ("みどり野", 50), "and all that guidance needs"


def test_an_aid_is_there_only_where_the_settings_name_it_and_a_beacon_only_with_a_voice() -> None:
    assert server.open_aids(Settings()) == Aids()
    devices = {name: {"device": f"/nowhere/{name}"} for name in ("bell", "keypad", "beacon")}
    aids = server.open_aids(msgspec.convert(devices, Settings))
    assert isinstance(aids.bell, InputButton) and isinstance(aids.keypad, ListedKeypad)
    assert isinstance(aids.receiver, InputButton) and aids.beacon and not aids.keys
    silent = server.open_aids(msgspec.convert({"voice": {"enabled": False}, **devices}, Settings))
    assert silent.receiver is None and not silent.beacon
    assert server.open_aids(msgspec.convert({"beacon": {"every_seconds": 30}}, Settings)) == Aids(beacon=True)


@pytest.mark.parametrize("safe", [None, "settings", "starts"])
def test_a_start_with_guidance_only_is_told(monkeypatch: pytest.MonkeyPatch, safe: SafeFor | None) -> None:
    monkeypatch.setattr(server, "OneSession", lambda _app: SimpleNamespace(run=sys.exit))
    caretaker = Caretaker()
    with pytest.raises(SystemExit):
        server.Server(Settings(), guidance.load(), SlotReader, lambda _untold: caretaker, safe).run()
    assert caretaker.heard == ["server_started", *(["guidance_only"] if safe else []), "server_ended"]


@pytest.mark.parametrize("code", [-1, 1, server.OneSession.APP_LOAD_ERROR])
def test_a_server_that_ends_by_itself_is_not_told_of_as_one_that_was_told_to(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Such as one that the machine lets start no process any more."""
    monkeypatch.setattr(server, "OneSession", lambda _app: SimpleNamespace(run=lambda: sys.exit(code)))
    caretaker = Caretaker()
    with pytest.raises(SystemExit):
        server.Server(Settings(), guidance.load(), SlotReader, lambda _untold: caretaker).run()
    assert caretaker.heard == ["server_started"]


def test_a_device_that_cannot_be_opened_is_as_one_that_does_not_answer(caplog: pytest.LogCaptureFixture) -> None:
    assert isinstance(server.opened("the reader", breaks, NoReader), NoReader)  # type: ignore[arg-type,unused-ignore]
    assert "opening the reader failed: OSError at breaks:" in caplog.text and "山田" not in caplog.text
    assert server.opened("the reader", lambda: 1, lambda: 2) == 1
