"""How much of its life an eMMC has used, where it tells. The caretaker asks for it (kiosk/caretaker/gather.py)."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.config.health import ReasonName

# PRE_EOL_INFO of JEDEC JESD84-B51, 7.4.72: of the reserved blocks less than 80 %, 80 %, or 90 % are consumed
SAYS: dict[int, ReasonName] = {1: "sound", 2: "worn", 3: "worn_out"}


def judge(told: Sequence[int]) -> ReasonName | None:
    """told: PRE_EOL_INFO of each device. None: none tells."""
    return SAYS[max(known)] if (known := [each for each in told if each in SAYS]) else None
