"""Which answer was used to its end last: put beside the settings by provisioning, and told by the caretaker at its own
start, which the new settings want anyway. So it is told whatever happens in between.
"""

from __future__ import annotations

from msgspec import Struct

FILE = "finished.json"  # beside the settings; in the caretaker's state directory: which one was told


class Finished(Struct, frozen=True):
    """number: the answer's; empty: none."""

    number: str = ""
