"""What stands on the screen, and its number.

The page holds no state but the number (`seq`) of what it shows. A new screen gets a new number; the same screen of the
same step with other facts keeps it, in whatever dress it stands there and whatever question is laid over it. An answer
to another number is none, unless it says the same on every screen (docs/decisions/0006-numbered-screens.md).

The flow's thread puts screens up while the page's thread dresses them. One lock is held from a change to its showing,
so the newest view is the last one shown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from kiosk.flows.asking.screen import Screen
from kiosk.language.languages import Language
from kiosk.session.answers import Wish
from kiosk.session.preferences import Preferences

Overlay = Literal["leave", "leaving", "idle", "staff", "language"]
NOBODY_YET = frozenset({"attract", "closed", "left_card", "take_card", "closing"})  # no visit to leave


@dataclass(frozen=True)
class View:
    """What stands on the screen now, whole: a page that has just connected needs nothing else."""

    seq: int
    screen: Screen
    overlay: Overlay | None
    until: float | None  # when the overlay's question answers itself, in monotonic seconds
    preferences: Preferences
    pad: Mapping[str, object] | None = field(repr=False)
    aloud: bool = False  # the overlay is heard also by whoever does not listen

    def left(self, now: float) -> float | None:
        """How long the overlay's question still waits, in seconds: less each time it is shown again."""
        return None if self.until is None else max(self.until - now, 0.0)

    @property
    def untouched(self) -> bool:
        """It is as the next person is to find it: in the station's own dress, and nothing is laid over it."""
        return self.preferences == Preferences() and self.overlay is None

    @property
    def alone(self) -> bool:
        """Nobody is before it: the kiosk is open, and waits for the next person as they are to find it."""
        return self.screen.name == "attract" and self.untouched


class Shown:
    """show: called with every new View, from the thread that made it so. It must not call back."""

    def __init__(self, show: Callable[[View], None]) -> None:
        self._show = show
        self._lock = threading.Lock()
        self._view = View(0, Screen("attract"), None, None, Preferences(), None)

    @property
    def view(self) -> View:
        return self._view

    def accepts(self, seq: int) -> bool:
        """An answer to this number is one to what stands there."""
        return seq == self._view.seq

    def put(self, screen: Screen, pad: Mapping[str, object] | None = None) -> bool:
        """Put a screen up. True when it is another one: it has the next number, and nothing is laid over it but the
        choice of languages, which stays until it has been made."""
        with self._lock:
            return self._put(screen, pad)

    def cover(self, screen: Screen) -> None:
        """The card has gone: put this up in the place of what needs one."""
        with self._lock:
            if needs_cover(self._view.screen):
                self._put(screen, None)

    def lay(self, overlay: Overlay | None, until: float | None = None, aloud: bool = False) -> None:
        """Lay a question or a notice over the screen, or take it away. until: when it answers itself. aloud: it is
        heard, too, whoever is there."""
        with self._lock:
            if (overlay, aloud) != (self._view.overlay, self._view.aloud):
                self._become(replace(self._view, overlay=overlay, until=until, aloud=aloud))

    def lay_leaving(self) -> None:
        """やめる was touched. A screen that is doing something hears of it only later: it is said now."""
        with self._lock:
            screen = self._view.screen
            visited = screen.name not in NOBODY_YET and not screen.staff
            if visited and not screen.answers:
                self._become(replace(self._view, overlay="leaving", aloud=False))

    def prefer(self, wish: Wish | Language) -> None:
        """How things are shown changes at once, whatever the flow is doing: the same screen stands there in another
        dress, nothing typed is lost."""
        with self._lock:
            view = replace(self._view, preferences=self._view.preferences.after(wish))
            if wish is Wish.LANGUAGES and view.overlay is None:
                view = replace(view, overlay="language", until=None)
            self._become(_chosen(view) if isinstance(wish, Language) else view)

    def close_languages(self) -> bool:
        """The language is to stay as it is. False when nobody was asked for it."""
        with self._lock:
            before = self._view
            self._become(_chosen(before))
            return self._view != before

    def refresh(self) -> None:
        """Show it again: a device has changed, and every screen may show its state."""
        with self._lock:
            self._show(self._view)

    def _put(self, screen: Screen, pad: Mapping[str, object] | None) -> bool:
        """Called under the lock."""
        before = self._view
        anew = (before.screen.name, before.screen.step) != (screen.name, screen.step)
        overlay = None if anew and before.overlay != "language" else before.overlay
        until = before.until if overlay else None
        aloud = before.aloud and overlay is not None
        self._become(View(before.seq + anew, screen, overlay, until, before.preferences, pad, aloud))
        return anew

    def _become(self, view: View) -> None:
        """Called under the lock."""
        if view != self._view:
            self._view = view
            self._show(view)


def needs_cover(screen: Screen) -> bool:
    """It may not stand there without the card. Of one of the staff's, nothing is read that nobody may see."""
    return screen.needs_card and not screen.staff


def _chosen(view: View) -> View:
    """Without the choice of languages."""
    return replace(view, overlay=None) if view.overlay == "language" else view
