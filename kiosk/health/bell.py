"""The button on the cabinet that calls the staff. `look.everything` tries to open it."""

from __future__ import annotations

from kiosk.health.finding import Finding, State


def judge(device: str | None, readable: bool, calls: bool) -> Finding:
    """device: as in the settings. readable: by this user. calls: something brings a call to somebody (alerts.kind)."""
    if device is None:
        return Finding("bell", State.INFO, "none (bell.device is not set)")
    if not readable:
        words = f"bell.device: {device} is not there or not readable for this user"
        return Finding("bell", State.PROBLEM, words, "plug it in, or see to your rule of udev (docs/aids.md)")
    if not calls:
        words = "it is heard, and shows only where the staff are"
        return Finding("bell", State.WARNING, words, 'set alerts.kind to "alertmanager", so that it calls somebody')
    return Finding("bell", State.OK, "it is heard")
