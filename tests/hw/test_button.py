"""A contact of its own: the kernel's own events, through the stand-in for its device."""

from __future__ import annotations

import logging
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.hw import evdev
from kiosk.hw.button import InputButton
from kiosk.sim.inputs import EV_KEY, VirtualInput

KEY_A = 30


@pytest.fixture
def bell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualInput]:
    monkeypatch.setattr(evdev, "LOOK_AGAIN_SECONDS", 0.05)
    bell = VirtualInput(tmp_path / "kiosk-bell")
    bell.plug()
    yield bell
    bell.pull()


@pytest.fixture
def heard(bell: VirtualInput) -> Iterator[tuple[InputButton, queue.Queue[object]]]:
    heard: queue.Queue[object] = queue.Queue()
    button = InputButton(str(bell.path), "bell")
    button.start(lambda: heard.put("ring"), lambda: heard.put(button.present))
    assert heard.get(timeout=5) is True
    yield button, heard
    button.stop()


def test_each_press_is_one_whichever_key_its_maker_chose_and_however_long_it_is_held(
    bell: VirtualInput, heard: tuple[InputButton, queue.Queue[object]]
) -> None:
    _button, told = heard
    bell.press()
    for value in (1, 2, 2, 2, 0):
        bell.send((EV_KEY, KEY_A, value))
    bell.switch(True)
    bell.pull()
    assert [told.get(timeout=5) for _ in range(3)] == ["ring", "ring", False]


def test_a_bell_that_was_pulled_out_is_heard_again_once_it_is_back_and_is_complained_of_once(
    bell: VirtualInput, heard: tuple[InputButton, queue.Queue[object]], caplog: pytest.LogCaptureFixture
) -> None:
    button, told = heard
    for _ in range(2):
        bell.pull()
        assert told.get(timeout=5) is False and not button.present
        bell.plug()
        assert told.get(timeout=5) is True
        bell.press()
        assert told.get(timeout=5) == "ring"
    assert caplog.messages.count(f"{bell.path}: No such device; the bell is not heard") == 1


def test_whoever_listens_may_fail_and_the_next_press_is_heard(
    bell: VirtualInput, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    rings: queue.Queue[str] = queue.Queue()

    def rung() -> None:
        rings.put("ring")
        raise ValueError("山田")

    button = InputButton(str(bell.path), "bell")
    button.start(rung, lambda: None)
    for _ in range(2):
        bell.press()
        assert rings.get(timeout=5) == "ring"
    button.stop()
    assert "山田" not in caplog.text
