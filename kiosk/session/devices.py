"""The devices of this process and what is known of each now, for the screens that must not offer what cannot be done.

The reader tells its changes by itself. The printer and the portal are asked from time to time, and only while nobody
is being served: during a visit each says how it stands when it is used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from kiosk.hw.device import Jack, NoJack, Printer, PrinterFault, Reader
from kiosk.portal.client import PortalClient, PortalClosed
from kiosk.portal.model import OpensAt

ASK_EVERY_SECONDS = 10.0

PortalState = Literal["open", "closed", "unreachable"]


class Devices:
    """Reader, printer, portal and the socket for headphones, opened after the fork."""

    def __init__(self, reader: Reader, printer: Printer, portal: PortalClient, jack: Jack | None = None) -> None:
        self.reader = reader
        self.printer = printer
        self.portal = portal
        self.jack = jack or NoJack()
        self.portal_state: PortalState = "open"
        self.portal_opens_at: OpensAt | None = None  # of a closed one, when it has said so
        self.printer_fault: PrinterFault | None = None

    def start(
        self,
        changed: Callable[[], None],
        busy: Callable[[], bool],
        headphones: Callable[[bool], None] = lambda _in: None,
    ) -> None:
        """Watch from now on; `changed` is called from other threads, and `headphones` when some go in or out; `busy`
        says whether somebody is being served."""
        self.reader.start(lambda _state: changed())
        self.jack.start(headphones)
        threading.Thread(target=self._ask, args=(changed, busy), name="devices", daemon=True).start()

    def _ask(self, changed: Callable[[], None], busy: Callable[[], bool]) -> None:
        pause = threading.Event()
        while True:
            if not busy() and self.look():
                changed()
            pause.wait(ASK_EVERY_SECONDS)

    def look(self) -> bool:
        """Ask portal and printer how they are. True when something has changed."""
        before = self.portal_state, self.portal_opens_at, self.printer_fault
        self._ask_portal()
        self.printer_fault = self.printer.state().fault
        return before != (self.portal_state, self.portal_opens_at, self.printer_fault)

    def _ask_portal(self) -> None:
        answer = self.portal.reachable()
        if isinstance(answer, PortalClosed):
            self.portal_state, self.portal_opens_at = "closed", answer.opens_at
        else:
            self.portal_state, self.portal_opens_at = "open" if answer else "unreachable", None
