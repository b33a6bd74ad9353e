"""The headphone socket: the kernel's own events, through a pipe that stands in for the input device."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.hw.jack import EV_SW, EV_SYN, EVENT, SW_HEADPHONE_INSERT, InputJack

SW_LINEOUT_INSERT = 0x06


class Socket:
    """The end that the sound chip would hold."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDWR)

    def tell(self, value: int, code: int = SW_HEADPHONE_INSERT) -> None:
        os.write(self._end, EVENT.pack(0, 0, EV_SW, code, value) + EVENT.pack(0, 0, EV_SYN, 0, 0))

    def plug(self) -> None:
        self.tell(1)

    def unplug(self) -> None:
        self.tell(0)

    def close(self) -> None:
        os.close(self._end)


@pytest.fixture
def socket(tmp_path: Path) -> Iterator[Socket]:
    socket = Socket(tmp_path / "event7")
    yield socket
    socket.close()


@pytest.fixture
def watched(socket: Socket) -> Iterator[tuple[InputJack, queue.Queue[bool]]]:
    changes: queue.Queue[bool] = queue.Queue()
    jack = InputJack(str(socket.path))
    jack.start(changes.put)
    yield jack, changes
    jack.stop()


def test_plugging_in_and_out_is_noticed(socket: Socket, watched: tuple[InputJack, queue.Queue[bool]]) -> None:
    jack, changes = watched
    socket.plug()
    assert changes.get(timeout=5) is True and jack.plugged
    socket.unplug()
    assert changes.get(timeout=5) is False and not jack.plugged


def test_a_loudspeaker_in_another_socket_is_nobodys_headphones(
    socket: Socket, watched: tuple[InputJack, queue.Queue[bool]]
) -> None:
    _jack, changes = watched
    socket.tell(1, SW_LINEOUT_INSERT)
    socket.plug()
    assert changes.get(timeout=5) is True
    assert changes.empty()


def test_the_same_state_told_twice_is_one_change(socket: Socket, watched: tuple[InputJack, queue.Queue[bool]]) -> None:
    _jack, changes = watched
    socket.plug()
    socket.plug()
    socket.unplug()
    assert [changes.get(timeout=5), changes.get(timeout=5)] == [True, False]


def test_a_socket_that_is_away_has_nothing_in_it_and_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("kiosk.hw.jack.LOOK_AGAIN_SECONDS", 0.05)
    changes: queue.Queue[bool] = queue.Queue()
    jack = InputJack(str(tmp_path / "event7"))
    jack.start(changes.put)
    socket = Socket(tmp_path / "event7")
    socket.plug()
    assert changes.get(timeout=5) is True
    socket.close()  # the chip is gone: an end of file here, ENODEV from a kernel
    assert changes.get(timeout=5) is False
    jack.stop()
