"""cage, the compositor, with the browser's keeper in it: the main process of the screen's unit.

systemd hears a unit's word from its main process alone where PAM has given it a session, as a screen has: what the
main process starts belongs to the session, and not to the unit (systemd.exec(5), PAMName=). The keeper, which alone
knows whether pages are painted, is cage's child. So it says its word to a socket of this process, which passes it on.

For the same reason systemd ends only this process. Whatever way it goes, cage goes with it, and the keeper with cage.
What is left then below it (a keeper or a browser that stands still hears no signal but one) is ours, as the kernel
gives orphans to whoever asks for them, and is killed. So is a cage of which the keeper says that it stands still.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from kiosk.services import sd_notify
from kiosk.services.browser import COMPOSITOR_STILL, descendants

NOTIFY_SOCKET = "screen.sock"  # in the runtime directory; this user's alone
LETTER_BYTES = 4096  # systemd's own limit
LEFT_SECONDS = 2.0  # within the unit's TimeoutAbortSec, for what is left to go by itself
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def run(keeper: Sequence[str], runtime: Path, cage: str = "cage") -> int:
    """Run the keeper in cage until cage ends. Returns its exit code, 128 and the number of a signal.

    keeper: its command. runtime: the runtime directory. Raises OSError when cage or the socket cannot be had."""
    place = runtime / NOTIFY_SOCKET
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        mask = os.umask(0o077)
        try:
            heard.bind(str(place))
        finally:
            os.umask(mask)
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        command = [*_dies_with_us("KILL"), cage, "--", *_dies_with_us("TERM"), *keeper]
        compositor = subprocess.Popen(command, env={**os.environ, "NOTIFY_SOCKET": str(place)})
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: compositor.terminate())
        signal.signal(signal.SIGABRT, lambda *_: compositor.kill())  # systemd's, when nothing is heard any more
        ended = os.pidfd_open(compositor.pid)
        while ended not in select.select([heard.fileno(), ended], [], [])[0]:
            said = heard.recv(LETTER_BYTES).decode("utf-8", "replace")
            if said == COMPOSITOR_STILL:
                compositor.kill()
            else:
                sd_notify.notify(said)
            _bury(compositor.pid)
        code = compositor.wait()
        _end_what_is_left()
        return code if code >= 0 else 128 - code


def _bury(but: int) -> None:
    """Orphans that have ended wait for it. but: somebody else waits for this one."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != but:
            os.waitpid(ended.si_pid, 0)


def _end_what_is_left() -> None:
    """The keeper has some time to clean up behind its browser."""
    began = time.monotonic()
    while (left := list(descendants(os.getpid()))) and time.monotonic() - began < 2 * LEFT_SECONDS:
        if time.monotonic() - began >= LEFT_SECONDS:
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
        _bury(but=0)


def _dies_with_us(how: str) -> list[str]:
    """Before a command: it gets this signal from the kernel when its parent is gone."""
    return ["setpriv", "--pdeathsig", how, "--"]
