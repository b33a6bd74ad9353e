"""What stands on the screen: when its number changes, what is laid over it, and that every change is shown at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.flows.asking.screen import Screen
from kiosk.language.languages import LANGUAGES
from kiosk.session.answers import Wish
from kiosk.session.preferences import Preferences
from kiosk.session.shown import Overlay, Shown, View

ENGLISH = LANGUAGES["en"]
PIN = Screen("pin", {"remaining": 3}, ("back",), step=5)
CONFIRM = Screen("confirm", {}, ("next",), step=7)
SENDING = Screen("sending", {}, step=7)


class Glass:
    """Keeps what was shown. Nothing but this is known to the page."""

    def __init__(self) -> None:
        self.views: list[View] = []
        self.shown = Shown(self.views.append)

    @property
    def last(self) -> View:
        assert self.views[-1] == self.shown.view, "what stands there was not shown"
        return self.views[-1]


@pytest.fixture
def glass() -> Glass:
    glass = Glass()
    glass.shown.put(PIN)
    return glass


def test_another_screen_has_the_next_number_and_the_same_one_keeps_it(glass: Glass) -> None:
    shown, seq = glass.shown, glass.last.seq
    assert not shown.put(Screen("pin", {"remaining": 2}, ("back",), step=5))
    assert (glass.last.seq, glass.last.screen.facts) == (seq, {"remaining": 2})
    assert shown.put(Screen("pin", {}, ("back",), step=9)), "the same screen of another step is another one"
    assert shown.put(CONFIRM)
    assert glass.last.seq == seq + 2


def test_only_the_number_that_stands_there_is_accepted(glass: Glass) -> None:
    seq = glass.last.seq
    assert [glass.shown.accepts(each) for each in (seq - 1, seq, seq + 1)] == [False, True, False]
    glass.shown.put(CONFIRM)
    assert not glass.shown.accepts(seq)


def test_what_stands_there_already_is_not_shown_again_unless_a_device_has_changed(glass: Glass) -> None:
    glass.shown.put(PIN)
    glass.shown.lay(None)
    assert len(glass.views) == 1
    glass.shown.refresh()
    assert glass.views == [glass.last] * 2


def test_keys_change_the_pad_alone(glass: Glass) -> None:
    seq = glass.last.seq
    assert not glass.shown.put(PIN, {"entered": 1})
    assert (glass.last.seq, glass.last.pad) == (seq, {"entered": 1})
    assert "entered" not in repr(glass.last), "how long somebody's PIN is, is theirs"


@pytest.mark.parametrize("overlay", ["leave", "leaving", "idle", "staff"])
def test_a_question_stays_over_its_screen_and_goes_with_it(glass: Glass, overlay: Overlay) -> None:
    glass.shown.lay(overlay, 30)
    glass.shown.put(PIN, {"entered": 1})
    assert (glass.last.overlay, glass.last.until) == (overlay, 30)
    glass.shown.put(CONFIRM)
    assert (glass.last.overlay, glass.last.until) == (None, None)


def test_a_question_that_is_answered_is_taken_away(glass: Glass) -> None:
    glass.shown.lay("idle", 30)
    glass.shown.lay(None)
    assert (glass.last.overlay, glass.last.until) == (None, None)


def test_a_question_that_is_shown_again_has_less_time_left(glass: Glass) -> None:
    glass.shown.lay("idle", 130.0)
    glass.shown.refresh()
    glass.shown.prefer(Wish.SIZE)
    assert [glass.last.left(now) for now in (100.0, 112.5, 131.0)] == [30.0, 17.5, 0.0]
    glass.shown.lay(None)
    assert glass.last.left(112.5) is None


# -- in another dress


@pytest.mark.parametrize("wish", [*Wish, ENGLISH])
@pytest.mark.parametrize("screen", [PIN, SENDING])
def test_a_wish_is_shown_at_once_on_the_screen_that_stands_there(glass: Glass, wish: Wish, screen: Screen) -> None:
    glass.shown.put(screen, {"entered": 2})
    before = glass.last
    if wish is Wish.HUSH:
        glass.shown.prefer(Wish.LISTEN)
    count = len(glass.views)
    glass.shown.prefer(wish)
    assert len(glass.views) == count + 1
    after = glass.last
    assert (after.seq, after.screen, after.pad) == (before.seq, before.screen, before.pad)


def test_a_wish_outlives_the_screen_and_the_question_over_it(glass: Glass) -> None:
    glass.shown.lay("idle", 30)
    glass.shown.prefer(Wish.SIZE)
    assert (glass.last.overlay, glass.last.until) == ("idle", 30)
    glass.shown.put(CONFIRM)
    assert glass.last.preferences == Preferences(large=True)


def test_languages_are_offered_once_nothing_else_is_asked_and_go_when_one_is_chosen(glass: Glass) -> None:
    over: list[Overlay | None] = []
    glass.shown.lay("staff")
    glass.shown.prefer(Wish.LANGUAGES)
    over.append(glass.last.overlay)
    glass.shown.lay(None)
    glass.shown.prefer(Wish.LANGUAGES)
    over.append(glass.last.overlay)
    glass.shown.prefer(ENGLISH)
    assert [*over, glass.last.overlay] == ["staff", "language", None]
    assert glass.last.preferences.language is ENGLISH


def test_the_choice_of_languages_stays_while_the_kiosk_goes_on_and_can_be_closed(glass: Glass) -> None:
    glass.shown.prefer(Wish.LANGUAGES)
    glass.shown.put(CONFIRM)
    assert glass.last.overlay == "language"
    assert glass.shown.close_languages()
    assert glass.last.overlay is None
    assert not glass.shown.close_languages()


@pytest.mark.parametrize("overlay", ["leave", "idle", "staff"])
def test_a_language_that_is_wished_elsewhere_answers_no_other_question(glass: Glass, overlay: Overlay) -> None:
    glass.shown.lay(overlay)
    glass.shown.prefer(ENGLISH)
    assert not glass.shown.close_languages()
    assert (glass.last.overlay, glass.last.preferences.language) == (overlay, ENGLISH)


# -- やめる while something is being done


@pytest.mark.parametrize("step", [7, None], ids=["a step of linking", "of something else"])
def test_that_somebody_wants_to_leave_is_said_at_once_while_the_kiosk_is_busy(glass: Glass, step: int | None) -> None:
    glass.shown.put(replace(SENDING, step=step))
    glass.shown.lay_leaving()
    assert glass.last.overlay == "leaving"


def test_a_screen_that_listens_says_so_itself(glass: Glass) -> None:
    glass.shown.lay_leaving()
    assert glass.last.overlay is None
    for screen in (Screen("closing"), Screen("take_card"), Screen("staff_busy", staff="room")):
        glass.shown.put(screen)
        glass.shown.lay_leaving()
        assert glass.last.overlay is None, "nobody is being served here"


# -- as the next person is to find it


def test_it_is_untouched_until_somebody_changes_how_it_is_shown_or_has_something_laid_over_it(glass: Glass) -> None:
    assert glass.last.untouched
    glass.shown.prefer(Wish.SIZE)
    assert not glass.last.untouched
    glass.shown.prefer(Wish.SIZE)
    assert glass.last.untouched
    glass.shown.lay("staff")
    assert not glass.last.untouched


def test_nobody_is_before_a_kiosk_that_waits_for_the_next_person_and_was_not_touched(glass: Glass) -> None:
    assert not glass.last.alone
    glass.shown.put(Screen("attract"))
    assert glass.last.alone
    glass.shown.prefer(ENGLISH)
    assert not glass.last.alone
