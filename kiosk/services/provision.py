"""Provisioning, on the machine: what has to be there before the kiosk starts (`prepare`, once at each boot), what is
done with a stick that is put in (`stick`, started by udev for it alone), and the recovery key of an encrypted state
(`recovery`, in the image alone).

The audit trail goes along to a stick while one of the staff waits for that at the screen (kiosk/ipc/trail_to_stick.py).

A stick is mounted twice, in a namespace that ends with this process: to read the answer, and to write what became of
it. An answer that was used is wiped from it then, for hashes of passcodes stand in it. In between it is not mounted,
and may be pulled. Whatever goes wrong with it changes nothing here, is one reason of the board's (config/health.toml,
`provisioning`), an event, and a line on the stick.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from kiosk.config import policy
from kiosk.config.events import event
from kiosk.config.health import CHECKS
from kiosk.config.kiosk import BrowserSettings, salvage
from kiosk.ipc import trail_to_stick
from kiosk.ipc.caretaker import Caretaker, Listener
from kiosk.language.dates import JST
from kiosk.provision import fleet, new_keys, recovery, request, stick, taking
from kiosk.provision.answer import Wrong, check, open_signed
from kiosk.provision.machine import PrivateKey, csr, id_of, key
from kiosk.provision.provisioner import PROVISIONER
from kiosk.provision.recovery import NotMade
from kiosk.provision.stick import How, Mount

log = logging.getLogger("kiosk.provision")

SERVER_GROUP = "kiosk"
KINDS = "vfat,exfat"
FLEET = "kiosk-fleet.*"  # a pattern: the image alone has such a target, and a kiosk without it is no error
SPENT = ("taken", "used")  # the answer is of no use to this machine any more
UNWRITTEN = {"asked": "unreadable", "taken": "unwritten"}  # what is so when the stick takes nothing
NO_RECOVERY = (
    "データの回復キーがまだありません。１分待ってもう一度さし、それでもないときは機械を再起動して「機械の状態」を見てください。",
    "There is no recovery key yet. Wait a minute and put the stick in once more; if there is still none, restart the "
    "machine, and see the board.",
)
MOUNT_SECONDS, RESTART_SECONDS = 30.0, 60.0


def prepare(folder: Path) -> PrivateKey:
    """The machine's keys, the one to the portal, and the end of what was begun. folder: of the settings. Raises
    OSError."""
    taking.finish(folder)
    desk, portal = fleet.own_key(folder), key(folder, taking.group_number(SERVER_GROUP))
    new_keys.leave_word(folder, portal, desk)
    return portal


def run_prepare(config: Path) -> int:
    """The exit code."""
    try:
        with taking.alone(config.parent):
            made = prepare(config.parent)
    except OSError as error:
        return _complain(error)
    print(f"this machine is {id_of(made)}")
    return 0


def run_stick(config: Path, device: str) -> int:
    """The exit code: 0 when the stick could be read and written, whatever was on it."""
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True)
    try:
        with taking.alone(config.parent):
            if taking.finish(config.parent):
                restart()  # then the caretaker tells of it
            made = prepare(config.parent)
            reason, line = use(config, made, functools.partial(mounted, device), restart, caretaker_of)
    except OSError as error:
        _tell(caretaker_of(config), "unwritable")
        _may_be_pulled(config, "unwritable")
        return _complain(error)
    print(f"{reason}{line and ': '}{line}")
    return 1 if reason in UNWRITTEN.values() else 0


def run_recovery(config: Path, device: str) -> int:
    """The exit code. device: with the state."""
    try:
        with taking.alone(config.parent):
            made = recovery.make(config.parent, device)
    except (NotMade, OSError) as error:
        caretaker_of(config).report("recovery", "not_made")
        return _complain(error)
    caretaker_of(config).report("recovery", "kept")
    if made and not caretaker_of(config).tell(event("recovery_key_made")):
        print("provision: the caretaker does not answer; the trail does not have it", file=sys.stderr)
    print("another recovery key was made" if made else "there is a recovery key")
    return 0


def use(
    config: Path,
    key: PrivateKey,
    mount: Mount,
    restart: Callable[[], None],
    caretaker: Callable[[Path], Listener],
    now: Callable[[], float] = time.time,
) -> tuple[str, str]:
    """Read the stick, do what it says, say what was done: the reason, and the line that goes with it. caretaker: by the
    settings as they are then. Raises OSError for this machine's own disk."""
    machine, to_desk = id_of(key), fleet.own_key(config.parent)
    reason, line = _done(config.parent, machine, id_of(to_desk), mount, int(now()))
    if reason == "taken":
        restart()
    _tell(caretaker(config), reason)
    try:
        asked = request.request(config, machine, int(now()), _runtime(config), id_of(to_desk))
        files = {stick.REQUEST: asked, stick.CSR: csr(key), stick.DESK_CSR: csr(to_desk, stick.name_of(machine))}
        lines = [line]
        if (escrow := recovery.kept(config.parent)) is not None:
            files[stick.RECOVERY] = escrow
        elif recovery.wanted():
            lines += NO_RECOVERY
        if (trail := handed(_runtime(config))) is not None:
            files[stick.TRAIL] = trail
        files[stick.SAYS] = _says(machine, reason, lines, now())
        stick.write(mount, machine, files, spent=reason in SPENT)
        if trail is not None and not caretaker(config).tell(event("trail_taken")):
            log.error("the caretaker does not answer; it does not know that the trail was taken")
    except OSError as error:
        log.error("the stick cannot be written: %s", error.strerror or error)
        if reason in UNWRITTEN:
            reason = UNWRITTEN[reason]
            _tell(caretaker(config), reason)
    _may_be_pulled(config, reason)
    return reason, line


def handed(runtime: Path) -> bytes | None:
    """The trail, which one of the staff wants on this stick; None: nobody does."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with open(runtime / trail_to_stick.FILE, "rb", opener=lambda path, _: os.open(path, flags)) as trail:
            return trail.read() if stat.S_ISREG(os.fstat(trail.fileno()).st_mode) else None
    except OSError:  # it is not there, or no file
        return None


def _done(folder: Path, machine: str, desk: str, mount: Mount, now: int) -> tuple[str, str]:
    try:
        data = stick.read(mount, machine)
    except OSError as error:
        return "unreadable", error.strerror or str(error)
    if data is None:
        return "asked", ""
    try:
        answer = open_signed(data, folder / PROVISIONER)
        check(answer, data, machine, request.number(folder), now, desk, policy.installed())
        taking.take(answer, folder)
    except Wrong as wrong:
        return wrong.reason, str(wrong)
    except OSError as error:
        said = "it is used at the next start" if taking.begun(folder) else "nothing was changed"
        return "unwritable", f"{error.strerror}; {said}"
    return "taken", ""


def _says(machine: str, reason: str, more: list[str], now: float) -> bytes:
    """For whoever looks at the stick elsewhere. Windows' editor, too, shows it."""
    row = CHECKS["provisioning"].reasons[reason]
    todo = row.do or ("", "")
    at = f"{datetime.fromtimestamp(now, JST):%Y-%m-%d %H:%M} (JST)"
    said = [f"{stick.name_of(machine)}  {at}  {reason}", f"{row.ja}。{todo[0]}", f"{row.en}. {todo[1]}".rstrip()]
    return "\r\n".join(each for each in (*said, *more) if each).encode("utf-8-sig") + b"\r\n"


def _tell(caretaker: Listener, reason: str) -> None:
    """To trail and board. A caretaker that is away has the stick's own words beside it."""
    told = caretaker.tell(event("provisioned", provision=reason))
    if not (caretaker.report("provisioning", reason) and told):
        log.error("the caretaker does not answer; trail and board do not have it")


def _may_be_pulled(config: Path, reason: str) -> None:
    """A word to whoever stands before the screen, and no more: nothing hangs on it."""
    with contextlib.suppress(OSError):
        stick.may_be_pulled(Path(salvage(config, BrowserSettings)[0].server.runtime_directory), reason)


def _runtime(config: Path) -> Path:
    settings, _wrong = salvage(config, BrowserSettings)
    return Path(settings.caretaker.runtime_directory)


def caretaker_of(config: Path) -> Caretaker:
    return Caretaker(_runtime(config), patience_seconds=10.0)


@contextlib.contextmanager
def mounted(device: str, how: How) -> Iterator[Path]:
    """device: such as /dev/sdb1. Raises OSError."""
    point = os.environ["RUNTIME_DIRECTORY"]  # the unit's
    _run("mount", "-t", KINDS, "-o", f"{how},nosuid,nodev,noexec", device, point)
    try:
        yield Path(point)
    finally:
        with contextlib.suppress(OSError):  # pulled
            _run("umount", point)


def restart() -> None:
    """The new settings are read at a start, and where the machine may go. Whoever is at the kiosk is told
    (kiosk/services/server.py)."""
    for words in (
        ("restart", "kiosk-firewall.service"),
        ("--no-block", "restart", "kiosk-keyboards.service"),
        ("try-restart", "kiosk-caretaker.service"),
        ("--no-block", "try-restart", "kiosk-server.service"),
        ("--no-block", "restart", FLEET),
    ):
        try:
            _run("systemctl", *words)
        except OSError as error:
            log.error("%s: %s", " ".join(words), error)


def _run(*command: str) -> None:
    """Raises OSError, with the program's own last line."""
    seconds = RESTART_SECONDS if command[0] == "systemctl" else MOUNT_SECONDS
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _, said = running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        running.kill()  # and nobody waits for it: what hangs in a dying stick hears of that when the stick answers
        raise OSError(None, f"{command[0]} takes too long") from None
    if running.returncode != 0:
        raise OSError(None, (said.strip().splitlines() or [f"{command[0]} has failed"])[0])


def _complain(error: Exception) -> int:
    print(f"provision: {error}", file=sys.stderr)
    return 1
