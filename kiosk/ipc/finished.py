"""Which answer was used to its end last: put beside the settings by provisioning before it forgets the answer itself,
for the power may go before it can tell anybody; told by the caretaker, once (kiosk/caretaker/finished.py).
"""

from __future__ import annotations

from msgspec import Struct

FILE = "finished.json"  # beside the settings; in the caretaker's state directory: which one was told


class Finished(Struct, frozen=True):
    """number: the answer's; empty: none."""

    number: str = ""
