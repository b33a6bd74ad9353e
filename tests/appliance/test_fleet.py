"""The pieces of the part `fleet`, without a machine: what the stick brings is taken, the image's own words start both
programs with it, and call and figures come to the desk."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.caretaker.alertmanager import Alertmanager
from kiosk.caretaker.alerts import Alerts, Carrier
from kiosk.caretaker.metrics import Server
from kiosk.config.kiosk import load
from kiosk.provision import fleet
from kiosk.provision.machine import csr, id_of
from kiosk.provision.stick import name_of
from tests.appliance.parts import fleet as part
from tests.appliance.parts.visit import NETWORK_PRINTER
from tests.appliance.parts.visit import SETTINGS as VISIT
from tests.appliance.person import SIGHT
from tests.appliance.report import Report
from tests.fleet.desk import FLEET
from tests.fleet.test_fleet import figures
from tests.provision.office import Machine
from tests.stage import ROOT, free_port, until

UNITS = ROOT / "image/mkosi.extra/usr/lib/systemd/system"
SOON = 60.0


def test_the_settings_are_a_kiosks_and_the_firewalls_rules_fill_its_sets(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(VISIT % (NETWORK_PRINTER, "v1", part.SETTINGS))
    settings = load(path)
    assert (settings.alerts.kind, settings.alerts.kiosk) == ("alertmanager", part.KIOSK)
    assert settings.caretaker.metrics_port == part.METRICS
    assert part.KIOSK in (FLEET / "kiosk.yml").read_text("utf-8")
    rules = (ROOT / "systemd/nftables/rules.nft").read_text()
    for name in re.findall(r"inet kiosk (\w+) ", part.FIREWALL):
        assert f"    set {name} " in rules


@contextmanager
def started(unit: str, folder: Path, port: int, was: int) -> Iterator[None]:
    """A service of the image, by its own words, with a folder for what systemd gives it."""
    text = (UNITS / unit).read_text().replace("\\\n", " ")
    [words] = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert f"127.0.0.1:{was}" in words
    words = words.replace("%d", str(folder)).replace("%t", str(folder / "state")).replace(f":{was}", f":{port}")
    with (folder / f"{unit}.log").open("wb") as log:
        process = subprocess.Popen(shlex.split(words), stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait(SOON)


def test_what_the_stick_brings_carries_a_call_and_the_figures_to_the_desk(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "etc")
    caretaker, takes, asks = Server(0, figures()), free_port(), free_port()
    with part.outside("DNS:localhost") as (desk, pager, elsewhere):
        request = csr(machine.desk, name_of(machine.id))
        brought = part.files(desk, request, "localhost", desk.port, pager.port)
        fleet.check(brought, id_of(machine.desk), int(time.time()))
        folder = machine.folder / fleet.FOLDER
        for name, text in brought.items():
            if name.endswith(".yml"):
                text = text.replace(":9877", f":{caretaker.port}").replace(":9093", f":{takes}").replace(": 5s", ": 1s")
            (folder / name).write_text(text, "utf-8")
        (folder / "state").mkdir()
        calls = started("kiosk-alertmanager.service", folder, takes, 9093)
        with calls, started("kiosk-agent.service", folder, asks, 9090):
            carrier = Carrier(Alertmanager(f"http://127.0.0.1:{takes}"))
            alerts = Alerts(part.KIOSK, carrier, lambda told: None)
            carrier.start()
            until(lambda: desk.has(f'kiosk_open{{kiosk="{part.KIOSK}"}}'), SOON)
            walk = Walk(alerts)
            report = Report("fleet", "none", "none")
            part.calls(walk, pager, report)  # type: ignore[arg-type]
            until(lambda: desk.has("alertmanager_notifications_total{integration='webhook'} > 0"), SOON)
        assert [good for good, _ in report.found] == [True, True] and elsewhere.came == 0
    caretaker.close()


class Walk:
    """Somebody who finds every screen, on which stands what they touch; a call is made and called off as the caretaker
    does it."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts, self._stands = alerts, "attract"

    def sees(self, name: str, seconds: float | None = None) -> None:
        self._stands = name

    def touches(self, answer: str) -> None:
        assert f'data-answer="{answer}"' in SIGHT[self._stands].html()
        if answer == "staff":
            self._alerts.call()
        elif answer == "call_off":
            self._alerts.end()
