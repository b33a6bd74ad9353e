"""What the machine of `visit` is told, as a kiosk reads it."""

from __future__ import annotations

from pathlib import Path

from kiosk.config.kiosk import load
from tests.appliance.machine import HOST
from tests.appliance.parts.visit import NETWORK_PRINTER, SETTINGS


def test_the_settings_of_the_visit_are_a_kiosks(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text(SETTINGS % (NETWORK_PRINTER, "v1", ""))
    settings = load(path)
    assert settings.portal.url == f"https://{HOST}/v1/"
    assert settings.printer.host == HOST and settings.printer.port == 9100
