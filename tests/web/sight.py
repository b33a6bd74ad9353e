"""One thing to see in the kiosk, made by the production path."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import cast

from msgspec import structs

from kiosk.config.kiosk import Alerts, Settings, Station
from kiosk.flows.asking.screen import Screen
from kiosk.hw.device import PrinterFault, ReaderState
from kiosk.ipc.messages import CallState, DoorsStand, SafeFor
from kiosk.language.hours import Hours
from kiosk.portal.model import Offer
from kiosk.session.devices import Devices
from kiosk.session.preferences import Preferences
from kiosk.session.shown import Overlay, View
from kiosk.web.view import render

SETTINGS = Settings(
    station=Station(
        name="みどり野警察署",
        desk="交通課 運転免許窓口",
        reading="みどりの けいさつしょ",
        desk_reading="こうつうか うんてん めんきょ まどぐち",
        telephone="000-000-0110",
        hours=Hours("Mo-Fr 08:30-17:15; PH off; Dec 29-Jan 3 off"),
    )
)
CALLING = structs.replace(SETTINGS, alerts=Alerts(kind="alertmanager"))
DEFAULTS = Preferences()
OPEN = DoorsStand()


@dataclass(frozen=True, eq=False)  # each is itself alone, and so has a hash, which its facts have not
class Sight:
    """One thing to see. name: a file's and a test's name; the rest as in `session.shown.View` and `session.devices`."""

    name: str
    screen: Screen
    overlay: Overlay | None = None
    pad: Mapping[str, object] | None = None
    reader: ReaderState = ReaderState.CARD
    printer: PrinterFault | None = None
    portal: str = "open"
    opens_at: datetime | None = None
    offers: tuple[Offer, ...] = tuple(Offer)  # as `portal.client.PortalClient` has them
    holding: bool = False
    caretaker: bool = True
    keypad: bool = False  # the tactile one is there
    safe_for: SafeFor | None = None
    doors: DoorsStand = OPEN
    stick: str | None = None  # what was done with one
    call: CallState | None = None  # of a kiosk that can call

    def html(self, preferences: Preferences = DEFAULTS) -> str:
        """The fragment, by the production path."""
        view = View(
            1, self.screen, self.overlay, time.monotonic() + 30 if self.overlay else None, preferences, self.pad
        )
        devices = SimpleNamespace(
            reader=SimpleNamespace(state=self.reader),
            printer_fault=self.printer,
            portal_state=self.portal,
            portal_opens_at=self.opens_at,
            portal=SimpleNamespace(offers=self.offers, holding=self.holding),
            caretaker_there=self.caretaker,
            aids=SimpleNamespace(keys=self.keypad),
            safe_for=self.safe_for,
            doors=self.doors,
            stick=self.stick,
            guidance_only=self.safe_for is not None or self.doors.guidance,
        )
        if self.call is None:
            return render(view, SETTINGS, cast(Devices, devices))
        return render(view, CALLING, cast(Devices, devices), self.call)
