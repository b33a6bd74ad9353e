"""What stands in the whole memory of a machine, the kernel's and the programs', in use or freed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.appliance.machine import Machine
from tests.forgetting.memory import CHUNK, Search


def nothing() -> None: ...


def found(machine: Machine, needles: Mapping[str, set[bytes]], then: Callable[[], None] = nothing) -> set[str]:
    """The names of the needles that stand in it. It stands still while its memory is written down, and goes on while
    that is looked through. then: done between the two."""
    search = Search(needles)
    dump = machine.dump()
    then()
    try:
        return search.within(pieces(dump, search.longest))
    finally:
        dump.unlink()


def places(path: Path, needles: Mapping[str, set[bytes]]) -> set[tuple[str, int]]:
    """Where in a file the needles stand, each with its name."""
    search, at, there = Search(needles), 0, set()
    for piece in pieces(path, search.longest):
        there |= {(name, at + begins) for name, begins in search.places(piece)}
        at += max(0, len(piece) - search.longest)
    return there


def pieces(path: Path, overlap: int) -> Iterator[bytes]:
    """A file in pieces, each beginning with the end of the one before: what lies across an edge is whole in one."""
    with path.open("rb") as file:
        end = b""
        while piece := file.read(CHUNK):
            yield end + piece
            end = (end + piece)[-overlap:]
