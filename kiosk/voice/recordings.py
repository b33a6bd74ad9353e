"""One recording of a person, a wave file, as samples for a prompt: at our rate, with our silence around it, as loud as
every other.

Whoever records is not asked for a studio: any rate from 16 kHz, one channel or two, 16 bits. What cannot be used says
why, and the machine's voice (or silence) stands in its place.
"""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.voice.voices import HERTZ, NoVoice, levelled, pcm

if TYPE_CHECKING:
    from kiosk.voice.voices import Samples

LOWEST_HERTZ = 16000  # below, an s cannot be told from an f
QUIET = 0.02  # of the loudest sample: what is below, at both ends, is nobody speaking
MARGIN_SECONDS = 0.1  # that is left of it, since a word begins and ends softly


def digest(path: Path) -> str:
    """Of the file, so that another take of it is another prompt."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def samples(path: Path) -> Samples:
    """As `levelled` gives them. Raises NoVoice with the reason in words for whoever recorded."""
    import numpy as np

    try:
        with wave.open(str(path)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise NoVoice(f"it is no wave file of 16 bits ({error or 'it ends too early'})") from None
    if width != 2:
        raise NoVoice(f"it has {8 * width} bits a sample; save it with 16")
    if channels not in (1, 2):
        raise NoVoice(f"it has {channels} channels; save it with one or two")
    if rate < LOWEST_HERTZ:
        raise NoVoice(f"it was recorded at {rate} Hz; {LOWEST_HERTZ} is the least")
    sound = pcm(data)
    sound = sound[: len(sound) // channels * channels].reshape(-1, channels).mean(axis=1)
    heard = np.flatnonzero(np.abs(sound) > QUIET * np.abs(sound).max(initial=0.0))
    if not len(heard):
        raise NoVoice("nothing is to be heard in it")
    margin = int(MARGIN_SECONDS * rate)
    sound = sound[max(0, heard[0] - margin) : heard[-1] + margin]
    # To another rate by its spectrum, which leaves out what the new rate cannot carry instead of folding it down.
    length = round(len(sound) * HERTZ / rate)
    sound = np.fft.irfft(np.fft.rfft(sound)[: length // 2 + 1], length) * (length / len(sound))
    return levelled(sound, HERTZ)
