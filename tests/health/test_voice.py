"""What can be heard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kiosk.config.kiosk import Voice
from kiosk.health.finding import State
from kiosk.health.voice import judge, judge_recorded, unreadable
from kiosk.language.languages import LANGUAGES
from kiosk.voice.script import Recorded
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


def test_recordings_say_how_far_they_have_come_and_what_to_do() -> None:
    whole = Recorded(LANGUAGES["zh"], 1, {"返回": Path("0001.wav")})
    assert str(judge_recorded(whole, unmade=0)) == "has    voice     zh: 1 of 1 prompts are recorded"
    assert judge_recorded(whole, unmade=1).cure == "python -m kiosk.voice build"
    late = replace(whole, wanted=9, changed=[f"000{n}.wav" for n in range(2, 9)], unusable={"0009.wav": "it is silent"})
    finding = judge_recorded(late, unmade=0)
    assert finding.state is State.WARNING and finding.cure.startswith("python -m kiosk.voice script --language zh")
    assert finding.words == (
        "zh: 1 of 9 prompts are recorded; 8 are missing; 7 of a text that has changed "
        "(0002.wav, 0003.wav, 0004.wav, 0005.wav, 0006.wav, …); 1 not usable (0009.wav, it is silent)"
    )


def test_a_folder_that_is_not_there_is_a_problem() -> None:
    assert unreadable("/nowhere", FileNotFoundError("no such folder")).lacks
