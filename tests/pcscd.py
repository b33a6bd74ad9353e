"""The real pcscd, for tests that must be true on a real card stack.

There is one pcscd on a machine, because its socket is fixed, so a test that uses it holds a lock for as long as it
does. It gets a configuration of its own: the virtual reader of the package vsmartcard-vpcd with its two slots, or no
reader at all, which is how one is unplugged. The fixture `pcscd` is for a conftest.py to import.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import pytest

LOCK = Path("/tmp/kiosk-pcscd.lock")
SOCKET = "/run/pcscd/pcscd.comm"
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
PATH = os.environ.get("PATH", "") + ":/usr/sbin"

# Not the 35963 of the package's own configuration: that lies where the kernel takes ports for outgoing connections, and
# whichever of them has it when pcscd starts leaves pcscd without a reader.
PORT = 25963
NAME = b"Virtual PCD"


def virtual_reader(name: bytes) -> bytes:
    """What makes pcscd have it, with two slots on PORT and the next."""
    channel = str(PORT).encode()
    return b'FRIENDLYNAME "%s"\nDEVICENAME /dev/null:%s\nLIBPATH %s\nCHANNELID %s\n' % (
        name, channel, str(DRIVER).encode(), channel,
    )  # fmt: skip


class Pcscd:
    """pcscd in the foreground, stopped by its pid. As a context manager it holds the lock."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where its two configurations are put."""
        self._plugged, self._unplugged = folder / "plugged", folder / "unplugged"
        for configuration in (self._plugged, self._unplugged):
            configuration.mkdir()
        self.plug_in(virtual_reader(NAME))
        self._process: subprocess.Popen[bytes] | None = None

    def plug_in(self, reader: bytes) -> None:
        """Have this one in place of that before, from the next start on. One at a time: two share their slots."""
        (self._plugged / "vpcd").write_bytes(reader)

    def __enter__(self) -> Pcscd:
        self._lock = LOCK.open("a")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._lock.close()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *, readers: bool = True, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start it and wait until it takes clients and, with `readers`, its slot takes a card."""
        if answers():
            pytest.skip("a pcscd that is not ours is running; stop it: systemctl stop pcscd.socket pcscd")
        command = ["pcscd", "--foreground", "--config", str(self._plugged if readers else self._unplugged)]
        if "--disable-polkit" in subprocess.run(["pcscd", "--help"], capture_output=True, text=True, env=env()).stdout:
            command.append("--disable-polkit")  # pcscd 2: else it asks whether we sit at the machine
        surroundings = {**env(), **environment}
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=surroundings
        )
        wait_for(lambda: answers() and (not readers or listens()), "pcscd does not start")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(10)
            self._process = None

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Stopped as by SIGSTOP, in every thread from the first moment on: a signal that was sent is not one that has
        arrived, and a command that was asked for meanwhile is answered."""
        pid = self.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_for(lambda: set(_states(pid)) == {"T"}, "pcscd does not stop")
            yield
        finally:
            with suppress(ProcessLookupError):  # killed as it stood
                os.kill(pid, signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()


def _states(pid: int) -> list[str]:
    """Of each thread of a process, as proc(5) has it."""
    files = Path(f"/proc/{pid}/task").glob("*/stat")
    return [file.read_text().rpartition(")")[2].split()[0] for file in files]


def env() -> dict[str, str]:
    return {**os.environ, "PATH": PATH}


def answers() -> bool:
    """Whether a pcscd takes clients."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(SOCKET) == 0


def listens() -> bool:
    """Whether the virtual reader waits for a card. Looked up, not tried: a connection would be a card."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = row.split()
            if local.endswith(f":{PORT:04X}") and state == "0A":
                return True
    return False


def wait_for(condition: Callable[[], object], otherwise: str, within: float = 10.0) -> None:
    """Wait until it holds; fail with `otherwise` when it does not in time."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(otherwise)
        time.sleep(0.01)


def missing() -> str:
    """Why there can be no pcscd with a virtual reader here; empty when there can."""
    if not shutil.which("pcscd", path=PATH):
        return "pcscd is not installed"
    if not DRIVER.exists():
        return "the package vsmartcard-vpcd is not installed"
    if os.geteuid() != 0:
        return "only root can start pcscd"
    return ""


@pytest.fixture
def pcscd(tmp_path: Path) -> Iterator[Pcscd]:
    """A running pcscd with an empty virtual reader."""
    if why := missing():
        pytest.skip(why)
    with Pcscd(tmp_path) as running:
        running.start()
        yield running
