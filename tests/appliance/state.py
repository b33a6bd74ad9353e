"""What is in a machine's state, opened here, so that it is not looked for in what nobody could read anyway.

The key is in the machine's TPM, and does not leave it. So the machine is asked to open the state to a password, too,
and the rest is LUKS2: of every sector that was ever written, by AES-XTS with its number (dm-crypt's plain64).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import XTS

from tests.appliance.machine import SECTOR, Machine, NoMachine
from tests.forgetting.memory import Search

PASSWORD = "of a test"
ENROL = f"NEWPASSWORD='{PASSWORD}' systemd-cryptenroll --unlock-tpm2-device=auto --password /dev/kiosk-state && sync"
ENROL_SECONDS = 900.0
HEADER_BYTES = 16 << 20
PIECE_BYTES = 4 << 20
EXT4_AT, EXT4 = 1024 + 56, b"\x53\xef"


def let_in(machine: Machine) -> None:
    """Have it open its state to the password. Raises NoMachine."""
    code, said = machine.run(ENROL, ENROL_SECONDS)
    if code:
        raise NoMachine(f"the state takes no password: {said.strip()}")


def holds(machine: Machine, needles: dict[str, set[bytes]]) -> set[str]:
    """The names of the needles that stand in its state. It has to be off. Raises NoMachine."""
    return Search(needles).within(pieces(machine))


def pieces(machine: Machine) -> Iterator[bytes]:
    """What was ever written there, in the clear; what stands in two neighbouring pieces stands whole in one."""
    [part] = [each for each in machine.partitions() if each.get("name") == "kiosk-state"]
    start, size = part["start"] * SECTOR, part["size"] * SECTOR
    key, segment = _opened(machine, start, size)
    begins, sector = start + int(segment["offset"]), int(segment["sector_size"])
    first = int(segment["iv_tweak"])
    with machine.disk.open("rb") as raw:

        def clear(at: int, length: int) -> bytes:
            raw.seek(at)
            data = raw.read(length)
            number = first + (at - begins) // SECTOR
            each = range(0, len(data) - sector + 1, sector)
            return b"".join(_sector(key, data[of : of + sector], number + of // SECTOR) for of in each)

        if clear(begins, 2 * EXT4_AT)[EXT4_AT:][:2] != EXT4:
            raise NoMachine("the state could not be read here")
        for at, until in _written(raw.fileno(), begins, start + size):
            at -= (at - begins) % sector
            while at < until:
                yield clear(at, PIECE_BYTES + sector)
                at += PIECE_BYTES


def _opened(machine: Machine, start: int, size: int) -> tuple[bytes, dict[str, Any]]:
    """Its key, and where and how it is used. A header alone is enough for cryptsetup when it seems as large as all."""
    header, key = machine.folder / "header.luks", machine.folder / "volume.key"
    key.unlink(missing_ok=True)
    with machine.disk.open("rb") as raw:
        raw.seek(start)
        header.write_bytes(raw.read(HEADER_BYTES))
    os.truncate(header, size)
    shown = subprocess.check_output(["cryptsetup", "luksDump", "--dump-json-metadata", header])
    dump = ("luksDump", "--batch-mode", "--dump-volume-key", "--volume-key-file", key, "--key-file", "-", header)
    subprocess.run(["cryptsetup", *dump], input=PASSWORD.encode(), check=True, capture_output=True)
    segment: dict[str, Any] = json.loads(shown)["segments"]["0"]
    return Path(key).read_bytes(), segment


def _sector(key: bytes, data: bytes, number: int) -> bytes:
    opened = Cipher(AES(key), XTS(number.to_bytes(16, "little"))).decryptor()
    return opened.update(data) + opened.finalize()


def _written(file: int, at: int, end: int) -> Iterator[tuple[int, int]]:
    """The runs of a sparse file that are there."""
    while at < end:
        try:
            begins = os.lseek(file, at, os.SEEK_DATA)
        except OSError:  # ENXIO: nothing more
            return
        if begins >= end:
            return
        at = min(end, os.lseek(file, begins, os.SEEK_HOLE))
        yield begins, at
