"""The staff at the screen: how they come in, how long they are waited for, and a kiosk that they have closed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

import pytest

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import Left, TimedOut
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import entrance, officer, room
from kiosk.ipc.messages import Admit, DoorsStand, StaffLeft, Standing, Status, Taken
from kiosk.ipc.messages import Answer as Said
from kiosk.language.languages import LANGUAGES
from kiosk.session import visit
from kiosk.session.answers import Answer, Choice, Edit, Help, Key, Sign, Wish
from kiosk.session.patience import DOOR_SECONDS, ROOM_SECONDS, STAFF_CARD_SECONDS, WRAP_UP_SECONDS
from tests.flows.office import OFFICER, PASSCODE, WRONG, ScriptedCaretaker, admit
from tests.session.world import READING, WARNING, World

CORNER, NEXT, FINISH = Choice(visit.OFFICER), Choice("next"), Choice("finish")
CLOSED = DoorsStand("maintenance")


@pytest.fixture
def world() -> World:
    world = World()
    world.devices.caretaker = ScriptedCaretaker({StaffLeft: [Taken()]})
    return world


def types(world: World, every: float, *what: str | Answer) -> None:
    """Key after key, so many seconds apart; of a text its characters."""
    keys: list[Answer] = []
    for each in what:
        keys += [Key(character) for character in each] if isinstance(each, str) else [each]
    for at, key in enumerate(keys):
        world.at(world.inbox.now + every * (at + 1), partial(world.says, key))


def entered(world: World) -> Callable[[], list[str]]:
    """What becomes of a flow that stands behind the door."""
    came: list[str] = []

    def stay(kiosk: Kiosk, _officer: object) -> None:
        came.append("in")
        kiosk.ask(Screen("staff_room", {"shut": False}, ("finish",), staff="room"))

    room.visit = stay  # type: ignore[assignment]
    return lambda: came


@pytest.fixture(autouse=True)
def room_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "visit", room.visit)


def test_number_and_passcode_lead_in_and_nobody_is_counted_as_a_visitor(world: World) -> None:
    told: list[object] = []
    world.session.course._caretaker = type("Hears", (ScriptedCaretaker,), {"tell": lambda _, each: told.append(each)})()
    came = entered(world)
    types(world, 1, CORNER, str(OFFICER), NEXT, PASSCODE, NEXT, FINISH)
    visit.run(world.session)
    assert came() == ["in"] and told == [] and not world.handover.in_use
    assert world.names == ["attract", "staff_entrance", "staff_room", "closing"]


def test_no_digit_of_a_passcode_is_shown_or_logged_and_each_of_the_number_is(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    types(world, 1, CORNER, str(OFFICER), NEXT, WRONG, NEXT)
    visit.run(world.session)
    pads = [dict(view.pad or {}) for view in world.views if view.screen.name == "staff_entrance"]
    assert str(OFFICER) in [pad.get("shown") for pad in pads]
    passcode_pads = [pad for pad in pads if pad and pad["maximum"] == officer.PASSCODE.longest]
    assert {pad["entered"] for pad in passcode_pads} == set(range(len(WRONG) + 1))
    assert all("shown" not in pad for pad in passcode_pads)
    shown = [(view.screen.facts, view.pad) for view in world.views]
    assert WRONG not in repr(shown) and WRONG not in caplog.text


def test_the_door_closes_by_itself_so_many_seconds_after_the_last_key(world: World) -> None:
    types(world, DOOR_SECONDS - 1, CORNER, "1", Edit.ERASE, "2")
    last = world.inbox.now + 4 * (DOOR_SECONDS - 1)
    visit.run(world.session)
    assert world.inbox.now == last + DOOR_SECONDS and world.names[-1] == "closing"


def test_the_next_try_has_all_its_time_however_long_the_one_before_was_checked(world: World) -> None:
    checked: list[float] = []

    def slowly(asked: Admit) -> Said:
        world.inbox.now += DOOR_SECONDS + 5
        checked.append(world.inbox.now)
        return admit(asked)

    world.devices.caretaker = ScriptedCaretaker({Admit: slowly})
    types(world, 1, CORNER, str(OFFICER), NEXT, WRONG, NEXT)
    visit.run(world.session)
    assert [world.inbox.now - at for at in checked] == [DOOR_SECONDS]


def test_a_palm_that_rests_there_keeps_it_from_closing_as_little_as_nothing_does(world: World) -> None:
    types(world, 1, CORNER, *[Sign.ACTIVE] * 9)
    visit.run(world.session)
    assert world.inbox.now == 1 + DOOR_SECONDS


def test_a_card_put_in_at_the_door_goes_back_to_whoever_put_it_in(world: World) -> None:
    types(world, 1, CORNER)
    world.at(2, world.reader.put_in)
    world.at(20, world.reader.take_out)
    visit.run(world.session)
    assert world.names == ["attract", "staff_entrance", "take_card", "closing"] and world.reader.lines == []


# -- in the room


@pytest.fixture
def inside(world: World) -> World:
    world.session.begin_staff()
    return world


HERE = Screen("staff_room", {"shut": False}, ("finish",), staff="room")


def test_whoever_is_in_is_asked_after_four_minutes_and_out_after_five(inside: World) -> None:
    with pytest.raises(TimedOut):
        inside.session.ask(HERE)
    assert (ROOM_SECONDS, WRAP_UP_SECONDS, inside.inbox.now) == (240, 60, 300)
    assert [view.overlay for view in inside.views][-1] == "idle"


def test_a_touch_is_enough_to_stay_and_the_question_wants_an_answer(inside: World) -> None:
    inside.at(200, lambda: inside.says(Sign.ACTIVE))
    inside.at(450, lambda: inside.says(Help.STAY))
    inside.at(460, lambda: inside.says(FINISH))
    assert inside.session.ask(HERE) == "finish"


def test_somebody_who_wants_to_use_it_gets_it_at_once(inside: World) -> None:
    inside.saying(Help.LEAVE)
    with pytest.raises(Left):
        inside.session.ask(HERE)


def test_what_is_being_tried_out_is_not_cut_by_the_limit_nor_by_who_wants_it(inside: World) -> None:
    inside.session.show(Screen("staff_busy", {"what": "printer"}, staff="room"))
    inside.inbox.now += 1000  # of printing
    inside.says(Help.LEAVE)
    with pytest.raises(Left):
        inside.session.ask(HERE)


def test_a_fault_among_the_staff_s_own_is_in_the_log_and_tells_nobody_of_linking(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(_kiosk: Kiosk) -> None:
        raise ValueError

    monkeypatch.setattr(entrance, "visit", breaks)
    world.saying(CORNER)
    visit.run(world.session)
    assert world.names == ["attract", "closing"] and "ValueError at breaks" in caplog.text


# -- closed


def test_while_it_is_closed_no_touch_and_no_card_begins_a_visit(world: World) -> None:
    world.devices.doors = CLOSED
    world.saying(Choice(visit.START), Sign.ACTIVE, Help.STAFF, Help.STAY)
    world.soon(world.reader.put_in)
    with pytest.raises(AssertionError, match="wait for ever"):
        visit.attract(world.session)
    assert world.names == ["closed"] and world.view.screen.facts["card"]


def test_one_of_the_staff_comes_in_also_then(world: World) -> None:
    world.devices.doors = CLOSED
    world.saying(CORNER)
    assert visit.attract(world.session) is visit.Who.OFFICER


def test_a_kiosk_that_is_closed_while_nobody_is_there_says_so_and_one_that_is_opened_begins_anew(world: World) -> None:
    def doors(stand: DoorsStand) -> None:
        world.devices.doors = stand
        world.session.device_changed()

    world.at(5, lambda: doors(CLOSED))
    world.at(9, lambda: doors(DoorsStand()))
    visit.run(world.session)
    assert world.names == ["attract", "closed", "closing"] and world.inbox.now == 9


@pytest.mark.parametrize("touched", [LANGUAGES["vi"], Wish.SIZE, Wish.LANGUAGES, Help.STAFF])
def test_whoever_reads_it_in_their_way_is_asked_and_the_next_finds_it_as_it_was(world: World, touched: Answer) -> None:
    world.devices.doors = CLOSED
    world.saying(touched)
    visit.run(world.session)
    assert world.inbox.now == READING + WARNING and world.names == ["closed", "closing"]


def test_a_staff_card_is_waited_for_half_a_minute_which_no_touch_puts_off() -> None:
    world = World()
    standing = Standing(1, "0", 0, staffed=True, cards=True)
    world.devices.caretaker = ScriptedCaretaker({Status: [standing]})
    types(world, 1, CORNER, str(OFFICER), NEXT, Choice("card"), *[Sign.ACTIVE] * 20)
    begun = world.inbox.now
    visit.run(world.session)
    asked = begun + len(str(OFFICER)) + 3
    assert world.names == ["attract", "staff_entrance", "staff_card", "closing"]
    assert world.inbox.now == asked + STAFF_CARD_SECONDS


def test_a_staff_card_that_is_still_in_is_asked_back_at_the_end() -> None:
    world = World()
    entered(world)
    world.devices.caretaker = ScriptedCaretaker({StaffLeft: [Taken()]})
    types(world, 1, CORNER, str(OFFICER), NEXT, PASSCODE, NEXT)
    at = world.inbox.now + len(str(OFFICER)) + len(PASSCODE) + 4
    world.at(at, world.reader.put_in)
    world.at(at + 1, partial(world.says, FINISH))
    world.at(at + 10, world.reader.take_out)
    visit.run(world.session)
    assert world.names == ["attract", "staff_entrance", "staff_room", "take_card", "closing"]
