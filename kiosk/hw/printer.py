"""The receipt printer: ESC/POS over network, USB or serial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kiosk.hw.device import NotPrinted, Printed, Printer, PrinterState

if TYPE_CHECKING:
    from PIL.Image import Image


class PrinterSettings(Protocol):
    """Section [printer] of kiosk.toml, as far as this file reads it."""

    @property
    def kind(self) -> str: ...  # "network" | "usb" | "serial" | "none"
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def device(self) -> str: ...
    @property
    def vendor_id(self) -> int: ...
    @property
    def product_id(self) -> int: ...
    @property
    def baudrate(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def timeout_seconds(self) -> float: ...


class NoPrinter:
    """What `kind = "none"` gives: always UNREACHABLE."""

    def __init__(self, width: int = 576) -> None: ...
    @property
    def width(self) -> int:
        raise NotImplementedError

    def state(self) -> PrinterState:
        raise NotImplementedError

    def print(self, image: Image) -> Printed | NotPrinted:
        raise NotImplementedError


def open_printer(settings: PrinterSettings) -> Printer:
    """The printer the settings name. Touches nothing: the first connection is made by the first question."""
    raise NotImplementedError
