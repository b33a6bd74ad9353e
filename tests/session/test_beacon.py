"""When the kiosk says where it is."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable

import pytest

from kiosk.config.kiosk import Beacon as Wanted
from kiosk.config.kiosk import Opening, Settings
from kiosk.flows.asking.screen import Screen
from kiosk.language import dates
from kiosk.language.dates import JST
from kiosk.language.hours import Hours
from kiosk.session import beacon
from kiosk.session.answers import Help, Wish
from kiosk.session.beacon import Beacon
from tests.session.world import World

DAY, NIGHT = (datetime.datetime(2026, 11, 26, hour, tzinfo=JST) for hour in (12, 22))
OPEN = Opening(Hours("08:30-17:15"))


def sounds(wanted: Wanted, opening: Opening, now: datetime.datetime, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is heard when the time has come round, and when a remote asks."""
    monkeypatch.setattr(dates, "now", lambda: now)
    heard: list[str] = []
    signpost = Beacon(Settings(beacon=wanted, opening=opening), lambda: True, lambda: heard.append(how))
    for how in ("due", "asked"):
        getattr(signpost, how)()
    return heard


@pytest.mark.parametrize(
    ("hours", "opening", "by_night"),
    [
        (None, Opening(), ["due", "asked"]),
        (None, OPEN, ["asked"]),
        (Hours("09:00-12:30"), Opening(), ["asked"]),
        (Hours("20:00-23:00"), OPEN, ["due", "asked"]),
    ],
)
def test_by_itself_it_keeps_its_hours_and_a_remote_is_answered_at_any(
    hours: Hours | None, opening: Opening, by_night: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Wanted(every_seconds=30, hours=hours)
    assert sounds(wanted, opening, NIGHT, monkeypatch) == by_night
    if hours is None or hours.open_at(DAY):
        assert sounds(wanted, opening, DAY, monkeypatch) == ["due", "asked"]


def test_it_is_silent_before_anybody_who_is_there() -> None:
    heard: list[bool] = []
    world = World()
    signpost = Beacon(Settings(), lambda: world.session.alone, lambda: heard.append(True))
    signpost.asked()
    assert heard == [True], "nobody is there"
    happens: list[Callable[[], None]] = [
        lambda: world.session._shown.prefer(Wish.SIZE),
        lambda: world.session._shown.prefer(Wish.SIZE),  # as before, but for the next
        lambda: world.session._help(Help.STAFF),
        lambda: world.session._help(Help.STAY),
        lambda: world.session.show(Screen("home")),
        lambda: world.session.show(Screen("closed")),
    ]
    for there in happens:
        there()
        before = len(heard)
        signpost.asked()
        assert (len(heard) > before) is world.session.alone
    assert len(heard) == 3, "and as before once somebody has gone"


def test_it_comes_round_only_where_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    came = threading.Event()
    quick = Settings(beacon=Wanted(every_seconds=10))
    monkeypatch.setattr(beacon, "start", lambda _name, keeping: keeping())

    def sound() -> None:
        came.set()
        signpost.stop()

    signpost = Beacon(quick, lambda: True, sound)
    monkeypatch.setattr(signpost._stopped, "wait", lambda _seconds: signpost._stopped.is_set())
    signpost.start()
    assert came.is_set()
    Beacon(Settings(), lambda: True, lambda: pytest.fail("nobody wants it")).start()
