"""Everything around the kiosk that a test needs to play a visit: portal, printer, cards, and the kiosk itself.

The kiosk is a process of its own and runs production code; what stands around it lives in the test's process, so that
its switches are objects in the test's hands.

    with Stage(tmp_path) as stage:
        stage.put_in("excellent")
        page.goto(stage.address)
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

import msgspec

from kiosk.config.file import write_hours
from kiosk.config.kiosk import Printer, Screen, Server, Session, Settings, Station
from kiosk.hw.device import SETTLE_SECONDS
from kiosk.language.dates import wareki
from kiosk.language.hours import Hours
from kiosk.portal.begun import NAME
from kiosk.portal.model import State
from kiosk.sim.card import VirtualCard
from kiosk.sim.card.chip import Behaviour, Faults
from kiosk.sim.card.wire import Chip, VpcdCard
from kiosk.sim.people import Person, people
from kiosk.sim.pki import Device, Pki
from kiosk.sim.portal.sandbox import Sandbox, world
from kiosk.sim.printer import VirtualPrinter
from tests.keys import KEYS
from tests.warm import Program

ROOT = Path(__file__).resolve().parent.parent
MARK = b"-- read until here\n"  # in the log, of ours
START_SECONDS = 90  # five, on a machine that does nothing else
SEEN_EMPTY_SECONDS = 2 * SETTLE_SECONDS  # after its start a session believes of an empty slot that it is


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def living(process: int) -> bool:
    """Not dead, and no zombie either."""
    with contextlib.suppress(OSError):
        return _stat(process)[0] != "Z"
    return False


def until(holds: Callable[[], object], seconds: float = 15.0) -> float:
    """Wait for it; returns how long that took [s]. Raises TimeoutError."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise TimeoutError("it did not come to that")
        time.sleep(0.01)
    return time.monotonic() - began


def words_about(who: Person) -> set[str]:
    """What no log, and no screen of the next person, may say."""
    days = {who.birth_date, f"{who.birthday:%Y-%m-%d}", wareki(who.birth_date)}
    return {who.name, *who.name.split("　"), who.certificate_name, who.address, who.certificate_address, *days}


def age(process: int) -> float:
    """Seconds since it began."""
    began = int(_stat(process)[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began


def _stat(process: int) -> list[str]:
    """From the third field on, `man proc_pid_stat`; a name may have spaces."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


Command = Literal["VERIFY", "COMPUTE DIGITAL SIGNATURE"]
WITHOUT_DATA = 5  # bytes at most: CLA INS P1 P2 and Le
INSTRUCTION: dict[Command, int] = {"VERIFY": 0x20, "COMPUTE DIGITAL SIGNATURE": 0x2A}  # ISO 7816-4, -8


def pins_sent(card: VirtualCard) -> int:
    """How often a PIN came to it."""
    return sum(each.ins == INSTRUCTION["VERIFY"] and each.lc > 0 for each in card.trace)


class Slow:
    """A chip that takes its time over a command; of VERIFY, over those that carry a PIN."""

    def __init__(self, command: Command, seconds: float) -> None:
        self._instruction, self._seconds = INSTRUCTION[command], seconds

    def over(self, chip: VirtualCard) -> Self:
        self._chip = chip
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chip, name)

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[1] == self._instruction and len(apdu) > WITHOUT_DATA:
            time.sleep(self._seconds)
        return self._chip.transmit(apdu)


class Stage:
    """screen, session: sections of the settings, less patient ones say."""

    program = "kiosk.sim.serve"
    warm = True  # in a test the server is forked, not started anew (tests/warm.py)

    def __init__(
        self,
        directory: Path,
        *,
        screen: Screen | None = None,
        session: Session | None = None,
        reader: Literal["vpcd", "pcsc"] = "vpcd",
    ) -> None:
        self.directory = directory
        self.pki = Pki(KEYS)
        self.people = people()
        self.printer = VirtualPrinter(port=0)
        self.portal = Sandbox(*world(self.pki), directory=directory / "tls")
        self.cards: dict[tuple[str, str], VirtualCard] = {}
        self.slot: VpcdCard | None = None
        self.port, self.vpcd_port = free_port(), free_port()
        self.runtime, self.temporary = directory / "run", directory / "tmp"
        self.log: list[str] = []
        self.began = 0  # the line from which the log is of the present visit: what others did before is not waited for
        self._logged, self._marks, self._says = threading.Condition(), 0, -1
        self._reader = [] if reader == "pcsc" else ["--vpcd-port", str(self.vpcd_port)]
        self._screen = screen or Screen()
        self._session = session or Session(browser_lost_seconds=2)
        self._server: subprocess.Popen[bytes] | Program | None = None

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
        (reads, told), (heard, says) = os.pipe(), os.pipe()
        self._server = self._begin(reads, says)
        os.close(reads)
        self._says = says
        with open(told, "wb") as stdin:
            stdin.write(msgspec.json.encode(self.settings, enc_hook=write_hours))
        threading.Thread(target=self._read_log, args=(heard,), daemon=True).start()
        try:
            self._until(self._answers, START_SECONDS, "the kiosk does not answer")
        except AssertionError:
            self.stop_server()
            raise

    def _begin(self, stdin: int, stderr: int) -> subprocess.Popen[bytes] | Program:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(self.temporary)}
        if self.warm and "PYTEST_CURRENT_TEST" in os.environ:  # whoever measures a kiosk measures one of its own
            return Program(self.program, self._reader, environment, stdin, stderr)
        command = [sys.executable, "-m", self.program, *self._reader]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=stdin, stderr=stderr)

    def stop_server(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)
            self._server = None
            os.close(self._says)  # so that who reads its log comes to the end

    @property
    def arbiter(self) -> int:
        assert self._server is not None
        return self._server.pid

    @property
    def worker(self) -> int:
        """The process of the present session, or of the next as soon as it lives."""
        self._until(lambda: self.workers, 10, "there is no session")
        return self.workers[-1]

    @property
    def workers(self) -> list[int]:
        """Those that live; one that has died and was not asked after does not."""
        children = Path(f"/proc/{self.arbiter}/task/{self.arbiter}/children")
        with contextlib.suppress(OSError):  # there is no arbiter any more
            return [int(child) for child in children.read_text().split() if living(int(child))]
        return []

    def kill_worker(self) -> None:
        """It has died, and whatever it had said stands in the log."""
        killed, since = self.worker, self.logged()
        os.kill(killed, signal.SIGKILL)
        self._until(lambda: killed not in self.workers, 10, "the worker does not die")
        self.wait_log(f"(pid:{killed}) was sent SIGKILL", since=since)

    def logged(self) -> int:
        """How many lines the log has, once all that was written to it until now has been read: a mark goes after it."""
        if self._server is None:
            return len(self.log)
        with self._logged:
            mine = self._marks + 1
            os.write(self._says, MARK)
            assert self._logged.wait_for(lambda: self._marks >= mine, START_SECONDS), "nobody reads the log"
            return len(self.log)

    def wait_log(self, words: str, seconds: float = 15, since: int | None = None) -> int:
        """Wait for a line that contains `words` among those from `since` on, or of the visit; returns the number of the
        next line."""
        first = self.began if since is None else since
        with self._logged:
            found = self._logged.wait_for(lambda: self._line(words, first), seconds)
        assert found, f"no “{words}” within {seconds} s; the log says:\n" + "\n".join(self.log[-30:])
        return int(found)

    def _line(self, words: str, since: int) -> int:
        return next((at + 1 for at, line in enumerate(self.log) if at >= since and words in line), 0)

    def _read_log(self, heard: int) -> None:
        with open(heard, "rb") as stream:
            for line in stream:
                with self._logged:
                    if line.endswith(MARK):  # behind a piece of a line, if one was written in two
                        self._marks += 1
                    if said := line.removesuffix(MARK):
                        self.log.append(said.decode(errors="replace").rstrip())
                    self._logged.notify_all()

    def revive(self) -> None:
        """Start it again after it has died, as systemd does."""
        with contextlib.suppress(AssertionError):
            self.stop_server()
        self.start_server()

    # -- the portal

    def states(self) -> list[State]:
        """Of every linking the portal knows."""
        return [entry.state for entry in self.portal.linkings._all()]

    def releases(self) -> list[State]:
        """Of every release the portal knows."""
        return [entry.state for entry in self.portal.releases._all()]

    def record(self) -> list[str]:
        """What the kiosk has on record as begun."""
        return [path.name for path in self.runtime.iterdir() if NAME.fullmatch(path.name)]

    def all_over(self) -> bool:
        """Nothing that was begun is open, at the portal or on record."""
        states = {*self.states(), *self.releases()}
        return not (self.portal.held_count() or {State.BEGUN, State.HELD} & states or self.record())

    # -- the slot

    def card(self, who: str, device: Device = "card", behaviour: Behaviour | None = None) -> VirtualCard:
        """The card of one of the invented people. It stays the same one, with its counters, throughout the stage."""
        if (who, device) not in self.cards or behaviour is not None:
            self.cards[who, device] = VirtualCard(self.people[who], self.pki, device, behaviour)
        return self.cards[who, device]

    def put_in(
        self, who: str, device: Device = "card", faults: Faults | None = None, slow: Slow | None = None
    ) -> VirtualCard:
        card = self.card(who, device)
        card.inflict(faults or Faults())
        self.put_in_chip(slow.over(card) if slow else card)
        return card

    def put_in_chip(self, chip: Chip) -> None:
        """Anything that has a chip, whoever's. A session that follows one that was killed, or one at whose end a card
        was in, does not take a card for somebody's before it has seen the slot empty for a while: no finger is faster,
        a test would be."""
        self.take_out()
        self._until(lambda: age(self.worker) > SEEN_EMPTY_SECONDS, 15, "no session lives so long")
        self.slot = VpcdCard("127.0.0.1", self.vpcd_port, chip).start()

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

    def _until(self, holds: Callable[[], object], seconds: float, otherwise: str) -> None:
        try:
            until(holds, seconds)
        except TimeoutError as late:
            raise AssertionError(otherwise + ":\n" + "\n".join(self.log)) from late
