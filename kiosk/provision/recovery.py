"""The recovery key of the encrypted state, for the day on which the TPM does not give its own: another board, other
keys of secure boot. It opens everything that the machine keeps, so nobody at the machine ever sees it.

systemd-cryptenroll makes it, and openssl encrypts it at once to those whose certificates stand in PROVISIONER (CMS,
RFC 5652). What is kept is for them alone, and every stick that is put in gets it. An answer with other certificates
removes it (taking.py), and the next start makes another.

One that was made before opens the state until the new one is on the disk, and nothing from then on:

    1. another key is enrolled beside those that are there
    2. it is kept as MADE; when the disk does not take it, it is wiped from the state again
    3. all others of its kind are wiped
    4. MADE becomes FILE

A start that finds no FILE begins with the first step, whatever was done before. So at each moment the one at the desk
opens the state, or the one that the next stick gets.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kiosk.caretaker import disk, identity
from kiosk.provision.provisioner import PROVISIONER, Failed, sealed
from kiosk.provision.request import FOLDER

FILE, MADE = "recovery.p7m", "recovery.made"
ENROLL = "systemd-cryptenroll"
BY_TPM = ("--unlock-tpm2-device=auto",)
ENROLL_SECONDS = 90.0


class NotMade(Exception):
    """There is none. One line, without anything of the key."""


def kept(folder: Path) -> bytes | None:
    """As it goes out; None: there is none. folder: of the settings."""
    for name in (FILE, MADE):
        with contextlib.suppress(OSError):
            return (folder / FOLDER / name).read_bytes()
    return None


def wanted() -> bool:
    """What is kept here is encrypted: this is the image."""
    return bool(identity.image())


def forget(folder: Path) -> None:
    """It was for others. Raises OSError."""
    disk.remove(folder / FOLDER / FILE, folder / FOLDER / MADE)


def make(folder: Path, device: str, unlock: Sequence[str] = BY_TPM) -> bool:
    """Whether another was made. device: with the state (LUKS). unlock: how it is opened for that. Raises NotMade and
    OSError."""
    place, made = folder / FOLDER / FILE, folder / FOLDER / MADE
    if place.exists():
        return False
    provisioner = (folder / PROVISIONER).read_bytes()
    _sealed(b"-", provisioner)  # before anything is changed
    disk.private_folder(folder / FOLDER)
    before = _slots(device)
    key = _enrolled(device, unlock)
    try:
        disk.put(made, _sealed(key, provisioner))
    except (NotMade, OSError):
        _wipe(device, _slots(device) - before)
        raise
    _wipe(device, before)
    disk.move(made, place)
    return True


def _sealed(data: bytes, provisioner: bytes) -> bytes:
    try:
        return sealed(data, provisioner)
    except Failed as error:
        raise NotMade(f"{PROVISIONER}: {str(error) or 'nothing can be encrypted to it'}") from None


def _slots(device: str) -> set[str]:
    """The numbers of those of this kind."""
    rows = (line.split() for line in _asked([ENROLL, device]).decode("ascii", "replace").splitlines())
    return {row[0] for row in rows if row[1:] == ["recovery"]}


def _wipe(device: str, slots: set[str]) -> None:
    if slots:
        _asked([ENROLL, f"--wipe-slot={','.join(sorted(slots))}", device])


def _enrolled(device: str, unlock: Sequence[str]) -> bytes:
    key = _asked([ENROLL, "--recovery-key", *unlock, device]).strip()
    if not key:
        raise NotMade(f"{ENROLL} has made none")
    return key + b"\n"


def _asked(command: list[str]) -> bytes:
    """What it writes to its output. What it says besides is for nobody: the key may be in it, as a picture."""
    try:
        asked = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=ENROLL_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotMade(f"{command[0]} takes too long") from None
    if asked.returncode != 0:
        raise NotMade(f"{command[0]} has failed ({asked.returncode})")
    return asked.stdout
