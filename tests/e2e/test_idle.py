"""Whoever has gone away is asked for, waited for, and then forgotten; whoever reads is given time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from kiosk.advice.outcomes import End
from kiosk.config.kiosk import Screen
from kiosk.portal.model import State
from tests.e2e.conftest import Kiosk, opened, visit
from tests.e2e.person import Person
from tests.e2e.test_socket import SAY

IDLE, READING, WARNING = 2, 4, 3  # seconds
LATER = """() => {
    const now = performance.now.bind(performance), day = now() - Date.now();
    performance.now = () => now() + 60_000;
    Date.now = () => now() - day;  // by which the line measures a silence that is none (static/socket.js)
}"""


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """A kiosk that soon asks whether anybody is there. It has no printer."""
    screen = Screen(idle_seconds=IDLE, reading_idle_seconds=READING, warning_seconds=WARNING)
    with Kiosk(tmp_path_factory.mktemp("stage"), screen=screen, printer="none") as stage:
        yield stage


@pytest.fixture(scope="module")
def hasty_page(chromium: Browser, hasty: Kiosk) -> Iterator[Page]:
    with opened(chromium, hasty) as page:
        yield page


@pytest.fixture
def person(hasty: Kiosk, hasty_page: Page) -> Iterator[Person]:
    with visit(hasty, hasty_page) as person:
        yield person


def test_one_touch_goes_on_and_nothing_is_lost(person: Person) -> None:
    person.walks_to(5)
    person.types("73")
    person.is_asked("stay")
    left = int(person.page.inner_text("[data-countdown]"))
    person.page.wait_for_function(f"() => document.querySelector('[data-countdown]').textContent < {left}")
    person.touches("stay")
    person.sees("pin", 5)
    person.has_typed(2)


def test_whoever_has_gone_away_is_forgotten(person: Person, hasty: Kiosk) -> None:
    person.walks_to(7)
    began = time.monotonic()
    person.is_asked("stay")
    assert time.monotonic() - began > (IDLE + READING) / 2  # what is to be read is given more time
    hasty.wait_log("session ends: timed_out")
    person.sees("take_card")
    assert hasty.people[person.who].address not in person.dom
    assert (hasty.states(), hasty.portal.held_count()) == ([State.CANCELLED], 0)


def test_a_slow_finger_can_answer_that_it_wants_to_leave(person: Person, hasty: Kiosk) -> None:
    """Putting the finger down is a sign of life, and must not take the button from under it."""
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    person.is_asked("leave_now")
    place = person.page.locator("[data-answer=leave_now]").bounding_box()
    assert place is not None
    person.page.evaluate(LATER)
    person.page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    person.page.mouse.down()
    person.page.evaluate(SAY, "size")
    person.page.wait_for_selector(".is-large")  # that the finger is down has been heard by now
    person.page.mouse.up()
    hasty.wait_log("session ends: left")


def test_touching_the_screen_puts_the_question_off(person: Person) -> None:
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    until = time.monotonic() + 2 * IDLE
    while time.monotonic() < until:
        person.page.evaluate(SAY, "active")
        person.page.wait_for_timeout(100)
        assert person.page.locator("[role=dialog]").count() == 0


# -- this kiosk has no printer


def test_without_a_printer_the_person_is_told_before_and_has_everything_on_the_screen(person: Person) -> None:
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    person.reads("いまは印刷できません")
    person.touches("link")
    person.who = "face"
    for step in range(1, 5):
        person.does(step)
    person.is_sent_away_with(End.NO_PINS)
    person.reads("この機械では印刷できません")
    assert not person.offers("reprint")
