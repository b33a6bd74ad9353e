"""Some rows of `make escape`, in a Chromium under the shipped policy and the keeper, on a display of its own: one
of each kind of thing that a page could be made to do, and some gestures. None leads out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

from kiosk.config.kiosk import Screen, Session
from kiosk.services.browser import Keeper
from tests.e2e import policed
from tests.escape import pages, touch
from tests.escape.devtools import DOORS, FLAG, Devtools
from tests.escape.places import HERE
from tests.escape.results import Tried
from tests.escape.rows import Row, Rows
from tests.escape.screen import home
from tests.forgetting.screen import SIZE, Display
from tests.stage import Stage

DONE_TO_A_PAGE = (
    *("window: window.open", "window: link into another window", "dialog: alert", "paper: window.print"),
    *("download: download of ours", "picker: file", "picker: color", "asked: messages", "glass: full screen"),
    *("goes to about:blank", "goes to mailto:a@example.com", "link to /icon.svg"),
)
BY_FINGERS = ("1: swipe from the edge right", "2: pinch out", "5: pinch in")


class Held:
    """What `Rows` looks at, on an X display."""

    def __init__(self, stage: Stage, display: Display, folder: Path) -> None:
        self.stage, self._display, self.home = stage, display, folder

    @property
    def keeper(self) -> Keeper:
        return self._display.keeper

    def picture(self) -> Image.Image:
        """Without the last row and column, which the page does not reach here."""
        grabbed = ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).convert("L")
        return self.without_arrow(grabbed)

    def without_arrow(self, picture: Image.Image) -> Image.Image:
        width, height = map(int, SIZE.split("x"))
        return picture.crop((0, 0, width - 1, height - 1))

    def devtools(self) -> Devtools:
        return Devtools(self.stage.runtime)

    def again(self) -> None:
        since = self.stage.logged()
        self.keeper.restart()
        self.stage.wait_log(HERE, 60, since)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    directory = tmp_path_factory.mktemp("ways_out")
    if why := policed.missing(directory):
        pytest.skip(why)
    with pytest.MonkeyPatch.context() as environment:
        for name in ("HOME", "PATH"):
            environment.setenv(name, os.environ[name])  # put back afterwards
        stage = Stage(directory / "stage", screen=Screen(idle_seconds=600), session=Session(browser_lost_seconds=30))
        folder = home(stage)
        program = policed.chromium(directory / "policed", stage.port, DOORS)
        with stage, Display(stage.settings, stage.temporary, str(program), FLAG, "--window-position=0,0") as display:
            stage.wait_log(HERE, 60)
            yield Held(stage, display, folder)


@pytest.mark.parametrize(
    ("rows", "names", "hand"),
    [(pages.rows, DONE_TO_A_PAGE, lambda devtools: devtools), (touch.rows, BY_FINGERS, touch.Fingers)],
    ids=["page", "touch"],
)
def test_nothing_that_a_page_or_a_finger_does_leads_out(
    held: Held, rows: Callable[[], Iterator[Row]], names: tuple[str, ...], hand: Callable[[Devtools], object]
) -> None:
    chosen = [row for row in rows() if row.name in names]
    assert len(chosen) == len(names)
    tried = Tried("test", "whole", "attract")
    Rows(held, held.stage, tried, held.again, hand).run(chosen, lambda: None)
    assert tried.out == tried.closed == []
