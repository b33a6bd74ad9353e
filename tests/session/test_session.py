"""What a flow asks of the session and what it hears, with helpers, losses and silence in between."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Literal

import pytest
from PIL import Image

from kiosk.card.apdu import CardLost
from kiosk.card.jpki import TokenKind
from kiosk.card.pin import SIGN_PIN, TEXT_PIN, PinRule, Tries
from kiosk.card.state import CardState
from kiosk.config import guidance
from kiosk.flows.asking.ends import BrowserLost, CardGone, CardPulled, Left, Stopped, TimedOut, VisitEnded
from kiosk.flows.asking.screen import Screen
from kiosk.flows.card_check import plan, result
from kiosk.flows.printing import hand_over
from kiosk.flows.take_home import slip
from kiosk.hw.device import Printed, ReaderState
from kiosk.ipc.proof import SECONDS, Unproven
from kiosk.language.languages import LANGUAGES
from kiosk.receipts import slips
from kiosk.session import session
from kiosk.session.answers import Choice, Edit, Help, Key, Sign, Wish
from kiosk.session.cover import COVER
from kiosk.session.pad import Pad
from kiosk.session.patience import LONGEST_SECONDS
from kiosk.session.preferences import Preferences
from kiosk.session.switches import SWITCH_BOUNCE_SECONDS, SWITCHES
from tests.session.world import IDLE, READING, SETTINGS, WARNING, World

EARLY = Screen("consent", {}, ("next", "back"), step=3)
LATE = Screen("terms", {}, ("next", "back"), step=8, reading=True)
WITH_CARD = Screen("confirm", {}, ("next",), step=7, needs_card=True)
BUSY = Screen("sending", {}, step=7)
PIN = Screen("pin", {}, ("back",), step=5)
SET_CARD = Screen("set_card", {"fault": "removed"}, ("back",), step=4)
PUT_BACK = Screen("set_card", {"fault": "removed"}, step=7)
NEXT, BACK = Choice("next"), Choice("back")
ENGLISH = LANGUAGES["en"]


@pytest.fixture
def world() -> World:
    world = World()
    world.serve()
    return world


# -- answers


def test_only_what_the_screen_offers_is_its_answer(world: World) -> None:
    world.saying(Choice("yes"), Sign.ACTIVE, Key("1"), Edit.CLEAR, Wish.SIZE, NEXT)
    assert world.session.ask(EARLY) == "next"


def test_an_answer_to_another_screen_is_dropped(world: World) -> None:
    def stale() -> None:
        for seq in (world.view.seq - 1, world.view.seq + 1):
            world.session.answer(seq, NEXT)
        assert world.inbox.empty()

    world.soon(stale)
    world.saying(BACK)
    assert world.session.ask(EARLY) == "back"


@pytest.mark.parametrize("screen", [EARLY, BUSY, LATE], ids=lambda screen: screen.name)
def test_what_says_the_same_on_every_screen_is_heard_also_when_another_one_has_come_under_the_finger(
    world: World, screen: Screen
) -> None:
    """A wish, a language, and the choice of languages left as it was: at once, nothing else is answered by it."""
    world.session.show(screen)
    touched = world.view.seq
    world.session.show(PIN)
    for wish, look in ((Wish.SIZE, "large"), (Wish.CONTRAST, "contrast"), (Wish.REACH, "reach")):
        world.session.answer(touched, wish)
        assert getattr(world.view.preferences, look)
    for answer in (ENGLISH, Help.STAY):
        world.session.answer(touched, Wish.LANGUAGES)
        opened = world.view.overlay
        world.session.answer(touched, answer)
        assert (opened, world.view.overlay, world.view.preferences.language) == ("language", None, ENGLISH)


def test_whoever_touches_help_while_the_screen_changes_is_helped(world: World) -> None:
    world.saying(BACK)
    world.session.ask(EARLY)
    touched = world.view.seq

    def asked() -> None:
        assert world.view.overlay == "staff"
        world.session.answer(touched, Help.CALL_OFF)  # this is to the question that stood there
        assert world.view.overlay == "staff"

    world.soon(lambda: world.session.answer(touched, Help.STAFF))
    world.soon(asked)
    world.saying(Help.STAY, BACK)
    assert world.session.ask(LATE) == "back"


@pytest.mark.parametrize(("screen", "asked"), [(EARLY, None), (LATE, "leave")], ids=["early", "late"])
def test_whoever_touches_leave_while_the_screen_changes_leaves(world: World, screen: Screen, asked: str | None) -> None:
    world.saying(BACK)
    world.session.ask(replace(EARLY, step=2))
    touched = world.view.seq

    def overlay() -> None:
        assert world.view.overlay == asked

    world.soon(lambda: world.session.answer(touched, Help.LEAVE))
    if asked:
        world.soon(overlay)
        world.saying(Help.LEAVE_NOW)
    with pytest.raises(Left):
        world.session.ask(screen)


def test_an_answer_that_waits_while_the_screen_changes_answers_nothing(world: World) -> None:
    world.session.show(EARLY)
    world.session.show(BUSY)
    world.session.show(LATE)  # listens to nothing yet
    world.says(NEXT)
    world.saying(BACK)
    assert world.session.ask(EARLY) == "back"


def test_what_was_touched_while_something_was_being_done_answers_nothing_after_it(world: World) -> None:
    same = Screen("sending", {}, ("next", "back"), step=7)
    world.session.show(BUSY)
    world.says(NEXT)
    world.saying(BACK)
    assert world.session.ask(same) == "back"


def test_leaving_while_something_is_being_done_is_said_at_once_and_heeded_after_it(world: World) -> None:
    world.session.show(BUSY)
    world.says(Help.LEAVE)
    assert world.view.overlay == "leaving"
    with pytest.raises(Left):
        world.session.ask(LATE)


@pytest.mark.parametrize("ask", ["ask_pin", "await_card", "heed_leaving"])
def test_leaving_meanwhile_is_heeded_wherever_the_flow_goes_on(world: World, ask: str) -> None:
    asks: dict[str, Callable[[], object]] = {
        "ask_pin": lambda: world.session.ask_pin(PIN, TEXT_PIN),
        "await_card": lambda: world.session.await_card(SET_CARD),
        "heed_leaving": world.session.heed_leaving,
    }
    world.session.heed_leaving()
    world.session.show(BUSY)
    world.says(Help.LEAVE)
    with pytest.raises(Left):
        asks[ask]()


# -- helpers


def test_until_something_was_typed_or_read_leaving_is_one_touch(world: World) -> None:
    world.saying(Help.LEAVE)
    with pytest.raises(Left):
        world.session.ask(EARLY)


def test_later_leaving_is_asked_for_once_more(world: World) -> None:
    def asked() -> None:
        assert world.view.overlay == "leave"

    world.saying(Help.LEAVE_NOW, Help.LEAVE)
    world.soon(asked)
    world.saying(Help.STAY, Help.LEAVE, Help.LEAVE_NOW)
    with pytest.raises(Left):
        world.session.ask(LATE)
    assert not world.inbox.coming


def test_under_a_question_no_answer_reaches_the_screen(world: World) -> None:
    world.saying(Help.STAFF, NEXT, Help.STAY, BACK)
    assert world.session.ask(LATE) == "back"
    assert "staff" in [view.overlay for view in world.views] and world.view.overlay is None


def test_a_wish_holds_at_once_and_is_no_answer(world: World) -> None:
    world.session.show(BUSY)
    world.says(Wish.SIZE)
    assert world.views[-1].preferences == Preferences(large=True)
    world.saying(Wish.LANGUAGES, LANGUAGES["en"], NEXT)
    assert world.session.ask(LATE) == "next"
    assert world.view.preferences == Preferences(large=True, language=LANGUAGES["en"])


@pytest.mark.parametrize("wish", SWITCHES)
def test_what_changes_all_of_the_glass_changes_it_once_however_often_it_is_pressed_at_once(
    world: World, wish: Wish
) -> None:
    world.session.show(EARLY)
    looks = []
    for _ in range(50):  # a key that is held down
        world.session.answer(world.view.seq, wish)
        looks.append(world.view.preferences)
        world.inbox.now += SWITCH_BOUNCE_SECONDS / 10
    assert looks == [Preferences().after(wish)] * 50
    world.inbox.now += SWITCH_BOUNCE_SECONDS
    world.session.answer(world.view.seq, wish)
    assert world.view.preferences == Preferences()


def test_the_choice_of_languages_is_closed_without_a_choice_also_while_the_kiosk_is_busy(world: World) -> None:
    world.session.show(BUSY)
    world.says(Wish.LANGUAGES)
    assert world.views[-1].overlay == "language"
    world.says(Help.STAY)
    assert world.views[-1].overlay is None


def test_headphones_are_a_wish_to_listen_and_pulled_out_to_be_quiet(world: World) -> None:
    world.session.headphones(True)
    assert world.views[-1].preferences.listening
    world.session.headphones(False)
    assert not world.views[-1].preferences.listening


def test_a_slip_is_in_the_persons_language_and_its_picture_goes_to_the_printer(world: World) -> None:
    world.says(LANGUAGES["ko"])
    slip = slips.TestSlip()
    picture = world.session.lay_out(slip)
    assert not isinstance(picture, slips.NotLaidOut)
    assert world.slips == [(slip, LANGUAGES["ko"])] and world.printed == []
    assert world.session.print(picture) == Printed()
    assert world.printed == [picture]
    assert world.session.can_print


def test_a_device_that_changes_is_shown_on_the_screen_that_stands_there(world: World) -> None:
    counts: list[int] = []
    world.soon(lambda: counts.append(len(world.views)), world.session.device_changed)
    world.soon(lambda: counts.append(len(world.views)))
    world.saying(NEXT)
    world.session.ask(EARLY)
    assert counts[1] == counts[0] + 1


# -- nobody


@pytest.mark.parametrize(("screen", "seconds"), [(EARLY, IDLE), (LATE, READING)])
def test_whoever_does_nothing_is_asked_and_then_forgotten(world: World, screen: Screen, seconds: float) -> None:
    with pytest.raises(TimedOut):
        world.session.ask(screen)
    assert world.inbox.now == seconds + WARNING
    assert (world.view.overlay, world.view.until) == ("idle", seconds + WARNING)


def test_one_touch_goes_on_and_another_one_does_not_take_the_question_away(world: World) -> None:
    world.at(IDLE + 1, lambda: world.says(Sign.ACTIVE))
    world.at(IDLE + 2, lambda: world.says(NEXT))
    world.at(IDLE + 3, lambda: world.says(Help.STAY))
    world.at(IDLE + 4 + IDLE, lambda: world.says(BACK))
    world.at(IDLE + 5 + IDLE, lambda: world.says(Help.STAY))
    world.at(IDLE + 6 + IDLE, lambda: world.says(BACK))
    assert world.session.ask(EARLY) == "back"
    assert world.inbox.now == 2 * IDLE + 6


@pytest.mark.parametrize(
    ("answer", "end"),
    [(Help.LEAVE_NOW, Left), (Help.LEAVE, TimedOut), (Help.STAFF, TimedOut)],
)
def test_the_question_whether_anybody_is_there_can_be_answered_otherwise(
    world: World, answer: Help, end: type[VisitEnded]
) -> None:
    world.at(READING + 1, lambda: world.says(answer))
    with pytest.raises(end):
        world.session.ask(LATE)
    assert world.inbox.now == READING + 1 + (READING + WARNING if end is TimedOut else 0)


REPEATS: dict[str, Callable[[World], object]] = {
    "a wet panel": lambda world: world.says(Sign.ACTIVE),
    "a key that sticks": lambda world: world.says(Sign.TYPED),
    "a digit": lambda world: world.says(Key("7")),
    "louder": lambda world: world.says(Wish.LOUDER),
    "larger": lambda world: world.says(Wish.SIZE),
    "a bell": lambda world: world.session.ring(),
    "headphones": lambda world: world.session.headphones(True),
    "a card": lambda world: world.reader.take_out() if world.session.slot.occupied else world.reader.put_in(),
}


@pytest.mark.parametrize("every", [1.0, 20.0])
@pytest.mark.parametrize("repeats", REPEATS)
@pytest.mark.parametrize("screen", [WITH_CARD, LATE, PIN], ids=lambda screen: screen.name)
def test_whatever_repeats_with_nobody_there_the_visit_ends(
    world: World, screen: Screen, repeats: str, every: float
) -> None:
    world.reader.put_in()
    world.session.card()

    def again() -> None:
        REPEATS[repeats](world)
        world.at(world.inbox.now + every, again)

    world.at(every, again)
    with pytest.raises(VisitEnded):
        while True:
            if screen is PIN:
                world.session.ask_pin(screen, TEXT_PIN)
            with suppress(CardPulled):
                world.session.ask(screen)
            world.session.await_card(PUT_BACK)  # as a flow does for the card that was pulled
            world.session.card()
    assert world.inbox.now < LONGEST_SECONDS + 2 * (WARNING + every) + SETTINGS.session.put_back_seconds


def test_the_same_screen_with_other_facts_goes_on_waiting(world: World) -> None:
    world.session.show(LATE)
    world.inbox.now = 100
    world.saying(NEXT)
    world.session.ask(Screen("terms", {"ticked": True}, LATE.answers, step=8, reading=True))
    world.inbox.now = READING - 1
    world.at(READING - 1, lambda: None)
    with pytest.raises(TimedOut):
        world.session.ask(LATE)
    assert world.inbox.now == 100 + READING + WARNING, "it was touched at 100 s"


def test_a_page_that_does_not_come_back_ends_it(world: World) -> None:
    world.at(10, world.session.page_lost)
    world.at(12, world.session.page_back)
    world.at(20, world.session.page_lost)
    with pytest.raises(BrowserLost):
        world.session.ask(EARLY)
    assert world.inbox.now == 20 + SETTINGS.session.browser_lost_seconds


@pytest.mark.parametrize(
    "waits",
    [
        lambda session: session.ask(EARLY),
        lambda session: session.ask(LATE),
        lambda session: session.ask_pin(PIN, TEXT_PIN),
        lambda session: session.await_card(SET_CARD),
        lambda session: session.await_card(PUT_BACK),
    ],
    ids=["question", "long text", "PIN", "card", "card put back"],
)
def test_a_stop_ends_whatever_is_waited_for_at_once_and_whatever_comes_after(
    world: World, waits: Callable[[session.Session], object]
) -> None:
    world.at(3, world.session.stop)
    for _ in range(2):
        with pytest.raises(Stopped):
            waits(world.session)
    assert world.inbox.now == 3
    with pytest.raises(Stopped):
        world.session.heed_leaving()


# -- a PIN


def test_a_pin_is_typed_and_the_page_sees_how_much(world: World) -> None:
    world.saying(Key("1"), Key("2"), NEXT, Key("3"), Edit.ERASE, Key("9"), Key("4"), NEXT)
    assert world.session.ask_pin(PIN, TEXT_PIN) == bytearray(b"1294")
    pads = [view.pad for view in world.views if view.pad]
    assert [pad["entered"] for pad in pads] == [0, 1, 2, 2, 3, 2, 3, 4]
    assert [pad["problem"] for pad in pads if pad["problem"]] == ["too_short"]


def test_a_key_is_offered_to_nobody_but_the_pad(world: World) -> None:
    world.saying(*(Key(key) for key in "size"), BACK)
    assert world.session.ask_pin(PIN, SIGN_PIN) == "back"
    assert world.view.preferences == Preferences()
    assert world.view.pad is not None and world.view.pad["entered"] == 4


def test_a_trembling_finger_types_once(world: World) -> None:
    for second in (0.0, 0.2, 1.0, 1.5, 2.0):
        world.at(second, lambda: world.says(Key("7")))
    world.at(3.0, lambda: world.says(NEXT))
    assert world.session.ask_pin(PIN, TEXT_PIN) == bytearray(b"7777")


@pytest.mark.parametrize("end", [BACK, Help.LEAVE, None])
def test_what_was_typed_is_overwritten_however_it_ends(
    world: World, monkeypatch: pytest.MonkeyPatch, end: Choice | Help | None
) -> None:
    pads: list[Pad] = []

    class Kept(Pad):
        def __init__(self, rule: PinRule) -> None:
            super().__init__(rule)
            pads.append(self)

    monkeypatch.setattr(session, "Pad", Kept)
    world.saying(Key("1"), Key("2"), *([end] if end else []), *([Help.LEAVE_NOW] if end is Help.LEAVE else []))
    with suppress(VisitEnded):
        assert world.session.ask_pin(PIN, TEXT_PIN) == "back"
    assert [view.pad["entered"] for view in world.views if view.pad][-1] == 2
    assert [pad.facts()["entered"] for pad in pads] == [0]


def test_a_change_of_language_loses_nothing_that_was_typed(world: World) -> None:
    world.saying(Key("1"), Key("2"), Wish.LANGUAGES, Key("8"), LANGUAGES["en"], Key("3"), Key("4"), NEXT)
    assert world.session.ask_pin(PIN, TEXT_PIN) == bytearray(b"1234")


# -- the card


def test_a_card_that_goes_interrupts_the_screen_that_needs_it(world: World) -> None:
    world.reader.put_in()
    world.session.card()
    world.saying(Help.STAFF)
    world.soon(world.reader.take_out)
    with pytest.raises(CardPulled):
        world.session.ask(WITH_CARD)
    assert world.view.overlay is None, "the person is to see that it is missed"


def test_another_card_in_its_place_is_no_card_for_it_either(world: World) -> None:
    world.reader.put_in()
    with pytest.raises(CardPulled):
        world.session.ask(WITH_CARD)
    world.session.card()
    world.soon(world.reader.put_in)
    with pytest.raises(CardPulled):
        world.session.ask(WITH_CARD)


def test_what_needs_the_card_goes_with_it_at_once_whatever_the_flow_is_doing(world: World) -> None:
    world.reader.put_in()
    world.session.card()
    world.session.show(WITH_CARD)
    seq = world.view.seq
    world.reader.take_out()  # the flow's thread is busy: a slip is printed, say
    assert world.view.screen == COVER and world.view.seq > seq
    world.reader.put_in()  # whoever's
    assert world.view.screen == COVER
    world.session.show(WITH_CARD)
    assert world.names[-1] == COVER.name, "nor does it come back in another form"
    with pytest.raises(CardPulled):
        world.session.ask(WITH_CARD)
    assert world.names[-1] == COVER.name


def test_what_needs_no_card_stays_when_it_goes(world: World) -> None:
    world.reader.put_in()
    world.session.card()
    for screen in (replace(WITH_CARD, needs_card=False), replace(WITH_CARD, staff="room")):
        world.session.show(screen)
        world.reader.take_out()
        assert world.view.screen.name == screen.name
        world.reader.put_in()
        world.session.card()


def test_an_answer_that_came_with_the_loss_of_the_card_is_none(world: World) -> None:
    world.reader.put_in()
    world.session.card()

    def both() -> None:
        world.says(Choice("next"))
        world.reader.take_out()

    world.soon(both)
    with pytest.raises(CardPulled):
        world.session.ask(WITH_CARD)


def test_the_birthday_of_a_card_check_goes_with_the_card_while_the_slip_is_printed(world: World) -> None:
    until = datetime.datetime(2031, 7, 9, 14, 59, 59, tzinfo=datetime.UTC)
    tries = Tries(3, blocked=False)
    state = CardState(TokenKind.CARD, True, tries, tries, tries, until, None)
    world.reader.put_in()
    world.session.card()
    stood: list[Screen] = []

    def takes_the_card(picture: Image.Image) -> Printed:
        world.reader.take_out()
        stood.append(world.view.screen)
        return Printed()

    world.devices.printer = SimpleNamespace(print=takes_the_card, longest_seconds=world.longest_seconds)
    with pytest.raises(CardPulled):
        hand_over(world.session, result(guidance.load(), state), slip(plan(guidance.load(), state)))
    assert stood == [COVER] and world.view.screen == COVER


def test_a_card_is_awaited_and_a_mute_one_is_told_so(world: World) -> None:
    world.soon(lambda: world.reader.put_in(ReaderState.MUTE), world.reader.take_out, world.reader.put_in)
    assert world.session.await_card(SET_CARD) is None
    shown = [view.screen.facts for view in world.views if view.screen.name == "set_card"]
    assert True in [facts["mute"] for facts in shown]
    assert {facts["fault"] for facts in shown} == {"removed"} and {facts["kind"] for facts in shown} == {"card"}


def test_a_card_that_is_in_is_not_asked_for_unless_another_one_is_wanted(world: World) -> None:
    world.reader.put_in()
    assert world.session.await_card(SET_CARD) is None
    assert world.names == []
    world.saying(BACK)
    assert world.session.await_card(SET_CARD, newer_than=world.session.insertion) == "back"
    world.soon(world.reader.put_in)
    assert world.session.await_card(SET_CARD, newer_than=world.session.insertion) is None


def test_a_card_put_in_answers_the_question_whether_anybody_is_there(world: World) -> None:
    world.at(IDLE + 1, world.reader.put_in)
    assert world.session.await_card(SET_CARD) is None
    assert world.view.overlay is None
    with pytest.raises(TimedOut):
        world.session.await_card(SET_CARD, newer_than=world.session.insertion)
    assert world.inbox.now == IDLE + 1 + IDLE + WARNING
    assert world.view.overlay == "idle"


def test_whoever_is_asked_for_a_card_first_is_asked_like_on_every_screen(world: World) -> None:
    with pytest.raises(TimedOut):
        world.session.await_card(SET_CARD)
    assert world.inbox.now == IDLE + WARNING


def test_a_card_that_is_not_put_back_ends_it_without_another_question(world: World) -> None:
    world.at(5, lambda: world.says(Sign.ACTIVE))
    with pytest.raises(CardGone):
        world.session.await_card(PUT_BACK)
    assert world.inbox.now == SETTINGS.session.put_back_seconds
    assert {view.overlay for view in world.views} == {None}


def test_without_a_card_a_flow_hears_so_in_the_cards_words(world: World) -> None:
    with pytest.raises(CardLost):
        world.session.card()
    world.reader.put_in()
    assert world.session.card() is world.session.card()


# -- whether somebody is being served


def test_somebody_is_served_from_home_on_until_the_end() -> None:
    world = World()
    assert not world.session.in_use
    world.serve(Screen("home"))
    assert not world.session.in_use, "home promises to show when the portal is back"
    world.session.show(EARLY)
    assert world.session.in_use
    world.session.end()
    assert not world.session.in_use


@pytest.mark.parametrize("where", ["door", "room"])
def test_nor_are_the_staff_who_want_to_see_how_the_devices_are(where: Literal["door", "room"]) -> None:
    world = World()
    world.session.begin_staff()
    world.session.show(Screen("staff_board", staff=where))
    assert not world.session.in_use


def test_how_long_it_works_is_counted_while_it_works_and_not_while_it_waits_for_somebody(world: World) -> None:
    session, works = world.session, list[float]()
    world.at(30, lambda: works.append(session.works_for))
    world.at(40, lambda: world.says(Choice("next")))
    session.ask(Screen("consent", {}, ("next",)))
    assert works == [0.0] and session.works_for == 0.0
    world.inbox.now += 70
    assert session.works_for == 70.0
    session.show(Screen("pin_doing"))
    assert session.works_for == 0.0


def test_a_proof_may_take_as_long_as_its_helper_and_what_follows_may_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = list[tuple[str, float, float]]()

    def prove(challenge: str) -> Unproven:
        world.inbox.now += 50.0
        works.append((challenge, world.session.works_for, world.session.may_take))
        return Unproven("failed")

    monkeypatch.setattr(session, "prove", prove)
    assert world.session.prove("402871935516") == Unproven("failed")
    assert works == [("402871935516", 50.0, 3 * SECONDS)], "to connect, to say it, to hear"
    assert (world.session.works_for, world.session.may_take) == (0.0, 0.0)


def test_a_slip_may_take_as_long_as_its_printer_says_and_what_follows_may_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = list[tuple[float, float]]()

    def take_long(picture: Image.Image) -> Printed:
        world.inbox.now += 150
        works.append((world.session.works_for, world.session.may_take))
        return Printed()

    monkeypatch.setattr(world, "print", take_long)
    world.inbox.now += 70
    world.session.print(Image.new("1", (8, 2000)))
    assert works == [(150.0, world.longest_seconds(2000))]
    assert (world.session.works_for, world.session.may_take) == (0.0, 0.0)


def test_a_session_that_is_given_up_shows_its_last_screen_and_lets_the_card_go(world: World) -> None:
    world.reader.take_out()
    world.session.begin()
    world.inbox.now += 5
    world.reader.put_in()
    world.session.card()
    world.session.give_up(Screen("outcome"))
    assert world.session.view.screen == Screen("outcome") and world.reader.lines[-1].closed
