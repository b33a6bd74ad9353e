"""A machine, a stick, and who is told of what becomes of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.caretaker import identity
from kiosk.config.events import Event
from kiosk.ipc.caretaker import NoCaretaker
from kiosk.provision import stick
from kiosk.provision.stick import How
from kiosk.services import provision
from tests.provision.office import NOW, Machine


class Board(NoCaretaker):
    """A caretaker that keeps what it hears."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.reported: list[tuple[str, str]] = []

    def tell(self, told: Event, times: int = 1) -> bool:
        self.told.append(told)
        return True

    def report(self, check: str, reason: str) -> bool:
        self.reported.append((check, reason))
        return True


class World:
    """A machine, a stick that is a folder, and who is told."""

    def __init__(self, folder: Path) -> None:
        self.machine = Machine(folder / "etc")
        self.top = folder / "stick"
        self.top.mkdir()
        self.board, self.restarts = Board(), 0
        self.mounted: list[How] = []
        self.pulled_at: int | None = None  # the mount that fails

    @property
    def place(self) -> Path:
        return self.top / stick.name_of(self.machine.id)

    @property
    def says(self) -> str:
        return (self.place / stick.SAYS).read_text("utf-8-sig")

    @contextlib.contextmanager
    def mount(self, how: How) -> Iterator[Path]:
        if self.pulled_at == len(self.mounted):
            raise OSError(5, "Input/output error")
        self.mounted.append(how)
        yield self.top

    def is_given(self, answer: bytes) -> None:
        self.place.mkdir(exist_ok=True)
        (self.place / stick.ANSWER).write_bytes(answer)

    def put_in(self) -> tuple[str, str]:
        def restart() -> None:
            self.restarts += 1

        self.mounted.clear()
        config, key = self.machine.config, self.machine.key
        return provision.use(config, key, self.mount, restart, lambda config: self.board, lambda: float(NOW))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(identity, "package", lambda name: "")  # dpkg takes its time
    return World(tmp_path)
