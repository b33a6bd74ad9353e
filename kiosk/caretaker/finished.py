"""An answer of provisioning that a start has used to its end is told here: `provisioned` in the trail, and the board's
`unwritable` of when it was begun makes way. Which one was told last is kept, with its line, so each is told once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.provisioned import provisioned
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import event
from kiosk.ipc.finished import FILE, Finished


def tell(path: Path, state: Path, changes: Changes, board: Callable[[str, str], object]) -> None:
    """path: of what provisioning has put there; nothing when nothing has. Never raises for a file."""
    finished = provisioned(path, Finished, "nothing is told of it")
    if finished is None:
        return
    told = StateFile(state / FILE, Finished(), changes)
    if finished == told.now:
        return
    board("provisioning", "taken")
    changes.keep(event("provisioned", provision="taken"), told.change(finished))
