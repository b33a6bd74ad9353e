"""A TPM without a chip (swtpm), of a machine that has started the image."""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.stage import until
from tools.measured import PHASES, SECTIONS

NOUGHT = "0" * 64


class Tpm:
    """folder: of its state and its socket."""

    def __init__(self, folder: Path) -> None:
        self.tcti = f"swtpm:path={folder / 'tpm'}"

    def does(self, *command: str) -> None:
        environment = {**os.environ, "TPM2TOOLS_TCTI": self.tcti}
        subprocess.run(command, check=True, capture_output=True, env=environment, timeout=60)

    def forgets(self) -> None:
        """What was loaded: elsewhere the kernel does that when a program has ended (/dev/tpmrm0)."""
        self.does("tpm2_flushcontext", "-Q", "-t")

    def extends(self, pcr: int, *measured: bytes) -> None:
        for each in measured:
            self.does("tpm2_pcrextend", f"{pcr}:sha256={hashlib.sha256(each).hexdigest()}")

    def starts(self, sections: Mapping[str, bytes], *, by: bytes = b"our keys") -> None:
        """What firmware, boot loader and systemd measure at a start."""
        self.extends(7, b"secure boot is on", by)
        for name in (each for each in SECTIONS if each in sections):
            self.extends(11, name.encode() + b"\0", sections[name])
        self.extends(11, *(phase.encode() for phase in PHASES))


@contextlib.contextmanager
def tpm() -> Iterator[Tpm]:
    """One that was just switched on, and has never been used."""
    with tempfile.TemporaryDirectory(prefix="tpm") as name:  # a socket's path is short
        folder = Path(name)
        command = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}", "--flags", "not-need-init,startup-clear"]
        command += [
            "--server",
            f"type=unixio,path={folder / 'tpm'}",
            "--ctrl",
            f"type=unixio,path={folder / 'tpm.ctrl'}",
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                until((folder / "tpm").exists)
                yield Tpm(folder)
            finally:
                process.terminate()


def boot_file(sections: Mapping[str, bytes], fills_up: int = 512) -> bytes:
    """A PE file that has these sections."""
    head = bytearray(0x40)
    struct.pack_into("<I", head, 0x3C, len(head))
    head += struct.pack("<4sHH12xHH", b"PE\0\0", 0x8664, len(sections), 0, 0)
    at, table, body = 4096, b"", b""
    for name, data in sections.items():
        raw = -(-len(data) // fills_up) * fills_up
        table += struct.pack("<8sIIII16x", name.encode(), len(data), 0, raw, at + len(body))
        body += data.ljust(raw, b"\0")
    return bytes(head + table).ljust(at, b"\0") + body
