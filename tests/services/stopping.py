"""gunicorn as the server runs it, with a session that does nothing but end when it is told to:
`python -m tests.services.stopping PORT FILE [blocked|unmade|unseen]`. What happens is written into FILE, a line each.
blocked: the session never ends, as one that waits for a portal; unmade: none can be made; unseen: it dies before there
was a page of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
from flask import Flask

from kiosk.config import guidance
from kiosk.config.kiosk import Settings
from kiosk.services.server import Live, Server


class Stopping(Server):
    def __init__(self, port: int, file: Path, how: str) -> None:
        self._file, self._how = file, how
        settings = msgspec.convert(
            {"server": {"port": port, "runtime_directory": str(file.parent)}},
            Settings,
        )
        super().__init__(settings, guidance.load(), cast(Any, None))

    def open(self) -> Live:
        if self._how == "unmade":
            raise OSError("a name that nobody may read")
        if self._how == "unseen":
            self._handover.unseen = True
            self.writes("begun")
            os.kill(os.getpid(), signal.SIGSEGV)
        told = threading.Event()

        def live() -> None:
            told.wait()
            if self._how == "blocked":
                threading.Event().wait()
            self.writes("ended")
            os._exit(0)

        thread = threading.Thread(target=live, daemon=True)
        thread.start()
        self.writes("begun")
        session = cast(Any, SimpleNamespace(stop=told.set))
        portal = cast(Any, SimpleNamespace(left=lambda: [], settle=lambda left: self.writes("settled")))
        app = Flask("stopping")

        @app.get("/page")
        def page() -> str:
            """Stays as long as the session, as a page's socket does."""
            self.writes("page")
            threading.Event().wait()
            return ""

        return Live(app, session, portal, thread)

    def writes(self, word: str) -> None:
        with self._file.open("a") as file:
            file.write(f"{os.getpid()} {word}\n")


if __name__ == "__main__":
    Stopping(int(sys.argv[1]), Path(sys.argv[2]), "".join(sys.argv[3:])).run()
