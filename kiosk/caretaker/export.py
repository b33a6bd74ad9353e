"""The trail as one file for somebody else, who needs nothing but openssl to verify it (docs/audit.md).

A tar archive: the segments with their seals, the anchor and its signature as two files, the public key, the list of all
these with their SHA-256 as sha256sum(1) writes it, and that list's signature. It is made from what stands on the disk,
flaws and all; whoever exports a broken trail hands on the proof that it is broken. A file that the disk does not give
back is not in it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from kiosk.caretaker import chain, disk
from kiosk.caretaker.chain import ANCHOR, SEAL, NoLine
from kiosk.caretaker.key import PUBLIC_FILE, Key
from kiosk.caretaker.trail import segments

SUMS = "SHA256SUMS"


def export(folder: Path, key: Key, to: Path, most_bytes: int | None = None, mode: int = disk.PRIVATE) -> int:
    """Write the bundle; returns how many segments are in it. most_bytes: of segments, the newest; None: all of them.
    Raises OSError."""
    with disk.held(folder, alone=False):
        there = _newest(segments(folder), most_bytes)
        files = dict(_files(folder, there, key))
        count = len(there)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as bundle:
        for name, data in {**files, SUMS: sums, SUMS + SEAL: key.sign(sums)}.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            bundle.addfile(member, io.BytesIO(data))
    disk.put(to, made.getvalue(), mode)
    return count


def _newest(there: Sequence[Path], most_bytes: int | None) -> list[Path]:
    """Of those segments, the oldest first; the last one always."""
    chosen: list[Path] = []
    left = most_bytes
    for path in reversed(there):
        if left is not None:
            left -= path.stat().st_size
            if left < 0 and chosen:
                break
        chosen.insert(0, path)
    return chosen


def _files(folder: Path, there: Sequence[Path], key: Key) -> Iterator[tuple[str, bytes]]:
    for path in there:
        if (data := disk.read(path)) is None:
            continue
        yield path.name, data
        with contextlib.suppress(FileNotFoundError):  # the last is not sealed yet
            yield path.name + SEAL, path.with_name(path.name + SEAL).read_bytes()
    with contextlib.suppress(FileNotFoundError, NoLine):  # then the list says that there is none
        said, signature = chain.anchor_parts(disk.read(folder / ANCHOR) or b"")
        yield ANCHOR, said
        yield ANCHOR + SEAL, signature
    yield PUBLIC_FILE, key.public.pem
