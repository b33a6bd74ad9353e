"""The headphone socket: the kernel's own events, through a pipe that stands in for the input device."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.hw.jack import InputJack
from kiosk.sim.inputs import VirtualInput

SW_LINEOUT_INSERT = 0x06


@pytest.fixture
def socket(tmp_path: Path) -> Iterator[VirtualInput]:
    socket = VirtualInput(tmp_path / "event7")
    socket.plug()
    yield socket
    socket.pull()


@pytest.fixture
def watched(socket: VirtualInput) -> Iterator[tuple[InputJack, queue.Queue[bool]]]:
    changes: queue.Queue[bool] = queue.Queue()
    jack = InputJack(str(socket.path))
    jack.start(changes.put)
    yield jack, changes
    jack.stop()


def test_plugging_in_and_out_is_noticed(socket: VirtualInput, watched: tuple[InputJack, queue.Queue[bool]]) -> None:
    jack, changes = watched
    socket.switch(True)
    assert changes.get(timeout=5) is True and jack.plugged
    socket.switch(False)
    assert changes.get(timeout=5) is False and not jack.plugged


def test_a_loudspeaker_in_another_socket_is_nobodys_headphones(
    socket: VirtualInput, watched: tuple[InputJack, queue.Queue[bool]]
) -> None:
    _jack, changes = watched
    socket.switch(True, SW_LINEOUT_INSERT)
    socket.switch(True)
    assert changes.get(timeout=5) is True
    assert changes.empty()


def test_the_same_state_told_twice_is_one_change(
    socket: VirtualInput, watched: tuple[InputJack, queue.Queue[bool]]
) -> None:
    _jack, changes = watched
    socket.switch(True)
    socket.switch(True)
    socket.switch(False)
    assert [changes.get(timeout=5), changes.get(timeout=5)] == [True, False]


def test_a_socket_that_is_away_has_nothing_in_it_and_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("kiosk.hw.evdev.LOOK_AGAIN_SECONDS", 0.05)
    changes: queue.Queue[bool] = queue.Queue()
    jack = InputJack(str(tmp_path / "event7"))
    jack.start(changes.put)
    socket = VirtualInput(tmp_path / "event7")
    socket.plug()
    socket.switch(True)
    assert changes.get(timeout=5) is True
    socket.pull()  # the chip is gone: an end of file here, ENODEV from a kernel
    assert changes.get(timeout=5) is False
    jack.stop()
