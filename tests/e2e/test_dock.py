"""The dock's page: all that its interface can do, by hand and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from kiosk.hw.device import ReaderState
from kiosk.sim.inputs import EV_KEY, EVENT, KEY_ENTER
from kiosk.sim.people import people
from kiosk.sim.portal.faults import Fault
from tests.chromium import heard
from tests.sim.dock.conftest import SOON, World
from tests.stage import until


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1600, "height": 1000})
    yield page
    page.close()


def test_the_panel_does_all_that_by_hand_and_by_keyboard_with_an_empty_console(dock: World, page: Page) -> None:
    with heard(page) as said:
        page.goto(f"{dock.address}/?lang=ja")
        assert page.locator(".person").count() == len(people())

        page.get_by_role("checkbox", name="うら向き（応答しない）").check()
        page.locator("[data-person=last-try]").get_by_role("button", name="カードを入れる").press("Enter")
        dock.becomes(ReaderState.MUTE)
        row = page.locator("[data-person=last-try]")
        row.get_by_role("button", name="抜く").click()
        dock.becomes(ReaderState.EMPTY)

        page.get_by_role("button", name="ふつうのカードにもどす").click()
        row.get_by_role("button", name="カードを入れる").click()
        dock.becomes(ReaderState.CARD)
        page.get_by_role("status").get_by_text("カードが入っています").wait_for()
        row.get_by_text("あと 1 回").wait_for()

        page.get_by_role("checkbox", name="カバーが開いている").check()
        until(lambda: dock.printer.switches.cover_open, SOON)
        page.get_by_label("いつ").select_option("submit")
        page.get_by_label("１回だけ").check()
        page.get_by_role("checkbox", name="答えない").check()
        until(lambda: "slow" in dock.portal.faults.active(), SOON)
        slow = dock.portal.faults.active()["slow"]
        assert (slow.on, slow.times, slow.value) == ("submit", 1, "30")
        dock.portal.faults.strikes(Fault.SLOW, "submit")
        until(lambda: not page.get_by_role("checkbox", name="答えない").is_checked(), SOON)

        page.get_by_role("checkbox", name="呼びボタン：抜けている").uncheck()
        until(lambda: dock.aids["bell"].plugged, SOON)
        with dock.aids["bell"].path.open("rb", buffering=0) as wire:
            page.locator("[data-aid=bell]").get_by_role("button", name="押す").click()
            assert EVENT.unpack(wire.read(EVENT.size))[2:] == (EV_KEY, KEY_ENTER, 1)

        page.get_by_role("link", name="English").click()
        page.get_by_role("status").get_by_text("A card is in").wait_for()
        page.locator("[data-person=last-try]").get_by_text("1 left").wait_for()
        page.locator("[data-person=last-try]").get_by_role("button", name="Take it out").click()
        page.get_by_text("No card is in").wait_for()
    assert said == []
