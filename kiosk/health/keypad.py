"""The keypad that the settings name. `look.everything` looks whether it is listed; its keys are nobody's to read."""

from __future__ import annotations

from kiosk.health.finding import Finding, State


def judge(device: str | None, listed: bool, shut_out: bool = False) -> Finding:
    """device: as in the settings. shut_out: its keys come to nobody."""
    if device is None:
        return Finding("keypad", State.INFO, "none (keypad.device is not set)")
    if not listed:
        cure = "plug it in, or correct the path (ls /dev/input/by-id)"
        return Finding("keypad", State.PROBLEM, f"keypad.device: {device} is not there", cure)
    if shut_out:
        cure = "add its number to keypad.let_in (`keyboards` below has it), and restart kiosk-keyboards"
        return Finding("keypad", State.PROBLEM, f"keypad.device: {device} is there and not let in", cure)
    return Finding("keypad", State.OK, "it is there")
