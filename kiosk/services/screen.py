"""cage, the compositor, with the browser's keeper in it: the main process of the screen's unit.

systemd hears a unit's word from its main process alone where PAM has given it a session, as a screen has: what the
main process starts belongs to the session, and not to the unit (systemd.exec(5), PAMName=). The keeper, which alone
knows whether pages are painted, is cage's child. So it says its word to a socket of this process, which passes it on.

For the same reason systemd ends only this process. Whatever way it goes, cage goes with it, and the keeper with cage.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kiosk.services import sd_notify

NOTIFY_SOCKET = "screen.sock"  # in the runtime directory; this user's alone
LETTER_BYTES = 4096  # systemd's own limit


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
        command = [*_dies_with_us("KILL"), cage, "--", *_dies_with_us("TERM"), *keeper]
        compositor = subprocess.Popen(command, env={**os.environ, "NOTIFY_SOCKET": str(place)})
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: compositor.terminate())
        ended = os.pidfd_open(compositor.pid)
        while ended not in select.select([heard.fileno(), ended], [], [])[0]:
            sd_notify.notify(heard.recv(LETTER_BYTES).decode("utf-8", "replace"))
        code = compositor.wait()
        return code if code >= 0 else 128 - code


def _dies_with_us(how: str) -> list[str]:
    """Before a command: it gets this signal from the kernel when its parent is gone."""
    return ["setpriv", "--pdeathsig", how, "--"]
