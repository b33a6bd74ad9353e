"""A person without a browser: speaks the page's own protocol, so that hundreds of visits take a minute.

Socket.IO over a WebSocket (Engine.IO 4, Socket.IO 5): "2" is a ping, answered by "3"; "40" opens the only namespace;
`42["screen", {…}]` is a snapshot and `42["answer", {…}]` what was touched; a number before the bracket asks for "43",
the number and `[]`. Requests go to 127.0.0.1 in the name of the session's site, and the socket shows the key that the
page has brought, as a browser's do.
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

from websocket import WebSocket, WebSocketConnectionClosedException, create_connection

PATIENCE_SECONDS = 20.0


class Visitor:
    """In front of the attract screen of the session that is being served, or will be as soon as it lives."""

    def __init__(self, port: int) -> None:
        site = self._door(port)
        self.key = self._get(port, site, "/").headers["Set-Cookie"].partition(";")[0]  # what the page shows
        self._wire: WebSocket = create_connection(
            f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket",
            timeout=PATIENCE_SECONDS,
            host=site,
            origin=f"http://{site}",
            cookie=self.key,
        )
        self._wire.send("40")
        self._screen: dict[str, Any] = {"seq": None, "html": ""}
        self._screen = self._next_screen()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._wire.close()

    def finds(self, words: str) -> Self:
        """Wait until the screen has these words somewhere in its HTML."""
        while words not in self._screen["html"]:
            self._screen = self._next_screen()
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

    def _say(self, answer: str) -> None:
        self.finds(f'answer="{answer}"')
        self._wire.send("42" + json.dumps(["answer", {"seq": self._screen["seq"], "answer": answer}]))

    def _next_screen(self) -> dict[str, Any]:
        """The next that looks different; what stands there may be sent again. TimeoutError when nothing changes."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
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
