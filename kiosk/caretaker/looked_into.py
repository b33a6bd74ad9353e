"""The operator's word that a trail which did not hold together was looked into (broken.py), as it comes in a signed
file that provisioning has put beside the settings; told once for each file. Root's comes as any event does."""

from __future__ import annotations

from pathlib import Path

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.provisioned import untold
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import event
from kiosk.ipc.looked_into import FILE, LookedInto

WORD = "trail_looked_into"


def tell(path: Path, state: Path, changes: Changes) -> None:
    """path: of what provisioning has put there; nothing when nothing has. Never raises for a file."""
    told = StateFile(state / FILE, LookedInto(), changes)
    if (word := untold(path, told, "nobody has looked into anything")) is not None:
        changes.keep(event(WORD), told.change(word))
