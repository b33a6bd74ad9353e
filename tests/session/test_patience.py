"""How long each wait lasts, what follows, and what puts it off: all of it in no time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk.flows.asking.ends import BrowserLost, CardGone, TimedOut, VisitEnded
from kiosk.flows.asking.screen import Screen
from kiosk.session.patience import LONGEST_SECONDS, Patience, Wait, limits, wait_for
from tests.session.world import IDLE, READING, SETTINGS, WARNING

BEGAN = 1000.0  # seconds
ASKING = (Wait.ANSWER, Wait.READING)
LOST, PUT_BACK, TAKE = (
    SETTINGS.session.browser_lost_seconds,
    SETTINGS.session.put_back_seconds,
    SETTINGS.session.take_card_seconds,
)


def waiting(kind: Wait) -> Patience:
    """Begun at BEGAN, with the page there."""
    patience = Patience(SETTINGS, BEGAN - 500)
    patience.page_back()
    patience.begin(kind, BEGAN)
    return patience


def test_at_first_somebody_is_waited_for_and_for_ever_although_no_page_is_there() -> None:
    patience = Patience(SETTINGS, BEGAN)
    assert (patience.kind, patience.wait(BEGAN + 1e6), patience.due(BEGAN + 1e6)) == (Wait.ATTRACT, None, None)


@pytest.mark.parametrize(
    ("kind", "seconds", "end"),
    [(Wait.PUT_BACK, PUT_BACK, CardGone), (Wait.TAKE_CARD, TAKE, TimedOut)],
)
def test_a_card_is_waited_for_so_long_and_no_touch_makes_it_longer(
    kind: Wait, seconds: float, end: type[VisitEnded]
) -> None:
    patience = waiting(kind)
    assert patience.wait(BEGAN) == seconds
    patience.touched(BEGAN + seconds / 2)
    patience.answered(BEGAN + seconds / 2)
    assert patience.wait(BEGAN + seconds - 1) == 1
    assert patience.due(BEGAN + seconds - 1) is None
    with pytest.raises(end):
        patience.due(BEGAN + seconds)


@pytest.mark.parametrize(("kind", "seconds"), [(Wait.ANSWER, IDLE), (Wait.READING, READING)])
def test_whoever_does_nothing_is_asked_first_and_then_forgotten(kind: Wait, seconds: float) -> None:
    patience = waiting(kind)
    assert patience.wait(BEGAN) == seconds
    assert patience.due(BEGAN + seconds - 1) is None
    assert patience.due(BEGAN + seconds) == "warn"
    assert patience.until == BEGAN + seconds + WARNING
    assert patience.wait(BEGAN + seconds) == WARNING
    assert patience.due(BEGAN + seconds + WARNING - 1) is None
    with pytest.raises(TimedOut):
        patience.due(BEGAN + seconds + WARNING)


@pytest.mark.parametrize("kind", ASKING)
def test_a_touch_puts_the_question_off_and_does_not_answer_it(kind: Wait) -> None:
    patience = waiting(kind)
    seconds = patience.wait(BEGAN) or 0
    patience.touched(BEGAN + 10)
    assert patience.wait(BEGAN + 10) == seconds
    asked_at = BEGAN + 10 + seconds
    assert patience.due(asked_at) == "warn"
    patience.touched(asked_at + 1)
    assert patience.wait(asked_at + 1) == WARNING - 1
    patience.answered(asked_at + 2)
    assert patience.wait(asked_at + 2) == seconds
    assert patience.due(asked_at + 2 + seconds) == "warn", "it is asked again before anybody is forgotten"


def test_another_wait_begins_anew_with_its_own_question() -> None:
    patience = waiting(Wait.ANSWER)
    assert patience.due(BEGAN + IDLE) == "warn"
    patience.begin(Wait.READING, BEGAN + IDLE)
    assert patience.wait(BEGAN + IDLE) == READING
    assert patience.due(BEGAN + IDLE + READING) == "warn"


# -- the page


@pytest.mark.parametrize("kind", [*ASKING, Wait.PUT_BACK])
def test_without_a_page_nothing_is_waited_for_longer_than_a_page_takes_to_come_back(kind: Wait) -> None:
    patience = waiting(kind)
    patience.page_lost(BEGAN + 1)
    assert patience.wait(BEGAN + 2) == LOST - 1
    assert patience.due(BEGAN + LOST) is None
    with pytest.raises(BrowserLost):
        patience.due(BEGAN + 1 + LOST)
    patience.page_back()
    assert patience.due(BEGAN + 1 + LOST) is None


def test_a_card_is_not_waited_for_that_nobody_is_asked_to_take() -> None:
    patience = waiting(Wait.TAKE_CARD)
    patience.page_lost(BEGAN + 1)
    assert patience.wait(BEGAN + 1) == 0
    with pytest.raises(BrowserLost):
        patience.due(BEGAN + 1)


def test_a_page_that_is_late_is_not_waited_for_in_the_past() -> None:
    patience = waiting(Wait.ANSWER)
    patience.page_lost(BEGAN)
    assert patience.wait(BEGAN + 100) == 0


def test_the_nearer_end_counts() -> None:
    patience = waiting(Wait.ANSWER)
    patience.page_lost(BEGAN + IDLE - 1)
    assert patience.wait(BEGAN + IDLE - 1) == 1
    assert patience.due(BEGAN + IDLE) == "warn"


# -- signs of life, and nobody there


@pytest.mark.parametrize("sign", [Patience.touched, Patience.noticed])
@pytest.mark.parametrize("kind", [*ASKING, Wait.ROOM])
@pytest.mark.parametrize("every", [0.04, 1.0, 45.0])
def test_whatever_repeats_puts_the_question_off_for_a_quarter_of_an_hour_and_no_longer(
    sign: Callable[[Patience, float], None], kind: Wait, every: float
) -> None:
    patience, now = waiting(kind), BEGAN
    asked: float | None = None
    with pytest.raises(TimedOut):
        while now < BEGAN + 8 * 3600:
            now += every
            if patience.due(now) == "warn" and asked is None:
                asked = now
            sign(patience, now)
    assert asked is not None and asked - BEGAN == pytest.approx(LONGEST_SECONDS, abs=every)
    assert now - asked < limits(SETTINGS)[kind].warning + 2 * every  # type: ignore[operator]


def test_a_card_that_comes_and_goes_is_not_waited_for_for_ever() -> None:
    patience, now = waiting(Wait.ANSWER), BEGAN
    with pytest.raises((TimedOut, CardGone)):
        while now < BEGAN + 8 * 3600:
            for kind in (Wait.PUT_BACK, Wait.ANSWER):
                now += PUT_BACK / 3
                patience.due(now)
                patience.begin(kind, now)
                patience.noticed(now)
    assert now - BEGAN < LONGEST_SECONDS + WARNING + PUT_BACK


@pytest.mark.parametrize("kind", ASKING)
def test_whoever_answers_is_served_as_long_as_they_need(kind: Wait) -> None:
    patience, now = waiting(kind), BEGAN
    while now < BEGAN + 2 * 3600:
        patience.answered(now)
        patience.begin(kind, now)
        now += LONGEST_SECONDS / 20
        patience.touched(now)
        assert patience.due(now) is None


def test_the_next_person_has_all_the_time() -> None:
    patience = waiting(Wait.ANSWER)
    late = BEGAN + 2 * LONGEST_SECONDS
    patience.begin(Wait.TAKE_CARD, late)
    assert patience.wait(late) == TAKE
    patience.begin(Wait.ATTRACT, late)
    patience.begin(Wait.ANSWER, late + 8 * 3600)
    assert patience.wait(late + 8 * 3600) == IDLE


@pytest.mark.parametrize(
    ("screen", "kind"),
    [
        (Screen("consent", {}, ("next",)), Wait.ANSWER),
        (Screen("terms", {}, ("next",), reading=True), Wait.READING),
        (Screen("staff_entrance", staff="door"), Wait.DOOR),
        (Screen("staff_card", staff="card"), Wait.STAFF_CARD),
        (Screen("staff_board", staff="room", reading=True), Wait.ROOM),
    ],
)
def test_who_reads_has_longer_and_the_staff_have_their_own(screen: Screen, kind: Wait) -> None:
    assert wait_for(screen) is kind
