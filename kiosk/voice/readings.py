"""How a Japanese text of ours is read where the dictionary would read it otherwise.

Only what was found wrong in the readings of all our texts stands here (docs/voice.md says how to look). Patterns,
applied in this order.
"""

from __future__ import annotations

import re

READINGS = (
    (r"(?<=[0-9０-９])\s*[〜～]\s*(?=[0-9０-９])", "から"),
    (r"(?<![上下左右横]の)(?<![地両片夕一双])方(?![向法式面針位角])", "かた"),  # the polite word for a person
    (r"(?<=いま)行って", "おこなって"),
)


def as_read(text: str) -> str:
    """The text as it is given to the voice."""
    for pattern, reading in READINGS:
        text = re.sub(pattern, reading, text)
    return text
