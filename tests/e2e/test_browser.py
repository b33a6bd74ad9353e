"""The browser's keeper and the server, in the one order that loses no page."""

from __future__ import annotations

import threading
from pathlib import Path

from bench.visitor import Visitor
from kiosk.services.browser_words import FORGET, hear
from tests.stage import Stage


def test_the_next_session_begins_only_when_the_browser_has_forgotten_the_last(tmp_path: Path) -> None:
    heard: list[bytes] = []
    asked, done = threading.Event(), threading.Event()

    def obey(word: bytes) -> bool:
        heard.append(word)
        asked.set()
        return done.wait(5)

    with Stage(tmp_path) as stage:
        threading.Thread(target=hear, args=(stage.runtime, obey), daemon=True).start()
        with Visitor(stage.port) as person:
            person.touch("start", "link").leave()
        assert asked.wait(5) and heard == [FORGET]
        assert Path(f"/proc/{stage.arbiter}/task/{stage.arbiter}/children").read_text() == ""
        done.set()
        with Visitor(stage.port) as person:
            person.finds("is-attract")
