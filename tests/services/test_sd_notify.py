"""What systemd hears of the start, on sockets as it has them."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from kiosk.services import sd_notify


@pytest.mark.parametrize("abstract", [False, True])
def test_a_stage_is_one_datagram_with_its_name_and_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool
) -> None:
    name = f"@kiosk-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0") if abstract else name)
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        sd_notify.stage("the slips")
        assert systemd.recv(4096) == b"STATUS=Starting: the slips\nEXTEND_TIMEOUT_USEC=120000000"


def test_without_a_systemd_that_listens_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in (None, "", str(tmp_path / "nobody"), "@nobody-listens-here", "/" + "x" * 200):
        if address is None:
            monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
        else:
            monkeypatch.setenv("NOTIFY_SOCKET", address)
        sd_notify.stage("the slips")
    assert list(tmp_path.iterdir()) == []


def test_a_loop_that_turns_fast_is_heard_every_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    now = 128.0  # and quarters: what a float holds exactly
    monkeypatch.setattr(sd_notify, "notify", said.append)
    monkeypatch.setattr("time.monotonic", lambda: now)
    watchdog = sd_notify.Watchdog()
    for _ in range(41):  # ten seconds
        watchdog.turn()
        now += 0.25
    assert said == ["WATCHDOG=1"] * 6
