"""An answer of provisioning that was used to its end is told here alone: `provisioned` in the trail, and the board's
`unwritable` of when it was begun makes way. At the caretaker's start, for that is what an answer leads to, and when
provisioning says so, for a start may not have come of it. Which one was told last is kept, with its line, so each is
told once, whatever came first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.provisioned import untold
from kiosk.caretaker.state_file import StateFile
from kiosk.config.events import event
from kiosk.ipc.finished import FILE, Finished

TAKEN = event("provisioned", provision="taken")


class FinishedAnswers:
    """path: of what provisioning has put there. For one thread."""

    def __init__(self, path: Path, state: Path, changes: Changes, board: Callable[[str, str], object]) -> None:
        self._path, self._changes, self._board = path, changes, board
        self._told = StateFile(state / FILE, Finished(), changes)

    def tell(self) -> None:
        """Nothing when nothing was put there. Never raises for a file."""
        if (finished := untold(self._path, self._told, "nothing is told of it")) is not None:
            self._board("provisioning", "taken")
            self._changes.keep(TAKEN, self._told.change(finished))
