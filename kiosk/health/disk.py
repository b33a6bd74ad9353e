"""Room on the disk where the trail is kept. The caretaker asks for it (kiosk/caretaker/gather.py)."""

from __future__ import annotations

from kiosk.config.health import ReasonName

LITTLE_BYTES = 512 << 20  # a trail grows by four megabytes a day at most (kiosk/caretaker/dispatch.py)
FULL_BYTES = 32 << 20


def judge(free: int) -> ReasonName:
    """free: bytes that the caretaker may still write."""
    if free < FULL_BYTES:
        return "full"
    return "little" if free < LITTLE_BYTES else "room"
