"""One row of a table after the other: a gesture, or something that a page is made to do; and what came of it.

Each row is looked at by five things. Something has got through if one of them is not as it was:

    targets   the pages, windows and programs of pages that Chromium has, by its own word
    page      ours, with its address, size and zoom, whole on the glass and with nothing chosen or held in it
    picture   the glass shows what it showed before, or what our page has painted itself, pixel by pixel: whatever
              Chromium lays over it (a menu, a bubble, a dialog, a picker) is on the one and not on the other
    files     nothing has been written in Chromium's home, and no program been started to hand something to
    life      the page lives, and nobody has noticed anything

What has got through has to be gone CLOSED_SECONDS after the act: the keeper has killed that browser.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from PIL import Image

from kiosk.services.browser import Keeper
from kiosk.web.site import is_site
from tests.escape.devtools import Devtools, Silent
from tests.escape.results import Tried
from tests.escape.screen import Alone, same
from tests.stage import Stage

SETTLED_SECONDS = 0.6  # from the act until it is looked at
CLOSED_SECONDS = 1.0
GIVEN_UP_SECONDS = 6.0
LIKE_SECONDS = 2.5  # for which the glass may differ from the page: a screen fades in
SESSIONS = ("screen ", "session begins", "session ends")
ASTRAY = "come before the page"
OURS = "ours"
NOTICED, STILL = "noticed", "the page stands still, or has gone"
LOST = (NOTICED, STILL)
TRIES, LAID_SECONDS = 5, 0.2
ROUNDED = 8  # of 255, by which the page's own picture of something half transparent may be another than the glass's
PAGE = """() => ({
    ours: document.getElementById("screen") !== null, size: [innerWidth, innerHeight, outerWidth, outerHeight],
    ratio: devicePixelRatio, scale: visualViewport.scale, chosen: getSelection().toString(), at: scrollX + scrollY,
    full: document.fullscreenElement !== null, locked: document.pointerLockElement !== null,
    inset: document.pictureInPictureElement !== null, seen: document.visibilityState, focus: document.hasFocus(),
})"""


class Row(NamedTuple):
    """laid: what a page of ours would have to hold for it, a script. It is laid there before, and stays."""

    name: str
    act: Callable[[Any], None]
    laid: str = ""
    seconds: float = SETTLED_SECONDS  # from the act until it is looked at


class Glass(Protocol):
    """What there is to look at, and who keeps the browser behind it."""

    home: Path

    @property
    def keeper(self) -> Keeper | Alone: ...

    def picture(self) -> Image.Image: ...

    def without_arrow(self, picture: Image.Image) -> Image.Image: ...

    def devtools(self) -> Devtools: ...


class Seen(NamedTuple):
    targets: frozenset[tuple[str, str]]
    page: Mapping[str, object]
    files: frozenset[str]


class Found(NamedTuple):
    """Something has got through. gone: seconds until its browser had been killed."""

    what: str
    gone: float | None

    @property
    def in_time(self) -> bool:
        return self.gone is not None and self.gone <= CLOSED_SECONDS

    @property
    def words(self) -> str:
        return f"{self.what}; {'stays' if self.gone is None else f'gone after {self.gone:.1f} s'}"


class Rows:
    """again: to where it is tried, in a new browser. hand: of the family, for the page that stands there."""

    def __init__(
        self,
        glass: Glass,
        stage: Stage,
        tried: Tried,
        again: Callable[[], None],
        hand: Callable[[Devtools], object],
    ) -> None:
        self._glass, self._stage, self._tried, self._hand = glass, stage, tried, hand
        self._to_where_it_is_tried = again
        self._devtools: Devtools | None = None

    def run(self, rows: Iterable[Row], over: Callable[[], None]) -> None:
        for row in rows:
            if row.name in self._tried.names:
                continue
            found = self._try(row)
            if found is not None and found.what in LOST:  # which a machine without time for the page looks like, too
                found = self._try(row)
            if found is not None:
                list_ = self._tried.closed if found.in_time else self._tried.out
                list_.append(f"{row.name} ({found.words})")
                print(f"  {row.name}: {found.words}", flush=True)
            self._tried.names.add(row.name)
            over()
        self._leave()

    def _try(self, row: Row) -> Found | None:
        """None: nothing has got through."""
        devtools, before, picture = self._ready(row)
        pid, since = self._glass.keeper.pid, self._stage.logged()
        with suppress(Silent):  # it is looked at at once
            row.act(self._hand(devtools))
        done = time.monotonic()
        gone = self._gone(pid, done, row.seconds)
        what = NOTICED if gone is not None else self._changed(before, picture, since, bool(row.laid))
        if what is None:
            if row.laid or not same(picture, self._glass.picture()) or self._said(since, SESSIONS):
                self._leave()  # what the page has answered stands there now
            return None
        self._tried.show(self._glass.picture(), row.name)
        gone = gone or self._gone(pid, done, GIVEN_UP_SECONDS)
        self._leave()
        return Found(what, gone)

    def _ready(self, row: Row) -> tuple[Devtools, Seen, Image.Image]:
        """What stands there before, in a browser that answers."""
        for _ in range(TRIES):
            try:
                devtools = self._devtools or self._again()
                if row.laid:
                    devtools.evaluates(row.laid)
                    time.sleep(LAID_SECONDS)
                picture = self._still()
                return devtools, self._look(bool(row.laid)), picture
            except Silent:
                self._leave()
        raise AssertionError("no browser answers")

    def _changed(self, before: Seen, picture: Image.Image, since: int, laid: bool) -> str | None:
        if self._said(since, (ASTRAY,)):
            return NOTICED
        try:
            now = self._look(laid)
            for what, one, other in zip(Seen._fields, before, now, strict=True):
                if one != other:
                    return f"{what}: {difference(one, other)}"
            if same(picture, self._glass.picture()) or self._painted_itself():
                return None
        except Silent:
            return STILL
        return "the picture is another's"

    def _painted_itself(self) -> bool:
        """Whether the glass shows the page, and nothing else."""
        assert self._devtools is not None
        end = time.monotonic() + LIKE_SECONDS
        while time.monotonic() < end:
            if same(self._glass.without_arrow(self._devtools.shot()), self._glass.picture(), ROUNDED):
                return True
            time.sleep(0.2)
        return False

    def _gone(self, pid: int | None, since: float, within: float) -> float | None:
        """Seconds from then until this browser had gone; None if it has not within so many."""
        while (passed := time.monotonic() - since) < within:
            if self._glass.keeper.pid != pid:
                return passed
            time.sleep(0.02)
        return None

    def _look(self, laid: bool) -> Seen:
        """What can be chosen in things that we have laid there is no news."""
        assert self._devtools is not None
        page = dict(self._devtools.evaluates(f"({PAGE})()") or {})
        if laid:
            page.pop("chosen", None)
        targets = frozenset((kind, _address(url)) for kind, url in self._devtools.targets())
        return Seen(targets, page, frozenset(written(self._glass.home)))

    def _still(self) -> Image.Image:
        before = self._glass.picture()
        for _ in range(20):
            time.sleep(0.1)
            now = self._glass.picture()
            if same(before, now):
                break
            before = now
        return before

    def _said(self, since: int, words: Iterable[str]) -> bool:
        return any(each in line for line in self._stage.log[since:] for each in words)

    def _again(self) -> Devtools:
        self._to_where_it_is_tried()
        self._devtools = self._glass.devtools()
        self._devtools.attach()
        self._still()
        return self._devtools

    def _leave(self) -> None:
        if self._devtools is not None:
            self._devtools.close()
            self._devtools = None


def written(home: Path) -> Iterator[str]:
    """What lies in the home, but for what programs keep for themselves."""
    for path in home.rglob("*"):
        inside = path.relative_to(home)
        if path.is_file() and not inside.parts[0].startswith("."):
            yield inside.as_posix()


def difference(one: Any, other: Any) -> str:
    """What is there now and was not before, in words."""
    if isinstance(one, Mapping):
        return ", ".join(f"{key} {other.get(key)}" for key in one if one[key] != other.get(key))
    return ", ".join(" ".join(each) if isinstance(each, tuple) else each for each in sorted(other ^ one))


def _address(url: str) -> str:
    """The site is each session's own, and says nothing about whose page it is."""
    parts = urlsplit(url)
    return OURS if is_site(parts.netloc) and parts.path == "/" else url
