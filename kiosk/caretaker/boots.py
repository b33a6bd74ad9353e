"""How often the machine has been started: the kernel has a random number for each start of its own (random(4),
boot_id), and one that is not as it was is one more. The count outlives the caretaker, and is lost with its state."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from kiosk.caretaker.state_file import StateFile

FILE = "boots.json"  # in the state directory
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class State(Struct, frozen=True):
    """The file. last: the number of the start that was counted last."""

    boots: int = 0
    last: str = ""

    def __repr__(self) -> str:
        return f"<State {self.boots}>"


class Boots:
    """For one thread."""

    def __init__(self, path: Path, boot_id: Path = BOOT_ID) -> None:
        self._kept = StateFile(path, State())
        try:
            this = boot_id.read_text("ascii").strip()
        except (OSError, ValueError):
            return  # nobody says which start this is
        if this != self._kept.now.last:
            self._kept.keep(State(self._kept.now.boots + 1, this))

    @property
    def count(self) -> int:
        return self._kept.now.boots

    def turn(self) -> None:
        """To be called about once a second."""
        self._kept.turn()
