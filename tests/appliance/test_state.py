"""What of a disk was ever written is what is opened, whole sectors of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import XTS

from tests.appliance import state
from tests.appliance.machine import SECTOR, Machine

KEY = bytes(range(64))
OFFSET = 1 << 20


def test_what_was_written_anywhere_in_the_state_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As dm-crypt writes it: each sector by its number. In the last, and across two of them."""
    disk = tmp_path / "disk.raw"
    with disk.open("wb") as raw:
        raw.truncate(64 << 20)
    subprocess.run(["sfdisk", "--quiet", disk], input='label: gpt\nname="kiosk-state"\n', text=True, check=True)
    machine = Machine(tmp_path)
    [part] = machine.partitions()
    begins, size = part["start"] * SECTOR + OFFSET, part["size"] * SECTOR
    last = (size - OFFSET) // SECTOR - 1
    super_block = bytearray(4 * SECTOR)
    super_block[state.EXT4_AT : state.EXT4_AT + 2] = state.EXT4
    written = {0: bytes(super_block), 9000: b"." * (SECTOR - 2) + b"around", last: b"at the end"}
    with disk.open("r+b") as raw:
        for number, content in written.items():
            for at in range(0, len(content), SECTOR):
                sealed = Cipher(AES(KEY), XTS((number + at // SECTOR).to_bytes(16, "little"))).encryptor()
                os.pwrite(
                    raw.fileno(),
                    sealed.update(content[at : at + SECTOR].ljust(SECTOR, b"\0")),
                    begins + number * SECTOR + at,
                )
    segment = {"offset": str(OFFSET), "sector_size": SECTOR, "iv_tweak": "0"}
    monkeypatch.setattr(state, "_opened", lambda *_: (KEY, segment))
    wanted = {"across": {b"around"}, "last": {b"at the end"}, "nobody": {b"somebody else"}}
    assert state.holds(machine, wanted) == {"across", "last"}
