"""The kiosk closed and opened: for a reason, and until a moment, if there is one. People are told when it opens: then,
or when its hours begin if that is outside them. From here it is started again, too, and switched off (`restart.py`).

Nobody who is being served is interrupted: to be here somebody of the staff stands before the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.runner import choices
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import restart
from kiosk.flows.staff.officer import Officer, asked
from kiosk.ipc.doors import DoorsLeft
from kiosk.ipc.messages import CLOSED_FOR, CloseKiosk, Doors, DoorsStand, OpenKiosk
from kiosk.language import dates

ROUND = timedelta(minutes=5)
ENDS: dict[str, Callable[[datetime], datetime | None]] = {
    "half_hour": lambda now: _rounded(now + timedelta(minutes=30)),
    "one_hour": lambda now: _rounded(now + timedelta(hours=1)),
    "three_hours": lambda now: _rounded(now + timedelta(hours=3)),
    "morning": lambda now: _next(time(8, 30), now),
    "open_end": lambda _now: None,
}


def visit(kiosk: Kiosk, officer: Officer, now: Callable[[], datetime] = dates.now) -> None:
    """Until it is as somebody wants it."""
    while isinstance(stand := asked(kiosk, Doors()), DoorsStand):
        ways = ("close", "restart", "back") if stand.open else ("open", "close", "restart", "back")
        left = kiosk.caretaker.doors_left() or DoorsLeft()
        facts = {**told(stand), "opened": opened(stand, left, now())}
        answer = kiosk.ask(Screen("staff_doors", facts, ways, staff="room"))
        if answer == "back":
            return
        if answer == "restart":
            restart.visit(kiosk, officer)
            continue
        question = OpenKiosk(officer.staff) if answer == "open" else _closing(kiosk, officer, now)
        if question is not None and asked(kiosk, question) is None:
            return


def told(stand: DoorsStand) -> dict[str, object]:
    """For a screen: why it is closed (None: it is open), the moment at which it opens by itself, and whether people are
    guided meanwhile."""
    until = None if stand.until is None else datetime.fromtimestamp(stand.until, dates.JST)
    return {"closed_for": stand.reason, "until": until, "guidance": stand.guidance}


def opened(stand: DoorsStand, left: DoorsLeft, now: datetime) -> datetime | None:
    """Until when staff have opened it although it is outside its hours; None: they have not."""
    theirs = stand.open and left.hour(now.timestamp()) == "opened"
    return datetime.fromtimestamp(left.opened, dates.JST) if theirs else None


def ahead(ends: Mapping[str, datetime | None], left: DoorsLeft, now: datetime) -> dict[str, object]:
    """For a screen: when it opens by each end, whether it has hours, and whether the next morning is this day's."""
    opens = {name: end and left.opens(end) for name, end in ends.items()}
    morning = ends["morning"]
    return {"opens": opens, "hours": left.opening.hours is not None, "today": morning and morning.date() == now.date()}


def _closing(kiosk: Kiosk, officer: Officer, now: Callable[[], datetime]) -> CloseKiosk | None:
    """Why and until when; None: rather not."""
    moment = now().astimezone(dates.JST)
    ends = {name: end(moment) for name, end in ENDS.items()}
    left = kiosk.caretaker.doors_left() or DoorsLeft()
    facts = ahead(ends, left, moment)
    chosen = choices(
        kiosk,
        Screen("staff_reason", {}, (*CLOSED_FOR, "back"), staff="room"),
        Screen("staff_until", facts, (*ENDS, "back"), staff="room"),
    )
    if chosen is None:
        return None
    reason = next(each for each in CLOSED_FOR if each == chosen[0])
    end = ends[chosen[1]]
    return CloseKiosk(officer.staff, reason, None if end is None else int(end.timestamp()))


def _next(hour: time, now: datetime) -> datetime:
    """The next time that it is so late: before that, still today."""
    today = datetime.combine(now.date(), hour, now.tzinfo)
    return today if now < today else today + timedelta(days=1)


def _rounded(moment: datetime) -> datetime:
    """To the next five minutes, as one says it."""
    return moment + (datetime.min.replace(tzinfo=moment.tzinfo) - moment) % ROUND
