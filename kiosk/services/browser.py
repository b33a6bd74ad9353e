"""The browser's keeper: it starts Chromium on the kiosk's page, replaces it when the page has stopped living, and makes
it forget.

It watches the page's life, not the browser's process: a browser whose renderer has crashed runs on and shows a page of
its own. The page tells that it lives about once a second (`static/life.js`: its thread runs, a frame was asked of it,
the main process answers); the session passes it on, and `web/liveness.py` says when it is over. Then every process of
the browser is killed, also what stands still, and the next one is started. The glass is black in between: nothing can
be laid over a page by the browser that has failed, and a compositor for a single window shows what its client has drawn
last for as long as that client is there. A visit is kept: the new page shows its screen again, if it comes within
`session.browser_lost_seconds`.

A compositor that stands still (compositor.py) is killed by the unit's main process, and all of it with it. A display
or a browser in which nothing helps any more is systemd's to replace, all of it: its watchdog is told that the keeper's
loop turns, and is told no more when the page has not lived for GIVEN_UP_SECONDS, although there is a server to tell it
to and a display to see it on. What is not there is waited for, and so is, on a slow machine, the first page of all, as
long as the browser works at it.

A page that has lost the focus or the glass to something of Chromium's says so; then both go, browser and visit.

What is left of a session:

A session's page, storage and history die with its site. What stays for a while is in Chromium's network process: freed
buffers through which the page's messages went. So at the end of each session the server's arbiter says one word, and
the keeper kills that process; Chromium replaces it at once and the page, which has no server at that moment anyway,
comes back by itself. The audio process, through which a name may have been said, goes the same way. The arbiter waits
until it is done: a page on its way to the next session would be lost together with the process that carries it.

Characters typed on a real keyboard are another matter: Chromium's main process collects them, to warn of reused
passwords, and no policy or switch was found that stops it. After a session that has used such keys the whole browser
is started anew; and so it is after SESSIONS_EACH sessions, since it keeps a little of every site, and after the first
session that ends when it is OLDEST_SECONDS old, since a page that nobody touches paints, too, and it is up for years.

The profile lies in the runtime directory, which is on tmpfs, and goes with the browser.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kiosk.config.events import Event, event
from kiosk.config.kiosk import BrowserSettings, Settings
from kiosk.hw import supervise
from kiosk.hw.levels import Levels, Machine
from kiosk.hw.touch import panel_there
from kiosk.ipc.caretaker import Away, Listener, NoCaretaker
from kiosk.ipc.messages import LevelsAre, LevelsStand
from kiosk.services import browser_words, compositor, processes, sd_notify
from kiosk.services.browser_words import hear
from kiosk.web.liveness import SLOWEST_SECONDS, Life

log = logging.getLogger("kiosk.browser")

COMPOSITOR_STILL = "COMPOSITOR=still"  # to the unit's main process (screen.py)
PROFILE = "browser-"  # how its folder's name begins
LOOK_SECONDS = 0.2  # from one look at the processes to the next
DISPLAYS = Path("/sys/class/drm")
NOT_ITS_OWN = ("XKB_", "WLR_", "NOTIFY_", "WATCHDOG_")  # the compositor's, and what is between systemd and us
RENDERER = b"--type=renderer"
NETWORK_PROCESS = b"--utility-sub-type=network.mojom.NetworkService"
AUDIO_PROCESS = b"--utility-sub-type=audio.mojom.AudioService"
REPORT_SECONDS = 10.0
LEVELS_SECONDS, READ_SECONDS = 1.0, 60.0  # between asking what staff want, and looking at the machine
BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
SESSIONS_EACH = 300  # of one browser: its main process keeps some 8 kB of each site that it has shown
OLDEST_SECONDS = 24 * 3600.0
GIVEN_UP_SECONDS = 120.0  # without a page, which is some eight browsers
STEADY_SECONDS = 30.0  # a browser that ran so long has not died of its start
FEATURES_OFF = (
    *("Translate", "BackForwardCache", "MediaRouter", "OptimizationHints", "AutofillServerCommunication"),
    "DeferRendererTasksAfterInput",  # or the screen that answers a touch waits until a frame without it is painted
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),  # two pages of an address bar that is not shown: 60 MB
)
FEATURES = f"--disable-features={','.join(FEATURES_OFF)}"
FLAGS = (
    "--kiosk",
    "--force-app-mode",  # of all of Chromium's own keys only those that open and close nothing stay
    "--incognito",
    "--no-first-run",
    "--noerrdialogs",
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--hide-crash-restore-bubble",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-extensions",
    "--disable-quic",
    FEATURES,
    "--autoplay-policy=no-user-gesture-required",
    "--password-store=basic",
)


class Keeper:
    """Keeps one Chromium on the kiosk's page. flags: what this display needs besides FLAGS. shared: others have windows
    on this display, and the page may lose it to them. caretaker: is told of each browser that had to be replaced.
    shown_by: the compositor (compositor.py), which is asked whether it turns. machine: whose volume and brightness are
    set as staff want them."""

    def __init__(
        self,
        settings: BrowserSettings | Settings,
        flags: Sequence[str] = (),
        program: str = "chromium",
        shared: bool = False,
        caretaker: Listener | None = None,
        shown_by: Path | None = None,
        machine: Machine | None = None,
    ) -> None:
        self._shown_by = shown_by
        self._caretaker = caretaker or NoCaretaker()
        self._machine = machine or Machine()
        self._levelled: LevelsStand | None = None  # as it was to be when it was set last
        self._port = settings.server.port
        self._runtime = Path(settings.server.runtime_directory)
        self._flags = tuple(flags)
        self._program = program
        self._shared = shared
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._wanted = False  # it was killed by us and is started anew
        self._sessions = 0  # that have ended in it
        self._old = math.inf  # from when on it is too old for another
        self._life = Life(time.monotonic())
        self._chain: tuple[int, ...] = ()  # the processes by which the page tells
        self._waited = 0.0  # that they had waited for a processor when its silence was counted anew
        self._watchdog = sd_notify.Watchdog()
        self._began = time.monotonic()
        self._well = self._began  # when a page lived last, or there was no server or no display for it

    def run(self) -> None:
        """Keep it running until `stop`."""
        sd_notify.notify("READY=1")
        self._tell(event("screen_started"))
        complaints = supervise.Complaints(log)
        supervise.start(
            "forget", lambda: supervise.keep(lambda: hear(self._runtime, self._obey), self._stopped, complaints)
        )
        if self._shown_by is not None:
            place = self._shown_by
            supervise.start(
                "compositor", lambda: supervise.keep(lambda: self._ask_compositor(place), self._stopped, complaints)
            )
        supervise.start("levels", lambda: supervise.keep(self._levelling, self._stopped, complaints))
        supervise.start("health", lambda: supervise.keep(self._reporting, self._stopped, complaints))
        for left in self._runtime.glob(f"{PROFILE}*"):  # by a keeper that was killed
            shutil.rmtree(left, ignore_errors=True)
        failures = 0
        while not self._stopped.is_set():
            self._await_server()
            if self._stopped.is_set():
                return
            began = time.monotonic()
            self._run_once()
            if self._wanted:
                continue
            failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures + 1
            self._stopped.wait(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)])

    @property
    def pid(self) -> int | None:
        """The browser's main process, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def stop(self) -> None:
        self._stopped.set()
        if self._process is not None:
            self._process.terminate()

    def _run_once(self) -> None:
        """One browser, from its start until the last of its processes has gone."""
        with contextlib.ExitStack() as stack:
            try:
                profile = tempfile.mkdtemp(prefix=PROFILE, dir=self._runtime)
                stack.callback(shutil.rmtree, profile, ignore_errors=True)
                began = time.monotonic()
                self._life, self._wanted, self._sessions = Life(began), False, 0
                self._old = began + OLDEST_SECONDS
                self._process = subprocess.Popen(
                    [self._program, *FLAGS, *self._flags, f"--user-data-dir={profile}", start_address(self._port)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=its_own(os.environ),
                    process_group=0,  # so that all of it can be killed when its first process has gone
                )
            except OSError as error:
                log.error("%s cannot be started (%s)", self._program, error.strerror)
                return
            stack.callback(processes.kill_group, self._process)
            fell_silent = self._watch(self._process)
            if not (self._stopped.is_set() or self._wanted):
                log.warning("the browser ended with code %s; it is started again", self._process.poll())
                if not fell_silent:
                    self._tell(event("browser_restarted", browser="ended"))

    def _watch(self, browser: subprocess.Popen[bytes]) -> bool:
        """Return when the browser has ended, or its page's life is over: then True."""
        while not processes.has_ended(browser, LOOK_SECONDS):
            self._turn()
            life = self._life
            life.see([pid for pid in life.renderers if Path(f"/proc/{pid}").exists()], time.monotonic())
            if life.over(time.monotonic()):
                if not self._server_there() or display_there() is False:  # without one no page gets a frame
                    self._waited, self._well = processes.waited_seconds(self._chain), time.monotonic()
                    life.server_away(self._well)
                    continue
                if life.works(processes.processor_seconds(browser.pid), time.monotonic()):
                    self._well = max(self._well, min(time.monotonic(), self._began + SLOWEST_SECONDS))
                    continue
                if life.waits(processes.waited_seconds(self._chain) - self._waited, time.monotonic()):
                    continue
                if self._shown_by is not None and compositor.stands_still(self._shown_by, compositor.AT_ONCE_SECONDS):
                    self._end_compositor()  # which is why no frame comes
                    self._wanted = True
                    return True
                log.warning("the page tells no more that it lives; the browser is started again")
                self._tell(event("browser_restarted", browser="silent"))
                self._wanted = not life.coming  # one that never came waits like one that dies of its start
                return True
        return False

    def _await_server(self) -> None:
        while not self._stopped.is_set() and not self._server_there():
            self._well = time.monotonic()
            self._turn()
            self._stopped.wait(0.2)

    def _turn(self) -> None:
        """The loop turns, and to some purpose: systemd's watchdog hears of it."""
        now = time.monotonic()
        if now - self._well >= GIVEN_UP_SECONDS and not display_there():
            self._well = now
        if now - self._well < GIVEN_UP_SECONDS:
            self._watchdog.turn()

    def _server_there(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True

    def restart(self) -> None:
        """Kill the browser; `run` starts the next at once."""
        self._wanted = True
        if self._process is not None:
            processes.kill_group(self._process)

    def forget(self) -> None:
        """Kill the network and the audio process of the browser; what they held goes with them."""
        if self._process is not None:
            forget(self._process.pid)

    def report(self) -> None:
        """Report for the board whether pages are painted, as one has told since this browser was started, and whether
        there is something to touch."""
        lives = self.pid is not None and not self._life.fresh
        seen = display_there() is not False
        self._caretaker.report("browser", "no_display" if not seen else "painted" if lives else "dark")
        if not self._shared and (there := panel_there()) is not None:
            self._caretaker.report("touch", "present" if there else "absent")

    def _reporting(self) -> None:
        while not self._stopped.is_set():
            self.report()
            self._stopped.wait(REPORT_SECONDS)

    def level(self, are: Levels) -> Levels:
        """Have volume and brightness as staff want them, if they are not; as they are then."""
        try:
            wanted = self._caretaker.ask(LevelsAre(*are))
        except Away:
            return are
        if not isinstance(wanted, LevelsStand) or self._levelled == wanted:
            return are
        self._levelled = wanted  # once: a card of few steps comes near to it, and not nearer
        to = (wanted.volume, wanted.brightness)
        change = Levels(*(new if new != old else None for new, old in zip(to, are, strict=True)))
        if change == Levels():
            return are
        self._machine.set(change)
        return self._machine.read()

    def _levelling(self) -> None:
        are, read = self._machine.read(), time.monotonic()
        # A machine that has neither asks nobody what it is to be.
        while not self._stopped.wait(READ_SECONDS if are == Levels() else LEVELS_SECONDS):
            if time.monotonic() - read >= READ_SECONDS:  # a card may have come, or somebody have set it by hand
                are, read, self._levelled = self._machine.read(), time.monotonic(), None
            are = self.level(are)

    def _ask_compositor(self, place: Path) -> None:
        misses = 0
        while not self._stopped.wait(compositor.ASK_SECONDS):
            misses = misses + 1 if compositor.stands_still(place) else 0
            if misses == compositor.MISSES:
                misses = 0
                self._end_compositor()

    def _end_compositor(self) -> None:
        log.warning("the compositor stands still; the screen is started again")
        self._caretaker.tell(event("browser_restarted", browser="compositor"))  # first: the keeper goes with it
        sd_notify.notify(COMPOSITOR_STILL)

    def _tell(self, told: Event) -> None:
        """Beside the work: a page that is to come back waits for nobody."""
        threading.Thread(target=self._caretaker.tell, args=(told,), name="tells", daemon=True).start()

    def _told(self) -> None:
        """The page lives."""
        if self._life.coming and self._process is not None:
            self._life.renderers = frozenset(processes.children_of_type(self._process.pid, RENDERER))
            self._chain = (self._process.pid, *processes.descendants(self._process.pid))
        self._waited, self._well = processes.waited_seconds(self._chain), time.monotonic()
        self._life.told(self._well)

    def _obey(self, word: bytes) -> bool:
        """Do what a word says. False: it is not done here."""
        match word:
            case browser_words.ALIVE:
                self._told()
            case browser_words.ASTRAY if not self._shared:
                log.warning("something has come before the page; the browser is started again")
                self._tell(event("browser_restarted", browser="astray"))
                self.restart()
            case browser_words.RESTART:
                self.restart()
            case browser_words.FORGET:
                self._sessions += 1
                # A first page may be on its way, and would be lost with the network process.
                if self._life.fresh or self._sessions >= SESSIONS_EACH or time.monotonic() > self._old:
                    self.restart()
                else:
                    self._waited = processes.waited_seconds(self._chain)
                    self._life.session_ended(time.monotonic())
                    self.forget()
            case _:
                return False
        return True


def display_there() -> bool | None:
    """Whether a display is plugged in, by the kernel's word. None: it knows of no place for one."""
    found = None
    for status in DISPLAYS.glob("card*-*/status"):
        with contextlib.suppress(OSError):
            if status.read_text() == "connected\n":
                return True
            found = False
    return found


def start_address(port: int) -> str:
    """Where the browser finds the session that is served."""
    return f"http://127.0.0.1:{port}/"


def its_own(environment: Mapping[str, str]) -> dict[str, str]:
    """What of it is a browser's. The compositor's keymap comes over Wayland, from the compositor: Chromium looks for a
    common keyboard in XKB_CONFIG_ROOT besides, where ours is all there is, and ends by SIGSEGV."""
    return {name: value for name, value in environment.items() if not name.startswith(NOT_ITS_OWN)}


def forget(browser: int) -> None:
    """Kill the network and the audio process among all below `browser`."""
    for pid in processes.children_of_type(browser, NETWORK_PROCESS, AUDIO_PROCESS):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
