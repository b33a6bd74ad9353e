"""How long the kiosk waits, and for what.

Whatever stands on the screen waits in one of a few ways, a row each of one table (`limits`): how long, what follows,
and for how long also without a page, for then nobody can see what is asked. Whoever reads or answers is asked first
whether they are still there, and any touch puts that off. The question itself wants an answer: were a touch enough,
its buttons would go from under the finger.

Signs of life put it off for LONGEST_SECONDS at most: a wet panel touches itself, a key sticks under a bag, a bell or a
card has a bad contact, and whoever was there is gone. Then the question comes all the same. What counts is an answer: a
button that means something. After so long the portal has given up a linking, too (`LIFETIME_SECONDS` of its record).

Time is monotonic seconds, and is given in. The page comes and goes in another thread than the flow's, which does all
the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from kiosk.config.kiosk import Settings
from kiosk.flows.asking.ends import BrowserLost, CardGone, TimedOut, VisitEnded
from kiosk.flows.asking.screen import Screen

Due = Literal["warn"]

DOOR_SECONDS = 10.0  # from key to key
STAFF_CARD_SECONDS = 30.0  # to find it, and put it in
LONGEST_SECONDS = 15 * 60.0  # from one answer to the next, whatever else shows that somebody is there
ROOM_SECONDS, WRAP_UP_SECONDS = 240.0, 60.0  # five minutes without a touch, asked about during the last


class Wait(Enum):
    """What is waited for."""

    ATTRACT = auto()  # somebody
    ANSWER = auto()
    READING = auto()  # an answer, after something long
    PUT_BACK = auto()  # the card that was taken out in the middle
    TAKE_CARD = auto()  # the card to be taken, when all is over
    DOOR = auto()  # the next key of a member of the staff who would like to come in
    STAFF_CARD = auto()  # their card
    ROOM = auto()  # an answer of one who is in


@dataclass(frozen=True)
class Limit:
    """seconds: how long one waits; None: for ever. then: the end that follows; None: there is something to look at.
    page_seconds: how long also without a page; None: for ever. warning: how long the question stands before the end;
    None: nobody is asked, and no touch puts anything off."""

    seconds: float | None
    then: type[VisitEnded] | None = None
    page_seconds: float | None = None
    warning: float | None = None


def limits(settings: Settings) -> Mapping[Wait, Limit]:
    """The table."""
    screen, session = settings.screen, settings.session
    page, warning = session.browser_lost_seconds, screen.warning_seconds
    return {
        Wait.ATTRACT: Limit(None),
        Wait.ANSWER: Limit(screen.idle_seconds, TimedOut, page, warning),
        Wait.READING: Limit(screen.reading_idle_seconds, TimedOut, page, warning),
        Wait.PUT_BACK: Limit(session.put_back_seconds, CardGone, page),
        Wait.TAKE_CARD: Limit(session.take_card_seconds, TimedOut, 0),
        Wait.DOOR: Limit(DOOR_SECONDS, TimedOut, page),
        Wait.STAFF_CARD: Limit(STAFF_CARD_SECONDS, TimedOut, page),
        Wait.ROOM: Limit(ROOM_SECONDS, TimedOut, page, WRAP_UP_SECONDS),
    }


def wait_for(screen: Screen) -> Wait:
    """What a screen waits for that is put up by a flow."""
    match screen.staff:
        case "door":
            return Wait.DOOR
        case "card":
            return Wait.STAFF_CARD
        case "room":
            return Wait.ROOM
    return Wait.READING if screen.reading else Wait.ANSWER


class Patience:
    """One wait after the other. There is no page at first."""

    def __init__(self, settings: Settings, now: float) -> None:
        self._limits = limits(settings)
        self._page_lost_at: float | None = now
        self._kind = Wait.ATTRACT
        self.begin(Wait.ATTRACT, now)

    @property
    def kind(self) -> Wait:
        return self._kind

    @property
    def until(self) -> float | None:
        """When the wait is over, or the question that was asked meanwhile, in monotonic seconds; None: never."""
        return self._until

    def begin(self, kind: Wait, now: float) -> None:
        """Another wait, from now on."""
        if Wait.ATTRACT in (kind, self._kind) or kind is Wait.TAKE_CARD:  # the first of somebody's, and the last
            self._answered_at = now
        self._kind, self._limit = kind, self._limits[kind]
        self._warned = False
        self._until = None if self._limit.seconds is None else min(now + self._limit.seconds, max(self._latest, now))

    def touched(self, now: float) -> None:
        """Somebody is there, it seems."""
        if self._limit.warning is not None and not self._warned:
            self.begin(self._kind, now)

    def noticed(self, now: float) -> None:
        """The same, by more than a touch: the question has gone if there was one."""
        self._warned = False
        self.touched(now)

    def answered(self, now: float) -> None:
        """Somebody is there."""
        self._answered_at = now
        self.noticed(now)

    def page_lost(self, now: float) -> None:
        self._page_lost_at = now

    def page_back(self) -> None:
        self._page_lost_at = None

    def wait(self, now: float) -> float | None:
        """How long nothing is due, in seconds; None: for ever."""
        ends = [end for end in (self._until, self._page_until()) if end is not None]
        return max(min(ends) - now, 0.0) if ends else None

    def due(self, now: float) -> Due | None:
        """What is due: to ask whether anybody is there ("warn"). Raises an end."""
        page_until = self._page_until()
        if page_until is not None and now >= page_until:
            raise BrowserLost
        if self._until is None or now < self._until:
            return None
        if self._limit.warning is not None and not self._warned:
            self._warned = True
            self._until = min(now, self._latest) + self._limit.warning
            if now < self._until:
                return "warn"
        assert self._limit.then is not None
        raise self._limit.then

    @property
    def _latest(self) -> float:
        """When no sign of life puts anything off any more."""
        return self._answered_at + max(LONGEST_SECONDS, self._limit.seconds or 0.0)

    def _page_until(self) -> float | None:
        lost_at, seconds = self._page_lost_at, self._limit.page_seconds
        return None if lost_at is None or seconds is None else lost_at + seconds
