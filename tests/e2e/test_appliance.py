"""The walks of `make test-appliance`, which see pictures and have one finger, before a kiosk without a machine.

So that it still finds its way when a screen has changed: in a machine each try takes a quarter of an hour.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from kiosk.ipc.caretaker import Caretaker
from kiosk.ipc.messages import AddStaff, Taken
from kiosk.sim.card.chip import Behaviour
from kiosk.sim.card.wire import Chip
from kiosk.sim.portal.decisions import terms
from tests.appliance import person as before_it
from tests.appliance.machine import HEIGHT, TOUCH_SECONDS, WIDTH
from tests.appliance.parts import devices, people, visit
from tests.appliance.report import Report
from tests.e2e.conftest import Kiosk, opened
from tests.e2e.look.gallery import WAYS, gallery
from tests.e2e.person import Person
from tests.e2e.test_staff import Staffed
from tests.forgetting.memory import found
from tests.whole import WHOLE

SECONDS = 60.0


class Glass:
    """A machine's screen and touch, as far as the walk knows them; its memory is not looked at."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.folder = folder
        self._page = page

    def picture(self) -> Image.Image:
        return Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")

    def touch(self, x: float, y: float, seconds: float = TOUCH_SECONDS) -> None:
        if seconds == TOUCH_SECONDS:
            return self._page.touchscreen.tap(x, y)
        self._page.mouse.move(x, y)
        self._page.mouse.down()
        self._page.wait_for_timeout(1000 * seconds)
        self._page.mouse.up()

    def fingers(self, on_the_glass: Mapping[int, tuple[float, float]]) -> None:
        glass = self._page.context.new_cdp_session(self._page)
        points = [{"x": x * WIDTH, "y": y * HEIGHT, "id": finger} for finger, (x, y) in on_the_glass.items()]
        glass.send("Input.dispatchTouchEvent", {"type": "touchStart" if points else "touchEnd", "touchPoints": points})
        glass.detach()


class Reader:
    """The slot, as the walk knows it."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    def put_in(self, chip: Chip) -> None:
        self._kiosk.put_in_chip(chip)

    def take_out(self) -> None:
        self._kiosk.take_out()


@pytest.mark.timeout(900 if WHOLE else 120)
def test_the_walk_in_the_machine_finds_its_way(
    kiosk: Kiosk, page: Page, person: Person, chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk.portal._decisions.terms = terms()  # those that the machine's portal has
    monkeypatch.setattr(before_it, "PATIENCE_SECONDS", SECONDS)
    monkeypatch.setattr(before_it, "PAGE_SECONDS", 0.5)
    report = Report("visit", "none", "none")

    wanted = visit.needles(kiosk.pki)

    def remembered(then: Callable[[], None]) -> set[str]:
        """In the session, which alone holds for certain what a machine's memory has to; it stands still for that."""
        here = set(found([kiosk.worker], wanted)) if WHOLE else set(wanted)
        then()
        return here

    def took_a_slip() -> None:
        wanted.update(visit.on_the_slip(kiosk.printer, kiosk.portal))

    with gallery(chromium) as pages:
        somebody = before_it.Person(Glass(page, tmp_path), pages.page(WAYS[0]))
        somebody.sees("attract")
        chip = kiosk.card(visit.WHO, behaviour=Behaviour(t0=True))
        visit.link(somebody, Reader(kiosk), chip, remembered, report, took_a_slip)
        visit.leave(somebody, Reader(kiosk))
    assert [what for good, what in report.found if not good] == []
    assert len(report.found) == len(visit.HERE)
    assert kiosk.all_over()


# It goes by the same screens to its slip. What is not seen, unless the whole is tried, is one of the few behind that.
@pytest.mark.skipif(not WHOLE, reason="most of its way is the first one's; make whole goes it")
def test_the_walks_around_what_is_pulled_out_find_their_way(
    kiosk: Kiosk, page: Page, person: Person, chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk.portal._decisions.terms = terms()
    monkeypatch.setattr(before_it, "PATIENCE_SECONDS", SECONDS)
    monkeypatch.setattr(before_it, "PAGE_SECONDS", 0.5)
    with gallery(chromium) as pages:
        somebody = before_it.Person(Glass(page, tmp_path), pages.page(WAYS[0]))
        slot = Reader(kiosk)
        somebody.sees("attract")
        for _ in range(2):
            somebody.sees("attract")
            devices.begins(somebody)
        kiosk.printer.switches.die_after_bytes = 20_000
        devices.to_the_slip(somebody, slot, kiosk.card(visit.WHO, behaviour=Behaviour(t0=True)))
        somebody.sees("linked_paper_partly")
        devices.once_more(somebody)
        visit.leave(somebody, slot)
    assert kiosk.all_over()


@pytest.mark.skipif(not WHOLE, reason="test_staff.py goes by the same screens")
@pytest.mark.timeout(600)
def test_the_walks_of_those_who_come_after_one_another_find_their_way(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(before_it, "PATIENCE_SECONDS", SECONDS)
    (tmp_path / "stage").mkdir()
    with Staffed(tmp_path / "stage") as stage, opened(chromium, stage) as page, gallery(chromium) as pages:
        asked = Caretaker(stage.kept.runtime_directory, patience_seconds=20)
        assert asked.ask(AddStaff(people.NUMBER, "supervisor", people.PASSCODE)) == Taken()
        somebody = before_it.Person(Glass(page, tmp_path), pages.page(WAYS[0]))
        somebody.sees("attract")
        people.card_is_lost(somebody)
        people.staff_come(somebody)
        assert set(people.ACTS) <= set(stage.trail)
        assert len(stage.printer.slips) == 2
