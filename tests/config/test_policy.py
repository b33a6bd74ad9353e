"""At which ports Chromium's policy lets the pages be shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk.config import policy
from kiosk.config.kiosk import Server

SHIPPED = Path(__file__).resolve().parents[2] / "systemd" / "chromium" / "policies.json"


def test_the_shipped_policy_shows_the_shipped_port_and_no_other() -> None:
    assert policy.ports(json.loads(SHIPPED.read_bytes())) == frozenset({Server().port})


@pytest.mark.parametrize(
    ("allowed", "ports"),
    [
        (["http://127.0.0.1:8889", "http://localhost:8889"], {8889}),
        (["127.0.0.1:8889/", "*://localhost:8889"], {8889}),
        (["http://127.0.0.1:8889", "http://127.0.0.1:8888", "http://localhost:8889"], {8889}),
        (["http://127.0.0.1:8889", "http://localhost"], {8889}),
        (["http://127.0.0.1:8889"], set()),  # a session's own name would not be shown
        (["http://127.0.0.1:8889", "http://localhost:8888"], set()),
        (["http://127.0.0.1:88890x", "http://localhost.example:8889", "file://*", 8889], set()),
        (["http://127.0.0.1", "localhost:*"], None),
    ],
)
def test_a_port_is_shown_when_both_names_of_the_pages_are(allowed: list[object], ports: set[int] | None) -> None:
    assert policy.ports({"URLBlocklist": ["*"], "URLAllowlist": allowed}) == ports
    assert policy.allows({"URLBlocklist": ["*"], "URLAllowlist": allowed}, 8889) == (ports is None or 8889 in ports)


def test_who_blocks_nothing_shows_every_port() -> None:
    for odd in ({}, {"URLBlocklist": "*"}, {"URLBlocklist": ["chrome://*"], "URLAllowlist": ["http://localhost:1"]}):
        assert policy.ports(odd) is None


def test_of_two_files_the_later_holds_and_what_cannot_be_read_is_as_if_it_were_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "MANAGED", tmp_path / "none")
    assert policy.installed() == {}
    monkeypatch.setattr(policy, "MANAGED", tmp_path)
    for name, text in (("a.json", '{"a": 1, "b": 1}'), ("b.json", '{"b": 2}'), ("c.json", "["), ("d.json", "[1]")):
        (tmp_path / name).write_text(text)
    (tmp_path / "e.json").mkdir()
    assert policy.installed() == {"a": 1, "b": 2}
