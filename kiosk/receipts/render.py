"""A slip as a picture: a typed slip in, black and white dots out.

    templates/<name>.html ── Jinja ──▶ HTML ── WeasyPrint ──▶ PDF ── pypdfium2 ──▶ grey ── threshold ──▶ dots

One CSS pixel is one dot of the printer, so sizes in `receipt.css` are dots and lines stay sharp. The page is laid out
on an endless roll, then cut off where the element `#end` came to stand. Grey is turned to black or white by a
threshold, not by dithering: dithered letters have ragged edges. The same facts and fonts always give the same dots.
How a printer takes them is its own affair (`hw.device.Printer.prepare`); nothing of it is known here.

Nothing is loaded while a slip is laid out: style and pictures are in the text, and WeasyPrint's fetcher refuses every
address but `data:`. In another language every line has its Japanese below it, for the desk that is shown the slip.
"""

from __future__ import annotations

import gc
import io
import math
import os
import re
import threading
from datetime import datetime
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import Any

import pypdfium2
import segno
import weasyprint
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from PIL import Image
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from kiosk.advice.todo import numbered
from kiosk.config.events import FIELDS
from kiosk.config.guidance import called_in
from kiosk.config.kiosk import Station
from kiosk.language.compiled import Compiled
from kiosk.language.dates import wareki, written
from kiosk.language.furigana import STACKED, annotated, plain
from kiosk.language.glosses import GLOSS, explained
from kiosk.language.hours import Hours
from kiosk.language.hours_written import hours_written
from kiosk.language.languages import JAPANESE, TONGUES, Language, counted, shipped, translations
from kiosk.language.numbers import centimetres, grouped
from kiosk.language.quoted import together
from kiosk.language.theirs import isolated
from kiosk.receipts.slips import Slip, TestSlip

COMPILED = Compiled()
ROLL = 20_000  # dots: longer than any slip, 2.5 m at 203 dpi
BLACK_BELOW = 160  # of 255: a little over the middle, since thin strokes at this size are mostly grey edge

_one_at_a_time = threading.Lock()  # pdfium is not thread-safe
_fetcher = URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)


def lay_out(slip: Slip, station: Station, now: datetime, *, width: int, language: Language = JAPANESE) -> Image.Image:
    """Lay out a slip and return it as a mode "1" image exactly `width` dots wide and as long as it needs.

    station: whom to ask; stands on every slip. now: when it is printed. width: 576 or 512 dots. A fact that the slip
    does not have raises `jinja2.UndefinedError`, whatever else cannot be laid out `ValueError` or a library's error.
    """
    html = written_out(slip, station, now, width=width, language=language)
    with _one_at_a_time:
        return _dots(_pdf(html, width), width)


def written_out(slip: Slip, station: Station, now: datetime, *, width: int, language: Language = JAPANESE) -> str:
    """The slip as HTML, with readings and explanations."""
    template = _environment(language).get_template(f"{slip.name()}.html")
    rendered = template.render(slip=slip, station=station, now=now, width=width)
    return annotated(parted(explained(rendered)) if language.learners else rendered, STACKED)


def png_bytes(image: Image.Image) -> bytes:
    """The same dots as a PNG, for the preview on the screen."""
    png = io.BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


def preload(width: int = 576) -> None:
    """Do once, in the parent before the fork, what is slow the first time: fonts, style sheet, templates."""
    for language in shipped():
        environment = _environment(language)
        for name in environment.list_templates(extensions=["html"]):
            environment.get_template(name)
    lay_out(TestSlip(), Station(), datetime(2026, 4, 1), width=width)  # in one language: its fonts are let go again
    _fonts.cache_clear()
    gc.collect()  # ends Pango's thread: whoever forks must have but one


# HTML


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("kiosk.receipts"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=COMPILED,
    )
    # Old style: a translated text is still a plain string, so what comes in as a fact is escaped like any other.
    environment.install_gettext_translations(translations(language), newstyle=False)  # type: ignore[attr-defined]
    environment.filters["phrases"] = phrases
    environment.filters["isolated"] = isolated
    environment.filters["spoken"] = spoken
    environment.filters["grouped"] = partial(grouped, language=language)
    environment.filters["centimetres"] = partial(centimetres, language=language)
    environment.globals["both"] = partial(both, language)
    environment.globals["named"] = partial(named, language)
    environment.globals["counted"] = partial(counted, language)
    environment.globals["hours"] = partial(hours, language)
    environment.globals["own_hours"] = partial(own_hours, language)
    environment.globals["called_in"] = called_in
    environment.globals["tongues"] = TONGUES
    environment.globals["moment"] = partial(moment, language)
    environment.globals["language"] = language
    environment.globals["qr"] = qr
    environment.globals["numbered"] = numbered
    environment.globals["fields"] = FIELDS
    return environment


def both(language: Language, text: str, number: int | None = None, **shown: object) -> Markup:
    """A text in the reader's language; in a foreign one with its Japanese below, for the desk. number, shown: what it
    counts, and what is shown in it (`counted`)."""
    said, text = counted(language, text, number, **shown), counted(JAPANESE, text, number, **shown)
    if not language.foreign or said == text:
        return phrases(said)
    return _two_lines(whole_words(said), phrases(text))


def named(language: Language, text: str, name: str) -> Markup:
    """What something is called here, and on a line of its own, whole, the official name, which the desk knows."""
    said = translations(language).gettext
    if language.foreign:
        return _two_lines(whole_words(said(text)), _with_name(text, name))
    return _with_name(said(text), said(name))


def _with_name(text: str, name: str) -> Markup:
    whole = phrases(name)
    return Markup("{}：<br>{}").format(phrases(text), whole if "<" in whole else _phrase(whole))


def moment(language: Language, when: datetime) -> Markup:
    """A moment as the reader writes it, and as the desk does."""
    return _two_lines(written(when, language), wareki(when)) if language.foreign else escape(written(when, language))


def hours(language: Language, when: Hours) -> Markup:
    """Hours as the reader writes them, and as the desk does."""
    said = own_hours(language, when)
    return _two_lines(said, own_hours(JAPANESE, when)) if language.foreign else said


def own_hours(language: Language, when: Hours, *, brief: bool = False) -> Markup:
    """Hours as the reader alone needs them. They break before a bracket, else at a blank or between days, never within
    a time."""
    pieces = _BEFORE_BRACKET.split(hours_written(when, language, brief=brief))
    return Markup("").join(_phrase(_broken(piece, _PHRASE_END)) if piece.strip() else piece for piece in pieces)


def _two_lines(said: str, japanese: str) -> Markup:
    return Markup("<span class=own>{}</span><span class=ja lang=ja>{}</span>").format(said, japanese)


_HANGUL = re.compile("[가-힣]")
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_AFTER_MARK = re.compile("(?<=、)")
_NAME = re.compile("(「[^」]*」(?:[가-힣]+|[.,，。、；：）)])*)")  # with what may not begin a line
_BEFORE_BRACKET = re.compile("( (?=[（(])|(?=（))")  # with the blank that is there
# Where Japanese may break: before an opening bracket; after a mark; after a closing one unless a particle follows; from
# the end of one word (hiragana) to the beginning of the next (kanji, katakana, letters), but not inside words: after っ
# and the prefixes お and ご, before half of a compound verb; before the words that end long runs of hiragana; and after
# a particle that follows a closing bracket. What is still longer than a narrow line, such as a long name, may break
# where katakana becomes kanji or a word with a reading begins, so that no single sign is left for the next line.
_PHRASE_END = re.compile(
    r"(?<=[^「（])(?=[「（])"
    r"|(?<=[、。・])(?![、。」）・])"
    r"|(?<=[」）])(?![、。」）・ぁ-ん])"
    r"|(?<=[ぁ-ゖ])(?<![っおご])(?<!もう)(?=[一-龠々ァ-ヺA-Za-z0-9０-９])(?![込付越消直出取])"
    r"|(?<=[ぁ-ゖ])(?=ください|ときは|ありません)"
    r"|(?<=[ァ-ヺー])(?=など)"
    r"|(?<=[」）][とをにへはがで])(?=[一-龠々ァ-ヺ])"
)
_LEARNERS_END = re.compile(r"(?<=[、・])|(?<=[^「（])(?=（)")  # besides blanks
_BEFORE_NOUN = re.compile(r"(?<=[ぁ-ゖ、・])(?<![おご])(?={)")  # one with a reading
_BEFORE_WORD = re.compile("(?= )|(?<=、)(?! )")
_WORD = re.compile("( ?)(.+)")  # and the blank before it
_GLOSS = re.compile(f"{GLOSS}([^<]*)</span>")
_EXPLAINED = re.compile(f"<span class=phrase><span>((?:[^<]|{GLOSS}[^<]*</span>)*)</span></span>")
_WITHIN_A_NAME = re.compile(r"(?<=[ァ-ヺー])(?<!マイナ)(?=[一-龠々{])|(?<=[ぁ-ゖ])(?<![おご])(?={)|(?<=[^「])(?=「)")
LONGEST_PHRASE = 13  # signs: what stands beside a label on the narrower paper


def whole_words(text: str) -> str:
    """A foreign text that breaks between words: Korean, which WeasyPrint would break between any two syllables, and
    what is quoted in Japanese, which breaks between its phrases."""
    if "「" in text:
        return Markup("").join(
            _quoted(part) if part.startswith("「") else whole_words(part) for part in _NAME.split(text) if part
        )
    return _broken(text, _AFTER_MARK) if _HANGUL.search(text) else escape(together(text))


def _quoted(text: str) -> Markup:
    """A quotation in its phrases; what follows it closely stays with the last."""
    end = text.index("」") + 1
    *parts, last = _parts(text[:end], _PHRASE_END)
    return Markup("<span lang=ja>{}</span>").format(Markup("").join(map(_phrase, (*parts, last + text[end:]))))


def phrases(text: str) -> Markup:
    """Japanese that breaks between phrases rather than anywhere. Text in other scripts comes through unchanged."""
    if not _KANA.search(text):
        return escape(text)
    if plain(text) != text:  # やさしい日本語 has blanks between its phrases
        return _broken(text, _LEARNERS_END)
    return _broken(text, _PHRASE_END)


def spoken(reading: str) -> Markup:
    """How a name of the station's is said: it breaks between its words."""
    return Markup(isolated(str(Markup(" ").join(map(_phrase, reading.split(" "))))))


def parted(html: str) -> str:
    """Each phrase in which there are explanations now (glosses.py), in phrases again: it ends before an explanation,
    which breaks between its words; what follows closely, such as a particle, stays with the last of them."""
    return _EXPLAINED.sub(lambda found: _parted(found[1]), html)


def _parted(explained_phrase: str) -> str:
    phrases = [""]
    for number, part in enumerate(_GLOSS.split(explained_phrase)):
        if number % 2:  # an explanation; text and explanations come in turns
            phrases += [_WORD.sub(rf"\1{GLOSS}\2</span>", word) for word in _BEFORE_WORD.split(part)]
        else:
            closely, *rest = _BEFORE_NOUN.split(part)
            phrases[-1] += closely
            phrases += rest
    return "".join(_WORD.sub(r"\1<span class=phrase>\2</span>", each) for each in phrases if each)


def _broken(text: str, end: re.Pattern[str]) -> Markup:
    return Markup(" ").join(Markup("").join(map(_phrase, _parts(words, end))) for words in text.split(" "))


def _parts(text: str, end: re.Pattern[str]) -> list[str]:
    parts: list[str] = []
    for part in filter(None, end.split(text)):
        if parts and parts[-1].count("（") > parts[-1].count("）") and len(plain(parts[-1] + part)) <= LONGEST_PHRASE:
            parts[-1] += part  # what is short and in brackets stays together
        else:
            parts += _WITHIN_A_NAME.split(part) if len(plain(part)) > LONGEST_PHRASE else [part]
    return parts


def _phrase(text: str) -> Markup:
    return Markup("<span class=phrase>{}</span>").format(text)


def qr(address: str, dots: int = 7) -> Markup:
    """A QR code of a public address, as an image whose modules are so many whole dots wide."""
    if not re.fullmatch(r"https://[a-z0-9.-]+/[A-Za-z0-9/._-]*", address):
        raise ValueError("only a public https address without a query may stand in a QR code")
    code = segno.make_qr(address, error="m")
    size = code.symbol_size(scale=dots, border=4)[0]
    uri = code.svg_data_uri(scale=dots, border=4)
    return Markup('<img class=qr src="{}" width="{}" height="{}" alt="">').format(uri, size, size)


# Dots


@lru_cache(maxsize=4)
def _style(width: int) -> weasyprint.CSS:
    css = files(__package__).joinpath("receipt.css").read_text("utf-8")
    page = f"@page {{ size: {width}px {ROLL}px; margin: 0 }}\n"
    return weasyprint.CSS(string=page + css, url_fetcher=_fetcher)


@cache
def _fonts(_process: int) -> FontConfiguration:
    """One for each process: Pango looks for fonts in a thread of its own, which a fork leaves behind, and whoever asks
    the parent's would wait for ever."""
    return FontConfiguration()


def _pdf(html: str, width: int) -> bytes:
    try:
        document: Any = weasyprint.HTML(string=html, url_fetcher=_fetcher).render(
            stylesheets=[_style(width)], font_config=_fonts(os.getpid())
        )
    except FatalURLFetchingError as error:  # not an Exception; it would pass by every handler of ours
        raise ValueError(f"a slip may not load anything: {error}") from None
    if len(document.pages) != 1:
        raise ValueError(f"the slip is longer than {ROLL} dots")
    [page] = document.pages
    page.height = math.ceil(page.anchors["end"][1])  # cut the roll where the slip ends
    pdf: bytes = document.write_pdf(uncompressed_pdf=True)  # it goes nowhere but to pdfium
    return pdf


def _dots(pdf: bytes, width: int) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    try:
        grey = document[0].render(scale=96 / 72, grayscale=True).to_pil().convert("L")
    finally:
        document.close()
    if grey.width != width:
        raise ValueError(f"the slip came out {grey.width} dots wide instead of {width}")
    dots: Image.Image = grey.point(lambda value: 255 if value >= BLACK_BELOW else 0, "1")
    return dots
