"""A server that a test wants, but not its start.

To start Python and to import all that a kiosk is made of takes a processor two seconds, and to make all templates and
the first slip one more, some sixty times in a run. A warm parent, one for each process that runs tests, has done so and
has seen nobody. What it forks is given arguments, environment, standard input and error of its own, and runs the
program as `python -m` does: it does all that once more, and finds most of it done. The kernel buries it: no one asks
how it ended. Starts that are not warm have tests of their own (tests/test_systemd.py, tests/e2e/test_demo.py).

    server = Program("kiosk.sim.serve", ["--vpcd-port", "35963"], {**os.environ}, stdin, stderr)
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMPORTED = ("kiosk.services.server", "kiosk.sim.reader")
LONGEST = 1 << 17  # bytes of what is asked for, most of them the environment


class Program:
    """As much of `subprocess.Popen` as a stage needs."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], stdin: int, stderr: int
    ) -> None:
        asked = json.dumps([[name, *arguments], dict(environment)])
        socket.send_fds(_parent(), [asked.encode()], [stdin, stderr])
        self.pid = int(_parent().recv(LONGEST))
        self._life = os.pidfd_open(self.pid)

    def __del__(self) -> None:
        os.close(self._life)

    def poll(self) -> int | None:
        """0 once it has ended, however it did."""
        return 0 if select.select([self._life], [], [], 0)[0] else None

    def terminate(self) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._life, signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Raises TimeoutError."""
        if not select.select([self._life], [], [], seconds)[0]:
            raise TimeoutError(f"process {self.pid} lives")


@cache
def _parent() -> socket.socket:
    """The line to it; when that is closed it ends."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        command = [sys.executable, "-m", "tests.warm", str(its.fileno())]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, pass_fds=[its.fileno()])
    return ours


def main(line: socket.socket) -> None:
    """In the warm parent, until nobody asks any more; and in each that it forks."""
    for name in IMPORTED:
        import_module(name)
    import_module("kiosk.web.view").warm()
    import_module("kiosk.receipts.render").preload()
    gc.collect()
    gc.freeze()
    usual = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGCHLD, signal.SIGINT)}
    while True:
        asked, given, *_ = socket.recv_fds(line, LONGEST, 2)
        if not asked:
            return
        if not (child := os.fork()):
            break
        for each in given:
            os.close(each)
        line.send(str(child).encode())
    line.close()
    for number, handler in usual.items():
        signal.signal(number, handler)
    for each, place in zip(given, (0, 2), strict=True):
        os.dup2(each, place)
        os.close(each)
    sys.argv, environment = json.loads(asked)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # as nobody has asked yet
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
