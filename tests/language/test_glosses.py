"""Whoever is learning finds each hard noun explained once, at first sight, on every screen, slip and phone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po

from kiosk.config.kiosk import Station
from kiosk.flows.take_home import slip
from kiosk.language.furigana import annotated, plain
from kiosk.language.glosses import HEADING_ROOM, explained, explained_lines, glosses
from kiosk.language.languages import LANGUAGES, LOCALES, Language, shipped
from kiosk.language.theirs import Theirs, theirs
from kiosk.receipts.render import written_out
from kiosk.receipts.text import LONGEST, public_text
from kiosk.session.preferences import Preferences
from tests.receipts.shots import SLIPS, STATION, WHEN
from tests.web.catalogue import SIGHTS
from tests.web.catalogue_guidance import plans
from tests.web.sight import Sight

EASY = LANGUAGES["easy"]
KANA = re.compile(r"\{[^{}|]+\|[ぁ-ゖ]+\}")
LINK, END = "{連携|れんけい}", "{解除|かいじょ}"
OFF = "{外|はず}す こと"


class Seen(HTMLParser):
    """The hard nouns in finished HTML that have to be explained: read by itself, not as the kiosk does."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, str]] = []
        self.nouns: list[str] = []
        self.said = ""
        self._title: list[str] = []
        self._base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        kind = given.get("class") or ""
        if given.get("aria-hidden") == "true" and tag != "rt":
            kind += " hidden-words"
        if tag not in ("br", "img", "input", "meta"):
            self._open.append((tag, kind))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, kind = self._open.pop()
            skipped = self._within("gloss", "header", "nav", "kind", "hidden-words")
            skipped |= self._within("button") and not self._within("tile")
            if "ruby" in (name, kind) and self._base in glosses() and not skipped:
                (self._title if self._within("tile-title") else self.nouns).append(self._base)
            if name == "button":
                self._title = []
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._within("rt"):
            return
        if self._within("gloss"):
            self.said += data
        if self._title and data.strip() and self._within("tile") and not self._within("tile-title"):
            self.nouns += self._title  # a tile that has room for them: words below its title
            self._title = []
        if self._open and (self._open[-1][0] == "ruby" or self._open[-1][1] == "ruby"):
            self._base = data

    def _within(self, *names: str) -> bool:
        return any(tag in names or set(kind.split()) & set(names) for tag, kind in self._open)


def read(html: str) -> Seen:
    reader = Seen()
    reader.feed(html)
    reader.close()
    return reader


def nouns(html: str) -> set[str]:
    return set(read(html).nouns)


def words(html: str) -> list[str]:
    """The explanations that stand in it."""
    said = read(html).said
    found = re.findall("（[^（）]*）", said)
    assert "".join(found) == said
    return found


def complaints(html: str) -> Iterator[str]:
    """What is wrong with the explanations of a screen or a slip."""
    expected = Counter(plain(glosses()[noun]).replace(" ", "") for noun in nouns(html))  # on paper blanks are outside
    told = Counter(re.sub(r"^.*は、", "", each[1:-1]).replace(" ", "") for each in words(html))
    if told != expected:
        yield f"{sorted((expected - told).elements())} not, {sorted((told - expected).elements())} too often"


def screens() -> list[Sight]:
    return [sight for sight in SIGHTS if not sight.screen.staff]


@pytest.mark.parametrize("sight", screens(), ids=lambda sight: sight.name)
def test_each_hard_noun_is_explained_once_on_a_screen(sight: Sight) -> None:
    assert list(complaints(sight.html(Preferences(EASY)))) == []


@pytest.mark.parametrize("name", SLIPS)
def test_each_hard_noun_is_explained_once_on_a_slip(name: str) -> None:
    assert list(complaints(written_out(SLIPS[name], STATION, WHEN, width=576, language=EASY))) == []


@pytest.mark.parametrize("language", [each for each in shipped() if not each.learners], ids=lambda each: each.code)
def test_nobody_else_gets_explanations(language: Language) -> None:
    for sight in screens():
        assert "gloss" not in sight.html(Preferences(language))


def test_it_is_the_first_place_that_is_explained() -> None:
    html = f"<p>{LINK}を します。</p><p>{LINK}が できました。</p>"
    assert re.sub("<[^>]*>", "", explained(html)) == f"{LINK}（つなぐ こと）を します。{LINK}が できました。"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (f"<button>{LINK}する</button>", f"<p>{LINK}を</p>"),
        (f"<header><p>{LINK}</p></header>", f"<p>{LINK}を</p>"),
        (f'<p class="hidden-words">{LINK}</p>', f"<p>{LINK}を</p>"),
        (f'<p aria-hidden="true">{LINK}</p>', f"<p>{LINK}を</p>"),
        (f"<h1>{LINK}{'を したい ときに' * HEADING_ROOM}</h1>", f"<p>{LINK}を</p>"),
        (f'<p class="official">{LINK}</p>', f"<p>{LINK}を</p>"),
        (f"<p>「{LINK}」</p>", f"<p>{LINK}を</p>"),
        (f"<p>ボタン（{LINK}）</p>", f"<p>{LINK}を</p>"),
        (f'<button class="tile"><i>{LINK}を</i></button>', f"<p>{LINK}を</p>"),
    ],
)
def test_what_had_better_stay_whole_leaves_it_to_the_next(first: str, then: str) -> None:
    assert explained(first + then).startswith(first)
    assert "つなぐ" in explained(first + then)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (f"<h1>{LINK}{'を したい ときに' * HEADING_ROOM}</h1>", f"{LINK}（つなぐ こと）を したい"),
        (
            f'<p class="official">{LINK}の{END}</p><p>します</p>',
            f"{LINK}の{END}（{LINK}は、つなぐ こと）（{END}は、{OFF}）します",
        ),
        (
            f'<p><b class="official"><i>{LINK}の</i> <i>名</i></b> です</p>',
            f"{LINK}の 名（{LINK}は、つなぐ こと） です",
        ),
        (f'<p class="official">{LINK}</p>', f"{LINK}（つなぐ こと）"),
        (
            f'<button class="tile"><b class="tile-title">{LINK}</b> <i>{END}を</i> <i>する</i></button>',
            f"{LINK} {END}（{OFF}）を する（{LINK}は、つなぐ こと）",
        ),
        (
            f"<p><span>「{LINK}の</span> <span>{END}」を</span> <span>押す</span></p>",
            f"「{LINK}の {END}」（{LINK}は、つなぐ こと）（{END}は、{OFF}）を 押す",
        ),
        (f"<p>「{LINK}の{END}」を</p>", f"「{LINK}の{END}」（{LINK}は、つなぐ こと）（{END}は、{OFF}）を"),
    ],
)
def test_where_there_is_no_other_place_it_stands_there_all_the_same(html: str, said: str) -> None:
    assert said in re.sub("<[^>]*>", "", explained(html))


@pytest.mark.parametrize(
    "html",
    [
        f"<button>{LINK}</button>",
        f'<button class="tile"><b class="tile-title">{LINK}</b></button>',
        f'<div aria-label="{LINK}"></div>',
        f"<nav>{LINK}</nav>",
    ],
)
def test_a_button_and_an_attribute_have_none(html: str) -> None:
    assert explained(html) == html


def test_a_name_with_braces_in_it_is_left_alone() -> None:
    html = f"<p>{theirs(LINK)}</p>"
    assert explained(html) == html and annotated(html) == html
    assert explained_lines([Theirs(LINK), f"{LINK}を"], 99) == [LINK, f"{LINK}（つなぐ こと）を"]


def test_the_text_for_a_phone_has_as_many_as_fit_and_the_whole_list() -> None:
    fee = "{手数料|てすうりょう}"
    lines = [f"{LINK}と {fee}", f"{LINK}の"]
    room = len("（つなぐ こと）".encode())
    assert explained_lines(lines, 99) == [f"{LINK}（つなぐ こと）と {fee}（お{{金|かね}}）", f"{LINK}の"]
    assert explained_lines(lines, room) == [f"{LINK}（つなぐ こと）と {fee}", f"{LINK}の"], "the first goes first"
    assert explained_lines(lines, room - 1) == [f"{LINK}と {fee}（お{{金|かね}}）", f"{LINK}の"], "a shorter one fits"
    assert explained_lines(lines, 0) == lines


def test_no_list_is_too_long_for_a_phone_with_them() -> None:
    for name, plan in plans():
        text = public_text(slip(plan), STATION, EASY)
        assert len(text.encode()) <= LONGEST and "{" not in text, name
        for noun, gloss in glosses().items():
            assert text.count(f"{noun}（{plain(gloss)}）") <= 1, name
    assert "遺失届（なくした ことの 紙）" in public_text(slip(dict(plans())["lost_both_keep"]), STATION, EASY)


def test_a_station_that_is_called_like_a_text_of_ours_keeps_its_name() -> None:
    text = public_text(slip(dict(plans())["suspend"]), Station(name=LINK), EASY)
    assert LINK in text


def test_each_noun_of_the_table_is_one_of_the_catalogue_and_explained_there_by_none_of_its_texts() -> None:
    texts = "\n".join(easy_texts())
    for noun in glosses():
        assert f"{{{noun}|" in texts, noun
        assert not re.search(rf"\{{{noun}\|[^}}]*\}}（{re.escape(glosses()[noun])}）", texts), noun


def easy_texts() -> Iterator[str]:
    with (LOCALES / EASY.folder / "LC_MESSAGES" / f"{EASY.domain}.po").open("rb") as file:
        for message in read_po(file):
            yield from map(str, message.string if isinstance(message.string, list | tuple) else [message.string])


def test_every_explanation_has_kanji_with_readings_alone_and_is_short() -> None:
    for noun, gloss in glosses().items():
        assert not re.search("[一-龠々]", KANA.sub("", gloss)), noun
        assert len(plain(gloss).replace(" ", "")) <= 16, noun  # signs
