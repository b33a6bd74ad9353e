"""A person without a browser: speaks the page's own protocol, so that hundreds of visits take a minute.

Socket.IO over a WebSocket (Engine.IO 4, Socket.IO 5): "2" is a ping, answered by "3"; "40" opens the only namespace,
"44" refuses it; `42["screen", {…}]` is a snapshot and `42["answer", {…}]` what was touched; a number before the bracket
asks for "43", the number and `[]`. Requests go to 127.0.0.1 in the name of the session's site, and the socket shows the
key that the page has brought, as a browser's do.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from websocket import WebSocket, WebSocketConnectionClosedException, WebSocketTimeoutException, create_connection

PATIENCE_SECONDS = 20.0
NAME = re.compile(r'<div class="frame is-([a-z-]+)')
ANSWER = re.compile(r'data-(?:visible-)?answer="([^"]+)"')
OVERLAY = '<div class="overlay'


class Visitor:
    """In front of the attract screen of the session that is being served, or will be as soon as it lives."""

    def __init__(self, port: int) -> None:
        self._port, self._site = port, self._door(port)
        self.key = self._get(port, self._site, "/").headers["Set-Cookie"].partition(";")[0]  # what the page shows
        self.connect()

    def connect(self) -> None:
        """Be its page, also once more after `close`. Raises ConnectionRefusedError while there is another."""
        self._wire: WebSocket = create_connection(
            f"ws://127.0.0.1:{self._port}/socket.io/?EIO=4&transport=websocket",
            timeout=PATIENCE_SECONDS,
            host=self._site,
            origin=f"http://{self._site}",
            cookie=self.key,
        )
        self._wire.send("40")
        self._screen: dict[str, Any] = {"seq": None, "html": ""}
        self._screen = self._next_screen()

    def close(self) -> None:
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # What stands there.

    @property
    def html(self) -> str:
        return str(self._screen["html"])

    @property
    def name(self) -> str:
        """Of the screen, as in kiosk/flows."""
        found = NAME.search(self.html)
        return found[1].replace("-", "_") if found else ""

    @property
    def offered(self) -> tuple[str, ...]:
        """What can be touched: of a question that is laid over the screen, only its own answers."""
        return tuple(ANSWER.findall(self.html[max(self.html.find(OVERLAY), 0) :]))

    # A person who knows what comes.

    def finds(self, words: str) -> Self:
        """Wait until the screen has these words somewhere in its HTML."""
        while words not in self._screen["html"]:
            try:
                self._screen = self._next_screen()
            except (TimeoutError, WebSocketTimeoutException):
                raise TimeoutError(f"no {words} comes; {self.name} stands there and offers {self.offered}") from None
        return self

    def touch(self, *answers: str) -> Self:
        """Touch one thing after another, each as soon as it is there."""
        for answer in answers:
            self._say(answer)
            self._screen = self._next_screen()
        return self

    def leave(self) -> None:
        """Touch やめる and wait until the session has ended. On a busy machine its last screen may not come."""
        self._say("leave")
        with contextlib.suppress(WebSocketConnectionClosedException):
            while True:
                self._hear()

    # A person who does not.

    def say(self, answer: object) -> None:
        """To the screen that stands there, whether it is an answer or not."""
        self._wire.send("42" + json.dumps(["answer", {"seq": self._screen["seq"], "answer": answer}]))

    def watch(self, seconds: float) -> bool:
        """Wait for another screen. False when none comes in that time. Raises WebSocketConnectionClosedException or
        OSError when the session has ended."""
        try:
            self._screen = self._next_screen(seconds)
        except (TimeoutError, WebSocketTimeoutException):
            return False
        finally:
            self._wire.settimeout(PATIENCE_SECONDS)
        return True

    def _say(self, answer: str) -> None:
        self.finds(f'answer="{answer}"')
        self.say(answer)

    def _next_screen(self, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The next that looks different; what stands there may be sent again. TimeoutError when nothing changes."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._wire.settimeout(left)
            said = self._hear()
            if said.startswith('42["screen",'):
                snapshot: dict[str, Any] = json.loads(said[2:])[1]
                if (snapshot["seq"], snapshot["html"]) != (self._screen["seq"], self._screen["html"]):
                    return snapshot
        raise TimeoutError(f"nothing follows screen {self._screen['seq']}")

    def _hear(self) -> str:
        """The next message; a ping, and a message that asks for it, is answered first."""
        said = str(self._wire.recv())
        if said == "2":
            self._wire.send("3")
        if asks := re.match(r"42(\d+)", said):
            self._wire.send(f"43{asks[1]}[]")
        if said.startswith("44"):
            raise ConnectionRefusedError(said)
        return said

    def _door(self, port: int) -> str:
        return urlsplit(self._get(port, f"127.0.0.1:{port}", "/").headers["Location"]).netloc

    def _get(self, port: int, host: str, path: str) -> http.client.HTTPResponse:
        """As a page does. A connection that the ending session had still taken is tried again with the next one."""
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
            try:
                connection.request("GET", path, headers={"Host": host})
                answer = connection.getresponse()
                answer.read()
                return answer
            except (ConnectionResetError, http.client.RemoteDisconnected):
                continue
            finally:
                connection.close()
