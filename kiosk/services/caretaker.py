"""The caretaker: it lives as long as the machine, keeps what may be kept, and never learns of a person.

One Unix socket of typed messages (kiosk/ipc/messages.py). The kernel says who speaks (SO_PEERCRED); what may be said,
and what is answered, is the dispatcher's (kiosk/caretaker/dispatch.py). One thread does everything, one message after
the other, and waits for nobody:

    a speaker that says nothing            costs a descriptor; there are so many of a user, and the oldest makes room
    one that does not read its answer      is hung up on
    one that says one thing after another  has its turn once in a round, like everybody; too much is not heard
    a message that is too long             the speaker is hung up on
    a user who is none of ours             is hung up on before anything was read

A round without a message ends after TURN_SECONDS: gaps are written, hours end, systemd is told that all is well. A loop
that stands still tells it nothing any more, and is started anew (WatchdogSec in the unit).

What a signal does: TERM, INT and HUP end it, with `caretaker_ended` as the last line.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pwd
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from kiosk.caretaker import appointed, disk, finished, looked_into, new_keys, passcodes, restarts, sealed_before
from kiosk.caretaker.alertmanager import Alertmanager
from kiosk.caretaker.alerts import Alerts, Carrier
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.dispatch import Dispatcher
from kiosk.caretaker.gather import Found, Gather
from kiosk.caretaker.hours import Hours
from kiosk.caretaker.identity import identity
from kiosk.caretaker.key import PUBLIC_FILE, Key, NoKey
from kiosk.caretaker.last_good_settings import current_or_last_good
from kiosk.caretaker.metrics import Figures, Server
from kiosk.caretaker.overview import Overview
from kiosk.caretaker.record import Record
from kiosk.caretaker.restarts import Restarts
from kiosk.caretaker.trail import FOLDER, Trail, Unwritable
from kiosk.caretaker.trail_to_stick import TrailToStick
from kiosk.config import guidance
from kiosk.config.events import Counts, Event, Speaker, event
from kiosk.config.guidance import Guidance
from kiosk.config.kiosk import CaretakerSettings, Settings, salvage
from kiosk.ipc import doors
from kiosk.ipc.appointed import FILE as APPOINTED
from kiosk.ipc.finished import FILE as FINISHED
from kiosk.ipc.looked_into import FILE as LOOKED_INTO
from kiosk.ipc.messages import LONGEST, SOCKET
from kiosk.ipc.new_keys import FILE as NEW_KEYS
from kiosk.services import sd_notify

log = logging.getLogger("kiosk.caretaker")

TURN_SECONDS = 0.5
TRAIL_SECONDS = 3600.0  # from one look at whether the trail is still as it was written to the next
CONNECTIONS_EACH = 16  # of one user
WAITING = 64  # who may wait to be let in
CREDENTIALS = struct.Struct("3i")  # ucred: pid, uid, gid (unix(7))
USERS: Mapping[str, Speaker] = {"kiosk": "server", "kiosk-browser": "browser"}  # systemd/sysusers.d
EVERYBODY: frozenset[Speaker] = frozenset({"server", "browser", "root"})


def speakers() -> dict[int, frozenset[Speaker]]:
    """Who is heard, by uid. Our own user is everybody at once: in a demo there is no other, and on an appliance nobody
    else has it."""
    known: dict[int, frozenset[Speaker]] = {0: frozenset({"root"})}
    for name, speaker in USERS.items():
        with contextlib.suppress(KeyError):  # not on this machine
            known[pwd.getpwnam(name).pw_uid] = frozenset({speaker})
    return {**known, os.geteuid(): EVERYBODY}


class Switchboard:
    """The socket, and who is on the line. Bytes come and go; what they mean is the dispatcher's."""

    def __init__(self, path: Path, dispatcher: Dispatcher, known: Mapping[int, frozenset[Speaker]]) -> None:
        self._dispatcher, self._known = dispatcher, known
        self._path = path
        self._lines: dict[socket.socket, int] = {}  # and their users, the oldest first
        self._poll = selectors.DefaultSelector()
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        self._listener.bind(str(path))
        path.chmod(0o666)  # who may speak is decided by who it is
        self._listener.listen(WAITING)
        self._poll.register(self._listener, selectors.EVENT_READ)

    def round(self) -> None:
        """Everybody who has something to say says one thing; or TURN_SECONDS pass."""
        for key, _ in self._poll.select(TURN_SECONDS):
            if key.fileobj is self._listener:
                self._let_in()
            elif key.fileobj in self._lines:
                assert isinstance(key.fileobj, socket.socket)
                self._hear(key.fileobj)

    def close(self) -> None:
        for line in list(self._lines):
            self._hang_up(line)
        self._listener.close()
        self._poll.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _let_in(self) -> None:
        try:
            line, _ = self._listener.accept()
        except OSError:
            return  # gone again, or there are no descriptors: those on the line make room in time
        line.setblocking(False)
        user = user_of(line)
        if user not in self._known:
            line.close()
            return
        theirs = [each for each, of in self._lines.items() if of == user]
        if len(theirs) >= CONNECTIONS_EACH:
            self._hang_up(theirs[0])
        self._lines[line] = user
        self._poll.register(line, selectors.EVENT_READ)

    def _hear(self, line: socket.socket) -> None:
        try:
            data, _, flags, _ = line.recvmsg(LONGEST)
            if not data or flags & socket.MSG_TRUNC:
                self._hang_up(line)
            else:
                line.send(self._dispatcher.hear(data, self._known[self._lines[line]]))
        except OSError:  # gone, or it does not read what it asked for
            self._hang_up(line)

    def _hang_up(self, line: socket.socket) -> None:
        self._poll.unregister(line)
        del self._lines[line]
        line.close()


def user_of(line: socket.socket) -> int:
    """The uid of whoever connected, as the kernel noted it then."""
    _pid, user, _gid = CREDENTIALS.unpack(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size))
    return int(user)


class Service:
    """All of it, put together. config: the file of the settings. Raises NoKey, and OSError when the folders cannot be
    used."""

    def __init__(self, settings: CaretakerSettings, config: Path) -> None:
        kept = settings.caretaker
        runtime, state = Path(kept.runtime_directory), Path(kept.state_directory)
        disk.private_folder(state)
        sealed_before.set_aside(state)
        key = Key.of(state)
        disk.put(runtime / PUBLIC_FILE, key.public.pem, 0o644)  # for everybody: what verifies the trail
        self._trail = Trail(state / FOLDER, key, kept.kept_days, follows=sealed_before.is_there(state))
        called = settings.alerts
        self._carrier = Carrier(Alertmanager(called.url)).start() if called.kind == "alertmanager" else None
        self._alerts = Alerts(called.kiosk, self._carrier, lambda told: self._record.tell(told))
        self._figures = Figures(datetime.now(UTC).timestamp(), self._carrier)
        self._metrics = _serve(self._figures, kept.metrics_port)
        self._restarts = Restarts(lambda told: self._record.tell(told), restarts.may())
        self._record = Record(self._trail, Hours(runtime, state), hears=self._hear)
        self._held = time.monotonic()  # when the trail was last held against what was written
        self._gather = Gather(
            config,
            state,
            lambda: staff.accounts.values() if staff.usable else None,
            lambda: self._record.unwritten,
            lambda: self._trail.broken or self._overview.broken.stands,
            confirmed=lambda facts: self._overview.facts.confirmed(facts),
        )
        changes = Changes(self._record, state)  # before anybody reads a file there
        self._overview = Overview(
            state,
            changes,
            lambda: facts_of(config),
            lambda: identity(config),
            self._look,
            opening=settings.opening,
            left=runtime / doors.FILE,
            silent=lambda speaker: self._restarts.silent(speaker),
            wanted=kept.wanted_version,
        )
        self._figures.booted(self._overview.boots.count)
        self._record.written, self._record.known = self._written, self._overview.known
        self._begin()
        for told in self._overview.board.standing:
            self._alerts.hear(told)
        staff = passcodes.Passcodes(state / passcodes.FILE, changes)
        appointed.appoint(config.with_name(APPOINTED), staff)
        answers = finished.FinishedAnswers(config.with_name(FINISHED), state, changes, self._overview.report)
        answers.tell()
        new_keys.tell(config.with_name(NEW_KEYS), state, changes, self._overview.report)
        looked_into.tell(config.with_name(LOOKED_INTO), state, changes)
        trail_to_stick = TrailToStick(state / FOLDER, key, runtime)
        self._dispatcher = Dispatcher(
            self._record, staff, self._overview, self._anchored, self._alerts, self._restarts, trail_to_stick, answers
        )
        self._board = Switchboard(runtime / SOCKET, self._dispatcher, speakers())
        self._told_to_stop = False

    def _look(self, again: bool) -> Iterator[Found]:
        """again: staff have asked for it."""
        if again or time.monotonic() - self._held >= TRAIL_SECONDS:
            self._held = time.monotonic()
            self._record.look_again()
        return self._gather(again)

    def run(self) -> None:
        """Until `stop`."""
        sd_notify.notify("READY=1")
        turned = 0.0
        while not self._told_to_stop:
            self._board.round()
            if time.monotonic() - turned >= TURN_SECONDS:
                turned = time.monotonic()
                self._dispatcher.turn()
                self._figures.trail(*self._anchored(), self._record.unwritten)
                self._figures.house(self._overview.board.rows, self._overview.doors.stand)
                self._figures.left(self._overview.upload_progress.before)
                ends = self._gather.ends
                self._figures.certificates(ends.timestamp() if ends else None, self._overview.upload_progress.ends)
                known = self._overview.versions
                self._figures.versions(running=known.running, wanted=known.wanted, good=known.good)
                self._figures.asked(known.asked)
                sd_notify.notify("WATCHDOG=1")
        sd_notify.notify("STOPPING=1")
        self._board.close()
        if self._metrics is not None:
            self._metrics.close()
        if self._carrier is not None:
            self._carrier.stop()
        self._record.stop(event("caretaker_ended"))
        self._overview.stop()

    def stop(self) -> None:
        """For a signal's handler."""
        self._told_to_stop = True

    def _begin(self) -> None:
        try:
            self._trail.open()
        except Unwritable as error:
            log.error("%s", error)
        before = self._trail.last_event
        after = "clean" if before == "caretaker_ended" else "unclean" if before else "first"
        self._record.tell(event("caretaker_started", after=after))

    def _hear(self, told: Event | Counts) -> None:
        self._alerts.hear(told)
        self._figures.hear(told)
        self._restarts.hear(told)

    def _written(self, told: Event | Counts, line: int) -> None:
        if told.name == looked_into.WORD:
            self._trail.looked_into()
        self._overview.written(told, line)

    def _anchored(self) -> tuple[int, str]:
        anchor = self._trail.anchor
        return (anchor.lines, anchor.head) if anchor else (0, "")


def facts_of(config: Path) -> Guidance:
    """What people are told, as the next start of the server will read it. Raises ConfigError."""
    settings, _wrong = salvage(config, Settings)
    return guidance.load(settings.station.guidance_file)


def _serve(figures: Figures, port: int | None) -> Server | None:
    """The door for Prometheus, if one is wanted. Without it everything else goes on."""
    try:
        return None if port is None else Server(port, figures)
    except OSError as error:
        log.error("caretaker.metrics_port: %s: %s; nobody can have figures", port, error.strerror)
        return None


def run(config: Path) -> int:
    """Serve until told to stop. config: the file of the settings. The exit code: 1 when there is no place for the
    state, or no key."""
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True)
    os.umask(0o077)
    try:
        settings = current_or_last_good(config)
        runtime = settings.caretaker.runtime_directory
        if not os.access(runtime, os.W_OK | os.X_OK):
            print(f"caretaker.runtime_directory: {runtime} is not there or not writable for this user", file=sys.stderr)
            return 1
        service = Service(settings, config)
    except NoKey as error:
        print(f"caretaker: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"caretaker: {error.filename or 'its folders'}: {error.strerror}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: service.stop())
    service.run()
    return 0
