"""The slips of one session: each is laid out for this kiosk's printer, and its picture kept for the screen.

Laying out and printing are two things, and fail for reasons of their own. Nothing is printed here: the picture goes to
`Printer.print`, and it is the picture that this printer prints, dot for dot, since `Printer.prepare` has seen it.
"""

from __future__ import annotations

import logging

from PIL.Image import Image

from kiosk.config.kiosk import Settings
from kiosk.hw.device import Printer
from kiosk.language import dates
from kiosk.language.languages import JAPANESE, Language
from kiosk.receipts.render import lay_out, png_bytes, preload
from kiosk.receipts.slips import NotLaidOut, Slip

log = logging.getLogger(__name__)


class Pictures:
    def __init__(self, settings: Settings, printer: Printer) -> None:
        self._station = settings.station
        self._printer = printer
        self._png: bytes | None = None

    def lay_out(self, slip: Slip, language: Language = JAPANESE) -> Image | NotLaidOut:
        """The slip as a picture for the printer. Never raises: whoever has been linked is told so, slip or no slip."""
        self._png = None
        now = dates.now()
        try:
            drawn = lay_out(slip, self._station, now, width=self._printer.width, language=language)
            picture = self._printer.prepare(drawn)
            self._png = png_bytes(picture)
        except Exception as error:  # of template, WeasyPrint, pdfium or Pillow; the log gets no values
            log.error("slip %s could not be laid out: %s", slip.name(), type(error).__name__)
            return NotLaidOut()
        return picture

    def png(self) -> bytes | None:
        """The last slip as the printer has it, dot for dot; None when it could not be laid out."""
        return self._png


def warm(settings: Settings) -> None:
    """Do in the parent, before the fork, what is slow the first time."""
    preload(settings.printer.width)
