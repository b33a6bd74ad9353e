"""`python -m kiosk.sim.card`: put a card in, from the command line (`card.main`)."""

from __future__ import annotations

import sys

from kiosk.sim.card.card import main

if __name__ == "__main__":
    sys.exit(main())
