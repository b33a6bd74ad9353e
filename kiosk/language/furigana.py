"""Readings over kanji. A text writes them `{漢字|かんじ}`, and what leaves for the screen has `<ruby>` instead.

The short form is kept until the HTML of a whole screen or slip is finished. So it passes through escaping like any
other text; whatever may come in as a fact, the most it can become is a reading. Attributes cannot hold markup and get
the kanji alone.
"""

from __future__ import annotations

import re

_READING = re.compile(r"\{([^{}|<>]+)\|([^{}|<>]+)\}")
_PIECE = re.compile(r"<[^>]*>|[^<]+")
RUBY = r'<ruby>\1<rt aria-hidden="true">\2</rt></ruby>'  # heard once
STACKED = r"<span class=ruby><span class=rt>\2</span>\1</span>"  # for WeasyPrint, which does not know ruby


def plain(text: str) -> str:
    """The text without its readings."""
    return _READING.sub(r"\1", text)


def annotated(html: str, form: str = RUBY) -> str:
    """Finished HTML with its readings in place. form: the replacement; \\1 is the kanji, \\2 the reading."""
    if "{" not in html:
        return html
    return _PIECE.sub(lambda piece: _piece(piece[0], form), html)


def _piece(piece: str, form: str) -> str:
    """A tag, or a text. A text is kept in one span, since in a flex box each reading would be an item by itself."""
    if piece[0] == "<":
        return plain(piece)
    said = _READING.sub(form, piece)
    return said if said == piece or _READING.fullmatch(piece) else f"<span>{said}</span>"
