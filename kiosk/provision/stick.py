"""What lies on a stick: a folder for each machine, so that one stick serves many.

kiosk-0123456789abcdef/        the first digits of the machine's id
    request.json               what the machine asks for, made anew whenever it is put in
    request.csr                for whoever makes the certificate for the portal (PKCS #10, PEM)
    desk.csr                   for whoever makes that for the fleet's desk
    answer.p7m                 what the operator has put there; gone once it was used
    says.txt                   what became of it, in Japanese and English
    recovery.p7m               from the image: the recovery key of its state, for the desk's key alone
    trail.tar                  the audit trail, if one of the staff wanted it just then (docs/audit.md)
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from kiosk.caretaker import disk
from kiosk.ipc import stick_done
from kiosk.provision.answer import LARGEST
from kiosk.provision.machine import SHORT

REQUEST, CSR, ANSWER, SAYS, TRAIL = "request.json", "request.csr", "answer.p7m", "says.txt", "trail.tar"
DESK_CSR, RECOVERY = "desk.csr", "recovery.p7m"

How = Literal["ro", "rw"]
Mount = Callable[[How], AbstractContextManager[Path]]


def name_of(machine: str) -> str:
    return f"kiosk-{machine[:SHORT]}"


def read(mount: Mount, machine: str) -> bytes | None:
    """The answer to this machine, a byte longer than the longest at most; None: there is none. Raises OSError."""
    with mount("ro") as top:
        try:
            file = os.open(top / name_of(machine) / ANSWER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with os.fdopen(file, "rb") as answer:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return None
            return answer.read(LARGEST + 1)


def write(mount: Mount, machine: str, files: dict[str, bytes], spent: bool = False) -> None:
    """files: in this order, and each as it was or whole, whenever the stick is pulled or full: what says that all is
    well comes last. spent: the answer was used, and is to go. Raises OSError."""
    with mount("rw") as top:
        folder = top / name_of(machine)
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
        if spent:
            _wipe(folder / ANSWER)
        for name, data in files.items():
            if not _stands(folder / name, data):
                _put(folder / name, data)


def _stands(path: Path, data: bytes) -> bool:
    """It is there already, and flash memory is not worn for it."""
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(file, "rb") as there:
            return stat.S_ISREG(os.fstat(file).st_mode) and there.read(len(data) + 1) == data
    return False


def _put(path: Path, data: bytes) -> None:
    """Written beside its place, then renamed (not disk.put: a stick has neither modes nor groups). Raises OSError."""
    unfinished = path.with_name(path.name + disk.UNFINISHED)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.open(unfinished, flags, 0o644)
        try:
            disk.add(file, data)
        finally:
            os.close(file)
        os.rename(unfinished, path)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


def may_be_pulled(runtime: Path, reason: str) -> None:
    """Told at the screen. runtime: server.runtime_directory. Raises OSError."""
    disk.put(runtime / stick_done.FILE, stick_done.word(reason), stick_done.MODE)


def _wipe(path: Path) -> None:
    """Overwritten, then removed. What a stick keeps of it beside its file system is out of reach. Raises OSError."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        disk.add(file, bytes(min(os.fstat(file).st_size, LARGEST)))
    finally:
        os.close(file)
    disk.remove(path)
