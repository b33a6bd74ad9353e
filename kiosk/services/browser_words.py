"""What is said to the browser's keeper (browser.py): one word on a connection of its own, to FORGET_SOCKET in the
runtime directory. It answers with the same word when it has done it, and hangs up without when it does not:

    forget    by the arbiter: a session has ended
    restart   by the arbiter: a session has ended, and a keyboard was used
    alive     by the session: the page lives; no answer is waited for
    astray    by the session: something has come before the page. Not done on a screen that is shared (the demo's)
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.config.kiosk import Settings

log = logging.getLogger("kiosk.browser")

FORGET_SOCKET = "forget.sock"
FORGET, RESTART, ALIVE, ASTRAY = b"forget", b"restart", b"alive", b"astray"
WORD_SECONDS = 1.0  # for which either side waits for the other


def hear(runtime: Path, obey: Callable[[bytes], bool]) -> None:
    """Obey the word each time one comes, for ever, whatever comes of it; a word that was obeyed is the answer."""
    path = runtime / FORGET_SOCKET
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        path.chmod(0o660)
        listener.listen()
        while True:
            try:
                speaker, _ = listener.accept()
                with speaker, contextlib.suppress(ConnectionError, TimeoutError):
                    speaker.settimeout(WORD_SECONDS)
                    word = speaker.recv(64)
                    if obey(word):
                        speaker.send(word)
            except Exception as error:  # without it no session would be forgotten any more
                log.error("a word was not obeyed: %s", type(error).__name__)
                time.sleep(WORD_SECONDS)


def tell_browser(settings: Settings, what: bytes) -> bool:
    """Say a word to the browser's keeper (`Keeper`), and wait until it has done what it says: it answers with it.

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
        if what in (FORGET, RESTART):  # the rest is said again and again
            log.info("no browser's keeper listens in %s", settings.server.runtime_directory)
        return False
