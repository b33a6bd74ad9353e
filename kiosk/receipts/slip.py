"""From a flow's Receipt to paper: add the station, lay it out, print it, and keep the picture for the screen."""

from __future__ import annotations

from kiosk.config.kiosk import Settings
from kiosk.hw.device import NotPrinted, Printed, Printer
from kiosk.language import dates
from kiosk.language.languages import JAPANESE, Language
from kiosk.receipts.receipt import Receipt
from kiosk.receipts.render import png_bytes, preload, render


class Paper:
    """The slips of one session."""

    def __init__(self, settings: Settings, printer: Printer) -> None:
        self._station = settings.station
        self._printer = printer
        self._png: bytes | None = None

    def print(self, receipt: Receipt, language: Language = JAPANESE) -> Printed | NotPrinted:
        """Blocks until the printer has said how it went."""
        facts = {"when": dates.now(), "station": self._station, **receipt.facts}
        image = render(f"{receipt.name}.html", facts, width=self._printer.width, language=language)
        self._png = png_bytes(image)
        return self._printer.print(image)

    def png(self) -> bytes | None:
        """The last slip as it was sent to the printer, dot for dot."""
        return self._png


def warm(settings: Settings) -> None:
    """Do in the parent, before the fork, what is slow the first time."""
    preload(settings.printer.width)
