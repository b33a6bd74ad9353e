"""When a page has lived."""

from __future__ import annotations

import pytest

from kiosk.web.liveness import (
    AWAY_SECONDS,
    COMING_SECONDS,
    DEAD_SECONDS,
    PATIENCE,
    SILENT_SECONDS,
    SLOWEST_SECONDS,
    START_SECONDS,
    WORK_SECONDS,
    Life,
)


def lived_until(life: Life, now: float) -> bool:
    """It is over now, and was not a moment before."""
    return life.over(now) and not life.over(now - 0.01)


def test_a_browser_has_time_to_start() -> None:
    assert lived_until(Life(100), 100 + START_SECONDS)


def test_a_browser_that_works_at_its_first_page_has_more_time_but_not_for_ever() -> None:
    life, now, worked = Life(100), 100 + START_SECONDS, 0.0
    while life.works(worked := worked + WORK_SECONDS, now):
        assert not life.over(now)
        now += START_SECONDS
    assert now == 100 + SLOWEST_SECONDS
    assert life.over(now)


def test_a_browser_that_stands_still_at_its_start_has_none() -> None:
    life = Life(100)
    assert life.works(WORK_SECONDS, 115)
    assert not life.works(2 * WORK_SECONDS - 0.1, 130)
    assert lived_until(life, 130)


def test_a_page_that_has_come_and_gone_silent_is_over_however_much_is_done() -> None:
    life = Life(0)
    life.told(1)
    assert not life.works(1000, 1 + SILENT_SECONDS)
    assert lived_until(life, 1 + SILENT_SECONDS)


def test_a_page_that_tells_nothing_any_more_is_over_soon() -> None:
    life = Life(0)
    for now in (1, 2, 3):
        life.told(now)
    assert lived_until(life, 3 + SILENT_SECONDS)


@pytest.mark.parametrize("came", [1.0, 5.9, 16.0, 60.0, 240.0])
def test_how_long_a_page_may_be_silent_or_on_its_way_follows_from_how_long_the_first_one_took(came: float) -> None:
    """On a machine that a person may stand at, two seconds; one that needs a minute for a page is given its pace."""
    life = Life(100)
    life.told(100 + came)
    assert lived_until(life, 100 + came + (came / 2 if came > 6 else SILENT_SECONDS))  # it has just come
    life.told(now := 1000 + came)  # a page that goes on telling does not become a slow one by that
    assert lived_until(life, now + max(SILENT_SECONDS, came / 8))
    life.server_away(now)
    assert lived_until(life, now + (came - 5 if came > 6 else AWAY_SECONDS))
    life.told(now)
    life.session_ended(now)
    assert lived_until(life, now + max(COMING_SECONDS, came / 2))


def test_between_two_sessions_the_page_is_on_its_way() -> None:
    life = Life(0)
    life.told(1)
    life.session_ended(1.5)
    assert lived_until(life, 1.5 + COMING_SECONDS)


def test_a_session_that_ends_before_a_page_came_takes_no_time_from_the_start() -> None:
    life = Life(0)
    life.session_ended(1)
    assert lived_until(life, START_SECONDS)


def test_sessions_that_end_one_after_the_other_do_not_put_it_off() -> None:
    life = Life(0)
    life.told(1)
    life.session_ended(1)
    life.session_ended(2)
    assert lived_until(life, 1 + COMING_SECONDS)


def test_a_renderer_that_dies_makes_silence_count_sooner() -> None:
    life = Life(0)
    life.renderers = frozenset({7, 8})
    life.told(1)
    life.see([8], 1)
    assert lived_until(life, 1 + DEAD_SECONDS)


@pytest.mark.parametrize("waited", [0.3, 1.2, 100.0])
def test_silence_in_which_the_browser_waits_for_a_processor_does_not_count_but_not_for_ever(waited: float) -> None:
    life = Life(0)
    life.told(1)
    more = min(waited, (PATIENCE - 1) * SILENT_SECONDS)
    assert life.waits(waited, 1 + SILENT_SECONDS)
    assert lived_until(life, 1 + SILENT_SECONDS + more)
    assert not life.waits(waited, 1 + SILENT_SECONDS + more)
    life.told(20)
    assert lived_until(life, 20 + SILENT_SECONDS), "and the next silence begins anew"
    life.session_ended(21)
    assert life.waits(waited, 21 + COMING_SECONDS)
    assert lived_until(life, 21 + COMING_SECONDS + min(waited, (PATIENCE - 1) * COMING_SECONDS))


def test_what_stands_still_waits_for_no_processor() -> None:
    life = Life(0)
    life.told(1)
    assert not life.waits(0.0, 1 + SILENT_SECONDS)


def test_whoever_waits_beside_a_renderer_that_has_died_does_not_put_it_off() -> None:
    life = Life(0)
    life.renderers = frozenset({7, 8})
    life.told(1)
    life.see([8], 1)
    assert not life.waits(9, 1 + DEAD_SECONDS)
    assert lived_until(life, 1 + DEAD_SECONDS)


def test_a_renderer_that_was_not_the_pages_may_die() -> None:
    life = Life(0)
    life.renderers = frozenset({7, 8})
    life.told(1)
    life.see([8], 1)
    life.told(1.5)
    life.see([8], 1.6)
    assert lived_until(life, 1.5 + SILENT_SECONDS)


def test_a_renderer_dies_rightly_between_two_sessions() -> None:
    life = Life(0)
    life.renderers = frozenset({7, 8})
    life.told(1)
    life.session_ended(1)
    life.see([], 1.2)
    assert lived_until(life, 1 + COMING_SECONDS)


def test_without_a_server_there_is_nobody_to_tell() -> None:
    life = Life(0)
    life.told(1)
    life.server_away(3)
    assert lived_until(life, 3 + AWAY_SECONDS)
