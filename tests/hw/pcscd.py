"""The real pcscd for one test at a time, and a chip to put into its virtual reader (package vsmartcard-vpcd).

pcscd has one socket per machine, so whoever uses it holds a file lock. It gets a configuration of its own: two virtual
slots on ports that nobody else knocks at, or none, which is how a reader is unplugged. (vpcd's slots live as long as
pcscd does.)
"""

from __future__ import annotations

import fcntl
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

LOCK = Path("/tmp/kiosk-pcscd.lock")
SOCKET = "/run/pcscd/pcscd.comm"
PORTS = (35953, 35954)
_SLOTS = f"""FRIENDLYNAME "Virtual PCD"
DEVICENAME /dev/null:{PORTS[0]}
LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID {PORTS[0]}
"""


class Pcscd:
    """pcscd in the foreground. Use as a context manager; it holds the lock and is stopped at the end."""

    def __init__(self, folder: Path) -> None:
        self._plugged, self._unplugged = folder / "plugged", folder / "unplugged"
        for configuration in (self._plugged, self._unplugged):
            configuration.mkdir()
        (self._plugged / "vpcd").write_text(_SLOTS)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Pcscd:
        self._lock = LOCK.open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._lock.close()

    def start(self, *, readers: bool = True) -> None:
        configuration = self._plugged if readers else self._unplugged
        self._process = subprocess.Popen(
            ["pcscd", "--foreground", "--config", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 5
        while True:
            with socket.socket(socket.AF_UNIX) as client:
                if client.connect_ex(SOCKET) == 0:
                    return
            assert self._process.poll() is None, "pcscd does not start; is another one running without the lock?"
            assert time.monotonic() < deadline, "pcscd does not listen"
            time.sleep(0.01)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(10)
            self._process = None


class Chip:
    """One PIN, which stays verified until the power goes, over any warm reset; and a command that is never answered."""

    TRIES = bytes.fromhex("00200080")
    VERIFY = bytes.fromhex("00200080 04 31323334")
    SLEEP = bytes.fromhex("80EE0000")

    def __init__(self, atr: bytes = bytes.fromhex("3BE000FF8131FE4514")) -> None:
        self.atr = atr
        self.commands: list[bytes] = []
        self.asleep = threading.Event()
        self.powered = threading.Event()
        self._verified = False

    def power_on(self) -> None:
        self.powered.set()

    def power_off(self) -> None:
        self._verified = False

    def reset(self) -> None: ...

    def transmit(self, apdu: bytes) -> bytes:
        self.commands.append(apdu)
        if apdu == self.SLEEP:
            self.asleep.set()
            return b""
        self._verified = self._verified or apdu == self.VERIFY
        return b"\x90\x00" if self._verified else b"\x63\xc3"
