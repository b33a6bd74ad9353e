"""The kiosk of `kiosk.sim.serve`, less patient with one of the staff who has gone than a setting could make it."""

from __future__ import annotations

import sys

from kiosk.session import patience
from kiosk.sim import serve

ROOM_SECONDS, WRAP_UP_SECONDS = 8.0, 3.0

if __name__ == "__main__":
    patience.ROOM_SECONDS, patience.WRAP_UP_SECONDS = ROOM_SECONDS, WRAP_UP_SECONDS
    sys.exit(serve.main())
