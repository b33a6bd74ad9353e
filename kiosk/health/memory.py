"""The machine's memory. The caretaker asks for it (kiosk/caretaker/gather.py)."""

from __future__ import annotations

from kiosk.config.health import ReasonName

LITTLE = 0.08  # of all there is; a browser that is short of it is killed by the kernel


def judge(available: int, total: int) -> ReasonName:
    """available: what could be had without swapping; total: what there is; in the same unit."""
    return "little" if available < LITTLE * total else "room"
