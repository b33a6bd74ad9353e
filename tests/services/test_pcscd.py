"""The whole chain behind a pcscd that stands still: real pcscd, server and caretaker; only systemd is a stand-in, which
writes down what it is told."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from kiosk.config.kiosk import Settings
from kiosk.ipc.messages import Board, Rows
from tests.pcscd import Pcscd, pcscd  # noqa: F401
from tests.services.test_caretaker import Running
from tests.stage import Stage, until

IMPATIENT = """
import os
from kiosk.caretaker import restarts
restarts.may = lambda: True
restarts.STILL_SECONDS = 2.0
os.environ["PATH"] = {folder!r} + ":" + os.environ["PATH"]
"""
SYSTEMD = '#!/bin/sh\necho "$@" >> {told}\n'
SOON = 40.0


class Told(Stage):
    """The kiosk over pcscd, with a caretaker."""

    def __init__(self, directory: Path, runtime: Path) -> None:
        super().__init__(directory, reader="pcsc")
        self._reader, self._runtime = ["--caretaker"], runtime

    @property
    def settings(self) -> Settings:
        told = structs.replace(Settings().caretaker, runtime_directory=str(self._runtime))
        return structs.replace(super().settings, caretaker=told)


class Chain:
    def __init__(self, stage: Stage, caretaker: Running, told: Path) -> None:
        self.stage, self.caretaker, self._told = stage, caretaker, told

    @property
    def commands(self) -> list[str]:
        return self._told.read_text().splitlines() if self._told.exists() else []

    @property
    def events(self) -> list[str]:
        told = ("restarted_silent", "restart_failed")
        return [name for name, _ in self.caretaker.trail if name in told]

    def reader(self) -> str | None:
        said = self.caretaker.client.ask(Board())
        assert isinstance(said, Rows)
        return next((row.reason for row in said.rows if row.check == "reader"), None)


@pytest.fixture
def chain(tmp_path: Path, pcscd: Pcscd) -> Iterator[Chain]:  # noqa: F811
    systemd, told = tmp_path / "bin" / "systemctl", tmp_path / "told"
    systemd.parent.mkdir()
    systemd.write_text(SYSTEMD.format(told=told))
    systemd.chmod(0o755)
    caretaker = Running(tmp_path, IMPATIENT.format(folder=str(systemd.parent)))
    try:
        with Told(tmp_path / "stage", caretaker.runtime) as stage:
            yield Chain(stage, caretaker, told)
    finally:
        caretaker.stop()


def test_a_pcscd_that_stands_still_is_started_again_and_the_kiosk_goes_on(chain: Chain, pcscd: Pcscd) -> None:  # noqa: F811
    until(lambda: chain.reader() == "present", SOON)
    worker = chain.stage.worker
    with pcscd.standing_still():
        until(lambda: len(chain.commands) == 2, SOON)
        assert chain.commands == [
            "is-active --quiet pcscd.service",
            "--no-ask-password --no-block try-restart pcscd.service",
        ]
        pcscd.stop(signal.SIGKILL)  # what systemd does with what does not end
    pcscd.start()
    until(lambda: "card reader: empty" in "\n".join(chain.stage.log).rpartition("card reader: absent")[2], SOON)
    assert chain.events == ["restarted_silent"]
    assert chain.reader() == "present" and len(chain.commands) == 2
    assert chain.stage.worker == worker, "whoever is before it goes on"
