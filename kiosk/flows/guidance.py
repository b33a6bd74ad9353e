"""What to do about a lost card, a forgotten PIN, a renewal (leaflet.txt)."""

from __future__ import annotations

from kiosk.flows.kiosk import Kiosk
from kiosk.flows.screen import Screen


def guide(kiosk: Kiosk) -> bool:
    """Show the guidance. Returns False when the person goes back to home."""
    return kiosk.ask(Screen("guidance", {}, ("back", "finish"), reading=True)) == "finish"
