"""The server: gunicorn's arbiter is the warm parent that has imported everything and seen nobody; its one worker is
the session.

When the session has ended the worker leaves with `os._exit`, the kernel takes back every page that held a name or a
PIN, and the arbiter forks the next. The arbiter keeps the listening socket, so a browser that comes in between waits
in the backlog. The application is made in the worker, after the fork: a site name of its own, devices of its own.

Every end is one end. What a signal does:

    to the arbiter      TERM INT QUIT                    the session ends (below), then the arbiter
    to the worker       TERM INT QUIT, arbiter's death   the session ends: nobody is waited for, what was begun at the
                                                         portal is cancelled, the screen is empty
    to either           HUP USR1 USR2 TTIN TTOU TSTP     nothing. gunicorn would reload, reopen, fork a second arbiter,
                        WINCH                            or have one worker more, and so two sessions; or stand still
    to either           KILL, and whatever else kills    the record of what was begun (`portal/begun.py`) is what is
                                                         left, and the next session cancels it beside its own life

Whatever part of a start fails, there is a screen, and it does what it still can. Slips or screens that could not be
made ready are made when they are wanted; a device that cannot be opened is as one that does not answer; facts that
cannot be read are told as the kiosk was shipped with them. Whatever else fails leads to guidance only (`safe`): neither
reader, printer nor portal is touched, nothing of a person is read, and people are told on the first screen. So it is

    when the settings do not fit        by what does fit of them, for what was meant by the rest nobody knows
    when three starts came to nothing   by all of them, for nobody knows what it was (starts.py)

This is the composition root: the one place that knows which device stands behind which protocol.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.errors import HaltServer  # type: ignore[import-untyped]
from msgspec import structs

from kiosk.config import guidance
from kiosk.config.events import event
from kiosk.config.file import ConfigError
from kiosk.config.guidance import Guidance
from kiosk.config.kiosk import AsSet, Bell, Keypad, Portal, Printer, Settings, Voice
from kiosk.config.kiosk import Beacon as BeaconSettings
from kiosk.hw.button import InputButton
from kiosk.hw.device import Jack, NoJack, NoReader, Reader
from kiosk.hw.jack import InputJack
from kiosk.hw.keypad import ListedKeypad
from kiosk.hw.printer import NoPrinter, open_printer
from kiosk.hw.supervise import Complaints, stands, start, where, within
from kiosk.ipc import stick_done
from kiosk.ipc.caretaker import Listener, NoCaretaker, Untold
from kiosk.ipc.messages import SafeFor
from kiosk.portal.begun import Begun
from kiosk.portal.client import PortalClient
from kiosk.receipts import pictures
from kiosk.services import sd_notify
from kiosk.services.browser_words import ALIVE, ASTRAY, FORGET, RESTART, tell_browser
from kiosk.services.starts import TRIES, Starts
from kiosk.session import visit
from kiosk.session.beacon import Beacon
from kiosk.session.calling import Calling
from kiosk.session.course import Course
from kiosk.session.devices import Aids, Devices
from kiosk.session.handover import Handover
from kiosk.session.session import Session
from kiosk.session.shown import View
from kiosk.voice.mouth import Mouth
from kiosk.web import peer, steady_clock, view
from kiosk.web.app import create
from kiosk.web.connections import GuardedWorker
from kiosk.web.site import Site
from kiosk.web.socket import Line

log = logging.getLogger("kiosk.server")

THREADS = 8  # one for the page's socket, the rest for what it loads
LAST_WORDS_SECONDS = 0.2  # at most, for the closing screen to reach the page; it takes some milliseconds
STANDS_SECONDS = 20  # that a worker's loop may not turn, before the arbiter kills it; making a session is a part of it
CONNECTIONS = 64  # of one browser, which has six at most to a host, and a socket

# A stop, within the unit's TimeoutStopSec (systemd/kiosk-server.service): the session has so long to end by itself …
UNWIND_SECONDS = 3.0
SETTLE_SECONDS = 5.0  # … and if it waits for the portal, what it has begun is cancelled past it, within this time
STOP_SECONDS = 10  # after which the arbiter kills

# A session whose thread stands still, although everything it may wait for is bounded: it may work so long besides …
WORK_SECONDS = 60.0
TOLD_SECONDS = 20.0  # … and then its last screen is there to be read

# What the journal is told. A visit leaves no line in it: each screen with its microsecond, beside a camera, names the
# person and their problem. INFO is for what a visit does, and no setting of an appliance turns it on.
FAULTS, VISITS = logging.WARNING, logging.INFO

SAFE: dict[SafeFor, str] = {
    "settings": "the settings do not fit, as was said above; correct them, then restart kiosk-server",
    "starts": "three starts came to nothing; what was said before this tells why. The next start is as set again",
}
Thing = TypeVar("Thing")

steady_clock.measure(steady_clock.GUNICORN)

HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
UNHEARD = tuple(getattr(signal, f"SIG{name}") for name in ("HUP", "USR1", "USR2", "TTIN", "TTOU", "TSTP", "WINCH"))

PR_SET_DUMPABLE = 4  # linux/prctl.h


class OneSession(Arbiter):  # type: ignore[misc]
    """gunicorn's arbiter, without the signals by which there would be a second session or a second arbiter."""

    def init_signals(self) -> None:
        super().init_signals()
        for number in UNHEARD:
            signal.signal(number, signal.SIG_IGN)

    def spawn_worker(self) -> None:
        """No signal is heard between the fork and the worker's own handlers, which let through what has come."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (*HEARD, *UNHEARD))
        try:
            super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def murder_workers(self) -> None:
        """Once in each turn of the arbiter's loop, so once a second: that it turns is what the unit's watchdog waits
        for. The arbiter watches the worker in turn, by what gunicorn does here."""
        sd_notify.notify("WATCHDOG=1")
        if self.app.unseen >= TRIES:  # or the next would follow it, at full speed, behind a screen that never comes
            raise HaltServer("no session comes to a page", self.APP_LOAD_ERROR)
        super().murder_workers()


class Worker(GuardedWorker):
    """gunicorn's worker, which lives as long as its session, and not longer than the arbiter."""

    def init_process(self) -> None:
        self.cfg.set("graceful_timeout", 0)  # here, not in the arbiter: it is the session that is waited for
        super().init_process()

    def init_signals(self) -> None:
        super().init_signals()
        for number in UNHEARD:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (*HEARD, *UNHEARD))

    def handle_exit(self, sig: int, frame: object) -> None:
        self.app.stop()
        super().handle_exit(sig, frame)

    handle_quit = handle_exit

    def run(self) -> None:
        """Serve until told to stop, or until there is no arbiter any more, which gunicorn looks for once a second."""
        try:
            super().run()
        except Exception as error:  # nobody can be answered any more
            log.error("the worker ends for %s", type(error).__name__)
        self.app.leave()


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, with a session for an application."""

    def __init__(
        self,
        settings: Settings,
        facts: Guidance,
        open_reader: Callable[[], Reader],
        caretaker: Callable[[Untold], Listener] = lambda _untold: NoCaretaker(),
        safe: SafeFor | None = None,
        starts: Starts | None = None,
        as_set: AsSet | None = None,
    ) -> None:
        self._safe, self._as_set = safe, as_set or AsSet(settings)
        self._starts = starts or Starts(settings.server.runtime_directory)
        self.unseen = 0  # sessions, one after another, that ended before there was a page, and not as they were told to
        self._settings = settings
        self._facts = facts
        self._open_reader = open_reader
        self._handover = Handover()
        self._caretaker = caretaker(self._handover)
        self._live: Live | None = None  # in the worker
        super().__init__()

    def load_config(self) -> None:
        for key, value in {
            "bind": f"127.0.0.1:{self._settings.server.port}",
            "proc_name": "kiosk",
            "workers": 1,
            "worker_class": Worker,
            "worker_connections": CONNECTIONS,
            "threads": THREADS,
            "worker_tmp_dir": "/dev/shm",
            "timeout": STANDS_SECONDS,
            "graceful_timeout": STOP_SECONDS,
            "control_socket_disable": True,
            "loglevel": "warning",
            "child_exit": self._session_died,
        }.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        """The application, in the worker. That none can be made has nothing to do with a person, and the next fork
        would meet the same: the arbiter ends with it, and the unit begins anew from nothing."""
        try:
            self._live = self.open()
        except Exception as error:
            log.critical("no session can begin, and the server ends: %s", where(error))
            os._exit(OneSession.APP_LOAD_ERROR)
        return self._live.app

    def open(self) -> Live:
        return open_session(
            self._settings,
            self._facts,
            opened("the reader", self._open_reader, NoReader),
            self._handover,
            self._caretaker,
            self._safe,
            self._starts,
            self._as_set,
        )

    def run(self) -> None:
        arbiter = os.getpid()
        self._caretaker.tell(event("server_started"))
        if self._safe is not None:
            self._caretaker.tell(event("guidance_only", safe_for=self._safe))
        try:
            OneSession(self).run()
        except SystemExit as ended:
            if os.getpid() == arbiter and not ended.code:  # as it was told to, and no worker that could not begin
                self._starts.good()
                self._caretaker.tell(event("server_ended"))
            raise

    def stop(self) -> None:
        """The session of this process is to end. For a signal's handler: nothing is waited for."""
        if self._live is not None:
            self._live.session.stop()

    def leave(self) -> NoReturn:
        """End this process, as soon as its session has."""
        self._handover.unseen = False  # it was told to
        try:
            if self._live is not None:
                self._live.end()
        finally:
            os._exit(0)

    def _session_died(self, _arbiter: object, _worker: object) -> None:
        with Complaints(log).survive("telling the browser's keeper"):  # gunicorn ends with what its hook raises
            tell_browser(self._settings, RESTART if self._handover.typed else FORGET)
            self._handover.typed = False
        self.unseen, self._handover.unseen = self.unseen + 1 if self._handover.unseen else 0, False
        if self._handover.in_use:
            self._handover.in_use = False
            self._caretaker.tell(event("session_died"))


def serve(
    settings: Settings,
    open_reader: Callable[[], Reader],
    caretaker: Callable[[Untold], Listener] = lambda _untold: NoCaretaker(),
    journal: int = FAULTS,
    safe: SafeFor | None = None,
    starts: Starts | None = None,
    as_set: AsSet | None = None,
) -> None:
    """Serve until told to stop. `open_reader` is called after each fork; `caretaker` is given where to count what could
    not be told to it; `journal` is VISITS among stand-ins alone; `safe`: why there is guidance only; `as_set`:
    what the staff are shown of the settings."""
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger("kiosk").setLevel(journal)
    keep_memory_private()
    if not peer.can_tell():
        sys.exit("server: this kernel does not say whose a connection is; it needs sock_diag (module tcp_diag)")
    facts, as_set = facts_of(settings), as_set or AsSet(settings)
    complaints = Complaints(log)
    with complaints.survive("making the screens ready"):
        view.warm(lambda language: sd_notify.stage(f"the screens, {language.code}"))
    sd_notify.stage("the slips")
    if safe is None:
        with complaints.survive("making the slips ready"):
            pictures.warm(settings)
    else:
        log.error("there is guidance only: %s", SAFE[safe])
        settings, open_reader = without_devices(settings), NoReader
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # the slips made ready have left room that nobody needs again: about 10 MB
    gc.freeze()  # what is here lives as long as the arbiter: no session looks through it, or has it copied by looking
    Server(settings, facts, open_reader, caretaker, safe, starts, as_set).run()


def facts_of(settings: Settings) -> Guidance:
    """What people are told; as it was shipped, if the station's own cannot be read."""
    try:
        return guidance.load(settings.station.guidance_file)
    except ConfigError as error:
        log.error("%s; people are told the facts that come with the kiosk", error)
        return guidance.load()


def without_devices(settings: Settings) -> Settings:
    """What guidance needs of the settings."""
    return structs.replace(
        settings,
        printer=Printer(),
        portal=Portal(),
        voice=structs.replace(settings.voice, jack=None),
        bell=Bell(),
        keypad=Keypad(),
        beacon=BeaconSettings(),
    )


def open_jack(settings: Voice) -> Jack:
    return InputJack(settings.jack) if settings.jack else NoJack()


def open_aids(settings: Settings) -> Aids:
    """A beacon without a voice is none."""
    bell, keypad, remote = settings.bell.device, settings.keypad.device, settings.beacon.device
    beacon = settings.beacon.fitted and settings.voice.enabled
    return Aids(
        InputButton(bell, "bell") if bell else None,
        ListedKeypad(keypad) if keypad else None,
        InputButton(remote, "remote") if remote and beacon else None,
        beacon,
    )


def opened(what: str, how: Callable[[], Thing], otherwise: Callable[[], Thing]) -> Thing:
    """A device; one that cannot even be opened is as one that does not answer."""
    with Complaints(log).survive(f"opening {what}"):
        return how()
    return otherwise()


class Live:
    """The session of this process, and the thread that lives it."""

    def __init__(self, app: Flask, session: Session, portal: PortalClient, thread: threading.Thread) -> None:
        self.app, self.session = app, session
        self._portal, self._thread = portal, thread

    def end(self) -> None:
        """Wait until the session has ended. One that waits for the portal itself is not waited for: what it has begun
        is cancelled here, which excludes whatever it still has under way (openapi.yaml)."""
        self.session.stop()
        self._thread.join(UNWIND_SECONDS)
        if self._thread.is_alive():
            settling = threading.Thread(target=self._portal.settle, args=(self._portal.left(),), daemon=True)
            settling.start()
            settling.join(SETTLE_SECONDS)


def open_session(
    settings: Settings,
    facts: Guidance,
    reader: Reader,
    handover: Handover,
    caretaker: Listener,
    safe: SafeFor | None,
    starts: Starts,
    as_set: AsSet,
) -> Live:
    """Everything one session needs, in the process that will end with it."""
    handover.unseen = True
    site = Site.fresh(settings.server.port)
    jack = opened("the jack", lambda: open_jack(settings.voice), NoJack)
    runtime = Path(settings.server.runtime_directory)
    portal = PortalClient(settings.portal, Begun(runtime))
    left = [] if safe else portal.left()  # before this session begins anything itself
    has_printer = settings.printer.kind != "none"
    printer = opened("the printer", lambda: open_printer(settings.printer), lambda: NoPrinter(settings.printer.width))
    aids = opened("the aids", lambda: open_aids(settings), Aids)
    done = partial(stick_done.left, runtime)
    devices = Devices(reader, printer, portal, jack, caretaker, has_printer, safe, aids, done)

    def life(mine: bool) -> bool:
        if mine:
            starts.good()
        return tell_browser(settings, ALIVE if mine else ASTRAY)

    slips = pictures.Pictures(settings, devices.printer)
    mouth = Mouth(lambda: devices.jack.plugged)
    app = create(site, slips.png, mouth)
    calling = Calling(caretaker)

    def render(shown: View) -> str:
        return view.render(shown, settings, devices, calling.state)

    line = Line(app, site, render, mouth, settings.voice, handover, life)
    course = Course(caretaker, handover)
    session = Session(
        settings,
        facts,
        devices,
        handover,
        slips.lay_out,
        line.show,
        course=course,
        calling=calling,
        as_set=as_set,
    )
    line.serve(session)
    beacon = Beacon(
        settings.beacon,
        lambda: session.view.alone,
        lambda: not devices.guidance_only,
        lambda: line.announce(aids.keys, settings.voice.jack is not None),
    )
    devices.ask_doors()  # before anybody can touch a screen that says it is open
    devices.start(
        session.card_changed,
        session.device_changed,
        lambda: session.in_use,
        session.headphones,
        session.ring,
        beacon.asked,
    )
    beacon.start()

    if left:
        threading.Thread(target=portal.settle_all, args=(left,), name="left", daemon=True).start()
    thread = threading.Thread(target=live, args=(session, line, handover), name="session", daemon=True)
    thread.start()
    start("sees-to", lambda: see_to(session, portal, thread, longest_work(settings)))
    return Live(app, session, portal, thread)


def live(session: Session, line: Line, handover: Handover) -> NoReturn:
    """The session, and the end of its process. Whatever gets past `visit.run`, which is not to raise, would leave a
    process without its session: a screen that stands there and hears nobody."""
    try:
        if visit.run(session) != "problem" and not line.unshowable:
            handover.unseen = False
        line.await_shown(LAST_WORDS_SECONDS)
    finally:
        os._exit(0)


def see_to(session: Session, portal: PortalClient, thread: threading.Thread, longest: float) -> None:
    """Until its thread has stood still for so long, in seconds: in a call that is not to take so long, whatever it is,
    unless that says itself that it may.
    Whoever is here is told, what was begun is cancelled past it, and the process ends; the next session begins."""
    while session.works_for < max(longest, session.may_take):
        time.sleep(1)
    log.critical("the session stands still, and ends: %s", stands(thread))
    with Complaints(log).survive("telling whoever is here"):
        within(UNWIND_SECONDS, "giving up", lambda: visit.give_up(session))
    settling = start("settling", lambda: portal.settle(portal.left()))
    if session.in_use:
        time.sleep(TOLD_SECONDS)  # the next session asks for a card that is left
    settling.join(SETTLE_SECONDS)
    os._exit(0)


def longest_work(settings: Settings) -> float:
    """What a flow may do without asking anybody, in seconds: the longest is to submit, and then to print. A slip that
    may take longer says so (`Printer.longest_seconds`)."""
    return WORK_SECONDS + 3 * settings.portal.timeout_seconds + 6 * settings.printer.timeout_seconds


def keep_memory_private() -> None:
    """No core dump, and no other process of this user may read our memory (prctl(2), PR_SET_DUMPABLE)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
