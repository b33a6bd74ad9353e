"""The terms are agreed to by nobody who has not seen their end."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import Kiosk
from tests.e2e.person import Person
from tests.e2e.test_socket import SAY  # what a page could send that does not keep to what it shows


def test_the_box_comes_with_the_end_of_the_terms_by_touch(person: Person) -> None:
    person.walks_to(8)
    assert not person.offers("tick") and not person.offers("next")
    person.presses("つづきを読む")
    assert not person.offers("tick")
    person.turns_the_pages()
    assert not person.offers("next")
    person.touches("tick")
    expect(person.page.get_by_role("checkbox")).to_be_checked()
    person.presses("同意する")
    person.sees("pin", 9)


def test_a_finger_that_reads_on_and_on_in_one_place_meets_no_other_button(person: Person) -> None:
    """Whoever reads touches つづきを読む once more than there is to read."""
    person.walks_to(8)
    x, y = person.middle_of("つづきを読む")
    person.turns_the_pages()
    for _ in range(3):
        person.page.touchscreen.tap(x, y)
    person.touches("tick")  # what was touched before is heard by now
    expect(person.page.get_by_role("checkbox")).to_be_checked()
    person.sees("terms", 8)
    assert person.middle_of("同意しない")[0] < x


def test_the_terms_can_be_read_and_agreed_to_by_keyboard_alone(person: Person) -> None:
    person.walks_to(8)
    keys = person.page.keyboard
    while not person.page.evaluate("() => document.activeElement.matches('[data-scroll]')"):
        keys.press("Tab")
    while not person.offers("tick"):
        keys.press("PageDown")
    box = person.page.get_by_role("checkbox", name="利用規約を確認しました。")
    while not box.evaluate("box => box === document.activeElement"):
        keys.press("Shift+Tab")
    keys.press("Space")
    expect(box).to_be_checked()
    keys.press("Space")
    expect(box).not_to_be_checked()
    assert not person.offers("next")
    keys.press("Space")
    expect(box).to_be_checked()
    while person.page.evaluate("() => document.activeElement.dataset.answer") != "next":
        keys.press("Tab")
    keys.press("Enter")
    person.sees("pin", 9)


def test_a_page_that_ticks_and_agrees_before_the_end_is_not_heard(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(8)
    for answer in ("tick", "next", "tick", "next"):
        person.page.evaluate(SAY, answer)
    person.touches("size")
    person.page.wait_for_selector(".frame.is-terms.is-large")  # all that was said before has been heard by now
    person.sees("terms", 8)
    assert not person.offers("tick") and not person.offers("next")
