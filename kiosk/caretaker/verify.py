"""Is the trail what was written? Every line, every seal and the anchor, with the public key alone; nothing is changed.

What is found (a flaw each): a byte, a line or a file that is not as it was written, is not there, is there twice or in
another place; lines cut off before the anchor; a file that the disk does not give back, of which nothing more can be
said. What cannot be found, and who could do it, stands in docs/audit.md:
lines cut off after the last anchor that has left the machine, by somebody with the private key, which is root.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.caretaker import chain, disk
from kiosk.caretaker.chain import ANCHOR, NOTHING_BEFORE, SEAL, Anchor, Line, NoLine
from kiosk.caretaker.key import PublicKey
from kiosk.caretaker.trail import segments

MOST_FLAWS = 100
NOT_OURS = {ANCHOR, "lock"}


@dataclass(frozen=True)
class Flaw:
    """where: a file of the trail, and the line in it. what: what is wrong. Neither holds anything of a line."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Report:
    """first, last: numbers of lines; behind: lines behind the anchor, which it does not vouch for yet; tail: bytes of a
    line that is half written at the end, which the next start closes off."""

    segments: int
    first: int
    last: int
    head: str
    behind: int
    tail: int
    flaws: tuple[Flaw, ...]

    @property
    def sound(self) -> bool:
        return not self.flaws


@dataclass
class _Walk:
    """What is known on the way through the segments."""

    flaws: list[Flaw] = field(default_factory=list)
    last: int = 0
    head: str = NOTHING_BEFORE
    lost: bool = False  # the segment before cannot be read: where it ends is not known
    removed: int = 0  # up to this line, as the trail itself says
    hashes: dict[int, str] = field(default_factory=dict)  # of the last segment, and of the line before it

    def flaw(self, where: str, what: str) -> None:
        if len(self.flaws) < MOST_FLAWS:
            self.flaws.append(Flaw(where, what))


def verify(folder: Path, key: PublicKey) -> Report:
    """Read the whole trail. Raises OSError when it cannot be read at all."""
    with disk.held(folder, alone=False):
        return _verify(folder, key)


def _verify(folder: Path, key: PublicKey) -> Report:
    walk = _Walk()
    there = segments(folder)
    first, tail = 0, b""
    for number, path in enumerate(there):
        data = disk.read(path)
        begins = chain.first_of(path.name) or 0
        first = first or begins
        if data is None:
            walk.flaw(path.name, "cannot be read")
            walk.last, walk.lost, tail = begins, True, b""
            continue
        if number == 0 or walk.lost:
            walk.last, walk.head = begins - 1, NOTHING_BEFORE if begins == 1 else _before(data)
        lines, after = chain.split(data)
        if begins == 1 or (number and not walk.lost):  # what stood before the oldest that is left went with it
            _torn(walk, path, tail, lines)
        walk.lost = False
        _lines(walk, path, begins, lines)
        _seal(walk, path, data, key, last=number == len(there) - 1)
        tail = after
    if first > 1 and walk.removed < first - 1:
        walk.flaw(there[0].name, f"the lines before {first} are missing, and the trail does not say that they went")
    behind = _anchor(walk, folder, key)
    for stranger in _strangers(folder, there, walk.removed):
        walk.flaw(stranger, "does not belong to the trail")
    return Report(len(there), first, walk.last, walk.head, behind, len(tail), tuple(walk.flaws))


def _before(data: bytes) -> str:
    """What the first line of the oldest segment follows: the line before it is not kept any more."""
    lines, _ = chain.split(data)
    try:
        return chain.read(lines[0]).before
    except (IndexError, NoLine):
        return ""


def _torn(walk: _Walk, path: Path, tail: bytes, lines: list[bytes]) -> None:
    """The segment before may end in a half line only if this one says so, and it says so only then."""
    said = 0
    for data in lines[:2]:  # trail_broken may come before it
        try:
            line = chain.read(data)
        except NoLine:
            break
        if line.event == "trail_torn":
            said = line.field("bytes")
    if said != chain.torn(tail):
        walk.flaw(path.name, f"says that {said} bytes of a half line stand before it, and there are {len(tail)}")


def _lines(walk: _Walk, path: Path, begins: int, lines: list[bytes]) -> None:
    walk.hashes = {walk.last: walk.head}
    if begins != walk.last + 1:
        walk.flaw(path.name, f"begins with line {begins}, and the one before ends with line {walk.last}")
        walk.last = begins - 1
    for n, data in enumerate(lines, begins):
        where = f"{path.name}, line {n - begins + 1}"
        walk.last += 1
        try:
            line = chain.read(data)
        except NoLine as flaw:
            walk.flaw(where, str(flaw))
            walk.head = chain.hash_of(data)
            continue
        if line.n != n:
            walk.flaw(where, f"has number {line.n} in the place of {n}")
        if line.before != walk.head:
            walk.flaw(where, "does not follow from the line before")
        _remember(walk, line)


def _remember(walk: _Walk, line: Line) -> None:
    walk.head = line.hash
    walk.hashes[walk.last] = line.hash
    if line.event == "segments_removed" and type(line.field("line")) is int:
        walk.removed = max(walk.removed, line.field("line"))
    if line.event == "trail_broken":
        walk.flaw(f"line {line.n}", f"the caretaker found it broken at {line.at}: {line.field('flaw')}")


def _seal(walk: _Walk, path: Path, data: bytes, key: PublicKey, last: bool) -> None:
    seal = path.with_name(path.name + SEAL)
    try:
        if not key.verifies(disk.read(seal) or b"", data):
            walk.flaw(seal.name, "does not verify")
    except FileNotFoundError:
        if not last:
            walk.flaw(path.name, "is not sealed, though another follows")


def _anchor(walk: _Walk, folder: Path, key: PublicKey) -> int:
    """Hold the end against the anchor; returns how many lines stand behind it."""
    try:
        anchor: Anchor = chain.read_anchor(disk.read(folder / ANCHOR) or b"", key)
    except FileNotFoundError:
        walk.flaw(ANCHOR, "is missing")
        return 0
    except NoLine as flaw:
        walk.flaw(ANCHOR, str(flaw))
        return 0
    if walk.lost:
        return 0
    if anchor.lines > walk.last:
        walk.flaw(ANCHOR, f"vouches for {anchor.lines} lines, and the trail ends with line {walk.last}")
    elif walk.hashes.get(anchor.lines, NOTHING_BEFORE if anchor.lines == 0 else "") != anchor.head:
        walk.flaw(ANCHOR, f"has another hash of line {anchor.lines} than the trail")
    return max(0, walk.last - anchor.lines)


def _strangers(folder: Path, there: list[Path], removed: int) -> Iterator[str]:
    """Files that the trail has not made. A seal may outlive its segment, if the power went while both were removed."""
    ours = {name for path in there for name in (path.name, path.name + SEAL)} | NOT_OURS
    for path in sorted(folder.iterdir()):
        old = chain.first_of(path.name.removesuffix(SEAL))
        if path.name not in ours and not path.name.endswith(disk.UNFINISHED) and not (old and old <= removed):
            yield path.name
