"""A visit begins when somebody is there, ends however it ends, and gives the card back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import groupby

import pytest

from kiosk.advice.outcomes import End
from kiosk.flows import home
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import BrowserLost, CardGone, Left, Stopped, TimedOut, VisitEnded
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.refusal import Stop
from kiosk.hw.device import ReaderState
from kiosk.hw.supervise import where
from kiosk.language.languages import LANGUAGES
from kiosk.portal.client import Sent
from kiosk.portal.model import Purpose, State
from kiosk.session import visit
from kiosk.session.answers import Answer, Choice, Help, Sign, Wish
from kiosk.session.handover import Handover
from kiosk.session.session import Session
from tests.session.world import READING, SETTINGS, WARNING, World

START, FINISH = Choice(visit.START), Choice("finish")
TAKE = SETTINGS.session.take_card_seconds
NAME = "見本　花子"


@pytest.fixture
def world() -> World:
    return World()


def flow(monkeypatch: pytest.MonkeyPatch, run: Callable[[Kiosk], object]) -> None:
    """In place of home and all that comes after it."""
    monkeypatch.setattr(home, "visit", run)


def nobody_comes(world: World) -> None:
    with pytest.raises(AssertionError, match="wait for ever"):
        visit.attract(world.session)


# -- somebody is there


@pytest.mark.parametrize("answer", [START, Wish.SIZE, Wish.LISTEN, Wish.LANGUAGES, LANGUAGES["en"]])
def test_a_touch_of_the_screen_or_a_wish_begins_a_visit(world: World, answer: Choice | Wish) -> None:
    world.saying(answer)
    visit.attract(world.session)
    assert world.view.screen.name == "attract"


def test_headphones_begin_a_visit(world: World) -> None:
    world.soon(lambda: world.session.headphones(True))
    visit.attract(world.session)


@pytest.mark.parametrize("state", [ReaderState.CARD, ReaderState.MUTE])
def test_a_card_begins_a_visit(world: World, state: ReaderState) -> None:
    world.soon(lambda: world.reader.put_in(state))
    visit.attract(world.session)


def test_a_card_put_in_while_the_page_was_lost_does_not(world: World) -> None:
    world.soon(world.session.page_lost, world.reader.put_in, world.session.page_back)
    nobody_comes(world)
    world.soon(world.reader.take_out, world.reader.put_in)
    visit.attract(world.session)


def test_nothing_else_does_however_long_it_takes_also_without_a_page(world: World) -> None:
    world.saying(Sign.ACTIVE, Choice("next"), Help.LEAVE, Help.LEAVE_NOW, Help.STAFF, Help.STAY)
    world.soon(world.session.device_changed, world.session.page_lost)
    world.at(100_000, world.session.page_back)
    nobody_comes(world)
    assert world.view.overlay is None


def test_where_the_staff_are_stays_as_long_as_somebody_reads_it(world: World) -> None:
    world.saying(Help.STAFF)
    world.at(READING - 1, lambda: world.says(Sign.ACTIVE))
    with pytest.raises(TimedOut):
        visit.attract(world.session)
    assert world.inbox.now == READING - 1 + READING + WARNING
    laid = [view.overlay for view in world.views]
    assert [each for at, each in enumerate(laid) if at == 0 or laid[at - 1] != each] == [None, "staff", "idle"]


# -- the last person's card


@pytest.fixture
def after_a_card() -> World:
    return World(handover=Handover())


def test_the_last_persons_card_is_to_be_taken_first(after_a_card: World) -> None:
    world = after_a_card
    world.reader.put_in()
    world.saying(START, Wish.SIZE)
    world.at(100, world.reader.take_out)
    world.at(101, world.session.device_changed)
    visit.attract(world.session)
    assert world.names == ["left_card", "attract"]
    sounds = [view.screen.sound for view in world.views]
    assert (sounds[0], Sound.CARD_OUT in sounds) == (Sound.TAKE_CARD, True)
    assert world.inbox.now == 101, "what was wished meanwhile holds as soon as the card has gone"


@pytest.mark.parametrize("touched", [Wish.SIZE, Wish.LANGUAGES, Help.STAFF])
def test_whoever_asked_about_it_and_went_away_leaves_the_screen_as_it_was(after_a_card: World, touched: Answer) -> None:
    world = after_a_card
    world.reader.put_in()
    world.saying(touched)
    with pytest.raises(TimedOut):
        visit.attract(world.session)
    assert world.inbox.now == READING + WARNING


@pytest.mark.parametrize("state", [ReaderState.ABSENT, ReaderState.EMPTY])
def test_nobody_is_asked_to_take_a_card_that_the_reader_does_not_see(after_a_card: World, state: ReaderState) -> None:
    world = after_a_card
    world.reader.says(state)
    nobody_comes(world)
    assert world.names == ["attract"]


def test_a_card_that_comes_to_light_only_after_the_touch_is_not_theirs(
    after_a_card: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = after_a_card
    stood: list[Screen] = []

    def asks_for_a_card(kiosk: Kiosk) -> None:
        kiosk.await_card(Screen("set_card", {"fault": "", "kind": "card"}, ("back",), step=4))
        stood.extend(view.screen for view in world.views if view.screen.name == "set_card")
        assert len(world.reader.lines) == 0
        kiosk.card()

    flow(monkeypatch, asks_for_a_card)
    world.saying(START)
    world.at(1, lambda: world.reader.put_in())
    world.at(9, world.reader.take_out)
    world.at(12, world.reader.put_in)
    world.at(15, world.reader.take_out)
    visit.run(world.session)
    assert [fault for fault, _ in groupby(screen.facts["fault"] for screen in stood)] == ["", "left", ""]
    assert len(world.reader.lines) == 1 and world.names[-2:] == ["take_card", "closing"]


def test_a_card_that_was_there_with_the_server_s_start_is_never_asked_back_from_somebody_else(
    after_a_card: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = after_a_card
    flow(monkeypatch, lambda _kiosk: world.reader.put_in())
    world.saying(START)
    visit.run(world.session)
    assert "take_card" not in world.names and not world.handover.empty


def test_a_reader_that_goes_away_with_the_card_asks_nobody_to_take_it(world: World) -> None:
    session = ended(world)
    world.at(5, world.reader.go_away)
    assert not visit.give_card_back(session, "finished"), "nobody has seen it being taken"
    assert not world.handover.empty


def test_after_it_was_taken_a_card_begins_a_visit(after_a_card: World) -> None:
    world = after_a_card
    world.reader.put_in()
    world.at(30, world.reader.take_out)
    world.at(31, world.reader.put_in)
    visit.attract(world.session)
    assert world.inbox.now == 31


# -- the end


def test_a_visit_from_the_first_touch_to_the_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    flow(monkeypatch, lambda kiosk: kiosk.ask(Screen("linked", {}, ("finish",))))
    world.saying(START)
    world.at(1, lambda: world.says(FINISH))
    visit.run(world.session)
    assert world.names == ["attract", "linked", "closing"]
    assert not world.session.in_use


@pytest.mark.parametrize("end", [Left, TimedOut, CardGone, BrowserLost, Stopped])
def test_every_end_is_one_end(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, end: type[VisitEnded]
) -> None:
    caplog.set_level(logging.INFO, "kiosk.session")

    def ends(_kiosk: Kiosk) -> None:
        raise end

    flow(monkeypatch, ends)
    world.saying(START)
    visit.run(world.session)
    assert world.names[-1] == "closing"
    assert [line for line in caplog.messages if "session" in line] == [
        "session begins",
        f"session ends: {end.word}",
    ]


@pytest.mark.parametrize("card", [False, True], ids=["empty slot", "card in"])
@pytest.mark.parametrize("served", [False, True], ids=["attract", "home"])
def test_a_stop_waits_for_nobody_and_for_no_card(
    world: World, caplog: pytest.LogCaptureFixture, served: bool, card: bool
) -> None:
    caplog.set_level(logging.INFO, "kiosk.session")
    if served:
        world.saying(START)
    if card and served:
        world.soon(world.reader.put_in)
    world.at(1, world.session.stop)
    visit.run(world.session)
    assert (world.inbox.now, world.names[-1]) == (1, "closing")
    assert "session ends: stopped" in caplog.messages


def test_what_nobody_foresaw_is_told_to_the_person_and_the_log_hears_no_value(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kiosk.session")

    def breaks(_kiosk: Kiosk) -> None:
        raise ValueError(NAME)

    flow(monkeypatch, breaks)
    world.saying(START, FINISH)
    visit.run(world.session)
    assert "outcome" in world.names and world.names[-1] == "closing"
    assert any(line.startswith("ValueError at breaks:") for line in caplog.messages)
    assert caplog.messages[-2] == "session ends: problem"
    assert NAME not in caplog.text


def test_a_flow_that_knows_more_of_what_nobody_foresaw_is_believed(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(_kiosk: Kiosk) -> None:
        try:
            raise ValueError(NAME)
        except ValueError as unforeseen:
            raise Stop(End.PROBLEM_CANCELLED, where(unforeseen)) from None

    flow(monkeypatch, breaks)
    world.saying(START, FINISH)
    visit.run(world.session)
    [told] = [view.screen for view in world.views if view.screen.name == "outcome"]
    assert told.facts["end"] == End.PROBLEM_CANCELLED.value
    assert any(line.startswith("ValueError at breaks:") for line in caplog.messages)
    assert NAME not in caplog.text


def test_what_nobody_foresaw_after_something_was_sent_is_not_told_as_if_nothing_had_been(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_kiosk: Kiosk) -> None:
        raise ValueError

    flow(monkeypatch, breaks)
    monkeypatch.setattr(world.session.portal, "last", Sent(Purpose.LINKING, State.COMPLETED))
    world.saying(START, FINISH)
    visit.run(world.session)
    [told] = [view.screen for view in world.views if view.screen.name == "outcome"]
    assert told.facts["end"] == End.PROBLEM_LINKED.value


def test_a_problem_that_nobody_can_be_told_of_ends_it_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(kiosk: Kiosk) -> None:
        kiosk.show(Screen("sending", {}, step=7))
        world.says(Help.LEAVE)
        world.reader.put_in()
        raise ValueError

    flow(monkeypatch, breaks)
    world.saying(START)
    world.at(5, world.reader.take_out)
    visit.run(world.session)
    assert world.names == ["attract", "sending", "outcome", "take_card", "closing"]


def test_nothing_that_breaks_at_the_end_keeps_the_process(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    flow(monkeypatch, lambda _kiosk: setattr(world, "breaks", True))
    world.saying(START)
    visit.run(world.session)
    assert not world.session.in_use


# -- the card given back


def ended(world: World) -> Session:
    """A visit that is over, with its card still in and powered."""
    world.serve(Screen("linked", {}, ("finish",), step=11))
    world.reader.put_in()
    world.session.card()
    world.session.end()
    return world.session


def test_the_card_has_no_power_and_is_waited_for(world: World) -> None:
    session = ended(world)
    world.at(7, lambda: world.says(Help.STAFF))
    world.at(9, world.reader.take_out)
    assert visit.give_card_back(session, "finished")
    assert (world.inbox.now, [line.closed for line in world.reader.lines]) == (9, [True])
    assert world.view.screen == Screen("take_card", {"end": "finished"}, sound=Sound.TAKE_CARD)
    assert world.view.overlay == "staff"
    assert world.handover.empty, "the next person is not asked to take it"


def test_where_there_is_no_card_nobody_is_asked_to_take_one(world: World) -> None:
    world.serve(Screen("linked"))
    world.session.end()
    assert not visit.give_card_back(world.session, "finished")
    assert "take_card" not in world.names


def test_a_card_that_nobody_takes_is_left_to_the_next_session_to_ask_for(world: World) -> None:
    session = ended(world)
    world.at(TAKE - 1, lambda: world.says(Sign.ACTIVE))
    assert not visit.give_card_back(session, "timed_out")
    assert world.inbox.now == TAKE
    assert not world.handover.empty


def test_a_card_is_not_waited_for_that_nobody_is_asked_to_take(world: World) -> None:
    session = ended(world)
    world.at(3, session.page_lost)
    assert not visit.give_card_back(session, "finished")
    assert world.inbox.now == 3


def test_whoever_has_pressed_leave_before_is_asked_to_take_the_card_too(world: World) -> None:
    session = ended(world)
    world.session.show(Screen("sending", {}, step=10))
    world.says(Help.LEAVE)
    with pytest.raises(Left):
        session.heed_leaving()
    world.at(4, world.reader.take_out)
    assert visit.give_card_back(session, "left")


def test_the_sound_of_the_card_is_heard_when_it_has_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    flow(monkeypatch, lambda kiosk: kiosk.card())
    world.soon(world.reader.put_in)
    world.at(9, world.reader.take_out)
    visit.run(world.session)
    assert world.names == ["attract", "take_card", "closing"]
    assert world.view.screen.sound is Sound.CARD_OUT
