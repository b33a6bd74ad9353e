"""A touch is where a finger goes down and where it comes up, for each finger by itself; and none is lost in silence.

The fingers are Chromium's own touch events, several at a time, of any size and on any way; no click is made by the
test. What a finger does is data: where each one is, one moment after the other.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import TimeoutError

from kiosk.session.pad import BOUNCE_SECONDS
from tests.e2e.conftest import Kiosk
from tests.e2e.person import PINS, Person
from tests.e2e.test_socket import NEUTRAL, SOCKET
from tests.whole import few

DOWN = "touchStart"
MOVE = "touchMove"
UP = "touchEnd"
MARKED = "[data-pressed]"
CUT = f"""async () => {{
    const neutral = document.querySelector("#neutral");
    const gone = new Promise(tell => new MutationObserver(tell).observe(neutral, {{ attributeFilter: ["hidden"] }}));
    (await {SOCKET}).socket.io.engine.close();
    await gone;
}}"""  # until the screen has gone: the one that comes back is the same
ALL_AT_ONCE = """async ([kind, more]) => {
    const button = document.querySelector("[data-answer='key:4']");
    const { x, y, width, height } = button.getBoundingClientRect();
    const at = { clientX: x + width / 2, clientY: y + height / 2, pointerId: 7, bubbles: true, ...more };
    const moved = [];
    for (let time = 0; time < 4; time++) {
        moved.push(...kind.map(([make, type]) => new window[make](type, at)));
        await new Promise(enough => setTimeout(enough, 400));
    }
    for (const event of moved) button.dispatchEvent(event);
}"""
BY = {
    "a finger": [[["PointerEvent", "pointerdown"], ["PointerEvent", "pointerup"]], {}],
    "a keyboard": [[["KeyboardEvent", "keydown"], ["KeyboardEvent", "keyup"]], {"key": "4"}],
    "an aid": [[["MouseEvent", "click"]], {}],
}
HEAR_PAINTED = f"""async () => {{
    const {{ socket }} = await {SOCKET}, emit = socket.emit;
    window.told = [];
    socket.emit = (...said) => {{ if (said[0] === "painted") told.push(said[1]); return emit.apply(socket, said); }};
}}"""
COUNT_SAME_FRAME = """() => {
    window.sameFrame = 0;
    addEventListener("pointerup", () => {
        let same = true; // the frame that follows the touch has not begun
        requestAnimationFrame(() => (same = false));
        window.answered = new Promise(tell => new MutationObserver((_, observer) => {
            observer.disconnect();
            sameFrame += same;
            requestAnimationFrame(tell);
        }).observe(document.querySelector("#screen"), { childList: true }));
    }, { capture: true });
}"""
AFTER_THE_FRAME = """key => { window.acknowledged = new Promise(tell => document.addEventListener("pointerdown", () =>
    requestAnimationFrame(() => tell(document.querySelector(`[data-answer="${key}"]`).matches("[data-pressed]"))),
    { once: true })); }"""


class At(NamedTuple):
    """Where a finger is: so many px from the middle of what gives an answer, or beyond its right edge."""

    answer: str
    right: float = 0
    down: float = 0
    beyond: bool = False
    radius: float = 12  # px; of a fingertip


class Moment(NamedTuple):
    """Where each finger is that is on the glass, and how many seconds pass before the next moment."""

    fingers: dict[str, At]
    seconds: float = 0


class Gesture(NamedTuple):
    name: str
    moments: Sequence[Moment | dict[str, At]]
    typed: int  # characters that stand in the pad afterwards


FIVE, SIX, EIGHT, HEADING = At("key:5"), At("key:6"), At("key:8"), At("", down=-300)
LEFT, OVER = At("key:5", right=-8, down=-4), At("key:5", right=8, down=4)  # 16 px to the right of it
TREMOR = [{"a": At("key:5", right=18 * (-1) ** step, down=9 * (-1) ** (step // 2))} for step in range(20)]
PALM = At("key:5", radius=160)
ON_LEAVE = At("leave", radius=70)

GESTURES = (
    Gesture("touches", [{"a": FIVE}, {}], 1),
    Gesture("rolls 16 px", [{"a": LEFT}, {"a": OVER}, {}], 1),
    Gesture("rolls out by 12 px", [{"a": At("key:5", -4, 0, True)}, {"a": At("key:5", 12, 0, True)}, {}], 1),
    Gesture(
        "rolls onto the edge of the next", [{"a": At("key:5", -4, 0, True)}, {"a": At("key:5", 20, 0, True)}, {}], 1
    ),
    Gesture("trembles", [*TREMOR, {}], 1),
    Gesture("presses long", [Moment({"a": FIVE}, 1.6), {}], 1),
    Gesture("goes to another key", [{"a": FIVE}, {"a": SIX}, {}], 0),
    Gesture("goes off and comes back", [{"a": FIVE}, {"a": EIGHT}, {"a": FIVE}, {}], 1),
    Gesture("comes from elsewhere", [{"a": HEADING}, {"a": FIVE}, {}], 0),
    Gesture("uses a knuckle", [{"a": At("key:5", radius=45)}, {}], 1),
    Gesture("lays a palm on the keys", [{"a": PALM}, {}], 0),
    Gesture("rests a palm and touches", [{"p": PALM}, {"p": PALM, "a": SIX}, {"p": PALM}, {}], 1),
    Gesture("rests a hand below", [{"p": ON_LEAVE}, {"p": ON_LEAVE, "a": SIX}, {"p": ON_LEAVE}, {}], 1),
    Gesture("rests a finger", [Moment({"r": FIVE}, 1.2), {"r": FIVE, "a": SIX}, {"r": FIVE}, {}], 1),
    Gesture("types with two hands", [{"a": FIVE}, {"a": FIVE, "b": SIX}, {"b": SIX}, {}], 2),
    Gesture("has one finger within the other", [{"a": FIVE}, {"a": FIVE, "b": SIX}, {"a": FIVE}, {}], 2),
    Gesture("uses three fingers", [{"a": FIVE, "b": SIX, "c": EIGHT}, {}], 3),
    Gesture("bounces", [{"a": FIVE}, {}, {"a": FIVE}, {}], 1),
    Gesture("touches twice", [{"a": FIVE}, Moment({}, 0.4), {"a": FIVE}, {}], 2),
)


ENTERED = "count => document.querySelectorAll('.dot.is-entered').length >= count"


class Hand:
    """Fingers on the glass of a page."""

    def __init__(self, person: Person) -> None:
        self._page = person.page
        self._devtools = person.page.context.new_cdp_session(person.page)
        self._fingers: dict[str, dict[str, float]] = {}

    def does(self, moments: Sequence[Moment | dict[str, At]]) -> None:
        for moment in moments:
            fingers, seconds = moment if isinstance(moment, Moment) else (moment, 0)
            self._is(fingers)
            time.sleep(seconds)

    def taps(self, *answers: str) -> None:
        for answer in answers:
            self.does([{"a": At(answer)}, {}])

    def _is(self, fingers: dict[str, At]) -> None:
        """Each finger that is not where it was has an event of its own."""
        for name in [name for name in self._fingers if name not in fingers]:
            self._send(UP, self._fingers.pop(name))
        for name, at in fingers.items():
            before = self._fingers.get(name)
            point = {"id": ord(name), **self._place(at)}
            if point != before:
                self._send(DOWN if before is None else MOVE, point)
            self._fingers[name] = point

    def _send(self, kind: str, point: dict[str, float]) -> None:
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})

    def _place(self, at: At) -> dict[str, float]:
        where = f"#screen [data-answer='{at.answer}']" if at.answer else "#screen h1"
        box: Any = self._page.locator(where).bounding_box()
        x = box["x"] + (box["width"] if at.beyond else box["width"] / 2) + at.right
        y = max(box["y"] + box["height"] / 2 + at.down, 1)
        return {"x": x, "y": y, "radiusX": at.radius, "radiusY": at.radius}


@pytest.fixture
def hand(person: Person) -> Hand:
    return Hand(person)


@contextmanager
def busy(kiosk: Kiosk) -> Iterator[None]:
    """The session's process gets no time."""
    worker = kiosk.worker
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # the arbiter has seen it dead
            os.kill(worker, signal.SIGCONT)


# -- how soon it is answered


def test_how_soon_the_screen_that_answers_a_touch_is_painted_is_told_once_for_each(person: Person) -> None:
    person.page.evaluate(HEAR_PAINTED)
    person.walks_to(2)
    person.page.wait_for_function("() => told.length === 3", timeout=5000)
    assert all(0 < each < 5000 for each in person.page.evaluate("() => told"))


def test_a_screen_that_is_there_in_time_is_painted_in_the_frame_that_follows_the_touch(person: Person) -> None:
    """Chromium would hold every message back until that frame has been painted (browser.FEATURES_OFF)."""
    person.walks_to(1)
    person.page.evaluate(COUNT_SAME_FRAME)
    for _ in range(40):  # of which about half are there in time, and fewer on a busy machine
        for answer in ("back", "link"):
            person.touches(answer)
            person.page.evaluate("window.answered")
        if person.page.evaluate("sameFrame"):
            return
    raise AssertionError("not one")


# -- what a finger meant


def test_what_a_finger_does_is_what_it_meant(person: Person, hand: Hand) -> None:
    person.walks_to(5)
    wrong = []
    for gesture in GESTURES:
        for _ in range(5):  # a machine that has no time for us makes two touches of a bounce
            began = time.monotonic()
            hand.does(gesture.moments)
            took = time.monotonic() - began
            person.types("1")  # has been heard when whatever came before it has been heard
            with suppress(TimeoutError):
                person.page.wait_for_function(ENTERED, arg=gesture.typed + 1, timeout=3000)
            person.page.wait_for_selector(f"#screen:not(:has({MARKED}))")
            count = person.page.locator(".dot.is-entered").count() - 1
            person.touches("clear")
            person.has_typed(0)
            if gesture.name != "bounces" or took < BOUNCE_SECONDS:
                break
        if count != gesture.typed:
            wrong.append((gesture.name, count))
    assert wrong == []
    person.sees("pin", 5)
    assert not person.page.locator("[role=dialog]").count()


def test_the_glass_answers_within_a_frame_and_says_when_a_finger_is_not_taken(person: Person, hand: Hand) -> None:
    person.walks_to(5)
    page = person.page
    page.evaluate(AFTER_THE_FRAME, "key:5")
    hand.does([{"a": FIVE}])
    assert page.evaluate("window.acknowledged")
    hand.does([{"a": EIGHT}])
    page.wait_for_selector(f"#screen:not(:has({MARKED}))")
    hand.does([{"a": FIVE}])
    page.wait_for_selector(f"[data-answer='key:5']{MARKED}")
    hand.does([{}])
    person.has_typed(1)
    page.wait_for_selector(f"#screen:not(:has({MARKED}))")


def test_a_knuckle_is_no_palm_on_a_low_button_either(person: Person, hand: Hand) -> None:
    person.walks_to(5)
    hand.does([{"a": At("size", radius=45)}, {}])
    person.page.wait_for_selector(".frame.is-pin.is-large")


def test_a_swipe_scrolls_a_text_and_presses_nothing(person: Person, hand: Hand) -> None:
    person.walks_to(8)
    middle = person.page.locator("[data-scroll]").bounding_box()
    assert middle is not None
    text = person.page.locator("[data-scroll]")
    before = text.evaluate("text => text.scrollTop")
    heading = person.page.locator("#screen h1").bounding_box()
    assert heading is not None
    down = middle["y"] + middle["height"] / 2 - heading["y"] - heading["height"] / 2
    hand.does([*({"a": At("", down=down - 40 * step)} for step in range(8)), {}])
    person.page.wait_for_function("() => document.querySelector('[data-scroll]').scrollTop > 100")
    assert text.evaluate("text => text.scrollTop") > before
    person.sees("terms", 8)


def test_whoever_swipes_at_the_first_screen_begins(person: Person, hand: Hand) -> None:
    person.sees("attract")
    hand.does([{"a": At("", down=40 * step)} for step in range(5)] + [{}])
    person.sees("home")


def test_assistive_technology_presses_without_a_finger(person: Person) -> None:
    person.walks_to(5)
    for key in "7391":
        person.page.evaluate("key => document.querySelector(`[data-answer='key:${key}']`).click()", key)
    person.has_typed(4)
    person.leads_the_focus_to("next")
    person.page.keyboard.press("Space")
    person.sees("confirm", 7)


# -- what is pressed while nobody listens


def keys_of(pin: str) -> list[str]:
    return [f"key:{digit}" for digit in pin]


def test_what_is_pressed_while_the_machine_is_busy_is_not_lost(person: Person, hand: Hand, kiosk: Kiosk) -> None:
    person.walks_to(5)
    with busy(kiosk):
        hand.taps(*keys_of(PINS.text), "next")
        time.sleep(0.5)
        marked = person.page.locator(MARKED)
        assert marked.count() == 1, "what has not been heard yet is shown so, but for the digits of the PIN"
        assert marked.get_attribute("data-answer") == "next"
    person.sees("confirm", 7)


def test_what_is_pressed_before_the_line_is_given_up_arrives_on_the_next(
    person: Person, hand: Hand, kiosk: Kiosk
) -> None:
    person.walks_to(5)
    with busy(kiosk):
        hand.taps(*keys_of(PINS.text), "next")
        person.page.wait_for_selector(NEUTRAL, timeout=10_000)
    person.sees("confirm", 7)


def test_one_key_pressed_with_time_between_is_no_bounce_when_it_arrives_all_at_once(
    person: Person, hand: Hand, kiosk: Kiosk
) -> None:
    person.walks_to(5)
    with busy(kiosk):
        for _ in range(3):
            hand.taps("key:4")
            time.sleep(0.4)
        hand.taps("key:4")
        person.page.evaluate(CUT)
    person.sees("pin", 5)
    person.has_typed(4)


@pytest.mark.parametrize("by", BY)
def test_one_key_pressed_with_time_between_is_no_bounce_when_the_page_hears_of_it_all_at_once(
    person: Person, by: str
) -> None:
    person.walks_to(5)
    person.page.evaluate(ALL_AT_ONCE, BY[by])
    person.has_typed(4)


@pytest.mark.parametrize("times", few([3], of=[1, 3]))
def test_a_line_that_is_cut_says_nothing_twice(person: Person, hand: Hand, times: int) -> None:
    person.walks_to(5)
    for key in "739"[:times]:
        hand.taps(f"key:{key}")
        person.page.evaluate(CUT)
        person.sees("pin", 5)
    person.has_typed(times)


def test_a_finger_that_is_down_while_the_line_is_cut_has_pressed(person: Person, hand: Hand) -> None:
    person.walks_to(5)
    hand.does([{"a": FIVE}])
    person.page.evaluate(CUT)
    person.sees("pin", 5)
    hand.does([{}])
    person.has_typed(1)


def test_a_page_that_is_loaded_anew_goes_on_pressing(person: Person, hand: Hand) -> None:
    person.walks_to(5)
    hand.taps("key:7", "key:3")
    person.has_typed(2)
    person.page.reload()
    person.sees("pin", 5)
    hand.taps("key:9", "key:1", "next")
    person.sees("confirm", 7)


def test_nothing_pressed_in_one_session_gets_to_the_next(person: Person, hand: Hand, kiosk: Kiosk) -> None:
    person.sees("attract")
    since = kiosk.logged()
    with busy(kiosk):
        hand.taps("start")
        os.kill(kiosk.worker, signal.SIGKILL)
    kiosk.wait_log("the page is here", since=since)
    person.sees("attract")
    time.sleep(1)
    person.sees("attract")
    assert not any("session begins" in line for line in kiosk.log[since:])
