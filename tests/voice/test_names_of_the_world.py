"""Whoever listens through headphones hears their name, or that the screen has it; nobody gets an error."""

from __future__ import annotations

import io
import wave

import pytest

from kiosk.language.languages import LANGUAGES
from kiosk.voice.mouth import BUTTONS, Mouth
from kiosk.voice.speech import speech
from tests.names_of_the_world import DATES
from tests.web.sight import Sight
from tests.web.test_names_of_the_world import LICENCES, WORLD
from tests.whole import few


@pytest.mark.parametrize("sight", WORLD, ids=lambda sight: sight.name)
def test_what_is_said_of_a_person_is_private_and_sign_for_sign(sight: Sight) -> None:
    person = sight.screen.facts["attributes"]
    said = {piece.text: piece.manner for piece in speech(sight.html(), lambda _: False, BUTTONS).screen}
    for text in (person.name, person.address, DATES[person.birth_date]):  # type: ignore[attr-defined]
        assert said[" ".join(text.split())] == "private"


@pytest.mark.parametrize("sight", few((*WORLD[:4], LICENCES[0]), of=(*WORLD, *LICENCES)), ids=lambda sight: sight.name)
def test_every_one_of_them_has_a_sound(sight: Sight) -> None:
    mouth = Mouth(lambda: True)
    made = mouth.say(sight.html(), LANGUAGES["ja"])
    assert made is not None
    addresses = made["screen"]
    assert isinstance(addresses, list)
    live = [each for each in addresses if each.startswith("/voice/now/")]
    assert live
    for each in live:
        sound = mouth.live(int(each.removeprefix("/voice/now/").removesuffix(".wav")))
        assert sound is not None
        with wave.open(io.BytesIO(sound)) as heard:
            assert heard.getnframes() > 0
