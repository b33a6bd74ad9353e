"""What stands in for a file of the boot loader's: as small as a PE file can be, with the one section that says which
version it is, and really signed; and a firmware that believes somebody."""

from __future__ import annotations

import struct
import subprocess
import uuid
from pathlib import Path

SECONDS = 60.0
TABLE, ALIGNED = 0x40, 0x200  # where the PE header begins; what sections begin at
SIGNATURES = 16  # entries of the optional header, the fifth of which finds the signature


class Signer:
    """A secure-boot key, made as tools/image makes one."""

    def __init__(self, folder: Path, name: str = "secure-boot") -> None:
        self.certificate, self._key = folder / f"{name}.crt", folder / f"{name}.key"
        _run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", f"/CN={name}/",
             "-keyout", self._key, "-out", self.certificate)  # fmt: skip

    def signs(self, path: Path, version: str) -> Path:
        path.write_bytes(uki(version))
        _run("sbsign", "--key", self._key, "--cert", self.certificate, "--output", path, path)
        return path


def uki(version: str) -> bytes:
    """Not signed."""
    content = f'ID=debian\nIMAGE_ID=kiosk\nIMAGE_VERSION="{version}"\n'.encode()
    optional = struct.pack("<H22xQII16xII4xH38xI", 0x20B, 0, 0x1000, ALIGNED, 0x2000, ALIGNED, 10, SIGNATURES)
    optional += bytes(8 * SIGNATURES)
    header = struct.pack("<4sHH12xHH", b"PE\0\0", 0x8664, 1, len(optional), 0x22)
    section = struct.pack("<8sIIII12xI", b".osrel", len(content), 0x1000, ALIGNED, ALIGNED, 0x40000040)
    start = struct.pack("<2s58xI", b"MZ", TABLE) + header + optional + section
    return start.ljust(ALIGNED, b"\0") + content.ljust(ALIGNED, b"\0")


def believes(db: Path, *certificates: Path) -> Path:
    """The firmware's variable, as `make image` has the firmware take it: a list for each."""
    lists = b""
    for path in certificates:
        der, made = db.with_suffix(".der"), db.with_suffix(".esl")
        _run("openssl", "x509", "-in", path, "-outform", "DER", "-out", der)
        _run("sbsiglist", "--owner", str(uuid.uuid4()), "--type", "x509", "--output", made, der)
        lists += made.read_bytes()
    db.write_bytes(struct.pack("<I", 0x27) + lists)
    return db


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
