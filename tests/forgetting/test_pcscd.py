"""pcscd has every PIN and every address in plain sight as it passes them on, and outlives all sessions.

Nothing of it may stay there once the session's process has gone, however it went. The settings are the appliance's own,
from `systemd/pcscd.service.d`; that the search is able to find is shown while the session is still there.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.sim.card import VirtualCard
from kiosk.sim.card.wire import VpcdCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from tests.forgetting.memory import found, raw_forms
from tests.pcscd import PORT, Pcscd, missing, wait_for

PERSON = people()["substitute"]
UNIT = Path(__file__).resolve().parents[2] / "systemd/pcscd.service.d/kiosk.conf"
MARKERS = {
    "address": raw_forms(PERSON.address.encode()) | raw_forms(PERSON.address[-9:].encode()),
    "name": raw_forms(PERSON.name.encode()),
    "text PIN": raw_forms(bytes.fromhex("0020009104") + PERSON.pins.text.encode()),
}
SESSION = """
import sys, threading
from kiosk.card.apdu import Card
from kiosk.card.text import TextApplication
from kiosk.hw.device import ReaderState
from kiosk.hw.reader import PcscReader

here = threading.Event()
reader = PcscReader()
reader.start(lambda state: here.set() if state is ReaderState.CARD else None)
here.wait(10)
connection = reader.connect()
text = TextApplication.select(Card(connection.transmit))
text.verify(bytearray(sys.argv[1].encode()))
text.read_attributes()
print("read", flush=True)
sys.stdin.readline()
connection.close()
reader.stop()
"""


@pytest.fixture
def pcscd(tmp_path: Path) -> Iterator[Pcscd]:
    """pcscd as the appliance runs it, and the person's card in its reader."""
    if why := missing():
        pytest.skip(why)
    settings = [line.partition("=")[2] for line in UNIT.read_text().splitlines() if line.startswith("Environment=")]
    environment = dict(word.split("=", 1) for line in settings for word in shlex.split(line))
    with Pcscd(tmp_path) as daemon:
        daemon.start(environment=environment)
        with VpcdCard("127.0.0.1", PORT, VirtualCard(PERSON, Pki(tmp_path / "pki"))):
            yield daemon


@pytest.mark.parametrize("killed", [False, True], ids=["finished", "killed"])
def test_what_has_gone_through_pcscd_is_gone_with_the_session(pcscd: Pcscd, killed: bool) -> None:
    command = [sys.executable, "-c", SESSION, PERSON.pins.text]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as session:
        assert session.stdin and session.stdout
        assert session.stdout.readline() == "read\n"
        assert "address" in found([pcscd.pid], MARKERS), "the search cannot find what is there"
        if killed:
            session.kill()
        else:
            session.stdin.write("\n")
            session.stdin.flush()
        session.wait(10)
    wait_for(lambda: found([pcscd.pid], MARKERS) == {}, "pcscd still holds something of the person", within=2.0)
