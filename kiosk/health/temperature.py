"""How warm the machine is, where it tells. The caretaker asks for it (kiosk/caretaker/gather.py)."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.config.health import ReasonName

WARM_CELSIUS = 85.0  # from here on most processors slow down …
HOT_CELSIUS = 95.0  # … and not far above they switch themselves off
BELIEVED = range(1, 150)  # a zone without a sensor says anything


def judge(zones: Sequence[float]) -> ReasonName | None:
    """zones: in degrees Celsius. None: no zone tells."""
    warmest = max((each for each in zones if int(each) in BELIEVED), default=None)
    if warmest is None:
        return None
    if warmest >= HOT_CELSIUS:
        return "hot"
    return "warm" if warmest >= WARM_CELSIUS else "cool"
