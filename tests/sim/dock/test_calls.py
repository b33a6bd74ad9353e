"""The dock rings: the caretaker's own client calls there, as it would call Alertmanager."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from kiosk.caretaker.alertmanager import Alertmanager
from kiosk.caretaker.alerts import Alerts, Carrier
from kiosk.config.events import event
from tests.sim.dock.conftest import World


def called(dock: World) -> tuple[Alerts, Callable[[], None]]:
    carrier = Carrier(Alertmanager(dock.address))
    return Alerts("見本警察署", carrier, lambda _told: None), carrier.step


def test_a_call_rings_until_it_was_seen_and_is_gone_when_it_ends(dock: World) -> None:
    alerts, carry = called(dock)
    alerts.call()
    carry()
    assert alerts.stands() == "sent"
    state = dock.ask("GET", "/api/state").json
    assert state is not None
    [call] = state["calls"]
    assert "係員が呼ばれました" in call["summary"] and not call["seen"]

    assert dock.ask("POST", "/api/calls", {"seen": "00000000"}).status_code == 400
    answer = dock.ask("POST", "/api/calls", {"seen": call["call"]})
    assert answer.json == {"calls": [{**call, "seen": True}]}
    carry()
    assert alerts.stands() == "acknowledged"

    alerts.end()
    carry()
    assert dock.dock.state()["calls"] == []


def test_a_trouble_is_shown_and_nobody_is_asked_whether_they_have_seen_it(dock: World) -> None:
    alerts, carry = called(dock)
    alerts.hear(event("printer", printer="paper_end"))
    carry()
    assert dock.dock.pager is not None
    [trouble] = dock.dock.pager.state()
    assert "紙がない" in str(trouble["summary"]) and trouble["call"] is None
    alerts.hear(event("printer", printer="ready"))
    carry()
    assert dock.dock.pager.state() == []


def test_what_is_no_alert_is_refused(dock: World) -> None:
    now = datetime.now(UTC).isoformat()
    wrong: list[object] = [[{"labels": {}}], {"labels": {}, "startsAt": now, "endsAt": now}, [{"labels": 1}]]
    for bad in wrong:
        assert dock.ask("POST", "/api/v2/alerts", bad).status_code == 400
    assert dock.ask("GET", "/api/v2/alerts?filter=x").status_code == 400
