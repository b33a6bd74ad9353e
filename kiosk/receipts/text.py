"""The same list as text, for a phone: when the paper has failed, a QR code on the screen holds it.

Public words and numbers only, as on the slip. Which slips have such a text, their type says (`slips.ListSlip`). A code
holds little: of the explanations that a learner finds on the slip (language/glosses.py) it has those, in the order of
reading, that fit beside the whole list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial

import segno
from markupsafe import Markup

from kiosk.advice.todo import numbered
from kiosk.config.guidance import Line, called_in
from kiosk.config.kiosk import Station
from kiosk.language.dates import written
from kiosk.language.furigana import plain
from kiosk.language.glosses import explained_lines
from kiosk.language.hours import Hours
from kiosk.language.hours_written import hours_written
from kiosk.language.languages import JAPANESE, TONGUES, Language, counted
from kiosk.language.numbers import centimetres, grouped
from kiosk.language.theirs import Theirs
from kiosk.receipts.slips import ListSlip, OutcomeSlip, Slip, TodoSlip

LONGEST = 1367  # bytes, QR version 26-L; beyond this its modules become too small for a phone held at arm's length

TO_A_PHONE = {ord("\N{NO-BREAK SPACE}"): " ", ord("\N{WORD JOINER}"): None}


def public_text(slip: Slip, station: Station, language: Language = JAPANESE) -> str:
    """The list of a slip as lines of text; empty for a slip that is no list. Cut off where it becomes too long."""
    if not isinstance(slip, ListSlip):
        return ""
    lines: list[str] = []
    for line in _lines(slip, station, language):
        if _size((*lines, line)) > LONGEST:
            break
        lines.append(line)
    if language.learners:
        lines = explained_lines(lines, LONGEST - _size(lines))
    return _joined(lines)


def _joined(lines: Iterable[str]) -> str:
    """Without what holds words together where a line ends: a phone breaks lines of its own."""
    return "\n".join(line if isinstance(line, Theirs) else plain(line).translate(TO_A_PHONE) for line in lines)


def _size(lines: Iterable[str]) -> int:
    return len(_joined(lines).encode())


def code(slip: Slip, station: Station, language: Language = JAPANESE) -> Markup:
    """That text as a QR code, SVG for the page (no style in it); empty when there is nothing to take along."""
    text = public_text(slip, station, language)
    return drawn(text) if text else Markup("")


@cache
def drawn(text: str) -> Markup:
    """A public text as a QR code. Made once in a session: it takes longer than all the rest of a screen, and a screen
    is drawn at every touch."""
    drawn = segno.make_qr(text, error="l", encoding="utf-8", boost_error=False)
    # segno makes it of numbers alone; nothing of the text is in the markup
    return Markup(drawn.svg_inline(border=4, omitsize=True, svgclass="code", lineclass=None, light="#fff"))


def _lines(slip: ListSlip, station: Station, language: Language) -> Iterator[str]:
    _, hours = partial(_said, language), partial(_hours, language)
    yield _(slip.heading)
    if isinstance(slip, OutcomeSlip):
        yield _(slip.happened, slip.tries, most=slip.tries)
        yield _(slip.meaning)
        if slip.opens_at:
            yield f"{_('受付の開始')} {written(slip.opens_at, language)}"
    if isinstance(slip, TodoSlip):
        yield from map(_, (*slip.can, *slip.know))
        if slip.tries is not None:
            yield _("つづけて%(most)s回まちがえると、ロックされます。", slip.tries, most=slip.tries)
    for number, todo in numbered(slip.todo):
        yield f"{number}. {_(todo.text)}"
        for place, line in enumerate(called_in(language.tongue, todo.lines)):
            if place == 0:
                yield _(line.name)
            yield from _call(line, language)
        if todo.where:
            yield " ".join((_(todo.where), *hours(todo.hours)))
        if todo.yen is not None:
            yield _("%(yen)s円", todo.yen, yen=grouped(todo.yen, language))
        if todo.photo:
            photo = todo.photo
            yield _(
                "写真%(count)s枚（%(height)s×%(width)scm、%(months)sか月以内）",
                photo.months,
                count=photo.count,
                height=centimetres(photo.height_mm, language),
                width=centimetres(photo.width_mm, language),
                months=photo.months,
            )
        if todo.booked_hours is not None:
            yield _("予約から%(hours)s時間以内", todo.booked_hours, hours=todo.booked_hours)
        yield from (f"・{_(thing)}" for thing in todo.bring)
        yield from (_(words) + _("：") + (name if language.foreign else _(name)) for words, name in todo.say)
        yield from map(_, todo.notes)
    if slip.official:
        yield f"{_('伝えることば')} {slip.official}"
    yield Theirs(" ".join(filter(None, (station.name, station.desk, station.telephone))))
    yield from hours(station.hours)
    if slip.page:
        yield slip.page


def _call(line: Line, language: Language) -> Iterator[str]:
    yield line.telephone
    for codes, hours in line.answered(language.tongue):
        yield " ".join((*(_said(language, TONGUES[code]) for code in codes), *_hours(language, hours)))
    if line.menu:
        yield _said(language, "音声が出たら「%(key)s」を押します。", key=line.menu)


def _hours(language: Language, hours: Hours | None) -> Iterator[str]:
    if hours:
        yield hours_written(hours, language)


def _said(language: Language, text: str, number: int | None = None, **shown: object) -> str:
    return counted(language, text, number, **shown)
