"""cage, the compositor, with the browser's keeper in it: the main process of the screen's unit.

systemd hears a unit's word from its main process alone where PAM has given it a session, as a screen has: what the
main process starts belongs to the session, and not to the unit (systemd.exec(5), PAMName=). The keeper, which alone
knows whether pages are painted, is cage's child. So it says its word to a socket of this process, which passes it on.

For the same reason systemd ends only this process. Whatever way it goes, cage goes with it, and the keeper with cage.
What is left then below it (a keeper or a browser that stands still hears no signal but one) is ours, as the kernel
gives orphans to whoever asks for them, and is killed. So is a cage of which the keeper says that it stands still. What
was below it before it started anything is not: systemd's own "(sd-pam)", which closes the session when this process has
gone.

Without a display there is nothing to start, and no restart brings one: it is reported, and waited for. A cage that does
not even start leaves a console, where it is said in words that a console has.
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
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from kiosk.services import arrow, sd_notify
from kiosk.services.browser import COMPOSITOR_STILL, REPORT_SECONDS, display_there
from kiosk.services.processes import descendants

NOTIFY_SOCKET = "screen.sock"  # in the runtime directory; this user's alone
LETTER_BYTES = 4096  # systemd's own limit
LOOK_SECONDS = 1.0
SHOWN = ("-m", "last")  # on one display, whatever is plugged in: a page over two would have its keys on both
STARTED_SECONDS = 5.0  # a cage that ended sooner, and not as it was told to, has not started
SAID_SECONDS = 8.0
CLEAR = b"\x1b[2J\x1b[H\x1b[?25l"  # of console_codes(4): the screen, to its beginning, no cursor
WORDS = """


    Kono kikai wa ima tsukaemasen.  Madoguchi e dozo.

    This kiosk cannot be used at the moment.  Please go to the desk.


    For the operator: the screen did not start (cage, exit code {code}).
    It is tried again and again.  journalctl -u kiosk-browser
"""
LEFT_SECONDS = 2.0  # within the unit's TimeoutAbortSec, for what is left to go by itself
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def await_display(
    report: Callable[[str, str], object],
    there: Callable[[], bool | None] = display_there,
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Until one is plugged in; systemd hears that this is no failure, and the board why it is dark."""
    watchdog, reports_from = sd_notify.Watchdog(), 0.0
    while there() is False:
        sd_notify.notify("READY=1", "STATUS=No display is plugged in")
        watchdog.turn()
        if time.monotonic() >= reports_from:
            report("browser", "no_display")
            reports_from = time.monotonic() + REPORT_SECONDS
        pause(LOOK_SECONDS)


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
        systemds = set(descendants(os.getpid()))
        cages = {"NOTIFY_SOCKET": str(place), arrow.VARIABLE: str(arrow.hidden(runtime))}
        keepers = ["env", f"--unset={arrow.VARIABLE}", *_dies_with_us("TERM"), *keeper]
        command = [*_dies_with_us("KILL"), cage, *SHOWN, "--", *keepers]
        compositor = subprocess.Popen(command, env={**os.environ, **cages})
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: compositor.terminate())
        signal.signal(signal.SIGABRT, lambda *_: compositor.kill())  # systemd's, when nothing is heard any more
        ended, began = os.pidfd_open(compositor.pid), time.monotonic()
        while heard.fileno() in select.select([heard.fileno(), ended], [], [])[0]:  # its last word comes before its end
            said = heard.recv(LETTER_BYTES).decode("utf-8", "replace")
            if said == COMPOSITOR_STILL:
                compositor.kill()
            else:
                sd_notify.notify(said)
            _bury(compositor.pid)
        code = compositor.wait()
        _end_what_is_left(systemds)
        code = code if code >= 0 else 128 - code
        if code and time.monotonic() - began < STARTED_SECONDS:
            say(code)
        return code


def say(code: int, console: int = 0, seconds: float = SAID_SECONDS) -> None:
    """On the console, if this process has one: cage did not start. A console has Latin letters alone. It stands for so
    long; then systemd clears it, and tries anew."""
    if os.isatty(console):
        with contextlib.suppress(OSError):
            os.write(console, CLEAR + WORDS.format(code=code).replace("\n", "\r\n").encode("ascii"))
        time.sleep(seconds)


def _bury(but: int) -> None:
    """Orphans that have ended wait for it. but: somebody else waits for this one."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != but:
            os.waitpid(ended.si_pid, 0)


def _end_what_is_left(but: Collection[int]) -> None:
    """The keeper has some time to clean up behind its browser. but: not these, which were there before."""
    began = time.monotonic()
    while (left := set(descendants(os.getpid())).difference(but)) and time.monotonic() - began < 2 * LEFT_SECONDS:
        if time.monotonic() - began >= LEFT_SECONDS:
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
        _bury(but=0)


def _dies_with_us(how: str) -> list[str]:
    """Before a command: it gets this signal from the kernel when its parent is gone."""
    return ["setpriv", "--pdeathsig", how, "--"]
