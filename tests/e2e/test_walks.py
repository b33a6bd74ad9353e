"""The guidance as a newcomer walks it: a real browser, the kiosk's own process, cards and printer on the wire.

Every walk counts its touches from the attract screen to the slip in the hand; `make bench` keeps them in its table.
"""

from __future__ import annotations

import base64
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from kiosk.config.kiosk import Session
from kiosk.sim.card.chip import Faults
from kiosk.sim.printer import Switches
from tests.chromium import heard
from tests.e2e.visitor import GOALS, SOON, Visitor
from tests.stage import Stage
from tests.whole import few

QUICK = Session(browser_lost_seconds=2, put_back_seconds=5, take_card_seconds=5)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("walks"), session=QUICK) as made:
        yield made


@pytest.fixture(scope="module")
def page(chromium: Browser, stage: Stage) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1080, "height": 1920}, reduced_motion="reduce", has_touch=True)
    page = context.new_page()
    page.goto(stage.address)
    yield page
    context.close()


@pytest.fixture
def visitor(stage: Stage, page: Page) -> Iterator[Visitor]:
    with heard(page) as said:
        stage.printer.slips.clear()
        stage.cards.clear()
        visitor = Visitor(stage, page)
        visitor.sees("attract")
        yield visitor
        stage.printer.switches = Switches()
        visitor.leaves()
    assert said == [], f"the browser says {said}"


SOME = ["lost_at_once", "lost_english", "pin_text"]


# Some sorts of lists, one in another language; others are below, and what is signed in test_release and test_linking.
# What is not seen, unless the whole is tried, is another way that takes more touches; `make bench` counts them all.
@pytest.mark.parametrize("name", few(SOME, of=GOALS))
def test_everybody_gets_to_their_slip_in_a_few_touches(visitor: Visitor, name: str) -> None:
    goal = GOALS[name]
    visitor.follows(goal)
    visitor.slip()
    assert visitor.count <= goal.most
    assert "".join(visitor.said(goal.heading).split()) in visitor.words or name == "lost_at_once"
    assert len(visitor.stage.printer.slips) == goal.slips
    assert visitor.stage.printer.faults == []


def test_the_number_to_call_is_huge_and_the_first_thing_seen(visitor: Visitor) -> None:
    visitor.touches("start")
    visitor.touches("lost")
    visitor.sees("lost_suspend")
    number = visitor.page.locator(".call-number")
    assert number.inner_text() == "0120-95-0178"
    box = number.bounding_box()
    assert box is not None and box["width"] > 1080 * 0.7
    assert "24時間365日" in visitor.words and "0120-0178-27" in visitor.words


def test_the_picture_on_the_screen_is_the_paper_dot_for_dot(visitor: Visitor) -> None:
    visitor.follows(GOALS["lost_keep"])
    paper = visitor.slip()
    visitor.touches("paper")
    visitor.sees("slip")
    picture = visitor.page.locator("img.slip-picture")
    visitor.page.wait_for_function("() => document.querySelector('img.slip-picture').naturalWidth > 0")
    shown = visitor.page.evaluate(
        "async () => { const r = await fetch(document.querySelector('img.slip-picture').src);"
        " return btoa(String.fromCharCode(...new Uint8Array(await r.arrayBuffer()))) }"
    )
    image = Image.open(io.BytesIO(base64.b64decode(shown))).convert("1")
    assert image.size == paper.size
    assert ImageChops.difference(image, paper.convert("1")).getbbox() is None
    box = picture.bounding_box()
    assert box is not None and round(box["width"]) == paper.width == 576, "one dot is one pixel of the screen"
    visitor.touches("back")
    visitor.sees("todo")
    assert len(visitor.stage.printer.slips) == 1, "looking at it prints nothing"


def test_without_paper_a_phone_takes_the_list_from_the_screen(visitor: Visitor, tmp_path: Path) -> None:
    visitor.stage.printer.switches = Switches(paper_end=True)
    visitor.follows(GOALS["lost_keep"])
    visitor.page.get_by_text("プリンターの紙がなくなりました").wait_for(timeout=SOON)
    visitor.page.locator(".carry .code").screenshot(path=tmp_path / "code.png")
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(tmp_path / "code.png")], capture_output=True, text=True, check=True
    ).stdout
    for words in (
        "カードをなくしたとき",
        "0120-95-0178",
        "1,500円",
        "3.0×2.4cm",
        "見本警察署",
        "https://www.kojinbango-card.go.jp/",
    ):
        assert words in read
    assert "0120-95-0178" in visitor.words, "and the same stands on the screen"
    visitor.stage.printer.switches = Switches()
    visitor.touches("reprint")
    visitor.slip()


def test_another_question_is_answered_without_a_new_beginning(visitor: Visitor) -> None:
    visitor.follows(GOALS["renewal"])
    visitor.slip()
    visitor.touches("home")
    visitor.touches("pin")
    visitor.touches("show")
    visitor.page.wait_for_function("() => document.querySelector('h1').textContent.includes('免許の４けた')")
    visitor.slip()
    assert len(visitor.stage.printer.slips) == 2


def test_what_linking_gives_leads_into_linking(visitor: Visitor) -> None:
    visitor.takes("start", "benefits", "benefits.link")
    visitor.sees("licence")
    assert visitor.page.locator("[aria-current=step]").count() == 1


def test_a_card_is_checked_with_eleven_questions_and_the_licence_is_shown_behind_its_pin(visitor: Visitor) -> None:
    visitor.follows(GOALS["check"])
    visitor.slip()
    card = visitor.stage.card("excellent")
    asked = len(card.trace)
    assert asked == 11
    assert not card.my_number_was_read
    visitor.touches("licence")
    visitor.sees("check_warn")
    assert "あと10回" in visitor.words
    visitor.touches("yes")
    visitor.sees("pin")
    visitor.page.keyboard.type("2468")
    visitor.touches("next")
    visitor.sees("check_licence")
    for words in ("ゴールド", "普通、普自二", "この機械では確かめていません"):
        assert words in visitor.words
    # SELECT and tries for the warning, tries for the pad, VERIFY, READ
    assert len(card.trace) - asked == 5
    visitor.stage.take_out()
    visitor.sees("attract")
    assert "ゴールド" not in visitor.page.content(), "with the card everything goes"
    for answer in ("start", "renewal"):  # somebody else
        visitor.touches(answer)


def test_a_card_the_wrong_way_round_or_another_card_is_told_apart(visitor: Visitor) -> None:
    for answer in ("start", "check"):
        visitor.touches(answer)
    visitor.sees("set_card")
    visitor.stage.put_in("excellent", faults=Faults(mute=True))
    visitor.page.get_by_text("カードの向きを確かめてください").wait_for(timeout=SOON)
    visitor.stage.put_in("excellent")
    visitor.slip()


def test_a_phone_on_the_reader_is_told_to_be_one(visitor: Visitor) -> None:
    for answer in ("start", "check"):
        visitor.touches(answer)
    visitor.sees("set_card")
    visitor.stage.put_in("phone", "phone")
    visitor.slip()
    assert "これはスマートフォンです" in visitor.words
    assert len(visitor.stage.card("phone", "phone").trace) == 5
