"""The server: gunicorn's arbiter is the warm parent that has imported everything and seen nobody; its one worker is
the session.

When the session has ended the worker leaves with `os._exit`, the kernel takes back every page that held a name or a
PIN, and the arbiter forks the next. The arbiter keeps the listening socket, so a browser that comes in between waits
in the backlog. The application is made in the worker, after the fork: a site name of its own, devices of its own.

This is the composition root: the one place that knows which device stands behind which protocol.
"""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from kiosk.config import guidance
from kiosk.config.guidance import Guidance
from kiosk.config.kiosk import Settings
from kiosk.hw.device import Reader
from kiosk.hw.jack import InputJack
from kiosk.hw.printer import open_printer
from kiosk.portal.client import PortalClient
from kiosk.receipts import slip
from kiosk.services import sd_notify
from kiosk.services.browser import ALIVE, ASTRAY, FORGET, FORGET_SOCKET, RESTART, WORD_SECONDS
from kiosk.session import visit
from kiosk.session.devices import Devices
from kiosk.session.handover import Handover
from kiosk.session.session import Session
from kiosk.voice.mouth import Mouth
from kiosk.web import view
from kiosk.web.app import create
from kiosk.web.site import Site
from kiosk.web.socket import Line

log = logging.getLogger("kiosk.server")

THREADS = 8  # one for the page's socket, the rest for what it loads
LAST_WORDS_SECONDS = 0.05  # for the closing screen to reach the page

PR_SET_DUMPABLE = 4  # linux/prctl.h


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, with a session for an application."""

    def __init__(self, settings: Settings, facts: Guidance, open_reader: Callable[[], Reader]) -> None:
        self._settings = settings
        self._facts = facts
        self._open_reader = open_reader
        self._handover = Handover()
        super().__init__()

    def load_config(self) -> None:
        for key, value in {
            "bind": f"127.0.0.1:{self._settings.server.port}",
            "proc_name": "kiosk",
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "worker_tmp_dir": "/dev/shm",
            "graceful_timeout": 1,
            "control_socket_disable": True,
            "loglevel": "warning",
            "child_exit": self._session_died,
        }.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        return open_session(self._settings, self._facts, self._open_reader(), self._handover)

    def _session_died(self, _arbiter: object, _worker: object) -> None:
        tell_browser(self._settings, RESTART if self._handover.typed else FORGET)
        self._handover.typed = False


def serve(settings: Settings, open_reader: Callable[[], Reader]) -> None:
    """Serve until told to stop. `open_reader` is called after each fork. Raises `ConfigError` for unusable facts."""
    facts = guidance.load(settings.station.guidance_file)
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger("kiosk").setLevel(logging.INFO)
    keep_memory_private()
    view.warm(lambda language: sd_notify.stage(f"the screens, {language.code}"))
    sd_notify.stage("the slips")
    slip.warm(settings)
    Server(settings, facts, open_reader).run()


def open_session(settings: Settings, facts: Guidance, reader: Reader, handover: Handover) -> Flask:
    """Everything one session needs, in the process that will end with it."""
    site = Site.fresh(settings.server.port)
    jack = InputJack(settings.voice.jack) if settings.voice.jack else None
    devices = Devices(reader, open_printer(settings.printer), PortalClient(settings.portal), jack)

    def life(mine: bool) -> bool:
        return tell_browser(settings, ALIVE if mine else ASTRAY)

    paper = slip.Paper(settings, devices.printer)
    mouth = Mouth(lambda: devices.jack.plugged)
    app = create(site, paper.png, mouth)
    line = Line(app, site, lambda shown: view.render(shown, settings, devices), mouth, settings.voice, handover, life)
    session = Session(settings, facts, devices, handover, paper.print, line.show)
    line.serve(session)
    devices.start(session.device_changed, lambda: session.in_use, session.headphones)

    def live() -> None:
        visit.run(session)
        threading.Event().wait(LAST_WORDS_SECONDS)
        os._exit(0)

    threading.Thread(target=live, name="session", daemon=True).start()
    return app


def tell_browser(settings: Settings, what: bytes) -> bool:
    """Say a word to the browser's keeper (`browser.py`), and wait until it has done what it says: it answers with it.

    Only when the browser has dropped what a session leaves in it may the next begin: a page on its way there would be
    lost with the process that carries it. That the page lives is said without waiting for anything: it comes from the
    thread that carries the person's touches.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as keeper:
            keeper.settimeout(0 if what == ALIVE else WORD_SECONDS)
            keeper.connect(str(Path(settings.server.runtime_directory, FORGET_SOCKET)))
            keeper.send(what)
            return keeper.recv(64) == what
    except OSError:
        if what != ALIVE:
            log.info("no browser's keeper listens in %s", settings.server.runtime_directory)
        return False


def keep_memory_private() -> None:
    """No core dump, and no other process of this user may read our memory (prctl(2), PR_SET_DUMPABLE)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
