"""The style sheet of the page: one answer, made of the files in static/.

    base.css           scale, colours, type
    parts/<part>.css   a file for each component
    screens/<name>.css what one screen has that no other has, or has otherwise
    modes/<mode>.css   what somebody has chosen (language, contrast, reach), or what a long text needs (fit)

Each of the four is a cascade layer, and a later layer goes before an earlier one however its rules are written. So the
order is said once, here; within a layer the order of the files decides nothing. It is one answer and not a file for
each component, since a session begins with loading its page. The tokens of the Digital Agency are custom properties
only and stand in no layer.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
TOKENS = STATIC / "vendor" / "tokens.css"
LAYERS = {
    "base": "base.css",
    "parts": "parts/*.css",
    "screens": "screens/*.css",
    "modes": "modes/*.css",
}


def files(layer: str) -> list[Path]:
    """The files of a layer, in the order of their names."""
    return sorted(STATIC.glob(LAYERS[layer]))


@cache
def sheet() -> str:
    """The whole style sheet, made in the parent before the fork. Raises OSError without the tokens of the set-up."""
    layered = [f"@layer {layer} {{\n{path.read_text('utf-8')}}}" for layer in LAYERS for path in files(layer)]
    return "\n".join([TOKENS.read_text("utf-8"), f"@layer {', '.join(LAYERS)};", *layered])
