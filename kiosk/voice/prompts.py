"""The prompts: everything the kiosk may ever say to everybody, made into sound at set-up.

The texts are the catalogue's own messages, the very ones the templates show; so what is said cannot differ from what
is seen, and no prompt can hold anything about a person. A message with a number in it is made for each number it can
have; the kiosk's other variable parts are said digit by digit, or not here at all (`speech`).

A file's name is the digest of its text and its voice. A person's recording takes the place of the machine's voice; the
name stays. What it was made with (the engine and its version, the readings, or the recording; the levels, the coding)
is digested into its stamp, which it carries within itself. So `build` makes what is missing or
bears another stamp, removes what is left over, and touches nothing else. What is made is kept by its stamp in the
user's cache, too, so that another work tree, or a fresh one, has it without making it again.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from string import ascii_uppercase, digits
from types import MappingProxyType

from kiosk.language import dates
from kiosk.language.furigana import plain
from kiosk.language.languages import LANGUAGES, Language, counted, shipped, translations
from kiosk.voice.recordings import digest, samples
from kiosk.voice.voices import HERTZ, LEVEL, PEAK, Voice, program, voice_of

FOLDER = Path(__file__).parent / "rendered"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "kiosk", "prompts")
KEPT_DAYS = 30  # in the cache, since a build last wanted it
ROOT = Path(__file__).parent.parent.parent
SOURCES = (
    ("kiosk/web/templates", "**.html", "jinja2"),
    ("kiosk/advice", "**.py", "python"),
    ("kiosk/flows", "**.py", "python"),
    ("kiosk/voice", "**.py", "python"),
    ("config", "guidance.toml", "kiosk.config.guidance:messages"),
)
CODING = f"opusenc --quiet --raw --raw-rate={HERTZ} --raw-chan=1 --bitrate=24 --comp=3 --serial=1".split()
VARIANTS: Mapping[str, Sequence[int]] = {
    "count": range(17),  # characters typed, tries left
    "left": range(11),  # tries left
    "most": (3, 5, 10),  # tries of a PIN
    "number": range(1, 12),  # steps
    "all": (11,),
    "key": range(10),  # of a telephone
}
NUMBERS = (*range(1, 10), *range(10, 121, 5))  # a countdown's seconds; what lies between is rounded down
CHARACTERS = digits + ascii_uppercase  # of a reference number, a telephone number
STAMP = re.compile(rb"STAMP=([0-9a-f]{24})")
CONTEXT = "\x04"  # stands between a context and its message (gettext)
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def normal(text: str) -> str:
    """A text as it is looked up: white space as single blanks."""
    return " ".join(text.split())


def bare(message: str) -> str:
    """What is heard of a message: no markup, no readings over its kanji."""
    return normal(html.unescape(re.sub(r"<[^>]+>", "", plain(message))))


def file_name(voice: Voice, text: str) -> str:
    return hashlib.sha256(f"{voice.name}\n{text}".encode()).hexdigest()[:24] + ".ogg"


def stamp(voice: Voice, text: str, recording: Path | None = None) -> str:
    """What decides a prompt's sound, digested. Raises NoVoice when something that makes it is missing."""
    spoken_by = (digest(recording),) if recording else (voice.name, voice.engine(), voice.read(text))
    made_with = (
        *spoken_by,
        HERTZ,
        LEVEL,
        PEAK,
        CODING,
        program("opusenc", "opus-tools"),
    )
    return hashlib.sha256(repr(made_with).encode()).hexdigest()[:24]


def stamp_of(path: Path) -> str:
    """The stamp a file carries, among its comments (RFC 7845 §5.2), which stand at its beginning; "" without one."""
    with path.open("rb") as file:
        found = STAMP.search(file.read(1024))
    return found[1].decode() if found else ""


@cache
def rendered() -> frozenset[str]:
    """The names of the files that are there: what can be said without making it first."""
    return frozenset(path.name for path in FOLDER.glob("*.ogg"))


def messages() -> dict[str, str]:
    """Every message of the screens, as it stands in the source, and where: the first place of it, "screens/home". Its
    context comes before the message, if it has one."""
    from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

    keywords = {**DEFAULT_KEYWORDS, "official": None, "counted": (1, 1), "N_counted": (1, 1)}
    found: dict[str, str] = {}
    for folder, pattern, method in SOURCES:
        for each in extract_from_dir(ROOT / folder, [(pattern, method)], keywords=keywords):
            context = f"{each[4]}{CONTEXT}" if each[4] else ""
            place = str(Path(folder, each[0]).with_suffix("")).removeprefix("kiosk/").removeprefix("web/templates/")
            for text in [each[2]] if isinstance(each[2], str) else each[2]:
                found.setdefault(context + text, place)
    return found


def texts(language: Language, of: Iterable[str]) -> dict[str, str]:
    """What a language's prompts say: `of` translated, with every variant, and the pieces codes and numbers are said of.
    Each with its message, "" for such a piece.

    A message whose variable part is not a number out of VARIANTS is no prompt.
    """
    translated = translations(language)
    names = {bare(each.name) for each in LANGUAGES.values() if each.html == language.html}
    said = dict.fromkeys((*CHARACTERS, *map(str, NUMBERS), *sorted(names)), "")
    for message in of:
        context, _, source = message.rpartition(CONTEXT)
        told = None if context else partial(counted, language, source)
        text = told(None) if told else translated.pgettext(context, source)
        if language.foreign and text == source:
            continue  # it is shown in Japanese, then; this voice cannot read it
        for variant in variants(text, told):
            said.setdefault(bare(variant), message)
    return {text: message for text, message in said.items() if re.search(r"\w", text)}


def variants(text: str, told: Callable[[int], str] | None = None) -> Iterator[str]:
    """What is said of a text, with each number that may stand in it; the number itself is said alone of a countdown.
    told: the form of the text for so many."""
    names = list(dict.fromkeys(PLACEHOLDER.findall(text)))
    if names == ["seconds"]:
        yield from PLACEHOLDER.sub("\n", text).split("\n")
    elif not names:
        yield text.replace("%%", "%")
    elif all(name in VARIANTS for name in names):
        for values in itertools.product(*(VARIANTS[name] for name in names)):
            yield (told(values[0]) if told else text) % dict(zip(names, values, strict=True))


def build(recorded: Mapping[str, Path] = MappingProxyType({})) -> tuple[int, int]:
    """Make what is missing or made otherwise, remove what is left over; returns how many of each. Raises NoVoice.

    recorded: the recordings of people that can be used, by the names of the prompts they become.
    """
    of = messages()
    wanted = {
        name: (language.code, text, stamp(voice, text, recorded.get(name)), recorded.get(name))
        for language in shipped()
        for voice in [voice_of(language)]
        for text in texts(language, of)
        if (name := file_name(voice, text)) in recorded or voice.speak
    }
    FOLDER.mkdir(exist_ok=True)
    there = {path.name: stamp_of(path) for path in FOLDER.iterdir()}
    left_over = there.keys() - wanted.keys()
    for name in left_over:
        (FOLDER / name).unlink()
    missing = sorted(name for name, (_, _, made_with, _) in wanted.items() if there.get(name) != made_with)
    if missing:
        with contextlib.suppress(OSError):
            CACHE.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(min(os.cpu_count() or 1, len(missing))) as makers:
            list(makers.map(_make, ((name, *wanted[name]) for name in missing), chunksize=8))
        _forget(CACHE.glob("*"))
    return len(missing), len(left_over)


def _make(job: tuple[str, str, str, str, Path | None]) -> None:
    name, code, text, made_with, recording = job
    path, kept = FOLDER / name, CACHE / f"{made_with}.ogg"
    begun = path.with_suffix(".part")
    if kept.exists():
        shutil.copyfile(kept, begun)
        kept.touch()
    else:
        said = samples(recording) if recording else voice_of(LANGUAGES[code]).say(text)
        coding = [*CODING, f"--comment=STAMP={made_with}", "-", str(begun)]
        subprocess.run(coding, input=said.tobytes(), check=True, capture_output=True)
        with contextlib.suppress(OSError):  # no cache, then
            half = kept.with_suffix(f".{os.getpid()}")
            shutil.copyfile(begun, half)
            half.replace(kept)
    begun.replace(path)


def _forget(kept: Iterable[Path]) -> None:
    oldest = (dates.now() - timedelta(days=KEPT_DAYS)).timestamp()
    for path in kept:
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
