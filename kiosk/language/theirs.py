"""Words that are not ours: a name, an address, a condition on a licence, the station's own texts.

They are shown as they are. Whatever direction their signs have ends with them (Unicode's isolates; UAX #9), so that a
name with U+202E in it turns nothing round but itself, and no reading is made of braces in them. Where they break is
for the style sheets, which break them anywhere rather than cut them.
"""

from __future__ import annotations

from markupsafe import Markup, escape

FIRST_STRONG_ISOLATE, POP_DIRECTIONAL_ISOLATE = "\u2068", "\u2069"


def said_aloud(text: str, reading: str, learners: bool) -> Markup:
    """A name of the station's for HTML, and behind it how it is read, for whoever is learning and has to say it."""
    return (
        Markup("{}<span>（{}）</span>").format(theirs(text), theirs(reading)) if learners and reading else theirs(text)
    )


class Theirs(str):
    """A line of text that is not ours, among lines that are."""

    __slots__ = ()


def isolated(text: str) -> str:
    """For plain text and paper. A text that has such signs of its own keeps them."""
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_DIRECTIONAL_ISOLATE}"


def theirs(text: str) -> Markup:
    """For HTML, where an element isolates, whatever signs are left open in it."""
    return Markup("<bdi>{}</bdi>").format(Markup(str(escape(text)).replace("{", "&#123;")))
