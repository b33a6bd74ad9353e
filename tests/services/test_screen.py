"""The main process of the screen's unit, with a cage that is a shell: whose word systemd hears, and what goes when."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk.ipc.messages import Report
from kiosk.services import arrow, browser, sd_notify
from kiosk.services import screen as screens
from tests.stage import until

RUN = """import sys
from pathlib import Path
from kiosk.services import screen
sys.exit(screen.run(sys.argv[3:], Path(sys.argv[1]), sys.argv[2]))"""
CAGE = """#!/bin/sh
echo "$XCURSOR_PATH" >"$0.arrow"
while [ "$1" != -- ]; do shift; done
shift
"$@" &
trap "kill $!; exit 7" TERM
wait
exit 3
"""
KEEPER = "import os; from kiosk.services import sd_notify; sd_notify.notify('READY=1', f'STATUS={os.getpid()}')"
LAST_WORD = """import os, signal
from pathlib import Path
from kiosk.services import sd_notify
main = int(Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1])
os.kill(main, signal.SIGSTOP)
sd_notify.notify("READY=1")"""
SAYS_ARROW = "import os; from kiosk.services.sd_notify import notify; notify(os.environ.get('XCURSOR_PATH', 'unset'))"
CREDENTIALS = struct.Struct("3i")  # pid, uid, gid; unix(7), SCM_CREDENTIALS


class XcursorImage(ctypes.Structure):
    """Xcursor.h."""

    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("version", "size", "width", "height", "xhot", "yhot", "delay")),
        ("pixels", ctypes.POINTER(ctypes.c_uint32)),
    )


@contextmanager
def screen(
    folder: Path, keeper: str, before: Sequence[str] = ()
) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """The main process, and what systemd has of it. keeper: Python. before: a command that becomes it."""
    cage = folder / "cage"
    cage.write_text(CAGE)
    cage.chmod(0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        systemd.bind(str(folder / "systemd"))
        systemd.settimeout(20)
        command = [*before, sys.executable, "-c", RUN, str(folder), str(cage), sys.executable, "-c", keeper]
        process = subprocess.Popen(command, env={**os.environ, "NOTIFY_SOCKET": str(folder / "systemd")})
        try:
            yield process, systemd
        finally:
            process.kill()
            process.wait()


def test_systemd_hears_the_keepers_word_from_the_main_process(tmp_path: Path) -> None:
    with screen(tmp_path, KEEPER) as (process, systemd):
        said, extra, _, _ = systemd.recvmsg(4096, socket.CMSG_SPACE(CREDENTIALS.size))
        [(_, _, who)] = extra
        assert CREDENTIALS.unpack(who)[0] == process.pid
        ready, status = said.decode().split("\n")
        assert ready == "READY=1"
        assert status != f"STATUS={process.pid}", "it was another that said it"
        assert process.wait(20) == 3, "the code is cage's"
    assert (tmp_path / "screen.sock").stat().st_mode & 0o077 == 0, "nobody else speaks for it"


def test_the_last_word_of_a_keeper_is_heard_also_when_cage_has_gone_with_it(tmp_path: Path) -> None:
    """On a busy machine both have come by the time somebody looks."""
    with screen(tmp_path, LAST_WORD) as (process, systemd):
        until(lambda: states_of(process.pid) == ["T", "Z"], 20)
        process.send_signal(signal.SIGCONT)
        assert systemd.recv(4096) == b"READY=1"
        assert process.wait(20) == 3


def states_of(pid: int) -> list[str]:
    """Of a process and those that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[0] for each in (pid, *children)]


def test_cage_has_an_arrow_that_nobody_sees_and_the_browser_its_own(tmp_path: Path) -> None:
    with screen(tmp_path, SAYS_ARROW) as (_, systemd):
        assert systemd.recv(4096) == b"unset"
    place = Path((tmp_path / "cage.arrow").read_text().strip())
    for name in arrow.NAMES:
        image = loaded(place / "default/cursors" / name)
        assert (image.width, image.height, image.pixels[0]) == (1, 1, 0)


def loaded(file: Path) -> XcursorImage:
    """By the library of the format's own makers."""
    library = ctypes.CDLL("libXcursor.so.1")
    library.XcursorFilenameLoadImage.restype = ctypes.POINTER(XcursorImage)
    image = library.XcursorFilenameLoadImage(str(file).encode(), arrow.SIZE)
    assert image, "it is none"
    return image.contents  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("how", "code"), [(signal.SIGTERM, 7), (signal.SIGKILL, -signal.SIGKILL)], ids=lambda each: str(each)
)
def test_whatever_way_it_goes_nothing_of_it_stays(tmp_path: Path, how: signal.Signals, code: int) -> None:
    with screen(tmp_path, f"{KEEPER}; import time; time.sleep(60)") as (process, systemd):
        keeper = int(systemd.recv(4096).decode().rpartition("=")[2])
        process.send_signal(how)
        assert process.wait(20) == code
        end = time.monotonic() + 20
        while lives(keeper) and time.monotonic() < end:
            time.sleep(0.05)
        assert not lives(keeper)


STOPS = f"{KEEPER}; import signal; os.kill(os.getpid(), signal.SIGSTOP)"
SAYS_STILL = f"{KEEPER}; from kiosk.services.browser import COMPOSITOR_STILL as still; sd_notify.notify(still)"


@pytest.mark.parametrize(
    ("keeper", "how", "code"),
    [
        pytest.param(
            STOPS, signal.SIGABRT, 128 + signal.SIGKILL, id="a keeper that stands still, and systemd's watchdog"
        ),
        pytest.param(STOPS, signal.SIGTERM, 7, id="a keeper that stands still, and a stop"),
        pytest.param(f"{SAYS_STILL}; import time; time.sleep(60)", None, 128 + signal.SIGKILL, id="cage stands still"),
    ],
)
def test_what_stands_still_goes_too_and_is_waited_for(
    tmp_path: Path, keeper: str, how: signal.Signals | None, code: int
) -> None:
    with screen(tmp_path, keeper) as (process, systemd):
        pid = int(systemd.recv(4096).decode().rpartition("=")[2])
        if how is not None:
            stopped = Path(f"/proc/{pid}/stat")
            until(lambda: stopped.read_text().rpartition(")")[2].split()[0] == "T", 20)
            process.send_signal(how)
        assert process.wait(20) == code
        assert not lives(pid)


WITH_A_CHILD = ("sh", "-c", 'sleep 60 & echo $! >"$0"; exec "$@"')


def test_what_systemd_has_put_below_it_is_left_to_systemd_and_not_waited_for(tmp_path: Path) -> None:
    """As a unit with PAMName= has "(sd-pam)", which goes by itself when the main process has gone."""
    systemds = tmp_path / "sd-pam"
    with screen(tmp_path, KEEPER, [*WITH_A_CHILD, str(systemds)]) as (process, systemd):
        systemd.recv(4096)
        ended = time.monotonic()
        assert process.wait(20) == 3
        took = time.monotonic() - ended
        child = int(systemds.read_text())
        try:
            assert lives(child)
            assert took < screens.LEFT_SECONDS
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_missing_display_is_reported_and_waited_for_and_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    reported: list[tuple[str, str]] = []
    monkeypatch.setattr(sd_notify, "notify", lambda *lines: said.extend(lines))
    looks: list[bool | None] = [False, False, True]

    def report(check: str, reason: str) -> None:
        reported.append((Report(check, reason).check, reason))

    screens.await_display(report, lambda: looks.pop(0), lambda _seconds: None)
    assert looks == [] and reported == [("browser", "no_display")]
    assert {"READY=1", "WATCHDOG=1"} <= set(said)
    said.clear()
    screens.await_display(report, lambda: None)
    assert said == [], "a machine that knows of no place for a display is started as it is"


def test_the_kernel_is_asked_for_a_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "DISPLAYS", tmp_path)
    found = [browser.display_there()]
    for name, status in (("card0-HDMI-A-1", "disconnected"), ("card0-DP-1", "connected")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "status").write_text(f"{status}\n")
        found.append(browser.display_there())
    assert found == [None, False, True]


def test_a_cage_that_does_not_start_is_said_on_the_console_in_letters_that_it_has(tmp_path: Path) -> None:
    console, terminal = os.openpty()
    cage = tmp_path / "cage"
    cage.write_text("#!/bin/sh\nexit 9\n")
    cage.chmod(0o755)
    code = RUN.replace("sys.exit(", "screen.say.__defaults__ = (0, 0.1)\nsys.exit(")
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(cage)], stdin=terminal, timeout=60, check=False
    )
    assert ran.returncode == 9
    said = os.read(console, 4096)
    os.close(console)
    os.close(terminal)
    assert said.startswith(screens.CLEAR) and said.isascii()
    for words in (b"Madoguchi e dozo", b"Please go to the desk", b"exit code 9"):
        assert words in said
    assert max(map(len, said.decode().split("\r\n"))) <= 80 and said.count(b"\n") < 25


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
