"""What is known of portal and printer, and that a change of either is noticed once."""

from __future__ import annotations

import datetime
from typing import cast

import pytest

from kiosk.hw.device import Printer, PrinterFault, PrinterState
from kiosk.language.dates import JST
from kiosk.portal.client import PortalClient, PortalClosed
from kiosk.portal.model import OpensAt
from kiosk.session.devices import Devices
from tests.session.world import SlotReader


class Outside:
    """Portal and printer in one."""

    def __init__(self) -> None:
        self.answer: object = True
        self.fault: PrinterFault | None = None

    def reachable(self) -> object:
        return self.answer

    def state(self) -> PrinterState:
        return PrinterState(self.fault)


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def devices(outside: Outside) -> Devices:
    return Devices(SlotReader(), cast(Printer, outside), cast(PortalClient, outside))


def known(devices: Devices) -> tuple[str, PrinterFault | None]:
    return devices.portal_state, devices.printer_fault


def test_all_is_well_at_first_and_stays_so(devices: Devices) -> None:
    assert not devices.look()
    assert known(devices) == ("open", None) and not devices.jack.plugged


def test_what_changes_is_noticed_once(devices: Devices, outside: Outside) -> None:
    outside.fault = PrinterFault.PAPER_END
    assert devices.look() and known(devices) == ("open", PrinterFault.PAPER_END)
    assert not devices.look()
    outside.answer = False
    assert devices.look() and known(devices) == ("unreachable", PrinterFault.PAPER_END)
    outside.fault, outside.answer = None, True
    assert devices.look() and known(devices) == ("open", None)


def test_a_portal_that_is_closed_says_so_and_when_it_opens(devices: Devices, outside: Outside) -> None:
    outside.answer = PortalClosed()
    assert devices.look() and known(devices) == ("closed", None) and devices.portal_opens_at is None
    opens = OpensAt(datetime.datetime(2026, 11, 26, 8, 30, tzinfo=JST))
    outside.answer = PortalClosed(opens)
    assert devices.look() and devices.portal_opens_at == opens, "another hour is a change"
    outside.answer = True
    assert devices.look() and devices.portal_opens_at is None
