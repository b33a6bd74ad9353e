"""Hard nouns explained at first sight, for whoever is learning: 連携（つなぐ こと）, once on each screen and slip.

Which nouns, and how, is a table (locale/ja/glosses.toml). A noun is found by its reading: a text of the catalogue has
`{連携|れんけい}`, and what somebody is called has no readings (theirs.py). So the explanation goes into finished HTML,
before its readings do (furigana.py), and nothing has to be done in a template.

First sight is the first place in the order of reading, of these: a text, or a heading with room for it. What stays
whole where there is another place is a longer heading, a name to be said at a counter, a text in brackets or in 「」, a
tile. If there is no other, it stands there all the same: behind the 」, behind the name, at the end of the tile's
words, and then with the noun. Buttons, the band at the top and the head of a slip have none, nor has what nobody sees.
Where the largest text has no room, the rows of a check go without, and on a screen across tiles and facts, too
(static/modes/languages.css).

It is for the eye. The voice says the text as the catalogue has it, since its prompts are made of that.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from kiosk.language.furigana import plain
from kiosk.language.languages import LOCALES
from kiosk.language.theirs import Theirs

HEADING_ROOM = 24  # signs, with the explanation
_PIECE = re.compile(r"<[^>]*>|[^<]+")
_NOUN = re.compile(r"\{([^{}|<>]+)\|[^{}|<>]+\}")
_TAG = re.compile(r"<(/?)([a-z0-9]+)")
_CLASS = re.compile(r'class=(?:"([^"]*)"|([^\s>]+))')
VOID = {"br", "img", "input", "hr", "meta"}
INLINE = {"span", "strong", "b", "i", "em", "a", "bdi"}
HEADINGS = {"h1", "h2", "h3"}
NONE = {"button", "header", "nav", "svg", "title"}
GLOSS = '<span class="gloss" data-voice="skip">'
NONE_CLASSES = {"hidden-words", "kind", "gloss"}
TILE, TILE_TITLE = "tile", "tile-title"
NAME_CLASSES = {"official", "say"}


@cache
def glosses() -> Mapping[str, str]:
    """Each noun, without its reading, and its explanation, with readings."""
    return tomllib.loads((LOCALES / "ja" / "glosses.toml").read_text("utf-8"))


@dataclass(frozen=True)
class _Part:
    """An open element. heading: the one that it is in, and how many signs stand there. title: of a tile."""

    tag: str
    none: bool = False
    name: bool = False
    tile: bool = False
    title: bool = False
    heading: list[int] | None = None


PLAIN = _Part("")


@dataclass(frozen=True)
class _Text:
    """One piece that is read, and the element it is in."""

    number: int
    text: str = field(repr=False)
    part: _Part


@dataclass(frozen=True)
class _Place:
    """Where an explanation may stand. said: it, in brackets. piece: which text. at: where in it. stays: what is there
    had better be left whole."""

    noun: str
    said: str
    piece: int
    at: int
    stays: bool
    heading: list[int] | None = field(compare=False)

    @property
    def left_whole(self) -> bool:
        """Whether any other place is better."""
        long = self.heading is not None and self.heading[0] + len(plain(self.said)) > HEADING_ROOM
        return self.stays or long


def explained(html: str) -> str:
    """Finished HTML, with its readings still as `{漢字|かんじ}`, and each hard noun in it explained once."""
    if "{" not in html:
        return html
    pieces = _PIECE.findall(html)
    wanted: dict[int, list[tuple[int, str]]] = {}
    for place in _first(_places(pieces)):
        marked = f"{GLOSS}{place.said}</span>"
        wanted.setdefault(place.piece, []).append((place.at, marked))
    for number, here in wanted.items():  # in one span, since in a flex box each part would be an item by itself
        pieces[number] = f"<span>{_put(pieces[number], here)}</span>"
    return "".join(pieces)


def explained_lines(lines: Sequence[str], room: int) -> list[str]:
    """The same of lines of text, with readings. room: bytes that the explanations may take, without readings. They are
    given in the order in which the nouns are read; one for which there is not enough left is left out."""
    ours = [(number, line) for number, line in enumerate(lines) if not isinstance(line, Theirs)]
    places = (each for number, line in ours for each in _in_run([_Text(number, line, PLAIN)]))
    wanted: dict[int, list[tuple[int, str]]] = {}
    for place in _first(places):
        if (size := len(plain(place.said).encode())) <= room:
            room -= size
            wanted.setdefault(place.piece, []).append((place.at, place.said))
    return [_put(line, wanted[number]) if number in wanted else line for number, line in enumerate(lines)]


def _first(places: Iterable[_Place]) -> Iterator[_Place]:
    """Of each noun, the one place where it is explained."""
    found: dict[str, list[_Place]] = {}
    for place in places:
        found.setdefault(place.noun, []).append(place)
    for of_one in found.values():
        yield next((each for each in of_one if not each.left_whole), of_one[0])


def _places(pieces: list[str]) -> Iterator[_Place]:
    """In the order of reading. How long a heading is, is known when all of them are there."""
    within: list[_Part] = []
    run: list[_Text] = []
    for number, piece in enumerate(pieces):
        part = within[-1] if within else PLAIN
        if tag := _TAG.match(piece):
            if tag[2] not in INLINE:
                yield from _in_run(run)
                run = []
            _walk(within, piece, bool(tag[1]), tag[2])
        elif not (piece.startswith("<") or part.none):
            if part.heading is not None:
                part.heading[0] += len(plain(piece).strip())
            run.append(_Text(number, piece, part))
    yield from _in_run(run)


def _walk(within: list[_Part], piece: str, ends: bool, tag: str) -> None:
    if ends:
        while within and within.pop().tag != tag:
            pass
        return
    if tag in VOID or piece.endswith("/>"):
        return
    around = within[-1] if within else PLAIN
    given = _CLASS.search(piece)
    classes = set((given[1] or given[2] or "").split()) if given else set()
    unseen = bool(classes & NONE_CLASSES) or 'aria-hidden="true"' in piece
    tile = TILE in classes
    within.append(
        _Part(
            tag,
            none=around.none or (tag in NONE and not tile) or unseen,
            name=around.name or bool(classes & NAME_CLASSES),
            tile=around.tile or tile,
            title=around.title or TILE_TITLE in classes,
            heading=[0] if tag in HEADINGS else around.heading,
        )
    )


def _in_run(run: Sequence[_Text]) -> Iterator[_Place]:
    """Of texts that are read as one: what is in brackets or quoted may begin in one of them and end in another."""
    text = "".join(each.text for each in run)
    for found in _NOUN.finditer(text):
        if found[1] not in glosses():
            continue
        before, at = text[: found.start()], found.end()
        part = _at(run, at)[0].part
        quoted = before.count("「") > before.count("」")
        bracketed = before.count("（") > before.count("）")
        if part.title or part.name:
            if (end := _end(run, at, part)) is None:
                continue
            at = end
        elif quoted and "」" in text[at:]:
            at = text.index("」", at) + 1
        named = "".join(each.text for each in run if each.part.name).strip() if part.name else found[0]
        behind = quoted or at > found.end() or named != found[0]
        gloss = f"{found[0]}は、{glosses()[found[1]]}" if behind else glosses()[found[1]]
        each, place = _at(run, at)
        stays = part.name or part.tile or quoted or bracketed
        yield _Place(found[1], f"（{gloss}）", each.number, place, stays, each.part.heading)


def _at(run: Sequence[_Text], at: int) -> tuple[_Text, int]:
    """Which text ends at that sign of all of them, or has it, and where in it that is."""
    for each in run:
        if at <= len(each.text):
            return each, at
        at -= len(each.text)
    raise IndexError(at)


def _end(run: Sequence[_Text], after: int, part: _Part) -> int | None:
    """Where what had better stay whole is over: a tile's title at the end of the words below it, None if there are
    none; a name at its own."""
    at, end = 0, None
    for each in run:
        at += len(each.text)
        if at < after or not each.text.strip():
            continue
        if not part.title and not each.part.name:
            break
        if not (part.title and each.part.title):
            end = at - len(each.text) + len(each.text.rstrip())
    return end


def _put(text: str, here: list[tuple[int, str]]) -> str:
    for at, words in reversed(sorted(here, key=lambda each: each[0])):
        text = text[:at] + words + text[at:]
    return text
