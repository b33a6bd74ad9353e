"""The receipt printer: ESC/POS over network, USB or serial. The only file that imports escpos.

How a slip is printed, and why one may believe the answer:

    connect → four status questions → clear what an earlier failure left → fragments of 256 rows, the four questions
    after each → cut → "tell me when you have come to here" → Printed

- *Asked, not assumed.* `DLE EOT 1…4` are answered at once, whatever the printer is doing. An answer has bits 1 and 4
  set and bits 0 and 7 clear; any other byte is no answer, and no answer is UNREACHABLE, never "no paper"
  (interface-numbers.md, Receipts).
- *Between fragments only.* A printer looks for real-time commands in everything it receives, raster included. So the
  questions go between commands, and a raster that happens to hold the start of one is changed by one dot.
- *Done is what the printer says.* Behind the cut goes a process id (`GS ( H`, Epson: answered when the printing is
  completed). Printers that do not know it are asked `GS r 1`, which every ESC/POS printer answers in its turn, after
  all that came before. A printer that answers neither is not believed to have printed.
- *Never twice.* Nothing is sent again by itself. After a failure the printer is told to drop what it still holds
  (`DLE DC4 8`), so that a new roll does not bring out the rest of a slip in front of the next person.
- *A connection for each question and each slip.* Printers come back from a power cycle with no memory of the old one,
  network printers hang up on idle hosts, and most serve one host at a time: a connection kept open would only be a
  thing to supervise. Opening one costs a millisecond on a local network, and nothing on USB, where python-escpos would
  reset the printer at every open and is kept from it.
- *Bounded.* Connecting, every answer and every send have `timeout_seconds`; the whole slip has a deadline of its own.

One lock: a watcher that asks for the state and a slip under way cannot mix their bytes.
"""

from __future__ import annotations

import contextlib
import logging
import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, cast

import usb.core  # type: ignore[import-untyped]
import usb.util  # type: ignore[import-untyped]
from escpos.exceptions import Error as EscposError
from escpos.printer import Network, Serial, Usb
from PIL import Image

from kiosk.hw.device import NotPrinted, Printed, Printer, PrinterFault, PrinterState

if TYPE_CHECKING:
    from kiosk.config.kiosk import Printer as PrinterSettings

log = logging.getLogger(__name__)

FRAGMENT_ROWS = 256
SLOWEST_ROWS_PER_SECOND = 200  # 25 mm/s at 203 dpi: slower than any receipt printer sold
GRACE_SECONDS = 2.0  # after this without a process id, ask the way that older printers understand
POLL_SECONDS = 0.25

# Real-time, answered whatever the printer is doing.
ASK_STATUS = b"\x10\x04"  # DLE EOT n
CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"  # DLE DC4 8: drop the receive and print buffers …
CLEARED = b"\x37\x25\x00"  # … answered when it is done; nothing may be sent before
# In their turn.
INITIALISE = b"\x1b@"  # ESC @
NO_STATUS_BY_ITSELF = b"\x1da\x00"  # GS a 0: automatic status back would mix with the answers
PROCESS_ID = b"\x1d(H\x06\x0000"  # GS ( H, function 48, followed by four characters …
PROCESS_ID_LETTERS = b"ABCDEFGHIJKLMNO"  # bit 4 clear: none can pass for the answer to a status question
PROCESS_ID_ANSWER = b'\x37"'  # … answered by these two, the same four characters, and NUL
ASK_PAPER = b"\x1dr\x01"  # GS r 1: answered with bits 4 and 7 clear

# Which bit of which answer says what; the first that is set is the reason given. An open cover often reports the paper
# as gone too, so it stands first.
FAULT_BITS = (
    (2, 0b0000_0100, PrinterFault.COVER_OPEN),
    (2, 0b0010_0000, PrinterFault.PAPER_END),
    (4, 0b0110_0000, PrinterFault.PAPER_END),
    (3, 0b0000_1000, PrinterFault.CUTTER),
    (3, 0b0110_0000, PrinterFault.ERROR),
    (2, 0b0100_0000, PrinterFault.ERROR),
    (1, 0b0000_1000, PrinterFault.OFFLINE),
)
NEAR_END = (4, 0b0000_1100)

INVERT = bytes(range(255, -1, -1))  # the wire says 1 for black, a PIL image 0
REAL_TIME = re.compile(rb"\x10(?=[\x04\x05\x14])")  # DLE before EOT, ENQ or DC4


class _Faulty(Exception):
    """The printer said why it cannot go on, or said nothing."""

    def __init__(self, fault: PrinterFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class _Transport(Protocol):
    """What this file needs of a python-escpos printer, besides the one method added here: `receive`."""

    def open(self) -> None: ...
    def close(self) -> None: ...
    def _raw(self, msg: bytes) -> None: ...
    def image(self, img_source: Image.Image, *, impl: str, fragment_height: int) -> None: ...
    def cut(self, *, feed: bool) -> None: ...

    def receive(self, seconds: float) -> bytes:
        """What the printer has said, waiting for it at most so long; empty when it has said nothing."""


class _Network(Network):  # type: ignore[misc]
    """TCP, usually port 9100."""

    def open(self, raise_not_found: bool = True) -> None:
        super().open(raise_not_found)
        self.device.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each question waits 40 ms for an ACK

    def receive(self, seconds: float) -> bytes:
        self.device.settimeout(seconds)
        try:
            data = self.device.recv(256)
        except TimeoutError:
            return b""
        finally:
            self.device.settimeout(self.timeout)
        if not data:
            raise ConnectionError("the printer has hung up")
        return bytes(data)


class _Serial(Serial):  # type: ignore[misc]
    """A serial line, or a USB printer that shows as one."""

    def open(self, raise_not_found: bool = True) -> None:
        super().open(raise_not_found)
        fragment = FRAGMENT_ROWS * 576 / 8 * 10 / self.baudrate  # ten bits a byte
        self.device.write_timeout = self.timeout + 1.5 * fragment

    def receive(self, seconds: float) -> bytes:
        self.device.timeout = seconds
        return bytes(self.device.read(max(1, self.device.in_waiting)))

    def close(self) -> None:
        if self._device:
            with contextlib.suppress(Exception):  # termios.error; close() would wait for a stuck line to drain
                self._device.reset_output_buffer()
        super().close()


class _Usb(Usb):  # type: ignore[misc]
    """USB printer class, found by its ids. `timeout` is in milliseconds here, as pyusb counts."""

    def open(self, raise_not_found: bool = True) -> None:
        try:
            super().open(raise_not_found)
        except usb.core.NoBackendError:
            raise OSError("libusb is missing: install libusb-1.0-0") from None
        for _ in range(8):  # what an earlier question left unread
            if not self.receive(0.002):
                break

    def _configure_usb(self) -> None:
        """Take the configuration as it stands, without the reset, and find the two bulk endpoints of the printer."""
        try:
            configuration = self.device.get_active_configuration()
        except usb.core.USBError:
            self.device.set_configuration()
            configuration = self.device.get_active_configuration()
        for endpoint in configuration[(0, 0)]:
            if usb.util.endpoint_type(endpoint.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK:
                if usb.util.endpoint_direction(endpoint.bEndpointAddress) == usb.util.ENDPOINT_IN:
                    self.in_ep = endpoint.bEndpointAddress
                else:
                    self.out_ep = endpoint.bEndpointAddress

    def _raw(self, msg: bytes) -> None:
        if self.device.write(self.out_ep, msg, self.timeout) != len(msg):  # pyusb keeps silent about a short write
            raise TimeoutError("the printer took only a part")

    def receive(self, seconds: float) -> bytes:
        try:
            return bytes(self.device.read(self.in_ep, 512, max(1, int(seconds * 1000))))
        except usb.core.USBTimeoutError:
            return b""


class _Link:
    """One open connection: what has been heard, and the questions."""

    def __init__(self, transport: _Transport, timeout: float) -> None:
        self.transport = transport
        self.timeout = timeout
        self.heard = bytearray()

    def send(self, data: bytes) -> None:
        self.transport._raw(data)

    def listen(self, seconds: float) -> None:
        self.heard += self.transport.receive(seconds)

    def ask(self, n: int) -> int:
        """One `DLE EOT n`. Raises UNREACHABLE when nothing that is an answer comes in time."""
        self.heard = bytearray(byte for byte in self.heard if not _is_status(byte))  # late answers to earlier questions
        self.send(ASK_STATUS + bytes([n]))
        deadline = time.monotonic() + self.timeout
        while (left := deadline - time.monotonic()) > 0:
            self.listen(left)
            for byte in self.heard:
                if _is_status(byte):
                    self.heard.remove(byte)
                    return byte
        raise _Faulty(PrinterFault.UNREACHABLE)

    def state(self) -> PrinterState:
        answers = {n: self.ask(n) for n in (1, 2, 3, 4)}
        fault = next((fault for n, bits, fault in FAULT_BITS if answers[n] & bits), None)
        n, bits = NEAR_END
        return PrinterState(fault, paper_near_end=bool(answers[n] & bits))

    def check(self) -> None:
        if fault := self.state().fault:
            raise _Faulty(fault)

    def clear(self) -> None:
        """Make the printer drop what it holds; wait for it to say so, but not for a printer that never will."""
        self.heard.clear()
        self.send(CLEAR)
        deadline = time.monotonic() + min(1.0, self.timeout)
        while CLEARED not in self.heard and (left := deadline - time.monotonic()) > 0:
            self.listen(left)

    def await_done(self, seconds: float) -> None:
        """Return when the printer says that it has worked through everything sent so far. Raises its fault, if any."""
        process_id = bytes(random.choices(PROCESS_ID_LETTERS, k=4))
        answer = PROCESS_ID_ANSWER + process_id + b"\x00"
        self.heard.clear()
        self.send(PROCESS_ID + process_id)
        start = time.monotonic()
        asked_again = False
        while (waited := time.monotonic() - start) < seconds:
            self.listen(POLL_SECONDS)
            if answer in self.heard or (asked_again and any(byte & 0b1001_0000 == 0 for byte in self.heard)):
                return
            try:
                self.check()
            except _Faulty:
                if answer in self.heard:  # a printer that is just sending its process id hears no question
                    return
                raise
            if not asked_again and waited > GRACE_SECONDS:
                self.heard.clear()
                self.send(ASK_PAPER)
                asked_again = True
        raise _Faulty(PrinterFault.UNREACHABLE)


class EscposPrinter:
    """Implements `hw.device.Printer`. Give it a transport; `open_printer` does."""

    def __init__(self, transport: _Transport, *, name: str, width: int, timeout: float) -> None:
        self._transport = transport
        self._name = name
        self._width = width
        self._timeout = timeout
        self._lock = threading.Lock()
        self._leftover = False  # an earlier slip may still hang out of the slot or stand in the printer's buffer
        self._last_logged: PrinterFault | None = None

    @property
    def width(self) -> int:
        return self._width

    def state(self) -> PrinterState:
        with self._lock:
            try:
                with self._connected() as link:
                    state = link.state()
            except _Faulty as faulty:
                state = PrinterState(faulty.fault)
            self._log(state.fault)
            return state

    def prepare(self, image: Image.Image) -> Image.Image:
        return without_real_time_commands(image)

    def print(self, image: Image.Image) -> Printed | NotPrinted:
        if image.mode != "1" or image.width != self._width:
            raise ValueError(f"not a 1-bit image of {self._width} dots: {image.mode}, {image.width} dots")
        with self._lock:
            sent = False  # has a byte gone out that could move paper?
            try:
                with self._connected() as link:
                    link.check()
                    sent = True
                    try:
                        self._send(link, image)
                    except _Faulty as faulty:
                        if faulty.fault is not PrinterFault.UNREACHABLE:
                            link.clear()
                        raise
            except _Faulty as faulty:
                fault = faulty.fault
                if sent:
                    self._leftover = True
                    if fault is PrinterFault.UNREACHABLE:
                        fault = self._why()
                self._log(fault)
                return NotPrinted(fault, partly=sent)
            self._leftover = False
            self._log(None)
            return Printed()

    def _send(self, link: _Link, image: Image.Image) -> None:
        if self._leftover:
            link.clear()
        link.send(INITIALISE + NO_STATUS_BY_ITSELF)
        if self._leftover:
            link.transport.cut(feed=False)
        safe = self.prepare(image)
        for top in range(0, image.height, FRAGMENT_ROWS):
            fragment = safe.crop((0, top, image.width, min(top + FRAGMENT_ROWS, image.height)))
            link.transport.image(fragment, impl="graphics", fragment_height=FRAGMENT_ROWS)
            link.check()
        link.transport.cut(feed=False)
        link.await_done(self._timeout + GRACE_SECONDS + image.height / SLOWEST_ROWS_PER_SECOND)

    def _why(self) -> PrinterFault:
        """The connection broke or stalled in the middle of a slip: ask once more, afresh, for the reason, and clear."""
        try:
            with self._connected() as link:
                link.clear()
                return link.state().fault or PrinterFault.UNREACHABLE
        except _Faulty as faulty:
            return faulty.fault

    @contextlib.contextmanager
    def _connected(self) -> Iterator[_Link]:
        """An open connection; whatever breaks on it is UNREACHABLE."""
        try:
            self._transport.open()
            yield _Link(self._transport, self._timeout)
        except (OSError, EscposError) as error:
            log.debug("printer %s: %s", self._name, error)
            raise _Faulty(PrinterFault.UNREACHABLE) from None
        finally:
            with contextlib.suppress(OSError):
                self._transport.close()

    def _log(self, fault: PrinterFault | None) -> None:
        if fault is not self._last_logged:
            log.warning("printer %s: %s", self._name, fault.value if fault else "ready again")
            self._last_logged = fault


class NoPrinter:
    """What `kind = "none"` gives: a kiosk without a printer still works, and says so before anybody starts."""

    def __init__(self, width: int = 576) -> None:
        self._width = width

    @property
    def width(self) -> int:
        return self._width

    def state(self) -> PrinterState:
        return PrinterState(PrinterFault.UNREACHABLE)

    def prepare(self, image: Image.Image) -> Image.Image:
        return image

    def print(self, image: Image.Image) -> Printed | NotPrinted:
        return NotPrinted(PrinterFault.UNREACHABLE, partly=False)


def open_printer(settings: PrinterSettings) -> Printer:
    """The printer that section [printer] of kiosk.toml names.

    Touches no device, so it may stand before or after the fork: each question opens its own connection.
    """
    timeout = settings.timeout_seconds
    transport: Any
    if settings.kind == "none":
        return NoPrinter(settings.width)
    if settings.kind == "network":
        transport = _Network(settings.host, settings.port, timeout=timeout)
        name = f"{settings.host}:{settings.port}"
    elif settings.kind == "serial":
        transport = _Serial(settings.device, settings.baudrate, timeout=timeout)
        timeout += 4096 * 10 / settings.baudrate  # a question waits behind what the kernel still holds
        name = str(settings.device)
    else:
        transport = _Usb(settings.vendor_id, settings.product_id, timeout=int(timeout * 1000))
        name = f"usb {settings.vendor_id:04x}:{settings.product_id:04x}"
    # Without a width in its profile python-escpos writes a remark to stdout at every image.
    transport.profile.profile_data["media"]["width"]["pixels"] = settings.width
    return EscposPrinter(cast(_Transport, transport), name=name, width=settings.width, timeout=timeout)


def without_real_time_commands(image: Image.Image) -> Image.Image:
    """The same picture, its raster free of DLE EOT, DLE ENQ and DLE DC4.

    Such a sequence is an isolated dot in each of two neighbouring bytes; about one slip in four has one. The dot that
    makes the DLE gets a neighbour. Doing it again changes nothing more.
    """
    raster = image.tobytes().translate(INVERT)
    safe = REAL_TIME.sub(b"\x18", raster)
    return image if safe == raster else Image.frombytes("1", image.size, safe.translate(INVERT))


def _is_status(byte: int) -> bool:
    return byte & 0b1001_0011 == 0b0001_0010
