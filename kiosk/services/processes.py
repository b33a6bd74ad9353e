"""What the kernel says of processes (proc_pid_stat(5))."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def stat(pid: int) -> list[str]:
    """From the third field on: state, parent, group and so on. A name may have blanks and brackets. Raises OSError for
    one that has gone."""
    return (PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()


def every() -> Iterator[int]:
    """Each that is there now."""
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def descendants(root: int) -> Iterator[int]:
    """Every process below `root`."""
    parents: dict[int, list[int]] = {}
    for pid in every():
        with contextlib.suppress(OSError):
            parents.setdefault(int(stat(pid)[1]), []).append(pid)
    waiting = [root]
    while waiting:
        children = parents.get(waiting.pop(), [])
        yield from children
        waiting.extend(children)
