"""The script: what a person reads aloud so that the kiosk speaks with their voice, and what has been read of it.

`<recordings>/<language>/script.csv` has a row for each prompt: its number, its text, the Japanese it was translated
from, where it is heard, and how long it may be. What was read is `0001.wav` beside it, and so on.

A number belongs to one text for ever. A text that has changed gets a new one; so the recording of the old is never
taken for the new, and no dates or digests have to be kept with the recordings. The row of a text that is no longer said
stays as long as its recording, and says so.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from kiosk.language.languages import LANGUAGES, Language
from kiosk.voice.prompts import CONTEXT, FOLDER, bare, file_name, messages, stamp, stamp_of, texts
from kiosk.voice.recordings import samples
from kiosk.voice.voices import HERTZ, NoVoice, voice_of

NAME = "script.csv"
COLUMNS = ("number", "text", "japanese", "heard", "seconds")
PIECE = "a number, read out sign by sign or counted"
GONE = "no longer said: delete the recording"
# Signs a second that a calm reader reaches: the machine's voices, measured over all prompts, are as fast or faster in
# all but one in two hundred. For Chinese, which we have no voice of: 180 signs a minute.
PACE: Mapping[str, float] = {"ja": 4, "easy": 4, "en": 9, "zh": 3, "ko": 4, "pt": 8, "vi": 8}
BREATH_SECONDS = 1.5
assert set(PACE) == set(LANGUAGES)


def may_last(language: Language, text: str) -> float:
    """Seconds. Who listens waits for the end before they know which button to press."""
    return round(BREATH_SECONDS + len(text) / PACE[language.code], 1)


@dataclass(frozen=True)
class Row:
    """One line of the script."""

    number: int
    text: str
    japanese: str
    heard: str
    seconds: float

    @property
    def file(self) -> str:
        return f"{self.number:04}.wav"


class Script:
    """One language's folder of recordings. said: its prompts' texts, each with its message (`prompts.texts`). places:
    where each message stands (`prompts.messages`)."""

    def __init__(self, folder: Path, language: Language, said: Mapping[str, str], places: Mapping[str, str]) -> None:
        self.folder = folder / language.code
        self.path = self.folder / NAME
        self.language = language
        self._said = said
        self._places = places

    @cached_property
    def rows(self) -> dict[str, Row]:
        """As they were last written, by text; none without a script. Raises OSError, or ValueError for what is none."""
        if not self.path.exists():
            return {}
        read = csv.DictReader(io.StringIO(self.path.read_text("utf-8-sig"), newline=""))
        if tuple(read.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{self.path}: its first line is not {','.join(COLUMNS)}")
        try:
            rows = [Row(int(r["number"]), r["text"], r["japanese"], r["heard"], float(r["seconds"])) for r in read]
        except (TypeError, ValueError):
            raise ValueError(f"{self.path}: a line of it is broken") from None
        return {row.text: row for row in rows}

    def write(self) -> int:
        """The script of today: who has a number keeps it. Returns how many rows have no recording yet."""
        last = max((*(row.number for row in self.rows.values()), *self._numbers()), default=0)
        highest, rows = last, []
        for text, message in sorted(self._said.items(), key=self._order):
            known = self.rows.get(text)
            last += known is None
            rows.append(
                Row(
                    known.number if known else last,
                    text,
                    bare(message.rpartition(CONTEXT)[2]),
                    self._places.get(message, PIECE),
                    may_last(self.language, text),
                )
            )
        for text, row in self.rows.items():
            if text not in self._said and ((self.folder / row.file).exists() or row.number == highest):
                rows.append(Row(row.number, text, row.japanese, GONE, row.seconds))
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows((row.number, row.text, row.japanese, row.heard, row.seconds) for row in rows)
        self.folder.mkdir(parents=True, exist_ok=True)
        begun = self.path.with_suffix(".part")
        begun.write_text(out.getvalue(), "utf-8-sig", newline="")  # the mark is how a spreadsheet knows UTF-8
        begun.replace(self.path)
        self.__dict__.pop("rows")
        return sum(row.text in self._said and not (self.folder / row.file).exists() for row in rows)

    def recorded(self) -> Recorded:
        """What has been read, each file tried. Raises as `rows` does."""
        usable: dict[str, Path] = {}
        unusable: dict[str, str] = {}
        too_long: list[str] = []
        changed: list[str] = []
        for text, row in self.rows.items():
            path = self.folder / row.file
            if not path.exists():
                continue
            if text not in self._said:
                changed.append(row.file)
                continue
            try:
                seconds = len(samples(path)) / HERTZ
            except NoVoice as lacks:
                unusable[row.file] = str(lacks)
                continue
            usable[text] = path
            if seconds > may_last(self.language, text):
                too_long.append(row.file)
        numbered = {row.number for row in self.rows.values()}
        unknown = [f"{number:04}.wav" for number in self._numbers() if number not in numbered]
        return Recorded(self.language, len(self._said), usable, changed, too_long, unusable, unknown)

    def _numbers(self) -> list[int]:
        return sorted(int(path.stem) for path in self.folder.glob("*.wav") if path.stem.isdecimal())

    def _order(self, each: tuple[str, str]) -> tuple[str, str, int, str]:
        """Together what is heard together, the pieces first, and a message's variants as they count."""
        text, message = each
        return self._places.get(message, ""), message, len(text), text


@dataclass(frozen=True)
class Recorded:
    """How far a language's recordings have come. wanted: how many prompts there are. usable: those that take the
    machine's place, by text. elsewhere: how many more take it from another language's folder, which has the same voice.
    The rest are names of files: of a text that has `changed`, `too_long` (used all the same), `unusable` with the
    reason, and of a number that the script does not have."""

    language: Language
    wanted: int
    usable: Mapping[str, Path] = field(repr=False)
    changed: Sequence[str] = ()
    too_long: Sequence[str] = ()
    unusable: Mapping[str, str] = field(default_factory=dict)
    unknown: Sequence[str] = ()
    elsewhere: int = 0

    @property
    def missing(self) -> int:
        return self.wanted - len(self.usable) - self.elsewhere

    def names(self) -> dict[str, Path]:
        """By the names of the prompts they become."""
        return {file_name(voice_of(self.language), text): path for text, path in self.usable.items()}

    def unmade(self, taken: Mapping[str, Path]) -> int:
        """How many of the usable ones the last build did not have, or had another take of. taken: `names` of all
        languages. Raises NoVoice when something that makes prompts is missing."""
        voice = voice_of(self.language)
        made = {text: FOLDER / file_name(voice, text) for text in self.usable}
        return sum(
            not path.exists() or stamp_of(path) != stamp(voice, text, taken[path.name]) for text, path in made.items()
        )


def recorded(folder: Path, languages: Iterable[Language]) -> list[Recorded]:
    """Of each language that has a folder there. Raises OSError, or ValueError with a line for whoever keeps it."""
    places = messages()
    folder.stat()
    said = {each: texts(each, places) for each in languages if (folder / each.code).is_dir()}
    found = [Script(folder, language, its, places).recorded() for language, its in said.items()]
    taken = names(found)
    return [replace(each, elsewhere=_elsewhere(each, said[each.language], taken)) for each in found]


def _elsewhere(of: Recorded, said: Iterable[str], taken: Mapping[str, Path]) -> int:
    voice = voice_of(of.language)
    return sum(text not in of.usable and file_name(voice, text) in taken for text in said)


def names(of: Iterable[Recorded]) -> dict[str, Path]:
    """What `prompts.build` takes: of all languages together. Two that share a voice share the prompts, too."""
    return {name: path for each in of for name, path in each.names().items()}
