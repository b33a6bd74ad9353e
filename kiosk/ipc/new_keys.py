"""Which of the machine's own keys were made anew because the one before could not be used: put beside the settings by
provisioning, which has nobody to tell before the kiosk's start; told by the caretaker at its own.
"""

from __future__ import annotations

from msgspec import Struct

FILE = "new_keys.json"  # beside the settings; in the caretaker's state directory: which were told


class NewKeys(Struct, frozen=True):
    """The ids of those that are there now, to the portal and to the fleet's desk; empty: it is none of these."""

    portal: str = ""
    desk: str = ""
