"""Looking for oneself: what stands around the kiosk reaches the check that judges it."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import ssl
import tomllib
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives import serialization

from kiosk.config import policy
from kiosk.config.guidance import SHIPPED, digest, load, overdue, reconfirmed, told
from kiosk.config.kiosk import Portal, Printer, Settings, Station
from kiosk.health import look
from kiosk.ipc.caretaker import Caretaker
from kiosk.ipc.messages import Denied, FactRow, Facts, FactsStand
from kiosk.portal.client import PortalClient
from tests.certificates import odd
from tests.flows.office import ScriptedCaretaker
from tests.provision.office import pem, signer
from tests.stage import ROOT, free_port


def test_a_facts_file_of_the_stations_own_is_the_one_that_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "guidance.toml"
    path.write_text(SHIPPED.read_text("utf-8").replace("confirmed = 2026-11-22", "confirmed = 2020-01-01", 1), "utf-8")
    settings = Settings(station=Station(guidance_file=str(path)))
    first = next(look.everything(settings))
    assert str(first) == (
        f"LACKS  guidance  {path}: suspend was last confirmed on 2020-01-01; make sure of it, then write the new day, "
        "or have a supervisor confirm it at the screen"
    )


@pytest.mark.parametrize(("by", "late"), [(12, False), (None, True)])
def test_a_fact_that_was_confirmed_at_the_screen_is_not_late(by: int | None, late: bool) -> None:
    facts = load()
    day, fact = facts.recording.due, facts.recording
    row = FactRow("recording", told(fact), fact.source, day, by, by is None, digest(fact))
    there = cast(Caretaker, ScriptedCaretaker({Facts: [FactsStand((row,))]}))
    names = {each.name for each in overdue(reconfirmed(facts, look.confirmed(there)), day)}
    assert ("recording" in names) == late and "store" in names


def test_without_a_caretaker_the_file_is_all_that_is_known() -> None:
    assert look.confirmed(cast(Caretaker, ScriptedCaretaker())) == {}
    assert look.confirmed(cast(Caretaker, ScriptedCaretaker({Facts: [Denied("no")]}))) == {}


def test_a_port_that_somebody_has_is_told_from_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        assert look.at_port(number).words == f"{number} is taken by another program"
    assert look.at_port(number).words == f"{number} is free"


def test_a_port_is_held_against_the_policy_that_is_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "MANAGED", tmp_path)
    (tmp_path / "policies.json").write_bytes((ROOT / "systemd/chromium/policies.json").read_bytes())
    assert look.at_port(free_port()).lacks


def test_of_a_port_that_cannot_be_asked_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user whom the firewall refuses it: somebody listens, and it is the kiosk."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        number = gone.getsockname()[1]
    monkeypatch.setattr(look, "port_fault", lambda _: OSError(errno.EADDRINUSE, "taken"))
    assert look.at_port(number).words.startswith(f"{number} is taken; by whom, the firewall keeps")
    assert not look.at_port(number).lacks


def test_a_printer_that_is_in_use_is_let_be_and_no_fault() -> None:
    master, slave = os.openpty()
    fcntl.flock(slave, fcntl.LOCK_EX)
    settings = Settings(printer=Printer(kind="serial", device=os.ttyname(slave), timeout_seconds=0.1))
    finding = look.at_printer(settings)
    assert finding.words.startswith("the serial printer is in use") and not finding.lacks
    fcntl.flock(slave, fcntl.LOCK_UN)
    assert look.at_printer(settings).words == "the serial printer does not answer"
    assert look.at_printer(Settings()).words == "none"
    os.close(slave)
    os.close(master)


def test_a_portals_file_that_is_missing_is_named_and_the_network_not_asked(tmp_path: Path) -> None:
    there, gone = tmp_path / "there.pem", tmp_path / "gone.key"
    there.touch()
    files = Portal(ca_file=str(there), certificate_file=str(there), key_file=str(gone))
    finding = look.at_portal(Settings(portal=files), PortalClient(files))
    assert finding.said == f"portal.key_file: there is no file {gone}; put it there or correct the path"


def test_fonts_are_looked_for_by_fc_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "fc-list"
    program.write_text('#!/bin/sh\ncase "$1" in *BIZ*) echo here.ttf ;; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.defpath)
    assert [finding.lacks for finding in look.installed_fonts()] == [False, True]
    program.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [finding.cure.split()[2] for finding in look.installed_fonts()] == ["fontconfig", "fontconfig"]


def test_every_check_is_held_to_opening_nothing_and_has_its_test() -> None:
    root = Path(__file__).parent.parent.parent
    opening = {"look", "overrides", "shipped"}
    checks = {path.stem for path in (root / "kiosk/health").glob("*.py")} - {"__init__", *opening}
    contracts = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    [held] = [each["source_modules"] for each in contracts if each["name"].startswith("A check judges")]
    assert set(held) == {f"kiosk.health.{name}" for name in checks}
    assert {path.stem for path in Path(__file__).parent.glob("test_*.py")} == {f"test_{n}" for n in checks | opening}


def test_recordings_are_looked_for_in_the_folder_of_the_settings(tmp_path: Path) -> None:
    assert list(look.people_recorded(None)) == []
    assert [finding.lacks for finding in look.people_recorded(str(tmp_path / "nowhere"))] == [True]
    (tmp_path / "zh").mkdir()
    [finding] = look.people_recorded(str(tmp_path))
    assert finding.words.startswith("zh: 0 of ")


def test_a_certificate_that_cannot_be_parsed_tells_no_moment(tmp_path: Path) -> None:
    good, path = signer()[1], tmp_path / "ca.pem"
    settings = Settings(portal=Portal(ca_file=str(path), certificate_file=str(path), key_file=str(path)))
    path.write_text(pem(good))
    moments = look.passed(settings, load())
    assert moments["portal.ca_file"] == moments["portal.certificate_file"] == good.not_valid_before_utc
    for what in ("empty", "rubbish", "version 2"):
        path.write_text(ssl.DER_cert_to_PEM_cert(odd(good.public_bytes(serialization.Encoding.DER))[what]))
        assert not {"portal.ca_file", "portal.certificate_file"} & look.passed(settings, load()).keys(), what
