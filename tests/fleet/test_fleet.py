"""config/fleet as a prefecture would use it: the kiosk's figures, by an agent on the kiosk and over mTLS, to a
Prometheus that has the rules, and from there to every panel of the dashboard. All of it real."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from kiosk.caretaker.metrics import Figures, Server
from kiosk.config.events import EVENTS, FIELDS, event
from kiosk.config.health import CHECKS, LEVELS
from kiosk.ipc.messages import DoorsStand, Row
from tests.config.test_events import sample
from tests.fleet.desk import FLEET, SOON, Desk
from tests.stage import free_port, until

KIOSK = "みどり野警察署 １階"
RANGE = {"$__range": "1h", "$kiosk": ".*"}


class Carrier:
    answers = True


def figures() -> Figures:
    """Of a kiosk to which everything has happened once."""
    made = Figures(1_700_000_000, Carrier())
    for name, row in EVENTS.items():
        if row.kind != "visit":
            made.hear(event(name, **sample(name)))
    made.trail(12, "0123456789abcdef" * 4, 0)
    made.left({"trail": int(time.time()), "journal": int(time.time())})
    made.booted(7)
    made.certificates(time.time() + 1e7, time.time() + 1e7)
    made.versions(running="1.2", wanted="1.2", good="1.2")
    made.asked(time.time())
    made.house([Row(check, "ok", "", 0, False) for check in CHECKS], DoorsStand())
    return made


@cache
def rules() -> list[dict[str, Any]]:
    return [
        rule for group in yaml.safe_load((FLEET / "rules.yml").read_text("utf-8"))["groups"] for rule in group["rules"]
    ]


@cache
def panels() -> list[tuple[str, str]]:
    """Title and query."""
    board = json.loads((FLEET / "dashboard.json").read_text("utf-8"))
    return [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]


def runs(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=FLEET, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_do_what_their_own_tests_say() -> None:
    runs("promtool", "test", "rules", "rules.test.yml")
    tested = {
        alert["alertname"]
        for test in yaml.safe_load((FLEET / "rules.test.yml").read_text("utf-8"))["tests"]
        for alert in test["alert_rule_test"]
        if alert["exp_alerts"]
    }
    assert tested == {rule["alert"] for rule in rules()}, "each is seen to fire"


def test_the_configurations_are_sound() -> None:
    runs("promtool", "check", "config", "prometheus.yml")
    runs("promtool", "check", "config", "--agent", "agent.yml")


def test_rules_and_panels_name_figures_and_values_that_there_are() -> None:
    families = {each.name for family in figures().collect() for each in family.samples}
    for query in [*(expr for _, expr in panels()), *(rule["expr"] for rule in rules())]:
        assert set(re.findall(r"kiosk_[a-z_]+(?=[{\[) ]|$)", query)) <= families, query
        for label, known in (("event", set(EVENTS)), ("field", set(FIELDS)), ("level", set(LEVELS))):
            for said in re.findall(rf'\b{label}=~?"([^"]+)"', query):
                assert set(said.split("|")) <= known, query
    severities = {rule["labels"]["severity"] for rule in rules()}
    assert severities <= {"problem", "warning"}, "the routes of alertmanager.yml know these"


class Prefecture(Desk):
    """The Prometheus at the desk, and the agent of one kiosk that writes to it."""

    def __init__(self, folder: Path, port_of_the_caretaker: int) -> None:
        super().__init__(folder)
        for name in ("agent.yml", "kiosk.yml"):
            shutil.copy(FLEET / name, folder / name)
        self.edit("kiosk.yml", "127.0.0.1:9877", f"127.0.0.1:{port_of_the_caretaker}")
        (folder / "alertmanager-target.yml").write_text("[]\n")
        self.edit("agent.yml", "metrics.example.jp:9090", f"localhost:{self.port}")
        self.edit("agent.yml", "scrape_interval: 30s", "scrape_interval: 1s")
        listens = f"--web.listen-address=127.0.0.1:{free_port()}"
        self.start("prometheus", "agent.yml", "--enable-feature=agent", listens, "--storage.agent.path=agent")


@pytest.fixture(scope="module")
def prefecture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefecture]:
    caretaker = Server(0, figures())
    made = Prefecture(tmp_path_factory.mktemp("prefecture"), caretaker.port)
    try:
        until(lambda: made.has("count_over_time(kiosk_open[1m]) >= 3"), SOON * 2)
        yield made
    finally:
        made.stop()
        caretaker.close()


def test_every_panel_shows_something_and_every_rule_can_be_asked(prefecture: Prefecture) -> None:
    assert len(panels()) >= 14
    for title, query in panels():
        for variable, value in RANGE.items():
            query = query.replace(variable, value)
        assert prefecture.asks(query), f"{title}: {query}"
    for rule in rules():
        prefecture.asks(rule["expr"])
    [mine] = prefecture.asks("kiosk_open")
    assert mine["metric"]["kiosk"] == KIOSK
    assert not prefecture.asks('ALERTS{alertname=~"KioskTrail.*|KioskSilent"}'), "all is well there"


def test_who_has_no_certificate_neither_writes_nor_reads(prefecture: Prefecture) -> None:
    with pytest.raises(OSError, match=r"(?i)certificate|EOF|reset|closed"):
        prefecture.asks("up", certificate=False)
