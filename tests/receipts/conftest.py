"""A printer of each width of paper."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kiosk.sim.printer import VirtualPrinter
from tests.receipts.shots import WIDTHS


@pytest.fixture(params=WIDTHS)
def paper(request: pytest.FixtureRequest) -> Iterator[VirtualPrinter]:
    printer = VirtualPrinter(port=0, width=request.param)
    printer.start()
    yield printer
    printer.stop()
