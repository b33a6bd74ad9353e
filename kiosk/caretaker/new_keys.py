"""A key of the machine's that was made anew is told here: certificates that were made for the one before do not fit any
more, and somebody has to have others made. Which were told last is kept, with the line, so each is told once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.provisioned import untold
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import event
from kiosk.ipc.new_keys import FILE, NewKeys


def tell(path: Path, state: Path, changes: Changes, board: Callable[[str, str], object]) -> None:
    """path: of what provisioning has put there; nothing when nothing has. Never raises for a file."""
    told = StateFile(state / FILE, NewKeys(), changes)
    if (new := untold(path, told, "nothing is told of it")) is None:
        return
    board("provisioning", "new_key")
    for key in NewKeys.__struct_fields__:
        if (owner := getattr(new, key)) != getattr(told.now, key):
            changes.keep(event("key_made_anew", key=key), told.change(structs.replace(told.now, **{key: owner})))
