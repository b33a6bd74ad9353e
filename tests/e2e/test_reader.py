"""A kiosk without a card reader says so, gives guidance, and links as soon as the reader is there."""

from __future__ import annotations

import socket
import time

import pytest
from playwright.sync_api import Browser

from kiosk.hw.device import SETTLE_SECONDS
from tests.e2e.conftest import Kiosk, opened, visit


def test_home_says_that_the_reader_is_missing_and_links_when_it_has_come(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stage = Kiosk(tmp_path_factory.mktemp("stage"))
    taken = socket.create_server(("127.0.0.1", stage.vpcd_port))  # by somebody else: our reader cannot have its slot
    with stage, taken, opened(chromium, stage) as page, visit(stage, page) as person:
        person.sees("attract")
        person.goes_on()
        person.sees("home")
        person.reads("カードの読み取り装置に接続できません")
        assert not person.offers("link")
        assert person.offers("lost")
        taken.close()
        person.offers_soon("link")
        time.sleep(SETTLE_SECONDS)  # which no finger is faster than; before, EMPTY is not believed
        person.touches("link")
        for step in range(1, 5):
            person.does(step)
        person.sees("pin", 5)


def test_a_card_that_was_in_as_the_server_started_is_nobodys(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Kiosk(tmp_path_factory.mktemp("stage")) as stage, opened(chromium, stage) as page:
        with visit(stage, page) as person:
            person.walks_to(7)
        page.goto("about:blank")  # or it would come back by itself, at the moment when it is led there
        stage.stop_server()
        since = stage.logged()
        stage.start_server()
        page.goto(stage.address)
        person.sees("left_card")
        person.goes_on()  # the next person, who wants to see what there is
        stage.wait_log("the page is here", since=since)
        person.sees("left_card")
        assert not any("session begins" in line for line in stage.log[since:])
        person.takes_out()
        person.sees("attract")
        person.puts_in("child")
        person.sees("home")
