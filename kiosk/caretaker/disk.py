"""Writing so that a power cut at any byte leaves the old or the new, whole, and what was acknowledged is there.

A file is written beside its place, brought to the disk, renamed, and the folder brought to the disk, too (rename(2) is
atomic; without the last step it may not have happened). A line is added to a file that is open, and brought to the disk
before anybody is told that it stands there; a cut leaves a part of it, which the reader recognises.

All raise OSError, but for what a disk has lost of one file: that is an answer (`read`), so that whoever reads many goes
on with the others.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

UNFINISHED = ".new"  # the end of the name of what is being written
UNUSABLE = ".unusable"  # and of what was set aside
PRIVATE = 0o600
LOST = (errno.EIO, errno.EUCLEAN, errno.EBADMSG)  # a block that cannot be read; metadata, or a checksum, that is wrong


def private_folder(path: Path) -> None:
    """Make it, for its user alone; nothing when it is there."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
        _bring_to_disk(path.parent)


def put(path: Path, data: bytes, mode: int = PRIVATE, group: int | None = None) -> None:
    """Have a file with this content in the place of whatever is there. group: its number; None: the user's own."""
    unfinished = path.with_name(path.name + UNFINISHED)
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
    try:
        if group is not None:
            os.fchown(file, -1, group)
        os.fchmod(file, mode)
        add(file, data)
    finally:
        os.close(file)
    os.rename(unfinished, path)
    _bring_to_disk(path.parent)


def read(path: Path) -> bytes | None:
    """What stands there; None: the disk does not give it back any more."""
    try:
        return path.read_bytes()
    except OSError as error:
        if error.errno not in LOST:
            raise
        return None


def add(file: int, data: bytes) -> None:
    """Write all of it at the end of an open file, and bring it to the disk."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)


def open_to_add(path: Path) -> int:
    """A file that is there, for `add`."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)


def move(path: Path, to: Path) -> None:
    """It is there, in the place of whatever was, and no more where it was."""
    os.rename(path, to)
    _bring_to_disk(to.parent)
    if path.parent != to.parent:
        _bring_to_disk(path.parent)


def aside(path: Path) -> Path:
    """Where it is kept when it cannot be used."""
    return path.with_name(f"{path.name}{UNUSABLE}")


def set_aside(path: Path) -> None:
    """Keep what cannot be used, for whoever may still make something of it; what was kept before stays, as the first is
    what somebody had made."""
    if not aside(path).exists():
        move(path, aside(path))


def remove(*paths: Path) -> None:
    """They are there no more, and do not come back with a power cut."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
            _bring_to_disk(path.parent)


def sweep(folder: Path) -> None:
    """Remove what was being written when the power went: nobody was told that it is there."""
    remove(*folder.glob(f"*{UNFINISHED}"))


@contextlib.contextmanager
def held(folder: Path, alone: bool) -> Iterator[None]:
    """Nobody else writes in here meanwhile (alone: nor reads), as far as they ask (flock(2)). A folder that cannot be
    written to and has no such file needs none."""
    flags = os.O_RDWR | os.O_CREAT if alone else os.O_RDONLY
    try:
        lock = os.open(folder / "lock", flags | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
    except FileNotFoundError:
        if alone:
            raise
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


def _bring_to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
