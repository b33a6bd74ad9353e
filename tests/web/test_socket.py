"""The line hears each press once, in the order in which it was pressed, however often it is cut."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from flask import Flask

from kiosk.config.kiosk import Voice
from kiosk.flows.asking.screen import Screen
from kiosk.language.languages import Language
from kiosk.session.answers import Answer, Choice, Key, Wish
from kiosk.session.handover import Handover
from kiosk.session.preferences import Preferences
from kiosk.session.session import Session
from kiosk.session.shown import View
from kiosk.web.site import KEY, Site
from kiosk.web.socket import Line

SITE = Site.fresh(8080)
PIN = Screen("pin")


class Listener:
    """Stands in for the session: it keeps what it is told."""

    view = View(4, Screen("pin"), None, None, Preferences(), None)

    def __init__(self) -> None:
        self.told: list[tuple[int, Answer]] = []
        self.course = self
        self.took: list[float] = []
        self.cuts: list[float] = []

    def painted(self, seconds: float) -> None:
        self.took.append(seconds)

    def reconnected(self, seconds: float) -> None:
        self.cuts.append(seconds)

    def answer(self, seq: int, answer: Answer) -> None:
        self.told.append((seq, answer))

    def page_back(self) -> None:
        pass

    page_lost = stop = page_back


class Wire:
    """A server with its line, and pages that connect to it."""

    def __init__(self) -> None:
        self.app = Flask("test")
        self.handover = Handover()
        self.line = Line(self.app, SITE, lambda view: "<p></p>", handover=self.handover)
        self.session = Listener()
        self.line.serve(cast(Session, self.session))

    def connect(self) -> Any:
        headers = {"Origin": SITE.origin, "Host": SITE.host, "Cookie": f"{KEY}={SITE.key}"}
        return self.line._io.test_client(self.app, headers=headers)


@pytest.fixture
def wire() -> Wire:
    return Wire()


def press(page: Any, number: int, word: str) -> object:
    """What the confirmation bears; None without one."""
    return page.emit("answer", {"seq": 4, "answer": word, "number": number, "at": 0}, callback=True)


def heard(page: Any) -> int:
    """How far the session has heard, as the newest snapshot says."""
    return int(page.get_received()[-1]["args"][0]["heard"])


def test_what_is_said_again_on_the_next_line_is_heard_once(wire: Wire) -> None:
    page = wire.connect()
    assert heard(page) == 0
    press(page, 1, "key:7")
    press(page, 2, "key:3")
    page.disconnect()
    page = wire.connect()
    assert heard(page) == 2
    for number, word in enumerate(("key:7", "key:3", "key:9", "next"), 1):
        press(page, number, word)
    assert wire.session.told == [(4, each) for each in (Key("7"), Key("3"), Key("9"), Choice("next"))]


def test_a_page_that_has_come_is_seen_and_one_for_which_nothing_can_be_made_ends_the_session(wire: Wire) -> None:
    def breaks(_view: object) -> str:
        raise ValueError("山田")

    stopped: list[bool] = []
    wire.session.stop = lambda: stopped.append(True)  # type: ignore[method-assign]
    wire.handover.unseen = True
    render, wire.line._render = wire.line._render, breaks
    with contextlib.suppress(ValueError):
        wire.connect()
    assert (wire.line.unshowable, wire.handover.unseen, stopped) == (True, True, [True])
    wire.line._render, wire.line._page = render, None
    wire.connect()
    assert not wire.handover.unseen


def test_a_page_that_was_turned_away_is_not_heard_and_takes_no_number(wire: Wire) -> None:
    first = wire.connect()
    second = wire.connect()
    assert not second.is_connected()
    press(first, 1, "size")
    assert wire.session.told == [(4, Wish.SIZE)]


def test_a_sign_takes_no_number_and_a_keyboard_is_noted_without_a_screen(wire: Wire) -> None:
    page = wire.connect()
    page.emit("answer", {"seq": 4, "answer": "active"})
    page.emit("answer", {"seq": -1, "answer": "typed", "number": 1, "at": 2})
    assert wire.handover.typed
    assert len(wire.session.told) == 1
    page.disconnect()
    assert heard(wire.connect()) == 1


@pytest.mark.parametrize("word", ["next", "key:77"])
def test_whatever_came_of_it_a_press_is_confirmed(wire: Wire, word: str) -> None:
    """What would be dropped again must not be said again for ever."""
    page = wire.connect()
    assert [press(page, number, word) for number in (1, 1)] == [[], []]


def test_the_page_is_waited_for_until_it_shows_the_last_it_was_sent_and_no_longer(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    confirms = threading.Event()

    def emit(event: str, to: str, callback: Callable[[], None]) -> None:
        asked.append(event)
        if confirms.is_set():
            threading.Timer(0.05, callback).start()

    def waits(at_most: float) -> float:
        began = time.monotonic()
        wire.line.await_shown(at_most)
        return time.monotonic() - began

    monkeypatch.setattr(wire.line._io.server, "emit", emit)
    assert waits(20) < 20 and asked == [], "there is no page"
    wire.connect()
    assert waits(0.2) >= 0.2
    confirms.set()
    assert 0.05 <= waits(20) < 20
    assert asked == ["shown", "shown"]


def test_the_last_screen_is_silent_for_its_session_has_no_time_to_be_asked_for_a_sound() -> None:
    class Mouth:
        def say(self, html: str, language: Language) -> dict[str, object]:
            return {"screen": ["/voice/1.ogg"], "labels": {}}

    line = Line(Flask("test"), SITE, lambda view: "<p></p>", cast(Any, Mouth()))
    said = {
        name: line._snapshot(View(4, Screen(name), None, None, Preferences(listening=True), None))["voice"]
        for name in ("take_card", "closing")
    }
    assert said["take_card"] is not None and said["closing"] is None


class Speaks:
    """A mouth that has a sound for everything."""

    def say(self, html: str, language: Language) -> dict[str, object]:
        return {"screen": ["/voice/1.ogg"], "labels": {}}

    def place(self, language: Language, *, keypad: bool, socket: bool) -> list[str]:
        return [f"/voice/{language.code}-{keypad}-{socket}.ogg"]


def test_what_is_laid_over_a_screen_aloud_is_heard_by_whoever_is_there_and_goes_with_it() -> None:
    line = Line(Flask("test"), SITE, lambda view: "<p></p>", cast(Any, Speaks()))
    laid, gone = (
        View(4, PIN, "staff", None, Preferences(), None, aloud=True),
        View(4, PIN, None, None, Preferences(), None),
    )
    assert line._snapshot(laid)["voice"] is not None and line._snapshot(gone)["voice"] is None


def test_where_the_machine_is_is_said_to_the_screen_that_stands_there(wire: Wire) -> None:
    wire.line._mouth = cast(Any, Speaks())
    wire.line.announce(True, False)  # nobody is there to say it
    page = wire.connect()
    page.get_received()
    wire.line.announce(True, False)
    [heard] = page.get_received()
    assert (heard["name"], heard["args"][0]["seq"]) == ("announce", 4)
    assert heard["args"][0]["say"] == ["/voice/ja-True-False.ogg"] and 0 < heard["args"][0]["loud"] < 1
    wire.line._voice = Voice(enabled=False)
    wire.line.announce(True, False)
    assert page.get_received() == [], "of a voice that is off nothing is heard"


@pytest.mark.parametrize(
    "sends",
    [
        lambda line: line.show(Listener.view),
        lambda line: line.announce(True, True),
        lambda line: line.await_shown(0.1),
    ],
    ids=["show", "announce", "await_shown"],
)
def test_a_page_that_is_found_gone_while_something_is_sent_to_it_holds_nobody_up(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, sends: Callable[[Line], object]
) -> None:
    """The library ends a connection that has not answered when the next thing is to be sent, in the same thread."""
    wire.line._mouth = cast(Any, Speaks())
    page, lost = wire.connect(), []
    monkeypatch.setattr(wire.session, "page_lost", lambda: lost.append(True))
    with monkeypatch.context() as patched:
        patched.setattr(wire.line._io.server, "emit", lambda *_, **__: page.disconnect())
        sending = threading.Thread(target=sends, args=(wire.line,), daemon=True)
        sending.start()
        sending.join(5)
        assert not sending.is_alive()
    assert lost == [True]
    assert wire.connect().is_connected()


def test_how_soon_a_touch_was_answered_is_a_time_of_the_page_that_is_here_and_nothing_else(wire: Wire) -> None:
    page = wire.connect()
    for said in (50, 12.5, 0, -1, 60_001, 1e300, True, None, "50", [50], {"ms": 50}):
        page.emit("painted", said)
    assert wire.session.took == [0.05, 0.0125, 0]
    page.emit("painted")
    page.disconnect()
    assert wire.session.took == [0.05, 0.0125, 0]


def test_each_time_the_line_comes_back_it_is_told_how_long_it_was_cut(wire: Wire) -> None:
    wire.connect().disconnect()
    assert wire.session.cuts == [], "that it comes is no coming back"
    time.sleep(0.05)
    wire.connect().disconnect()
    wire.connect()
    assert len(wire.session.cuts) == 2 and wire.session.cuts[0] >= 0.05 > wire.session.cuts[1]
