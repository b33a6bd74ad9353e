"""The kiosk among stand-ins, in which one call never comes back: the one that the file of $HANG names. And it does not
wait so long as a kiosk before it gives up."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.hw.printer import EscposPrinter
from kiosk.portal.client import PortalClient
from kiosk.receipts.pictures import Pictures
from kiosk.services import server
from kiosk.sim.reader import VpcdConnection
from kiosk.sim.serve import main

WORK_SECONDS, TOLD_SECONDS = 4.0, 5.0
_for_ever = threading.Event()


def hangs(name: str, owner: Any, method: str, after: bool = False) -> None:
    """after: it is done, and only its answer never comes."""
    does: Callable[..., Any] = getattr(owner, method)

    def instead(*arguments: Any, **named: Any) -> Any:
        here = Path(os.environ["HANG"]).read_text() == name
        if here and not after:
            _for_ever.wait()
        answer = does(*arguments, **named)
        if here:
            _for_ever.wait()
        return answer

    setattr(owner, method, instead)


if __name__ == "__main__":
    hangs("card", VpcdConnection, "transmit")
    hangs("begin", PortalClient, "begin")
    hangs("hold", PortalClient, "hold")
    hangs("held", PortalClient, "hold", after=True)
    hangs("submit", PortalClient, "submit")
    hangs("submitted", PortalClient, "submit", after=True)
    hangs("cancel", PortalClient, "cancel")
    hangs("cancelled", PortalClient, "cancel", after=True)
    hangs("slip", Pictures, "lay_out")
    hangs("print", EscposPrinter, "print")
    hangs("printed", EscposPrinter, "print", after=True)
    EscposPrinter.longest_seconds = lambda _self, rows: 0.0  # type: ignore[assignment, method-assign]
    server.longest_work = lambda settings: WORK_SECONDS
    server.TOLD_SECONDS = TOLD_SECONDS
    sys.exit(main())
