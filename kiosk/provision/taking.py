"""Using an answer: all of it or nothing, also when the power goes at any byte.

What was checked is written to the machine's disk first, as one file: that is the moment from which on it is used. Then
each of its files is put in its place, the number is drawn anew, the caretaker is left the word that it was used
(kiosk/ipc/finished.py), and that one file is removed. Whoever finds it at a start does the rest once more; every step
may be done twice.
"""

from __future__ import annotations

import contextlib
import grp
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from kiosk.caretaker import disk
from kiosk.ipc import appointed, finished
from kiosk.ipc.finished import Finished
from kiosk.provision import fleet, recovery
from kiosk.provision.answer import Answer, files
from kiosk.provision.request import FOLDER, another

log = logging.getLogger("kiosk.provision")

FILE = "taken.json"
EVERYBODYS = 0o644


class Kind(NamedTuple):
    """mode, and the group whose the file is."""

    mode: int
    group: str


SECRET: Mapping[str, Kind] = {  # the rest is for everybody to read
    appointed.FILE: Kind(0o640, "kiosk-caretaker"),
    **{f"{fleet.FOLDER}/{name}": Kind(0o600, "root") for name in fleet.FILES},  # systemd hands each service its own
}


def group_number(name: str) -> int | None:
    """None: there is no such group here."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other stick is seen to meanwhile. Raises OSError."""
    disk.private_folder(folder / FOLDER)
    with disk.held(folder / FOLDER, alone=True):
        yield


def take(answer: Answer, folder: Path, group: Callable[[str], int | None] = group_number) -> None:
    """answer: one that was checked. folder: of the settings. Raises OSError; then it is used at the next start, or,
    when not even its first file could be written, not at all."""
    disk.private_folder(folder / FOLDER)
    disk.put(folder / FOLDER / FILE, msgspec.json.encode(answer))
    _use(answer, folder, group)


def begun(folder: Path) -> bool:
    """An answer is used, and not to its end."""
    return (folder / FOLDER / FILE).exists()


def finish(folder: Path, group: Callable[[str], int | None] = group_number) -> bool:
    """Whether there was one that had not come to its end. Raises OSError."""
    path = folder / FOLDER / FILE
    try:
        answer = msgspec.json.decode(path.read_bytes(), type=Answer)
    except FileNotFoundError:
        return False
    except (msgspec.MsgspecError, ValueError, RecursionError):
        log.error("%s: is not what was written there; it is removed, and the stick may be put in again", path)
        disk.remove(path)
        return False
    _use(answer, folder, group)
    return True


def _use(answer: Answer, folder: Path, group: Callable[[str], int | None]) -> None:
    if answer.fleet:
        disk.private_folder(folder / fleet.FOLDER)
    for name, data in files(answer).items():
        kind = SECRET.get(name)
        if kind is None:
            disk.put(folder / name, data, EVERYBODYS)
        else:
            disk.put(folder / name, data, kind.mode, group(kind.group))
    if answer.fleet:  # it takes the place of the whole set before
        disk.remove(*(folder / fleet.FOLDER / name for name in fleet.FILES if name not in answer.fleet))
    if answer.provisioner:
        recovery.forget(folder)  # the next start makes another
    another(folder)
    disk.put(folder / finished.FILE, msgspec.json.encode(Finished(answer.number)), EVERYBODYS)
    disk.remove(folder / FOLDER / FILE)
