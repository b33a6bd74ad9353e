"""The caretaker's settings while their file is wrong: what fitted last, and nothing goes for its age."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.caretaker.last_good_settings import FILE, current_or_last_good
from kiosk.config.kiosk import LONGEST_KEPT_DAYS

FITS = """
[caretaker]
runtime_directory = "{0}/run"
state_directory = "{0}/lib"
kept_days = 40
metrics_port = 9877
[alerts]
kind = "alertmanager"
kiosk = "見本"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(FITS.format(tmp_path), "utf-8")
    return path


@pytest.mark.parametrize("wrong", ["[alerts]\nkind = 1", "[caretaker]\nkept_days = 1", "[caretaker]\nkept = 1"])
def test_what_fitted_last_holds_and_nothing_is_removed(config: Path, tmp_path: Path, wrong: str) -> None:
    fitted = current_or_last_good(config)
    assert (fitted.caretaker.kept_days, fitted.alerts.kiosk) == (40, "見本")
    section, _, key = wrong.partition("\n")
    where = f'runtime_directory = "{tmp_path}/run"\nstate_directory = "{tmp_path}/lib"\n'
    text = f"{section}\n{key}\n" + (where if section == "[caretaker]" else f"[caretaker]\n{where}")
    config.write_text(text)
    held = current_or_last_good(config)
    assert (held.alerts, held.caretaker.metrics_port) == (fitted.alerts, 9877)
    assert held.caretaker.kept_days == LONGEST_KEPT_DAYS
    config.write_text(FITS.replace("40", "50").format(tmp_path), "utf-8")
    assert current_or_last_good(config).caretaker.kept_days == 50, "and a file that fits again holds again"


@pytest.mark.parametrize("kept", [b"", b"{}}", b'{"caretaker": {"kept_days": 1}}', b"\xff"])
def test_a_kept_file_that_does_not_fit_either_is_none(config: Path, tmp_path: Path, kept: bytes) -> None:
    current_or_last_good(config)
    (tmp_path / "lib" / FILE).write_bytes(kept)
    config.write_text(FITS.format(tmp_path).replace("9877", "0"), "utf-8")
    held = current_or_last_good(config)
    assert (held.alerts.kiosk, held.caretaker.metrics_port) == ("見本", None)
    assert held.caretaker.kept_days == LONGEST_KEPT_DAYS


def test_another_services_part_may_be_wrong(config: Path) -> None:
    config.write_text(config.read_text("utf-8") + "[portal]\nkey = 1\n", "utf-8")
    assert current_or_last_good(config).caretaker.kept_days == 40
