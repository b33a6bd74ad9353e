"""When the kiosk says where it is."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from functools import partial

import pytest

from kiosk.config.kiosk import Beacon as Wanted
from kiosk.flows.asking.screen import Screen
from kiosk.language import dates
from kiosk.language.dates import JST
from kiosk.language.hours import Hours
from kiosk.session import beacon
from kiosk.session.answers import Help, Wish
from kiosk.session.beacon import Beacon
from tests.session.world import World

NIGHT = datetime.datetime(2026, 11, 26, 22, tzinfo=JST)


@pytest.mark.parametrize(
    ("hours", "within", "heard"),
    [
        (None, True, ["due", "asked"]),
        (None, False, ["asked"]),
        (Hours("09:00-12:30"), True, ["asked"]),
        (Hours("20:00-23:00"), False, ["due", "asked"]),
    ],
)
def test_by_itself_it_keeps_its_hours_and_a_remote_is_answered_at_any(
    hours: Hours | None, within: bool, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dates, "now", lambda: NIGHT)
    said: list[str] = []
    wanted = Wanted(every_seconds=30, hours=hours)
    for how in ("due", "asked"):
        getattr(Beacon(wanted, lambda: True, lambda: within, partial(said.append, how)), how)()
    assert said == heard


def test_it_is_silent_before_anybody_who_is_there() -> None:
    heard: list[bool] = []
    world = World()
    signpost = Beacon(Wanted(), lambda: world.session.view.alone, lambda: True, lambda: heard.append(True))
    signpost.asked()
    assert heard == [True], "nobody is there"
    happens: list[Callable[[], None]] = [
        lambda: world.session._shown.prefer(Wish.SIZE),
        lambda: world.session._shown.prefer(Wish.SIZE),  # as before, but for the next
        lambda: world.session.helpers.answer(Help.STAFF, in_use=False),
        lambda: world.session.helpers.answer(Help.STAY, in_use=False),
        lambda: world.session.show(Screen("home")),
        lambda: world.session.show(Screen("closed")),
    ]
    for there in happens:
        there()
        before = len(heard)
        signpost.asked()
        assert (len(heard) > before) is world.session.view.alone
    assert len(heard) == 3, "and as before once somebody has gone"


def test_it_comes_round_only_where_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    came = threading.Event()
    quick = Wanted(every_seconds=10)
    monkeypatch.setattr(beacon, "start", lambda _name, keeping: keeping())

    def sound() -> None:
        came.set()
        signpost.stop()

    signpost = Beacon(quick, lambda: True, lambda: True, sound)
    monkeypatch.setattr(signpost._stopped, "wait", lambda _seconds: signpost._stopped.is_set())
    signpost.start()
    assert came.is_set()
    Beacon(Wanted(), lambda: True, lambda: True, lambda: pytest.fail("nobody wants it")).start()
