"""What of a screen is said: read off the very fragment that is shown, so that ear and eye get the same.

Everything is said in reading order, a question alone when one is laid over the screen, the buttons that go on at the
end. What a template adds is `data-voice` on an element, for all that is within:

    skip     not said: what another element says already, or what nobody wants to hear each time
    private  about the person: only to headphones, whatever stands there
    public   not in the catalogue, and about nobody (the terms, a fact of the station): may be said aloud
    spell    letter by letter, digit by digit: a reference number, a telephone number

Without a mark only texts of the catalogue are said aloud. Any other is taken for somebody's until it is marked: then
headphones get it, and everybody else is told to look at the screen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal, cast

from kiosk.voice.prompts import normal

Manner = Literal["", "private", "public", "spell", "number"]
UNHEARD = {"svg", "script", "style"}
VOID = {"br", "img", "input", "hr", "path", "use", "circle", "rect", "line"}


@dataclass(frozen=True)
class Piece:
    """One thing to say, and how. manner "": a text of the catalogue, if it is one. Never in a repr."""

    text: str = field(repr=False)
    manner: Manner = ""


@dataclass(frozen=True)
class Speech:
    """screen: to be said from the beginning. labels: of each control, when a key has moved there, by its answer; of a
    text that scrolls by its name; of the button that scrolls it by nothing."""

    screen: tuple[Piece, ...]
    labels: Mapping[str, tuple[Piece, ...]] = field(repr=False)


def speech(fragment: str, known: Callable[[str], bool], buttons: str) -> Speech:
    """fragment: of `kiosk.web.view.render`. known: whether a text is a prompt. buttons: what is said before the
    buttons are named."""
    root = _Reader.tree(fragment)
    asked = next((each for each in root.below() if each.attributes.get("role") == "dialog"), None)
    lang = next((each.attributes["lang"] for each in root.below() if "lang" in each.attributes), "")
    speaker = _Speaker(known, buttons, lang)
    controls = [each for each in (asked or root).below() if each.tag == "button" or each.scrolls]
    return Speech(
        tuple(speaker.say(asked or root)),
        {each.name: tuple(speaker.label(each)) for each in controls},
    )


@dataclass
class _Element:
    tag: str
    attributes: Mapping[str, str] = field(repr=False)
    children: list[_Element | str] = field(default_factory=list, repr=False)

    def below(self) -> Iterator[_Element]:
        for child in self.children:
            if isinstance(child, _Element):
                yield child
                yield from child.below()

    @property
    def scrolls(self) -> bool:
        return self.attributes.get("role") == "region"

    @property
    def name(self) -> str:
        """What the page calls a control."""
        return self.attributes.get("data-answer", self.attributes.get("aria-label", ""))

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())


class _Reader(HTMLParser):
    """The fragment as a tree."""

    def __init__(self) -> None:
        super().__init__()
        self._open = [_Element("", {})]

    @classmethod
    def tree(cls, fragment: str) -> _Element:
        reader = cls()
        reader.feed(fragment)
        reader.close()
        return reader._open[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = _Element(tag, {name: value or "" for name, value in attrs})
        if tag == "ruby" or element.classes & {"keep", "quoted"}:
            element.children = self._open[-1].children  # it is for the eye alone: the ear hears one text
        elif tag not in {"rt", "rp"}:
            self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(_Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while len(self._open) > 1 and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        children = self._open[-1].children
        if children and isinstance(children[-1], str):
            children[-1] += data
        else:
            children.append(data)


def _heard(character: str) -> bool:
    """Punctuation is not; 外字 are somebody's, so that it is at least said to look at the screen."""
    return character.isalnum() or character == "〓" or unicodedata.category(character) == "Co"


class _Speaker:
    """Walks the tree. lang: the language of the screen; what is marked as another's is left to the eye."""

    def __init__(self, known: Callable[[str], bool], buttons: str, lang: str) -> None:
        self._known = known
        self._buttons = buttons
        self._lang = lang

    def say(self, element: _Element, manner: Manner = "") -> Iterator[Piece]:
        if self._silent(element) or element.attributes.get("data-voice") == "skip":
            return
        manner = cast(Manner, element.attributes.get("data-voice", manner))
        if element.attributes.get("role") == "img":
            yield Piece(normal(element.attributes.get("aria-label", "")), manner)
            return
        if "data-countdown" in element.attributes:
            manner = "number"
        text = self._text(element)
        elements = [child for child in element.children if isinstance(child, _Element) and self._text(child)]
        if "actions" in element.classes and elements:
            yield Piece(self._buttons)
        if self._known(text) or not elements:
            if any(map(_heard, text)):
                yield Piece(text, manner)
            return
        for child in element.children:
            if isinstance(child, _Element):
                yield from self.say(child, manner)
            else:
                yield from self.say(_Element("", {}, [child]), manner)

    def label(self, control: _Element) -> Iterator[Piece]:
        """A control's own words. Those of a key are somebody's: never aloud."""
        if control.scrolls:
            yield Piece(normal(control.name))
        else:
            yield from self.say(control, "private" if control.name.startswith("key:") else "")

    def _silent(self, element: _Element) -> bool:
        given = element.attributes
        return (
            element.tag in UNHEARD
            or given.get("aria-hidden") == "true"
            or "hidden" in given
            or given.get("lang", self._lang) != self._lang
        )

    def _text(self, element: _Element) -> str:
        return normal("".join(self._texts(element)))

    def _texts(self, element: _Element) -> Iterator[str]:
        for child in element.children:
            if isinstance(child, str):
                yield child
            elif not self._silent(child) and child.attributes.get("data-voice") != "skip":
                yield from self._texts(child)
                if child.tag not in {"span", "strong", "a", "em", "ruby", "b", "i", "bdi"}:
                    yield " "
