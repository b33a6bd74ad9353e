"""The browser's keeper: it starts Chromium on the kiosk's page, starts it again when it dies, and makes it forget.

A session's page, storage and history die with its site. What stays for a while is in Chromium's network process: freed
buffers through which the page's messages went. So at the end of each session the server's arbiter says one word, and
the keeper kills that process; Chromium replaces it at once and the page, which has no server at that moment anyway,
comes back by itself. The audio process, through which a name may have been said, goes the same way. The arbiter waits
until it is done: a page on its way to the next session would be lost together with the process that carries it.

Characters typed on a real keyboard are another matter: Chromium's main process collects them, to warn of reused
passwords, and no policy or switch was found that stops it. After a session that has used such keys the whole browser
is started anew.

The profile lies in the runtime directory, which is on tmpfs, and goes with the browser.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kiosk.config.kiosk import Settings
from kiosk.hw import supervise

log = logging.getLogger("kiosk.browser")

FORGET_SOCKET = "forget.sock"
FORGET, RESTART = b"forget", b"restart"  # what the server's arbiter says: drop the network process, or everything
NETWORK_PROCESS = b"--utility-sub-type=network.mojom.NetworkService"
AUDIO_PROCESS = b"--utility-sub-type=audio.mojom.AudioService"
WORD_SECONDS = 1.0  # for which either side of that socket waits for the other
BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_SECONDS = 30.0  # a browser that ran so long has not died of its start
FEATURES_OFF = ("Translate", "BackForwardCache", "MediaRouter", "OptimizationHints", "AutofillServerCommunication")
FLAGS = (
    "--kiosk",
    "--incognito",
    "--no-first-run",
    "--noerrdialogs",
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--hide-crash-restore-bubble",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-extensions",
    "--disable-quic",
    f"--disable-features={','.join(FEATURES_OFF)}",
    "--autoplay-policy=no-user-gesture-required",
    "--password-store=basic",
)


class Keeper:
    """Keeps one Chromium on the kiosk's page. flags: what this display needs besides FLAGS."""

    def __init__(self, settings: Settings, flags: Sequence[str] = (), program: str = "chromium") -> None:
        self._address = f"http://127.0.0.1:{settings.server.port}/"
        self._port = settings.server.port
        self._runtime = Path(settings.server.runtime_directory)
        self._flags = tuple(flags)
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._wanted = False  # it was killed by us and is started anew

    def run(self) -> None:
        """Keep it running until `stop`."""
        complaints = supervise.Complaints(log)
        supervise.start(
            "forget", lambda: supervise.keep(lambda: hear(self._runtime, self._obey), self._stopped, complaints)
        )
        failures = 0
        while not self._stopped.is_set():
            self._await_server()
            if self._stopped.is_set():
                return
            began = time.monotonic()
            self._run_once()
            if self._wanted:
                self._wanted = False
                continue
            failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures + 1
            self._stopped.wait(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)])

    @property
    def pid(self) -> int | None:
        """The browser's main process, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def stop(self) -> None:
        self._stopped.set()
        if self._process is not None:
            self._process.terminate()

    def _run_once(self) -> None:
        profile = tempfile.mkdtemp(prefix="browser-", dir=self._runtime)
        command = [self._program, *FLAGS, *self._flags, f"--user-data-dir={profile}", self._address]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            code = self._process.wait()
            if not (self._stopped.is_set() or self._wanted):
                log.warning("the browser ended with code %s; it is started again", code)
        except OSError as error:
            log.error("%s cannot be started (%s); install the package chromium", self._program, error.strerror)
        finally:
            shutil.rmtree(profile, ignore_errors=True)

    def _await_server(self) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            self._stopped.wait(0.2)

    def restart(self) -> None:
        """Kill the browser; `run` starts the next at once."""
        self._wanted = True
        if self._process is not None:
            self._process.kill()

    def forget(self) -> None:
        """Kill the network and the audio process of the browser; what they held goes with them."""
        if self._process is not None:
            forget(self._process.pid)

    def _obey(self, word: bytes) -> None:
        if word == RESTART:
            self.restart()
        else:
            self.forget()


def hear(runtime: Path, obey: Callable[[bytes], None]) -> None:
    """Obey the arbiter's word each time it comes, for ever. The arbiter knows by the end of the connection."""
    path = runtime / FORGET_SOCKET
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(str(path))
        path.chmod(0o660)
        door.listen()
        while True:
            arbiter, _ = door.accept()
            with arbiter, contextlib.suppress(OSError):
                arbiter.settimeout(WORD_SECONDS)
                obey(arbiter.recv(64))


def forget(browser: int) -> None:
    """Kill the network and the audio process among all below `browser`."""
    for pid in descendants(browser):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if NETWORK_PROCESS in command or AUDIO_PROCESS in command:
                os.kill(pid, signal.SIGKILL)


def descendants(root: int) -> Iterator[int]:
    """Every process below `root`, from /proc."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(entry.name))
    waiting = [root]
    while waiting:
        children = parents.get(waiting.pop(), [])
        yield from children
        waiting.extend(children)
