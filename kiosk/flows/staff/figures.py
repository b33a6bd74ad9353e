"""What has been done here: counts, and never anything of one visit. They come once an hour (config/events.toml)."""

from __future__ import annotations

from datetime import datetime

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked
from kiosk.ipc.figures import lines
from kiosk.ipc.messages import Counted, Counters
from kiosk.language import dates


def visit(kiosk: Kiosk, _officer: Officer) -> None:
    """The figures of today, of seven days, and since the start."""
    counted = asked(kiosk, Counters())
    if isinstance(counted, Counted):
        facts = {"begun": datetime.fromtimestamp(counted.begun, dates.JST), "lines": tuple(lines(counted))}
        kiosk.ask(Screen("staff_figures", facts, ("back",), staff="room"))
