"""Everything around the kiosk that a test needs to play a visit: portal, printer, cards, and the kiosk itself.

The kiosk is a process of its own and runs production code; what stands around it lives in the test's process, so that
its switches are objects in the test's hands.

    with Stage(tmp_path) as stage:
        stage.put_in("excellent")
        page.goto(stage.address)
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Literal, Self

import msgspec

from kiosk.config.kiosk import Printer, Screen, Server, Session, Settings, Station
from kiosk.hw.device import SETTLE_SECONDS
from kiosk.language.hours import Hours
from kiosk.sim.card import VirtualCard
from kiosk.sim.card.chip import Behaviour, Faults
from kiosk.sim.card.wire import VpcdCard
from kiosk.sim.people import people
from kiosk.sim.pki import Device, Pki
from kiosk.sim.portal.sandbox import Sandbox, world
from kiosk.sim.printer import VirtualPrinter

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Slow:
    """A chip that takes its time over some commands, counted from 1."""

    def __init__(self, at: tuple[int, ...], seconds: float) -> None:
        self._at, self._seconds, self._count = at, seconds, 0

    def over(self, chip: VirtualCard) -> Self:
        self._chip = chip
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chip, name)

    def transmit(self, apdu: bytes) -> bytes:
        self._count += 1
        if self._count in self._at:
            time.sleep(self._seconds)
        return self._chip.transmit(apdu)


class Stage:
    """screen, session: sections of the settings, less patient ones say."""

    def __init__(
        self,
        directory: Path,
        *,
        screen: Screen | None = None,
        session: Session | None = None,
        reader: Literal["vpcd", "pcsc"] = "vpcd",
    ) -> None:
        self.directory = directory
        self.pki = Pki(directory / "pki")
        self.people = people()
        self.printer = VirtualPrinter(port=0)
        self.portal = Sandbox(*world(self.pki), directory=directory / "tls")
        self.cards: dict[tuple[str, str], VirtualCard] = {}
        self.slot: VpcdCard | None = None
        self.port, self.vpcd_port = free_port(), free_port()
        self.runtime, self.temporary = directory / "run", directory / "tmp"
        self.log: list[str] = []
        self._logged = threading.Condition()
        self._reader = [] if reader == "pcsc" else ["--vpcd-port", str(self.vpcd_port)]
        self._screen = screen or Screen()
        self._session = session or Session(browser_lost_seconds=2)
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        return Settings(
            station=Station(
                name="見本警察署",
                desk="１階 運転免許窓口",
                telephone="00-0000-0000",
                hours=Hours("Mo-Fr 09:00-16:00; PH off"),
            ),
            server=Server(port=self.port, runtime_directory=str(self.runtime)),
            printer=Printer(kind="network", host="127.0.0.1", port=self.printer.port, timeout_seconds=2),
            portal=self.portal.settings,
            screen=self._screen,
            session=self._session,
        )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    # -- the kiosk

    def __enter__(self) -> Self:
        for place in (self.runtime, self.temporary):
            place.mkdir(parents=True, exist_ok=True)
        self.printer.start()
        self.portal.start()
        self.start_server()
        return self

    def __exit__(self, *_: object) -> None:
        self.take_out()
        self.stop_server()
        self.portal.stop()
        self.printer.stop()

    def start_server(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "kiosk.sim.serve", *self._reader],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(self.temporary)},
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self._server.stdin and self._server.stderr
        self._server.stdin.write(msgspec.json.encode(self.settings))
        self._server.stdin.close()
        threading.Thread(target=self._read_log, args=(self._server.stderr,), daemon=True).start()
        try:
            self._until(self._answers, 40, "the kiosk does not answer")
            time.sleep(1.5 * SETTLE_SECONDS)  # until it knows that its slot is empty: only then is a card somebody's
        except AssertionError:
            self.stop_server()
            raise

    def stop_server(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)
            self._server = None

    @property
    def arbiter(self) -> int:
        assert self._server is not None
        return self._server.pid

    @property
    def worker(self) -> int:
        """The process of the present session."""
        children = Path(f"/proc/{self.arbiter}/task/{self.arbiter}/children").read_text().split()
        return int(children[-1])

    def kill_worker(self) -> None:
        os.kill(self.worker, signal.SIGKILL)

    def wait_log(self, words: str, seconds: float = 15, since: int = 0) -> int:
        """Wait for a line that contains `words` among those from `since` on; returns the number of the next line."""
        with self._logged:
            found = self._logged.wait_for(lambda: self._line(words, since), seconds)
        assert found, f"no “{words}” within {seconds} s; the log says:\n" + "\n".join(self.log[-30:])
        return int(found)

    def _line(self, words: str, since: int) -> int:
        return next((at + 1 for at, line in enumerate(self.log) if at >= since and words in line), 0)

    def _read_log(self, stream: Any) -> None:
        for line in stream:
            with self._logged:
                self.log.append(line.decode(errors="replace").rstrip())
                self._logged.notify_all()

    # -- the slot

    def card(self, who: str, device: Device = "card", behaviour: Behaviour | None = None) -> VirtualCard:
        """The card of one of the invented people. It stays the same one, with its counters, throughout the stage."""
        if (who, device) not in self.cards or behaviour is not None:
            self.cards[who, device] = VirtualCard(self.people[who], self.pki, device, behaviour)
        return self.cards[who, device]

    def put_in(
        self, who: str, device: Device = "card", faults: Faults | None = None, slow: Slow | None = None
    ) -> VirtualCard:
        self.take_out()
        card = self.card(who, device)
        card.inflict(faults or Faults())
        self.slot = VpcdCard("127.0.0.1", self.vpcd_port, slow.over(card) if slow else card).start()
        return card

    def take_out(self) -> None:
        if self.slot is not None:
            self.slot.close()
            self.slot = None

    # -- helpers

    def _answers(self) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, "the kiosk has ended:\n" + "\n".join(self.log)
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _until(self, holds: Any, seconds: float, otherwise: str) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, otherwise + ":\n" + "\n".join(self.log)
            time.sleep(0.02)
