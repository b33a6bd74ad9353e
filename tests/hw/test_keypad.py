"""Whether the keypad is there, by the name that comes and goes with it."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest

from kiosk.hw import keypad
from kiosk.hw.keypad import ListedKeypad
from kiosk.sim.inputs import VirtualInput


def test_a_keypad_that_comes_or_goes_is_noticed_and_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keypad, "LOOK_SECONDS", 0.02)
    device = VirtualInput(tmp_path / "usb-Example_Keypad-event-kbd")
    device.plug()
    device.path.chmod(0)
    told: queue.Queue[bool] = queue.Queue()
    pad = ListedKeypad(str(device.path))
    assert pad.present, "from the first"
    pad.start(lambda: told.put(pad.present))
    device.pull()
    assert told.get(timeout=5) is False
    device.plug()
    assert told.get(timeout=5) is True
    pad.stop()
    assert told.empty()
