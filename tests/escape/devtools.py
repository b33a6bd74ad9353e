"""Chromium's own word about itself, and a hand in it: the protocol of its developer tools, by its port, and without a
library that would change what a dialog or a download does.

The shipped policy forbids it; so whoever asks has the two policies left out that do (DOORS), and no other.
"""

from __future__ import annotations

import base64
import io
import json
import time
from pathlib import Path
from typing import Any

import websocket
from PIL import Image

DOORS = ("RemoteDebuggingAllowed", "DeveloperToolsAvailability")
FLAG = "--remote-debugging-port=0"  # any that is free; which, stands in the profile
ASK_SECONDS, FIND_SECONDS = 8.0, 30.0
ITS_OWN = ("chrome://", "chrome-untrusted://")

Answer = dict[str, Any]


class Silent(Exception):
    """It does not answer: the page stands still, or the browser has gone."""


class Devtools:
    """Of the browser whose profile is the newest of those in a folder."""

    def __init__(self, profiles: Path) -> None:
        self._number = 0
        try:
            self._line = websocket.create_connection(_address(profiles), timeout=ASK_SECONDS, suppress_origin=True)
        except (OSError, websocket.WebSocketException) as error:
            raise Silent(type(error).__name__) from None
        self._session: str | None = None

    def close(self) -> None:
        self._line.close()

    def targets(self) -> list[tuple[str, str]]:
        """Every page, window and program of a page that there is: kind and address."""
        found = self.ask("Target.getTargets")["targetInfos"]
        return [(each["type"], each["url"]) for each in found]

    def attach(self) -> None:
        """To the page. Chromium calls pages of its own that are not shown pages, too: those of its address bar."""
        found = [each for each in self.ask("Target.getTargets")["targetInfos"] if each["type"] == "page"]
        pages = [each["targetId"] for each in found if not each["url"].startswith(ITS_OWN)]
        if len(pages) != 1:
            raise Silent(f"{len(pages)} pages")
        told = self.ask("Target.attachToTarget", targetId=pages[0], flatten=True)
        self._session = told["sessionId"]

    def page(self, method: str, **parameters: object) -> Answer:
        return self.ask(method, self._session, **parameters)

    def evaluates(self, script: str) -> Any:
        """Its value in the page; None if it raises."""
        said = self.page("Runtime.evaluate", expression=script, returnByValue=True)
        return said["result"].get("value")

    def says(self, script: str) -> None:
        """Have it run, and wait for nothing: it may stand still over it."""
        self._send("Runtime.evaluate", self._session, expression=script, userGesture=True)

    def shot(self) -> Image.Image:
        """The page as it has painted itself, without what Chromium lays over it."""
        said = self.page("Page.captureScreenshot", format="png")
        return Image.open(io.BytesIO(base64.b64decode(said["data"]))).convert("L")

    def ask(self, method: str, session: str | None = None, /, **parameters: object) -> Answer:
        try:
            number = self._send(method, session, **parameters)
            until = time.monotonic() + ASK_SECONDS
            while time.monotonic() < until:
                said = json.loads(self._line.recv())
                if said.get("id") == number:
                    if "error" in said:
                        raise Silent(said["error"].get("message", ""))
                    return dict(said["result"])
        except (OSError, ValueError, websocket.WebSocketException) as error:
            raise Silent(type(error).__name__) from None
        raise Silent(method)

    def _send(self, method: str, session: str | None, **parameters: object) -> int:
        self._number += 1
        said: Answer = {"id": self._number, "method": method, "params": parameters}
        try:
            self._line.send(json.dumps(said | ({"sessionId": session} if session else {})))
        except (OSError, websocket.WebSocketException) as error:
            raise Silent(type(error).__name__) from None
        return self._number


def _address(profiles: Path) -> str:
    end = time.monotonic() + FIND_SECONDS
    while True:
        told = sorted(profiles.glob("*/DevToolsActivePort"), key=lambda each: each.stat().st_mtime)
        if told and len(said := told[-1].read_text().split()) == 2:  # port and path
            return f"ws://127.0.0.1:{said[0]}{said[1]}"
        if time.monotonic() > end:
            raise Silent("it has no port")
        time.sleep(0.05)
