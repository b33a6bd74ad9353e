"""Whatever of the kiosk has been stopped goes on (kiosk-continue.service).

A process that a signal (SIGSTOP) has stopped is in a state of its own, T; one that is slow, waits, or is looked into by
a tracer (t) never is (proc_pid_stat(5)). So nobody has to be patient with it, as the watchdogs are with a busy machine,
and nothing has to end for it: SIGCONT has it go on where it stood, with the visit that it held.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import sys
import time
from collections.abc import Collection
from pathlib import Path

from kiosk.services.processes import stat
from kiosk.services.sd_notify import Watchdog, notify

CGROUPS = Path("/sys/fs/cgroup")
SCREEN = "kiosk-browser"  # its processes are of a session of its user's
LOOK_SECONDS = 0.5
STOPPED = "T"


def run() -> int:
    """Until told to stop. The exit code, where there is nobody to look after."""
    try:
        ours = groups()
    except KeyError:
        print(f"continue: there is no user {SCREEN}; systemd-sysusers makes it", file=sys.stderr)
        return 1
    watchdog, seen = Watchdog(), frozenset[int]()
    notify("READY=1")
    while True:
        watchdog.turn()
        seen = look(ours, seen)
        time.sleep(LOOK_SECONDS)


def groups(user: str = SCREEN) -> tuple[str, ...]:
    """Where systemd keeps the processes of the kiosk's services, of pcscd and of the screen's session, below CGROUPS.
    Nobody else's, such as what an administrator holds with Ctrl+Z. Raises KeyError when there is no such user."""
    session = f"user.slice/user-{pwd.getpwnam(user).pw_uid}.slice/**"
    return tuple(
        f"{each}/cgroup.procs" for each in ("system.slice/kiosk-*.service", "system.slice/pcscd.service", session)
    )


def look(ours: Collection[str], seen: Collection[int], cgroups: Path = CGROUPS) -> frozenset[int]:
    """Have those go on that are stopped, and were when last looked at (`seen`): who stops something for less means it.
    Returns those that are stopped and were not."""
    listed = {pid for each in ours for file in cgroups.glob(each) for pid in _listed(file)}
    stopped = {pid for pid in listed if _state(pid) == STOPPED}
    for pid in stopped & set(seen):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGCONT)
            print(f"process {pid} had been stopped, and goes on", file=sys.stderr)
    return frozenset(stopped - set(seen))


def _listed(file: Path) -> list[int]:
    """The processes of a group; none of one that has ended."""
    try:
        return [int(line) for line in file.read_text().split()]
    except OSError:
        return []


def _state(pid: int) -> str:
    """As the kernel names it; nothing of one that has ended."""
    try:
        return stat(pid)[0]
    except OSError:
        return ""
