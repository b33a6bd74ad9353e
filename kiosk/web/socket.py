"""The web socket: one page, one session. Snapshots go out, numbered answers come in.

What does not fit is dropped and counted in the log by its kind, never by its content. A second page is turned away
while the first is there.

A line that is cut loses nothing that was pressed (static/presses.js): the page keeps each press until it is confirmed,
and says it again on the next line. Each has a number, and one that has been heard is not heard again. Every snapshot
tells the number of the last one heard, so that also a page that was loaded anew goes on from there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import Flask, request
from flask_socketio import SocketIO
from werkzeug.http import parse_cookie

from kiosk.config.kiosk import Voice
from kiosk.flows.asking.screen import Screen
from kiosk.session.answers import Sign, heard
from kiosk.session.handover import Handover
from kiosk.session.preferences import LOUDEST, Preferences
from kiosk.session.session import Session
from kiosk.session.shown import View
from kiosk.voice.mouth import Mouth
from kiosk.web import steady_clock
from kiosk.web.site import Site

log = logging.getLogger("kiosk.socket")
SILENT = logging.getLogger("kiosk.socket.library")  # its errors quote what came in; what matters is logged here
SILENT.disabled = True

LONGEST_MESSAGE = 4096  # bytes; the longest true one is well under 100
# A server that hangs is missed after both, and then the page shows nobody's picture any more. A page that is busy has
# the second of them to answer a ping; one that hangs is missed sooner than that, elsewhere (liveness.py).
PING_SECONDS = 1
ANSWERED_SECONDS = 3
LONGEST_ANSWER_MS = 60_000  # from a touch to the screen that answers it; what is more is no such time
LAST = "closing"  # stands for milliseconds: the next session would be asked for its sound

import_module("engineio.async_drivers.threading")  # else SocketIO does so in each session, after the fork, for 30 ms
steady_clock.measure(steady_clock.ENGINEIO)


class Line:
    """The one connection to the page of a session.

    life: told that the page lives (True) or has lost the screen to something else (False), which it answers with True
    when the page has been taken away for it.
    """

    def __init__(
        self,
        app: Flask,
        site: Site,
        render: Callable[[View], str],
        mouth: Mouth | None = None,
        voice: Voice | None = None,
        handover: Handover | None = None,
        life: Callable[[bool], bool] = lambda _: False,
    ) -> None:
        self._render = render
        self._mouth = mouth
        self._voice = voice or Voice()
        self._handover = handover or Handover()
        self._life = life
        # The library may find, while something is sent, that the page answers no more, and says so then and there: what
        # is told of a page that has gone is told within whatever was being sent to it.
        self._lock = threading.RLock()
        self._page: str | None = None
        self._cut: float | None = None  # since when there is no page where one was, in monotonic seconds
        self._revision = 0
        self._heard = 0  # the number of the last press
        self._session: Session | None = None
        self.unshowable = False  # what was to be sent to a page that had come could not be made
        self._site = site
        self._io = SocketIO(
            app,
            async_mode="threading",
            async_handlers=False,  # else each message has a thread of its own, and fast keys overtake each other
            cors_allowed_origins=self._is_ours,
            transports=["websocket"],
            max_http_buffer_size=LONGEST_MESSAGE,
            ping_interval=PING_SECONDS,
            ping_timeout=ANSWERED_SECONDS,
            logger=SILENT,
            engineio_logger=SILENT,
        )
        self._io.on_event("connect", self._connect)
        self._io.on_event("disconnect", self._disconnect)
        self._io.on_event("answer", self._answer)
        self._io.on_event("life", self._lives)
        self._io.on_event("painted", self._painted)
        self._io.on_error_default(self._refused)

    def serve(self, session: Session) -> None:
        """Answers go to this session from now on."""
        self._session = session

    def show(self, view: View) -> None:
        """Send a view to the page, if there is one; a page that comes later gets the newest."""
        with self._lock:
            self._send(view)

    def announce(self, keypad: bool, socket: bool) -> None:
        """Have the page say what the machine is and by what it can be used (`Mouth.place`), as loud as the voice is. It
        does so while the screen that stands there now does."""
        with self._lock:
            if self._page is None or self._session is None or self._mouth is None or not self._voice.enabled:
                return
            view = self._session.view
            say = self._mouth.place(view.preferences.language, keypad=keypad, socket=socket)
            told = {"seq": view.seq, "say": say, "loud": self._loud(view.preferences)}
            self._io.emit("announce", told, to=self._page)

    def await_shown(self, seconds: float) -> None:
        """Wait until the page has put up what it was sent last, but no longer than this."""
        shown = threading.Event()
        with self._lock:
            if self._page is None:
                return
            self._io.server.emit("shown", to=self._page, callback=lambda *_: shown.set())
        shown.wait(seconds)

    def _send(self, view: View) -> None:
        if self._page is not None:
            self._io.emit("screen", self._snapshot(view), to=self._page)

    def _snapshot(self, view: View) -> dict[str, object]:
        self._revision += 1
        html = self._render(view)
        return {
            "seq": view.seq,
            "revision": self._revision,
            "heard": self._heard,
            "html": html,
            "lang": view.preferences.language.html,
            "dir": view.preferences.language.direction,
            "volume": view.preferences.volume,
            "voice": self._speech(view, html),
            "sound": view.screen.sound.value,
            "seconds": view.left(time.monotonic()),
        }

    def _speech(self, view: View, html: str) -> dict[str, object] | None:
        """What is to be heard with it, and how loud (1 is full); None while nobody listens."""
        wanted = view.preferences
        heard = view.aloud or (wanted.listening and _is_said(view.screen))
        if self._mouth is None or not self._voice.enabled or not heard:
            return None
        speech = self._mouth.say(html, wanted.language)
        return None if speech is None else {**speech, "turn": wanted.turn, "loud": self._loud(wanted)}

    def _loud(self, wanted: Preferences) -> float:
        return float((wanted.volume / LOUDEST) ** 1.5 * self._voice.loudest / 100)

    def _connect(self, _auth: object = None) -> bool:
        if not self._is_ours(request.headers.get("Origin"), request.environ) or self._session is None:
            return False  # the library asks only about connections that name an Origin
        with self._lock:  # held from reading the view to sending it: a newer one must come after it
            if self._page is not None:
                log.warning("a second page was refused")
                return False
            self._page = _sid()
            try:
                self._send(self._session.view)
            except Exception:  # this session has nothing to show to anybody: it ends, and that counts (`server.py`)
                self.unshowable = True
                self._session.stop()
                raise
            if self._page is None:
                return True  # gone again meanwhile, and that has been said
            cut, self._cut = self._cut, None
        if cut is not None:
            self._session.course.reconnected(time.monotonic() - cut)
        self._handover.unseen = False
        log.info("the page is here")
        self._session.page_back()
        return True

    def _is_ours(self, origin: str | None, environ: dict[str, Any]) -> bool:
        here = (environ.get("HTTP_HOST"), origin) == (self._site.host, self._site.origin)
        ours = here and self._site.opens(parse_cookie(environ))
        if not ours:
            log.warning("a connection from elsewhere was refused")
        return ours

    def _disconnect(self, _reason: object = None) -> None:
        with self._lock:
            if self._page != _sid():
                return
            self._page, self._cut = None, time.monotonic()
        log.info("the page has gone")
        if self._session is not None:
            self._session.page_lost()

    def _answer(self, message: object = None, *_more: object) -> None:
        """What was said. To return is to confirm it: whatever is dropped here would be dropped again."""
        said = heard(message)
        if said is None:
            log.warning("a message that is no answer was dropped")
            return
        if said.answer is Sign.TYPED:
            self._handover.typed = True
        with self._lock:
            if _sid() != self._page:
                return
            if said.number is not None:
                if said.number <= self._heard:
                    return
                self._heard = said.number
        if self._session is not None and said.answer is not Sign.TYPED:
            self._session.answer(said.seq, said.answer)

    def _lives(self, mine: object = None, *_more: object) -> None:
        if not isinstance(mine, bool):
            log.warning("a message that is no sign of life was dropped")
        elif self._session is not None and _sid() == self._page and self._life(mine) and not mine:
            log.warning("something else has come before the page")
            self._session.page_astray()

    def _painted(self, after: object = None, *_more: object) -> None:
        """A touch was answered by a screen, and that was painted so many ms after it."""
        if type(after) not in (int, float) or not 0 <= after <= LONGEST_ANSWER_MS:  # type: ignore[operator]
            log.warning("a message that is no time was dropped")
        elif self._session is not None and _sid() == self._page:
            self._session.course.painted(after / 1000)  # type: ignore[operator]

    def _refused(self, error: BaseException) -> None:
        log.warning("a message was dropped: %s", type(error).__name__)


def _is_said(screen: Screen) -> bool:
    """What is for the staff is not said aloud."""
    return screen.name != LAST and not screen.staff


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]
