"""What one session says: pieces of speech as addresses of sound, each a prompt made at set-up or made now.

Made now (Japanese only, by a library within this process): what a template marks as public, and, while somebody's
headphones are in, what is about the person. It is made when the page fetches it and kept nowhere. Everything here
ends with the process.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.language.languages import N_, Language, translations
from kiosk.voice.prompts import CHARACTERS, FOLDER, NUMBERS, bare, file_name, rendered
from kiosk.voice.speech import Piece, Speech, speech
from kiosk.voice.voices import NoVoice, Voice, voice_of, wav

BUTTONS = N_("押せるボタンは、")
LOOK = N_("画面でお確かめください。")
LANGUAGE = N_("言語")
HERE = N_("マイナ免許証の機械です。")
KEYS = N_("キーパッドでも操作できます。")  # as the first screen shows it
PLUG = N_("イヤホンを差すと、音声で案内します。")
SPELT = {"#": N_("シャープ"), "内線": N_("内線")}  # what a spelt number has besides digits and letters
SIGN = re.compile("|".join((*SPELT, f"[{CHARACTERS}]")))
SENTENCE = re.compile(r"[^。]+。?")


def can_speak(language: Language) -> bool:
    """Whether there is anything to hear in this language."""
    return file_name(voice_of(language), _said(LOOK, language)) in rendered()


@dataclass(frozen=True)
class _Live:
    voice: Voice
    text: str = field(repr=False)
    private: bool


class Mouth:
    """headphones: whether somebody's are in now."""

    def __init__(self, headphones: Callable[[], bool]) -> None:
        self._headphones = headphones
        self._live: list[_Live] = []
        self._lock = threading.Lock()

    def say(self, fragment: str, language: Language) -> dict[str, object] | None:
        """A screen's speech as the page gets it: `screen`, what to say from the beginning, and `labels`, the words of
        each control. Both as addresses. None: there is no voice for this language."""
        if not can_speak(language):
            return None
        voice = voice_of(language)
        made: Speech = speech(
            fragment, lambda text: file_name(voice, text) in rendered(), buttons=_said(BUTTONS, language)
        )
        look = self._prompt(voice, _said(LOOK, language))
        labels = {answer: self._addresses(language, pieces, None) for answer, pieces in made.labels.items()}
        return {
            "screen": self._addresses(language, made.screen, look),
            "labels": {answer: addresses for answer, addresses in labels.items() if addresses},
        }

    def place(self, language: Language, *, keypad: bool, socket: bool) -> list[str]:
        """What the machine is, for whoever looks for it by ear, and by what they can use it, as addresses; none where
        they have not been made."""
        told = (HERE, *((KEYS,) if keypad else ()), *((PLUG,) if socket else ()))
        voice = voice_of(language)
        files = [file_name(voice, _said(each, language)) for each in told]
        return [f"/voice/{each}" for each in files if each in rendered()]

    def prompt(self, name: str) -> Path | None:
        """The file of a prompt."""
        return FOLDER / name if name in rendered() else None

    def live(self, number: int) -> bytes | None:
        """The sound of something made now; None when it may not be said (any more)."""
        with self._lock:
            wanted = self._live[number] if 0 <= number < len(self._live) else None
        if wanted is None or (wanted.private and not self._headphones()):
            return None
        try:
            return wav(wanted.voice.say(wanted.text))
        except NoVoice:  # signs that have no sound, such as a name in 外字
            return wav(wanted.voice.say(LOOK))

    def _addresses(self, language: Language, pieces: Iterable[Piece], look: str | None) -> list[str]:
        found: list[str] = []
        for piece in pieces:
            said = list(self._piece(language, piece))
            if not said and look and found[-1:] != [look]:
                said = [look]
            found += said
        return found

    def _piece(self, language: Language, piece: Piece) -> Iterator[str]:
        """Nothing, when it may not or cannot be said."""
        voice = voice_of(language)
        private = piece.manner == "private"
        if private and not self._headphones():
            return
        if piece.manner == "spell":
            signs = SIGN.findall(unicodedata.normalize("NFKC", piece.text).upper())
            prompts = [_said(SPELT[each], language) if each in SPELT else each for each in signs]
        elif piece.manner == "number":
            prompts = [str(max((each for each in NUMBERS if each <= int(piece.text)), default=1))]
        else:
            prompts = [piece.text]
        if all(file_name(voice, each) in rendered() for each in prompts):
            yield from (self._prompt(voice, each) for each in prompts)
        elif voice.live and (piece.manner == "public" or self._headphones()):
            for sentence in SENTENCE.findall(piece.text):
                yield self._now(_Live(voice, sentence, private=piece.manner != "public"))

    def _prompt(self, voice: Voice, text: str) -> str:
        return f"/voice/{file_name(voice, text)}"

    def _now(self, wanted: _Live) -> str:
        with self._lock:
            if wanted not in self._live:
                self._live.append(wanted)
            return f"/voice/now/{self._live.index(wanted)}.wav"


def _said(message: str, language: Language) -> str:
    return bare(translations(language).gettext(message))
