"""The slip of a finished linking: laid out, and sent until the printer says "printed", beside an empty WeasyPrint page.

The printer is the virtual one on TCP, with no paper to move: what is left is our side of the work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import weasyprint

from bench.table import Row, paired
from kiosk.config.kiosk import Printer, Settings
from kiosk.hw.device import Printed
from kiosk.hw.printer import open_printer
from kiosk.receipts import pictures
from kiosk.receipts.render import lay_out
from kiosk.sim.printer import VirtualPrinter
from tests.receipts.shots import STATION, WHEN, facts

EMPTY = "WeasyPrint's empty page"


def rows(directory: Path, quick: bool) -> Iterator[Row]:
    pictures.warm(Settings())
    slip = dict(facts())["linked"]
    tray = VirtualPrinter(port=0)
    tray.start()
    printer = open_printer(Printer(kind="network", host=tray.host, port=tray.port))
    empty: list[float] = []
    laid_out: list[float] = []
    sent: list[float] = []
    for _ in range(3 if quick else 40):
        with timed(empty):
            weasyprint.HTML(string="").write_pdf()
        with timed(laid_out):
            image = lay_out(slip, STATION, WHEN, width=printer.width)
        with timed(sent):
            said = printer.print(image)
        assert said == Printed(), "the virtual printer has not printed"
    tray.stop()
    yield paired(f"slip of {image.height} rows laid out", laid_out, EMPTY, empty)
    yield paired("slip sent until printed", sent, EMPTY, empty)


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    """Append how many seconds the block takes."""
    began = time.perf_counter()
    yield
    into.append(time.perf_counter() - began)
