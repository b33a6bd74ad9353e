"""By which signed file the operator has said that a trail which did not hold together was looked into: put beside the
settings by provisioning, told by the caretaker at its next start.
"""

from __future__ import annotations

from msgspec import Struct

FILE = "looked_into.json"  # beside the settings; in the caretaker's state directory: which one was told


class LookedInto(Struct, frozen=True):
    """number: the file's; empty: none."""

    number: str = ""
