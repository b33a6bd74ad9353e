"""What the kernel says of processes (proc_pid_stat(5)), and the end of a group of them."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

PROC = Path("/proc")
GONE_SECONDS = 0.5  # for which the processes of a killed group are waited for


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


def children_of_type(root: int, *kinds: bytes) -> Iterator[int]:
    """The processes below `root` with one of these words in their command."""
    for pid in descendants(root):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if any(kind in command for kind in kinds):
                yield pid


def processor_seconds(root: int) -> float:
    """The processor time [s] that `root` has used, with every process below it that is there now."""
    ticks = 0
    for pid in (root, *descendants(root)):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, stat(pid)[11:13]))  # utime and stime
    return ticks / os.sysconf("SC_CLK_TCK")


def waited_seconds(pids: Iterable[int]) -> float:
    """How long the first threads of these have waited for a processor in their lives (the kernel's sched-stats.rst)."""
    nanoseconds = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError, IndexError):
            nanoseconds += int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
    return nanoseconds / 1e9


def has_ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether it has within this time. The kernel tells at once: `Popen.wait` with a time-out would ask for it, forty
    times a second by day and by night."""
    if process.poll() is not None:
        return True
    try:
        ending = os.pidfd_open(process.pid)
    except ProcessLookupError:  # somebody has waited for it just now
        return True
    try:
        return bool(select.select([ending], [], [], seconds)[0])
    finally:
        os.close(ending)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group that `process` leads, also when that has gone, and what stands still; and see it gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    until = time.monotonic() + GONE_SECONDS
    while lives(process.pid) and time.monotonic() < until:
        time.sleep(0.01)


def lives(group: int) -> bool:
    """Whether a process of the group has not ended. One that has may wait a while for the system to reap it."""
    for pid in every():
        with contextlib.suppress(OSError):
            state, _parent, its_group = stat(pid)[:3]
            if int(its_group) == group and state not in "ZX":
                return True
    return False
