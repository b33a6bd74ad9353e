"""Who speaks which language: one row each, the machine's part of it. A person's recordings take its place, prompt by
prompt (`recordings`).

Why these: docs/decisions/0007-voices.md. A voice turns a text into samples; levels and coding are the same for all
(`levelled`, `prompts`). Adding a voice is a function here and its row. Where no voice we can install speaks a language
well enough, its row has no function: it is silent until somebody has recorded it.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from typing import TYPE_CHECKING

from kiosk.language.languages import JAPANESE, LANGUAGES, Language
from kiosk.voice.readings import as_read

if TYPE_CHECKING:
    import numpy as np

    Samples = np.ndarray[tuple[int], np.dtype[np.int16]]

CREDIT = "Japanese voice: HTS Voice “Mei”, MMDAgent Project Team, Nagoya Institute of Technology, CC BY 3.0"
HERTZ = 24000  # all voices are brought to this rate, mono, 16 bits
LEVEL = 0.1  # root mean square of every prompt's voiced part, of full scale: about −20 dB
PEAK = 0.89


class NoVoice(Exception):
    """The voice cannot speak here; its text says what to install."""


@dataclass(frozen=True)
class Voice:
    """name: part of every prompt's file name, so raise its number when code of ours changes the voice's sound.
    speak: a text, as the engine gets it, to samples at HERTZ; None: only what a person has recorded is heard. engine:
    what speaks, with its version; raises NoVoice when it is missing. read: our text to the engine's. live: it is a
    library, so it may speak of a person within the session's process.
    """

    name: str
    speak: Callable[[str], Samples] | None = None
    engine: Callable[[], str] = str
    read: Callable[[str], str] = str
    live: bool = False

    def say(self, text: str) -> Samples:
        if self.speak is None:
            raise NoVoice("only a person can speak this language here")
        return self.speak(self.read(text))


def open_jtalk(text: str) -> Samples:
    """Open JTalk with the voice Mei (MMDAgent, Nagoya Institute of Technology, CC BY 3.0), through pyopenjtalk-plus."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it regrets on stdout that a model we do not want is absent
            import pyopenjtalk
    except ImportError:
        raise NoVoice("the Python package pyopenjtalk-plus is missing; run tools/setup") from None
    samples, rate = pyopenjtalk.tts(text)
    return levelled(samples, rate)


def flite(voice: str, text: str) -> Samples:
    """Flite, a program, with one of its built-in English voices."""
    return _program("flite", "-voice", voice, "-t", text, "-o", "/dev/stdout")


def espeak(voice: str, text: str) -> Samples:
    """eSpeak NG, a program, with one of its voices."""
    return _program("espeak-ng", "-v", voice, "-s", "150", "--stdout", text)


def package(name: str) -> str:
    """A Python package and its version."""
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        raise NoVoice(f"the Python package {name} is missing; run tools/setup") from None


@cache
def program(name: str, install: str = "") -> str:
    """What a program says of its version. install: Debian's package, where it is not called like the program."""
    try:
        said = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise NoVoice(f"the program {name} is missing; apt install {install or name}") from None
    return " ".join(said.split())


def _program(name: str, *arguments: str) -> Samples:
    """A program that writes a wave file to its standard output. It never hears anything about a person."""
    try:
        said = subprocess.run([name, *arguments], capture_output=True, check=True).stdout
    except FileNotFoundError:
        raise NoVoice(f"the program {name} is missing; apt install {name}") from None
    with wave.open(io.BytesIO(said)) as sound:
        rate = sound.getframerate()
    return levelled(pcm(said[44:]), rate)  # not by the header's length, which a pipe has not got


def pcm(data: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Samples of 16 bits as they stand in a wave file."""
    import numpy as np

    return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.float64)


def levelled(samples: np.ndarray[tuple[int], np.dtype[np.float64]], rate: int) -> Samples:
    """At HERTZ, and as loud as every other prompt. Raises NoVoice for silence."""
    import numpy as np

    if rate == 2 * HERTZ:
        samples = samples[: len(samples) // 2 * 2].reshape(-1, 2).mean(axis=1)
    elif rate != HERTZ:
        places = np.arange(int(len(samples) * HERTZ / rate)) * (rate / HERTZ)
        samples = np.interp(places, np.arange(len(samples)), samples)
    voiced = samples[np.abs(samples) > 0.02 * np.abs(samples).max(initial=0.0)]
    if not len(voiced):
        raise NoVoice("the voice said nothing")
    gain = LEVEL / np.sqrt(np.mean(voiced**2))
    limited = np.tanh(samples * gain / PEAK) * PEAK  # the few peaks above bend instead of being cut off
    rounded: Samples = np.round(limited * 32767).astype(np.int16)
    return rounded


def wav(samples: Samples) -> bytes:
    """As a file for a browser."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(HERTZ)
        sound.writeframes(samples.tobytes())
    return out.getvalue()


FLITE, ESPEAK = partial(program, "flite"), partial(program, "espeak-ng")


def _read(language: str) -> Callable[[str], str]:
    return partial(as_read, language=language)


MEI = Voice("open-jtalk-mei-1", open_jtalk, partial(package, "pyopenjtalk-plus"), _read("ja"), live=True)
VOICES: Mapping[str, Voice] = {
    JAPANESE.code: MEI,
    "easy": MEI,
    "en": Voice("flite-slt-1", partial(flite, "slt"), FLITE, _read("en")),
    "pt": Voice("espeak-pt-1", partial(espeak, "pt-br"), ESPEAK, _read("pt")),
    "vi": Voice("espeak-vi-1", partial(espeak, "vi"), ESPEAK, _read("vi")),
    "ko": Voice("espeak-ko-1", partial(espeak, "ko"), ESPEAK, _read("ko")),
    "zh": Voice("recorded-zh-1"),
}
assert set(VOICES) == set(LANGUAGES)


def voice_of(language: Language) -> Voice:
    return VOICES[language.code]
