"""The word to the caretaker that a key of the machine's was made anew (kiosk/ipc/new_keys.py). It follows from what
lies there, the key and the one that was set aside, so no cut of the power keeps it back."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from kiosk.caretaker import disk
from kiosk.ipc.new_keys import FILE, NewKeys
from kiosk.provision import fleet, machine
from kiosk.provision.machine import PrivateKey, id_of

MODE = 0o644


def leave_word(folder: Path, portal: PrivateKey, desk: PrivateKey) -> None:
    """portal, desk: the keys to them. folder: of the settings. Raises OSError."""
    keys = {"portal": (folder / machine.KEY, portal), "desk": (folder / fleet.FOLDER / fleet.KEY, desk)}
    new = NewKeys(**{whose: id_of(key) for whose, (path, key) in keys.items() if disk.aside(path).exists()})
    said = NewKeys()
    with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError, ValueError):
        said = msgspec.json.decode((folder / FILE).read_bytes(), type=NewKeys)
    if new != said:
        disk.put(folder / FILE, msgspec.json.encode(new), MODE)
