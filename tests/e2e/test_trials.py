"""What the staff's trials want to know of glass and keys, in real Chromium: two fingers at once, and a drawn key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from kiosk.web.style import STATIC

HERE = "http://trials.localhost/"
PAGE = """<div id="screen"><p data-half="both" style="position:fixed;inset:0 50% 0 0">1</p>
<p data-half="both" style="position:fixed;inset:0 0 0 50%">2</p>
<ul><li data-key-name="7" data-keycap="key_seven"></li>
<li data-key-name="ENTER" data-keycap="key_enter"></li></ul></div>
<script type="module" src="/static/trials.js"></script>"""
PRESSES = "window.pressed = []; export function press(answer) { window.pressed.push(answer); }"
LEFT, RIGHT = {"x": 100, "y": 100}, {"x": 900, "y": 100}


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_context(viewport={"width": 1080, "height": 600}, has_touch=True).new_page()
    page.route(HERE, lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.route("**/static/trials.js", lambda route: route.fulfill(path=STATIC / "trials.js"))
    page.route("**/static/presses.js", lambda route: route.fulfill(body=PRESSES, content_type="text/javascript"))
    page.goto(HERE)
    page.wait_for_function("window.pressed !== undefined")
    yield page
    page.context.close()


def touches(page: Page, *events: tuple[str, list[dict[str, int]]]) -> list[str]:
    glass = page.context.new_cdp_session(page)
    for kind, points in events:
        fingers = [{**point, "id": at} for at, point in enumerate(points)]
        glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    found: list[str] = page.evaluate("window.pressed")
    return found


def test_two_fingers_count_when_both_are_down_at_once_one_on_each_half(page: Page) -> None:
    one_after_the_other = [("touchStart", [LEFT]), ("touchEnd", []), ("touchStart", [RIGHT]), ("touchEnd", [])]
    assert touches(page, *one_after_the_other) == []
    both_on_one = [("touchStart", [LEFT]), ("touchStart", [LEFT, {"x": 300, "y": 300}]), ("touchEnd", [])]
    assert touches(page, *both_on_one) == []
    assert touches(page, ("touchStart", [LEFT]), ("touchStart", [LEFT, RIGHT]), ("touchEnd", [])) == ["both"]


def test_a_key_that_is_drawn_counts_each_time_it_is_pressed_and_no_other_does(page: Page) -> None:
    for key in ("7", "8", "a", "Enter", "Tab"):
        page.keyboard.press(key)
    assert page.evaluate("window.pressed") == ["key_seven", "key_enter"]
