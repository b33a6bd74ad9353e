"""The pieces of the parts `rings` and `fetched`, without a machine: the operator's server gives what it lists, whole or
by half, to who believes it; a ring is let in by the page's own words; and what the machine is told is what its own
script takes."""

from __future__ import annotations

import hashlib
import http.client
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from kiosk.provision.updates import rules
from tests.appliance.machine import HOST
from tests.appliance.parts import fetched, rings
from tests.appliance.report import Report
from tests.appliance.ring import LIST, Server
from tests.stage import ROOT

NAMES = ("kiosk_0.2.efi", "kiosk_0.2.root-verity.0f-1a.raw.gz", "kiosk_0.2.root.0f-1a.raw.gz")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    for name in (*NAMES, "kiosk_0.2.raw", "kiosk_0.1.efi"):
        (tmp_path / "made" / name).write_text(name * 100)
    return tmp_path / "made"


def test_a_ring_that_is_let_in_by_the_pages_words_gives_what_it_lists_and_one_that_is_stopped_nothing(
    tmp_path: Path, made: Path
) -> None:
    with rings.ring(tmp_path / "server", "kiosk_0.2", made, "DNS:localhost") as server:
        trust = ssl.create_default_context(cafile=str(server.authority))

        def gives(name: str) -> bytes:
            address = f"https://localhost:{server.port}/{name}"
            with urllib.request.urlopen(address, context=trust, timeout=30) as answer:
                return bytes(answer.read())

        def gives_no_list(ring: str) -> bool:
            with pytest.raises(urllib.error.HTTPError) as refused:
                gives(f"{ring}/{LIST}")
            return refused.value.code == 404

        assert gives_no_list(rings.RING)
        server.lists(rings.RING, "0.2")
        server.ring("ring-3")
        assert gives_no_list("ring-3")
        server.promotes(rings.RING, "ring-3")
        lines = [line.split("  ") for line in gives(f"ring-3/{LIST}").decode().splitlines()]
        listed = {name: digest for digest, name in lines}
        assert set(listed) == set(NAMES) == {path.name for path in server.ring("ring-3").iterdir()} - {LIST}
        assert {name: hashlib.sha256(gives(f"ring-3/{name}")).hexdigest() for name in NAMES} == listed
        assert sorted(server.heard()) == sorted(NAMES)
        server.breaks = ".root."
        with pytest.raises(http.client.IncompleteRead):
            gives(f"ring-3/{NAMES[2]}")
        (server.ring(rings.RING) / NAMES[0]).write_text("torn")
        with pytest.raises(subprocess.CalledProcessError):
            server.promotes(rings.RING, "ring-3")
        server.stops("ring-3")
        assert gives_no_list("ring-3"), "what does not fit its list is not let in"
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(f"https://localhost:{server.port}/", timeout=30)


def test_both_pages_let_a_ring_in_and_stop_it_by_the_same_words() -> None:
    words = [
        [line for line in (ROOT / page).read_text("utf-8").splitlines() if line.startswith("    ") and "ring-" in line]
        for page in ("docs/installation.md", "docs/installation.ja.md")
    ]
    assert words[0] == words[1] and len(words[0]) == 6


def test_what_the_machine_is_told_is_what_its_script_takes_and_its_firewall_lets_out(tmp_path: Path) -> None:
    brings, _ = rings.told(b"an authority", settings=str(tmp_path))
    subprocess.run(["sh", "-euc", brings], check=True, timeout=30)
    [rule] = rules({"a": "[Transfer]\n[Source]\nType=regular-file\nPath=/state/update\n"}, told(tmp_path)).values()
    assert f"Path=https://{HOST}:{rings.PORT}/{rings.RING}\n" in rule
    assert (tmp_path / "fleet/ca.pem").read_bytes() == b"an authority"
    assert "    set services { " in (ROOT / "systemd/nftables/rules.nft").read_text()


def told(settings: Path) -> str:
    return (settings / "fleet/updates.conf").read_text()


class Stands:
    """What a machine would say: of which the server's state decides whether it fetches."""

    def __init__(self, server: Server) -> None:
        self._server, self._fetched = server, ""

    def __call__(self, command: str, seconds: float) -> tuple[int, str]:
        listed = (self._server.ring(rings.RING) / LIST).exists() and not self._server.breaks
        if command == rings.ONCE:
            self._fetched = "IMAGE_VERSION=0.2\n" if listed else self._fetched
            return int(not listed), ""
        if command == rings.FETCHED:
            return int(not self._fetched), self._fetched
        return 0, {rings.SAYS: rings.WAITS}.get(command, "")


def test_the_part_stops_the_ring_breaks_the_line_and_then_lets_it_be_fetched(tmp_path: Path, made: Path) -> None:
    report = Report("rings", "kiosk_1", "nothing")
    with rings.ring(tmp_path / "server", "kiosk_0.2", made, "DNS:localhost") as server:
        rings.asks(Stands(server), server, "0.2", report)
    assert len(report.found) == 8 and all(good for good, _ in report.found), report.found


def test_whom_it_trusts_is_read_off_the_unit() -> None:
    assert fetched.trust(Path("/x/ca.pem")) == (
        f"mount --bind '/x/ca.pem' .{fetched.BUNDLE}; mount -t tmpfs -o mode=0 closed .{fetched.PUBLIC}"
    )
    assert fetched.trust(None) == f"mount -t tmpfs -o mode=0 closed .{fetched.PUBLIC}"
