"""A wish changes one thing, and nothing goes beyond its end."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from kiosk.language.languages import LANGUAGES
from kiosk.session.answers import Wish
from kiosk.session.preferences import LOUDEST, Preferences

USUAL = Preferences()


@pytest.mark.parametrize("wish", [*Wish, LANGUAGES["en"]])
def test_a_wish_changes_one_thing(wish: Wish) -> None:
    before = replace(USUAL, listening=True)
    after = before.after(wish)
    changed = [each.name for each in fields(after) if getattr(after, each.name) != getattr(before, each.name)]
    assert len(changed) == (0 if wish is Wish.LANGUAGES else 1)


@pytest.mark.parametrize(("wish", "name"), [(Wish.SIZE, "large"), (Wish.CONTRAST, "contrast"), (Wish.REACH, "reach")])
def test_what_is_for_the_eye_goes_on_and_off(wish: Wish, name: str) -> None:
    assert USUAL.after(wish) == replace(USUAL, **{name: True})  # type: ignore[arg-type]
    assert USUAL.after(wish).after(wish) == USUAL


def test_the_volume_ends_at_silence_and_at_the_loudest() -> None:
    assert (USUAL.after(Wish.LOUDER).volume, USUAL.after(Wish.SOFTER).volume) == (USUAL.volume + 1, USUAL.volume - 1)
    assert replace(USUAL, volume=LOUDEST).after(Wish.LOUDER).volume == LOUDEST
    assert replace(USUAL, volume=0).after(Wish.SOFTER).volume == 0
    assert LOUDEST - USUAL.volume == USUAL.volume == 2, "two steps either way"


def test_each_wish_to_listen_begins_anew_until_it_is_to_be_quiet() -> None:
    listening = USUAL.after(Wish.LISTEN)
    assert (listening.listening, listening.turn) == (True, 1)
    assert listening.after(Wish.REPEAT) == replace(listening, turn=2)
    assert listening.after(Wish.HUSH) == replace(listening, listening=False)


def test_a_language_is_the_wish_for_it() -> None:
    assert USUAL.after(LANGUAGES["vi"]).language is LANGUAGES["vi"]
