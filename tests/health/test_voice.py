"""What can be heard."""

from __future__ import annotations

from kiosk.config.kiosk import Voice
from kiosk.health.finding import State
from kiosk.health.voice import judge
from kiosk.voice.voices import CREDIT

JACK = Voice(jack="/dev/input/by-path/headphone")


def test_a_voice_says_its_languages_its_ears_and_whose_it_is() -> None:
    heard = judge(Voice(), ["ja", "en"], jack_readable=False)
    assert heard.state is State.OK
    assert heard.words == f"speaks ja, en; headphones are not noticed (voice.jack is not set); {CREDIT}"
    assert "headphones are noticed" in judge(JACK, ["ja"], jack_readable=True).words


def test_prompts_or_a_socket_that_are_not_there_are_a_problem() -> None:
    assert "tools/setup" in judge(Voice(), [], jack_readable=False).cure
    assert judge(JACK, ["ja"], jack_readable=False).words.startswith(
        "voice.jack: /dev/input/by-path/headphone is not there"
    )


def test_a_voice_that_was_switched_off_is_as_it_was_wanted() -> None:
    assert judge(Voice(enabled=False), [], jack_readable=False).state is State.INFO
