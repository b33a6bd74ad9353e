"""Words and numbers that were there before anybody came, and so say nothing about anybody.

They are literals of the program (what stands in `N_` is one, too), facts from the station's files, which are read at
the start, or what the caretaker says, who never learns of a person (ipc/messages.py). A card and the portal give `str`,
`int` and `datetime`; mypy lets none of them pass for these. So whatever is made of these types alone may stand on
paper, in a code for a phone, in a log.

`Public("…")` takes a literal and nothing else; a test looks at every call. An import-linter contract keeps this file
from `card` and `portal`.
"""

from __future__ import annotations

from typing import NewType

Public = NewType("Public", str)
PublicNumber = NewType("PublicNumber", int)

NOTHING = Public("")
