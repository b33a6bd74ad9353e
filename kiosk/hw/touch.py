"""Whether a touch panel is plugged in, as udev has put it down (60-input-id)."""

from __future__ import annotations

from pathlib import Path

from kiosk.hw.udev import KNOWN, LISTED, devices


def panel_there(listed: Path = LISTED, known: Path = KNOWN) -> bool | None:
    """None: udev knows of no input at all, as in a container."""
    every = [told for _, told in devices(listed, known) if told]
    return any("ID_INPUT_TOUCHSCREEN" in told for told in every) if every else None
