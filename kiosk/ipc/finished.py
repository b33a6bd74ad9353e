"""Which answer was used to its end only at a later start: put beside the settings by provisioning, which then has
nobody to tell, and told by the caretaker at its own start.
"""

from __future__ import annotations

from msgspec import Struct

FILE = "finished.json"  # beside the settings; in the caretaker's state directory: which one was told


class Finished(Struct, frozen=True):
    """number: the answer's; empty: none."""

    number: str = ""
