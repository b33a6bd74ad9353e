"""How far trail and journal have left this machine, as whoever sends them has said (`upload.py`): of each a moment, and
everything that was written before it is at the desk. And when the certificate ends that they show there. It outlives
the caretaker, so that a sender that has stopped is missed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, structs

from kiosk.caretaker.state_file import StateFile
from kiosk.ipc.messages import Moment, Sent

FILE = "uploads.json"  # in the state directory


class State(Struct, frozen=True):
    """The file. before: seconds since 1970; what was never sent is not there. ends: likewise; None: not known yet."""

    before: dict[Sent, Moment] = {}
    ends: Moment | None = None


class UploadProgress:
    """For one thread."""

    def __init__(self, path: Path) -> None:
        self._kept = StateFile(path, State())

    @property
    def before(self) -> Mapping[Sent, Moment]:
        return self._kept.now.before

    def told(self, what: Sent, before: Moment) -> None:
        self._kept.keep(structs.replace(self._kept.now, before={**self.before, what: before}))

    @property
    def ends(self) -> Moment | None:
        return self._kept.now.ends

    def certificate(self, ends: Moment) -> None:
        if ends != self.ends:
            self._kept.keep(structs.replace(self._kept.now, ends=ends))

    def turn(self) -> None:
        """To be called about once a second."""
        self._kept.turn()
