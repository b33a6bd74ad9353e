"""The keypad that the settings name. `look.everything` looks whether it is listed; its keys are nobody's to read."""

from __future__ import annotations

from kiosk.health.finding import Finding, State


def judge(device: str | None, listed: bool) -> Finding:
    """device: as in the settings."""
    if device is None:
        return Finding("keypad", State.INFO, "none (keypad.device is not set); any keyboard works, and nobody is told")
    if not listed:
        cure = "plug it in, or correct the path (ls /dev/input/by-id)"
        return Finding("keypad", State.PROBLEM, f"keypad.device: {device} is not there", cure)
    return Finding("keypad", State.OK, "it is there")
