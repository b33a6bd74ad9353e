"""The caretaker of the ground, with one officer: killed and stopped like anything else, and started anew as systemd
does. Whoever strikes it does not wait for it: the visit goes on meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from kiosk.caretaker import passcodes
from kiosk.caretaker.chain import Line, lines_of
from kiosk.caretaker.key import PublicKey
from kiosk.caretaker.passcode_waits import Counted
from kiosk.caretaker.trail import FOLDER, segments
from kiosk.caretaker.verify import verify
from kiosk.config.kiosk import Caretaker as CaretakerSettings
from kiosk.ipc.caretaker import Caretaker
from kiosk.ipc.messages import AddStaff, Admit, CloseKiosk, Doors, DoorsStand, OpenKiosk, Paper, PaperStands, Taken
from tests.stage import ROOT, until

STAFF, PASSCODE, WRONG = 12, "58203917", "90183645"
NOBODYS = 99  # a staff number that nobody has
ANEW_SECONDS = 0.2  # RestartSec of its unit
HANGS_SECONDS = 3.0  # longer than anybody waits for an answer (ipc/caretaker.py)
GUESSES = 8
SOON = 60.0


class Keeper:
    def __init__(self, directory: Path) -> None:
        self.settings = CaretakerSettings(str(directory / "ct"), str(directory / "lib"))
        self.runtime, self.state = directory / "ct", directory / "lib"
        self.client = Caretaker(self.runtime, patience_seconds=SOON)
        self._config = directory / "caretaker.toml"
        self._process: subprocess.Popen[bytes] | None = None
        self._beside: list[threading.Thread] = []

    def start(self) -> None:
        self.runtime.mkdir(exist_ok=True)
        self._config.write_text(
            f'[caretaker]\nruntime_directory = "{self.runtime}"\nstate_directory = "{self.state}"\n', "utf-8"
        )
        self._begin()
        until(Caretaker(self.runtime, patience_seconds=1).present, SOON)
        assert self.client.ask(AddStaff(STAFF, "officer", PASSCODE)) == Taken()

    def stop(self) -> None:
        self.settle()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(SOON)

    # What can happen to it, or by it, while somebody is at the kiosk.

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(SOON)
        self._does(lambda: self._begin(ANEW_SECONDS))

    def hang(self) -> None:
        assert self._process is not None
        process = self._process.pid
        os.kill(process, signal.SIGSTOP)

        def goes_on() -> None:
            time.sleep(HANGS_SECONDS)
            os.kill(process, signal.SIGCONT)

        self._does(goes_on)

    def is_guessed_at(self) -> None:
        """As fast as a machine can, from somewhere else."""

        def guesses() -> None:
            for at in range(GUESSES):
                self.client.ask(Admit((STAFF, NOBODYS)[at % 2], WRONG))

        self._does(guesses)

    def closes(self) -> None:
        """By an officer who stands at another door than this screen's."""

        def closes() -> None:
            self.client.ask(Admit(STAFF, PASSCODE))
            self.client.ask(CloseKiosk(STAFF, "paper"))

        self._does(closes)

    # What is so when all is over.

    def settle(self) -> bool:
        """It is there, the kiosk is open, and whoever is next may try at once. False: so it was."""
        mended = bool(self._beside)
        for thread in self._beside:
            thread.join(SOON)
        self._beside.clear()
        until(Caretaker(self.runtime, patience_seconds=1).present, SOON)
        if self._guessed():
            self._forgive()
            mended = True
        stand = self.client.ask(Doors())
        if isinstance(stand, DoorsStand) and not stand.open:
            self.client.ask(Admit(STAFF, PASSCODE))
            self.client.ask(OpenKiosk(STAFF))
            mended = True
        return mended

    @property
    def trail(self) -> list[Line]:
        return [line for path in segments(self.state / FOLDER) for line in lines_of(path.read_bytes())]

    @property
    def sound(self) -> bool:
        """Asked while nobody is at the kiosk, so nothing is being written."""
        return verify(self.state / FOLDER, PublicKey.load(self.state)).sound

    @property
    def doors(self) -> DoorsStand:
        stand = self.client.ask(Doors())
        assert isinstance(stand, DoorsStand)
        return stand

    @property
    def rolls(self) -> int:
        stands = self.client.ask(Paper())
        assert isinstance(stands, PaperStands)
        return stands.rolls

    def texts(self) -> str:
        """All that it keeps."""
        files = [path for folder in (self.state, self.runtime) for path in folder.rglob("*") if path.is_file()]
        return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in files)

    def _begin(self, after: float = 0.0) -> None:
        time.sleep(after)
        command = [sys.executable, "-m", "kiosk", "caretaker", "--config", str(self._config)]
        self._process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)

    def _does(self, what: Callable[[], object]) -> None:
        def quietly() -> None:
            with contextlib.suppress(Exception):  # it was killed meanwhile
                what()

        thread = threading.Thread(target=quietly, daemon=True)
        thread.start()
        self._beside.append(thread)

    def _guessed(self) -> bool:
        return self._kept().wrong.machine > 0

    def _kept(self) -> passcodes.Kept:
        return msgspec.json.decode((self.state / passcodes.FILE).read_bytes(), type=passcodes.Kept)

    def _forgive(self) -> None:
        """As a right passcode does, for which a wait would have to be waited out."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(SOON)
        kept = msgspec.structs.replace(self._kept(), wrong=Counted())
        (self.state / passcodes.FILE).write_bytes(msgspec.json.encode(kept))
        self._begin()
        until(Caretaker(self.runtime, patience_seconds=1).present, SOON)
