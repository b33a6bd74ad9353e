"""What a screen is made of, for tests that look at each element rather than at the whole: each element's name, classes
and attributes, and those of all it stands in.

Of the screens that differ in their words alone, or in how many items a list has, `covering` leaves one; all of them,
when the whole is wanted.
"""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser

from kiosk.session.preferences import Preferences
from tests.web.sight import Sight
from tests.whole import WHOLE

TELLING = ("role", "type", "aria-live")  # attributes whose value makes another element of it
OF_ITS_OWN = ("class", "style", "d")
CLOSED = {"br", "circle", "ellipse", "hr", "img", "input", "line", "path", "polygon", "polyline", "rect", "use", "wbr"}


class Parts(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._open: list[str] = []
        self._bare: set[int] = set()  # how deep those stand that have neither words nor elements so far
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        classes = sorted((has.get("class") or "").split())
        named = sorted(f"{name}={has[name]}" if name in TELLING else name for name in has if name not in OF_ITS_OWN)
        self._bare.discard(len(self._open))
        self._open.append(" ".join((tag, *classes, *named)))
        self._bare.add(len(self._open))
        self.found.add(" > ".join(self._open))
        if tag in CLOSED:
            self._open.pop()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in CLOSED:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._bare.discard(len(self._open))

    def handle_endtag(self, tag: str) -> None:
        if tag in CLOSED:
            return
        if len(self._open) in self._bare:  # a button without a word is another than one with some
            self.found.add(" > ".join((*self._open, "nothing")))
        assert self._open.pop().partition(" ")[0] == tag, tag


@cache
def covering(sights: tuple[Sight, ...]) -> tuple[Sight, ...]:
    """In their order those that have a part which none before them has."""
    if WHOLE:
        return sights
    seen: set[str] = set()
    chosen = []
    for sight in sights:
        found = Parts(sight.html(Preferences())).found
        if not found <= seen:
            chosen.append(sight)
            seen |= found
    return tuple(chosen)
