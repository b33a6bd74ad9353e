"""The receipt printer: ESC/POS over network, USB or serial. The only file that imports escpos.

How a slip is printed, and why one may believe the answer:

    connect → four status questions → clear what an earlier failure left ┃ fragments of 256 rows, the four questions
    after each → cut → "tell me when you have come to here" → Printed

- *The line ┃.* Nothing before it moves paper, so whatever breaks there (refused, reset, hung up on, no name, no device)
  is tried again, with longer and longer pauses, while the budget `timeout_seconds` lasts: many a printer is busy with
  another host, or needs a second after each. Nothing after it is ever sent twice, and `NotPrinted.partly` is this line.
- *Asked, not assumed.* `DLE EOT 1…4` are answered at once, whatever the printer is doing. An answer has bits 1 and 4
  set and bits 0 and 7 clear; any other byte is no answer, and no answer is UNREACHABLE, never "no paper"
  (interface-numbers.md, Receipts).
- *Each answer to its own question.* An answer does not say which question it is to. One at a time is asked, and what
  was asked several times (some hear nothing while they print) is answered as often, or let be, before the next.
- *Between fragments only.* A printer looks for real-time commands in everything it receives, raster included. So the
  questions go between commands, and a raster that happens to hold the start of one is changed by one dot.
- *Done is what the printer says.* Behind the cut goes a process id (`GS ( H`, Epson: answered when the printing is
  completed). Printers that do not know it are asked `GS r 1`, which every ESC/POS printer answers in its turn, after
  all that came before. A printer that answers neither is not believed to have printed, nor is one that gave that
  answer before it was asked.
- *Nothing of the last one.* After a failure the printer is told to drop what it still holds (`DLE DC4 8`), so that a
  new roll does not bring out the rest of a slip in front of the next person, and what the kernel has not delivered is
  dropped too. The next slip begins with the same, and with a cut. The first slip of a process, which cannot know how
  the last of the process before it ended, begins with the same only (a cut feeds, and would leave a blank piece): half
  a command may stand in the printer, and would swallow the beginning of this slip.
- *A connection for each question and each slip.* Printers come back from a power cycle with no memory of the old one,
  network printers hang up on idle hosts, and most serve one host at a time: a connection kept open would only be a
  thing to supervise. Opening one costs a millisecond on a local network, and nothing on USB, where python-escpos would
  reset the printer at every open and is kept from it.
- *Bounded.* One deadline for all before ┃ (`timeout_seconds`), one for all behind it (`_slip_seconds`), one for asking
  why it broke (`timeout_seconds`); within each no single silence is longer than `timeout_seconds`. Looking up a name
  counts, although the resolver knows no deadline.
- *Whatever a driver throws* (`termios.error` is no OSError, a name may be a UnicodeError) means UNREACHABLE, and leaves
  nothing open behind.

- *One at a time, also of processes.* `kiosk check` is another process. A connection is its holder's alone before
  anything is written, configured or flushed: a serial line by flock(2) on the device itself, USB by the kernel, which
  gives an interface to one process, and the network, where there is nothing to lock, by an abstract socket's name.
  Each goes with the process that has it. A visit waits until another process's question is over, which it is within
  `timeout_seconds`, and its own budget begins then; `state_unless_in_use` lets be what is in use for longer. Anybody
  on the machine can take a name: when that time is over, a visit does without it.

Within the process, one lock: a watcher that asks for the state and a slip under way cannot mix their bytes.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import math
import os
import random
import re
import socket
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import serial
import usb.core  # type: ignore[import-untyped]
import usb.util  # type: ignore[import-untyped]

# All that python-escpos has to know of a printer. What it brings is of 35 others, and takes a tenth of a second.
os.environ["ESCPOS_CAPABILITIES_FILE"] = str(Path(__file__).with_name("profile.json"))
from escpos.exceptions import Error as EscposError
from escpos.printer import Network, Serial, Usb
from PIL import Image

from kiosk.hw import addresses
from kiosk.hw.device import NotPrinted, Printed, Printer, PrinterFault, PrinterState

if TYPE_CHECKING:
    from kiosk.config.kiosk import Printer as PrinterSettings

log = logging.getLogger(__name__)

FRAGMENT_ROWS = 256
SLOWEST_ROWS_PER_SECOND = 200  # 25 mm/s at 203 dpi: slower than any receipt printer sold
GRACE_SECONDS = 2.0  # after this without a process id, ask the way that older printers understand
QUESTIONS = 4  # DLE EOT 1 … 4
POLL_SECONDS = 0.25
LONGEST_POLL_SECONDS = 1.0  # each repetition of a question comes after twice the time, up to this
OTHERS_PAUSE_SECONDS = 0.05  # until it is looked again whether another process still has the printer
FIRST_PAUSE_SECONDS = 0.05  # before the second attempt to reach it; each further pause is twice as long
CLEAR_SECONDS = 1.0  # for a printer to say that it has dropped what it held

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
ASK_PAPER = b"\x1dr\x01"  # GS r 1 …
PAPER_ANSWER = re.compile(rb"[\x00-\x0f\x20-\x2f\x40-\x4f\x60-\x6f]")  # … answered with bits 4 and 7 clear

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


class _InUse(_Faulty):
    """Another process has the printer. Nothing was written, configured or flushed."""

    def __init__(self) -> None:
        super().__init__(PrinterFault.UNREACHABLE)


class _Completed(Exception):
    """The printer said what was waited for: all is done."""


class _Transport(Protocol):
    """What this file needs of a python-escpos printer, besides what is added here."""

    deadline: float
    regardless: bool

    def open(self) -> None:
        """Take it, so that no other process has it until `close`. Raises `_InUse`."""

    def close(self) -> None: ...
    def _raw(self, msg: bytes) -> None: ...
    def image(self, img_source: Image.Image, *, impl: str, fragment_height: int) -> None: ...
    def cut(self, *, feed: bool) -> None: ...
    def patience(self) -> float: ...

    def receive(self, seconds: float) -> bytes:
        """What the printer has said, waiting for it at most so long; empty when it has said nothing."""


class _Patient:
    """Every wait of a transport asks here how long it may be."""

    silence: float  # seconds that one wait may take
    deadline = math.inf  # monotonic; no wait goes beyond it
    regardless = False  # of another process that has it, where that is a matter of manners

    def patience(self, more: float = 0.0) -> float:
        """Seconds left for the next wait. `more`: of a wait that takes its time by nature. Raises TimeoutError."""
        left = min(self.silence + more, self.deadline - time.monotonic())
        if left <= 0:
            raise TimeoutError("the time is up")
        return left


class _Network(_Patient, Network):  # type: ignore[misc]
    """TCP, usually port 9100."""

    _device: Any
    _name: socket.socket | None = None  # has the name that stands for the printer on this machine

    def open(self, raise_not_found: bool = True) -> None:
        self.close()
        self._take_name()
        self._device = addresses.connect(self.host, self.port, self.patience)
        self._device.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each question waits 40 ms for an ACK

    def _take_name(self) -> None:
        """An abstract name (unix(7)) is no file: it needs no folder and no right, and goes with whoever has it."""
        with contextlib.suppress(OSError):  # a system that has no such names, and so nobody who has taken one
            self._name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                self._name.bind(f"\0kiosk printer {self.port} {self.host}".encode()[:100])
            except OSError as error:
                if error.errno == errno.EADDRINUSE and not self.regardless:
                    raise _InUse from None

    def _raw(self, msg: bytes) -> None:
        self._device.settimeout(self.patience())
        self._device.sendall(msg)

    def receive(self, seconds: float) -> bytes:
        self._device.settimeout(seconds)
        try:
            data = self._device.recv(256)
        except TimeoutError:
            return b""
        if not data:
            raise ConnectionError("the printer has hung up")
        return bytes(data)

    def close(self) -> None:
        """Hang up. What the printer has not yet taken is not delivered behind our back."""
        if self._device:
            with contextlib.suppress(OSError):
                if any(fcntl.ioctl(self._device, termios.TIOCOUTQ, bytes(4))):
                    self._device.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._device.close()
        self._device = False
        if self._name:
            self._name.close()
        self._name = None


class _Serial(_Patient, Serial):  # type: ignore[misc]
    """A serial line, or a USB printer that shows as one."""

    _device: Any

    def open(self, raise_not_found: bool = True) -> None:
        """pyserial locks what it has opened before it does anything with it, when it is to be exclusive; python-escpos
        does not pass that on. EBUSY: a program that knows no flock has shut out all others (TIOCEXCL)."""
        self.close()
        try:
            self._device = serial.Serial(self.devfile, self.baudrate, dsrdtr=self.dsrdtr, exclusive=True)
        except serial.SerialException as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EBUSY):
                raise _InUse from None
            raise

    def _raw(self, msg: bytes) -> None:
        self._device.write_timeout = self.patience(1.5 * len(msg) * 10 / self.baudrate)  # ten bits a byte
        self._device.write(msg)

    def receive(self, seconds: float) -> bytes:
        self._device.timeout = seconds
        return bytes(self._device.read(max(1, self._device.in_waiting)))

    def close(self) -> None:
        if self._device:
            with contextlib.suppress(Exception):  # termios.error; close() would wait for a stuck line to drain
                self._device.reset_output_buffer()
            with contextlib.suppress(Exception):  # a child that was started meanwhile may have it open for a moment
                fcntl.flock(self._device.fd, fcntl.LOCK_UN)
            with contextlib.suppress(Exception):  # of a device that has gone
                self._device.close()
        self._device = False


class _Usb(_Patient, Usb):  # type: ignore[misc]
    """USB printer class, found by its ids."""

    _device: Any

    def open(self, raise_not_found: bool = True) -> None:
        try:
            super().open(raise_not_found)
        except usb.core.NoBackendError:
            raise OSError("libusb is missing: install libusb-1.0-0") from None
        try:
            for _ in range(8):  # what an earlier question left unread
                if not self.receive(0.002):
                    break
        except usb.core.USBError as error:  # the first transfer claims the interface, and the kernel gives it to one
            if error.errno == errno.EBUSY and not self._kernel_has_it():
                raise _InUse from None
            raise

    def _kernel_has_it(self) -> bool:
        """Its own driver could not be detached, and has it for good."""
        with contextlib.suppress(NotImplementedError, usb.core.USBError):
            return bool(self._device.is_kernel_driver_active(0))
        return False

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
        taken = self._device.write(self.out_ep, msg, _milliseconds(self.patience()))
        if taken != len(msg):  # pyusb keeps silent about a short write
            raise TimeoutError("the printer took only a part")

    def receive(self, seconds: float) -> bytes:
        try:
            return bytes(self._device.read(self.in_ep, 512, _milliseconds(seconds)))
        except usb.core.USBTimeoutError:
            return b""

    def close(self) -> None:
        with contextlib.suppress(Exception):  # of a device that has gone
            super().close()
        self._device = False


class _Link:
    """One open connection: what has been heard, and the questions."""

    def __init__(self, transport: _Transport) -> None:
        self.transport = transport
        self.heard = bytearray()
        self.slowness = 0.0  # seconds that four answers take, each as slow as the slowest so far …
        self.slower: Callable[[], None] = lambda: None  # … called when that may have grown
        self.interval = (
            POLL_SECONDS  # after which a question is repeated: longer than an answer takes, once that is known
        )
        self.deaf = False  # it has let a question pass unheard while it printed
        self.doubted = 0.0  # an answer may still be owed, and would take this long
        self._awaited: re.Pattern[bytes] | None = None

    def send(self, data: bytes) -> None:
        self.transport._raw(data)

    def listen(self, seconds: float) -> None:
        self.heard += self.transport.receive(seconds)
        if self._awaited and self._awaited.search(self.heard):
            raise _Completed

    def ask(self, n: int, *, again: bool = False) -> int:
        """One `DLE EOT n`. Raises UNREACHABLE when nothing that is an answer comes in time.

        again: repeat it, for printers that hear nothing while they print. One that only answers late answers each time
        it was asked, so what it still owes is waited for: it would count for the next question.
        """
        self.heard = bytearray(byte for byte in self.heard if not _is_status(byte))
        interval = self.interval if again else math.inf
        begun = now = time.monotonic()
        deadline, next_time, asked = now + self.transport.patience(), now, 0
        while now < deadline:
            if now >= next_time:
                self.send(ASK_STATUS + bytes([n]))
                next_time, asked = now + interval, asked + 1
                interval = max(interval, min(2 * interval, LONGEST_POLL_SECONDS))
            self.listen(min(deadline, next_time) - now)
            now = time.monotonic()
            if answers := self._answers:
                self._take_owed(asked, now - begun)
                self.slowness = max(self.slowness, QUESTIONS * (time.monotonic() - begun))
                self.slower()
                return answers[0]
        raise _Faulty(PrinterFault.UNREACHABLE)

    @property
    def _answers(self) -> list[int]:
        return [byte for byte in self.heard if _is_status(byte)]

    def _take_owed(self, asked: int, late: float) -> None:
        """The other answers to a question that was asked several times. late: seconds until the first of them.

        A printer takes no longer for each of the rest; one that lets so long pass had not heard the question. Whoever
        has done that once is not waited for so long again; and as that is no certainty, `check` makes sure of a fault.
        """
        quiet = late + POLL_SECONDS
        while (have := len(self._answers)) < asked:
            self._hear_more(POLL_SECONDS if self.deaf else quiet)
            if len(self._answers) == have:
                self.deaf, self.doubted = self.deaf or have == 1, max(self.doubted, quiet)
                break
        if len(self._answers) > 1:
            self.deaf, self.interval = False, max(self.interval, quiet)

    def _hear_more(self, seconds: float) -> None:
        """Listen until there is another answer to a question, or so long."""
        have, until = len(self._answers), time.monotonic() + min(seconds, self.transport.patience())
        while len(self._answers) == have and (left := until - time.monotonic()) > 0:
            self.listen(left)

    def state(self, *, at_work: bool = False) -> PrinterState:
        answers = {n: self.ask(n, again=at_work) for n in range(1, QUESTIONS + 1)}
        if not at_work:
            self.interval = POLL_SECONDS + self.slowness
        fault = next((fault for n, bits, fault in FAULT_BITS if answers[n] & bits), None)
        n, bits = NEAR_END
        return PrinterState(fault, paper_near_end=bool(answers[n] & bits))

    def check(self) -> None:
        """Between fragments, and while the last of them come out. A fault is only one when no answer is in doubt."""
        while fault := self.state(at_work=True).fault:
            if not self.doubted:
                raise _Faulty(fault)
            self.interval = max(2 * self.interval, self.doubted)
            while self._answers:  # whatever is still to come, until nothing comes
                self.heard.clear()
                self._hear_more(2 * self.doubted)
            self.doubted = 0.0

    def clear(self) -> None:
        """Make the printer drop what it holds; wait for it to say so, but not for a printer that never will."""
        self.heard.clear()
        self.send(CLEAR)
        deadline = time.monotonic() + min(CLEAR_SECONDS, self.transport.patience() / 2)
        while CLEARED not in self.heard and (left := deadline - time.monotonic()) > 0:
            self.listen(left)

    def await_done(self) -> None:
        """Return when the printer says that it has worked through everything sent so far. Raises its fault, if any."""
        process_id = bytes(random.choices(PROCESS_ID_LETTERS, k=4))
        self.heard.clear()
        self._awaited = re.compile(re.escape(PROCESS_ID_ANSWER + process_id + b"\x00"))
        start = time.monotonic()
        try:
            self.send(PROCESS_ID + process_id)
            while True:
                self.listen(min(POLL_SECONDS, self.transport.patience()))
                self.check()
                if self._awaited is not PAPER_ANSWER and time.monotonic() - start > GRACE_SECONDS:
                    self._hear_it_silent()
                    self._awaited = PAPER_ANSWER
                    self.send(ASK_PAPER)
        except _Completed:
            return
        finally:
            self._awaited = None

    def _hear_it_silent(self) -> None:
        """What is about to be asked is answered by one byte of sixty-four: who says such a byte before it was asked is
        not believed when it says it again."""
        self.heard.clear()
        for _ in range(2):  # a process id that comes at last has such bytes, too, and may come in two pieces
            self.listen(POLL_SECONDS)
            if not PAPER_ANSWER.search(self.heard):
                return
        raise _Faulty(PrinterFault.UNREACHABLE)


class EscposPrinter:
    """Implements `hw.device.Printer`. Give it a transport; `open_printer` does.

    timeout: seconds. row_seconds: the longest that a row may take on the line and on the paper.
    """

    def __init__(self, transport: _Transport, *, name: str, width: int, timeout: float, row_seconds: float) -> None:
        self._transport = transport
        self._name = name
        self._width = width
        self._timeout = timeout
        self._row_seconds = row_seconds
        self._lock = threading.Lock()
        self._clean = False  # is it known that nothing of an earlier slip stands in the printer's buffer?
        self._leftover = False  # does one of ours perhaps hang out of the slot?
        self._last_logged: PrinterFault | None = None

    @property
    def width(self) -> int:
        return self._width

    def state(self) -> PrinterState:
        with self._lock:
            try:
                with self._reached(_Link.state) as (_link, state):
                    pass
            except _Faulty as faulty:
                state = PrinterState(faulty.fault)
            self._log(state.fault)
            return state

    def state_unless_in_use(self) -> PrinterState | None:
        """None: another process has it, for longer than a question takes."""
        with self._lock:
            try:
                with self._reached(_Link.state, regardless=False) as (_link, state):
                    return state
            except _InUse:
                return None
            except _Faulty as faulty:
                return PrinterState(faulty.fault)

    def prepare(self, image: Image.Image) -> Image.Image:
        return without_real_time_commands(image)

    def print(self, image: Image.Image) -> Printed | NotPrinted:
        if image.mode != "1" or image.width != self._width:
            raise ValueError(f"not a 1-bit image of {self._width} dots: {image.mode}, {image.width} dots")
        with self._lock:
            sent = False  # has a byte gone out that could move paper?
            try:
                with self._reached(self._make_ready) as (link, state):
                    if state.fault:
                        raise _Faulty(state.fault)
                    sent = True
                    try:
                        self._send(link, image)
                    except _Faulty as faulty:
                        if faulty.fault is not PrinterFault.UNREACHABLE:
                            self._clear_after_failure(link)
                        raise
            except _Faulty as faulty:
                fault = faulty.fault
                if sent:
                    self._clean, self._leftover = False, True
                    if fault is PrinterFault.UNREACHABLE:
                        fault = self._why()
                self._log(fault)
                return NotPrinted(fault, partly=sent)
            self._clean, self._leftover = True, False
            self._log(None)
            return Printed()

    def _make_ready(self, link: _Link) -> PrinterState:
        """All that a slip needs and that moves no paper."""
        state = link.state()
        if state.fault is None:
            if not self._clean:
                link.clear()
            link.send(INITIALISE + NO_STATUS_BY_ITSELF)
        return state

    def _send(self, link: _Link, image: Image.Image) -> None:
        begun = time.monotonic()

        def give_time() -> None:
            self._transport.deadline = begun + self._slip_seconds(image.height, link.slowness)

        give_time()
        link.slower = give_time
        if self._leftover:
            link.transport.cut(feed=False)
        safe = self.prepare(image)
        for top in range(0, image.height, FRAGMENT_ROWS):
            fragment = safe.crop((0, top, image.width, min(top + FRAGMENT_ROWS, image.height)))
            link.transport.image(fragment, impl="graphics", fragment_height=FRAGMENT_ROWS)
            link.check()
        link.transport.cut(feed=False)
        link.await_done()

    def _slip_seconds(self, rows: int, slowness: float) -> float:
        """The longest that a slip may take. Its printer answers as slowly between the next fragments as it did so far,
        up to a limit."""
        fragments = math.ceil(rows / FRAGMENT_ROWS)
        questions = (fragments + 2) * min(slowness, self._timeout)
        return self._timeout + GRACE_SECONDS + rows * self._row_seconds + questions

    def longest_seconds(self, rows: int) -> float:
        """A question that is under way, reaching it, the slip, and why it broke; another process may have to be waited
        for before each but the slip."""
        return 3 * 2 * self._timeout + 2 * CLEAR_SECONDS + self._slip_seconds(rows, math.inf)

    def _clear_after_failure(self, link: _Link) -> None:
        """The fault is known already; whether this succeeds changes nothing about it."""
        self._transport.deadline = time.monotonic() + 2 * CLEAR_SECONDS
        with contextlib.suppress(Exception):
            link.clear()

    def _why(self) -> PrinterFault:
        """The connection broke or stalled in the middle of a slip: ask once more, afresh, for the reason, and clear."""

        def clear_and_ask(link: _Link) -> PrinterState:
            link.clear()
            return link.state()

        try:
            with self._reached(clear_and_ask) as (_link, state):
                return state.fault or PrinterFault.UNREACHABLE
        except _Faulty as faulty:
            return faulty.fault

    @contextlib.contextmanager
    def _reached(
        self, greet: Callable[[_Link], PrinterState], *, regardless: bool = True
    ) -> Iterator[tuple[_Link, PrinterState]]:
        """An open connection, and what `greet` heard on it. Whatever breaks on it is UNREACHABLE.

        What breaks before that answer is tried again within the budget: `greet` moves no paper. Raises `_InUse` when
        another process has had it for longer than a question takes, and it cannot, or shall not, be done regardless.
        """
        try:
            with self._broken_is_unreachable():
                yield self._reach(greet, regardless)
        finally:
            self._transport.close()

    def _reach(self, greet: Callable[[_Link], PrinterState], regardless: bool) -> tuple[_Link, PrinterState]:
        deadline = time.monotonic() + self._timeout
        pause, waited = FIRST_PAUSE_SECONDS, 0.0  # for other processes: that is not of the budget
        while True:
            begun, patient = time.monotonic(), waited < self._timeout
            self._transport.deadline = deadline + waited
            self._transport.regardless = regardless and not patient
            try:
                with self._broken_is_unreachable():
                    self._transport.open()
                    link = _Link(self._transport)
                    return link, greet(link)
            except _InUse:
                self._transport.close()
                if not patient:
                    log.debug("printer %s: another process has it", self._name)
                    raise
                time.sleep(OTHERS_PAUSE_SECONDS)
                waited += time.monotonic() - begun
                continue
            except _Faulty:
                self._transport.close()
                left = deadline + waited - time.monotonic()
                if left < FIRST_PAUSE_SECONDS:
                    raise
            time.sleep(min(pause, left / 2))
            pause *= 2

    @contextlib.contextmanager
    def _broken_is_unreachable(self) -> Iterator[None]:
        """Whatever a driver throws is the end of a connection, never of the thread that asked."""
        try:
            yield
        except _Faulty:
            raise
        except (OSError, EscposError, termios.error, UnicodeError) as error:
            log.debug("printer %s: %s", self._name, error)
            raise _Faulty(PrinterFault.UNREACHABLE) from None
        except Exception as error:
            log.warning("printer %s: unexpected %s", self._name, type(error).__name__)
            raise _Faulty(PrinterFault.UNREACHABLE) from None

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

    def longest_seconds(self, rows: int) -> float:
        return 0.0

    def print(self, image: Image.Image) -> Printed | NotPrinted:
        return NotPrinted(PrinterFault.UNREACHABLE, partly=False)


def open_printer(settings: PrinterSettings) -> Printer:
    """The printer that section [printer] of kiosk.toml names.

    Touches no device, so it may stand before or after the fork: each question opens its own connection.
    """
    timeout = silence = settings.timeout_seconds
    row_seconds = 1 / SLOWEST_ROWS_PER_SECOND
    transport: Any
    if settings.kind == "none":
        return NoPrinter(settings.width)
    if settings.kind == "network":
        transport = _Network(settings.host, settings.port)
        name = f"{settings.host}:{settings.port}"
    elif settings.kind == "serial":
        transport = _Serial(settings.device, settings.baudrate)
        timeout += 4096 * 10 / settings.baudrate  # a question waits behind what the kernel still holds …
        silence = settings.timeout_seconds + 16384 * 10 / settings.baudrate  # … and of a slip an adapter may, besides
        row_seconds += settings.width / 8 * 10 / settings.baudrate
        name = str(settings.device)
    else:
        transport = _Usb(settings.vendor_id, settings.product_id)
        name = f"usb {settings.vendor_id:04x}:{settings.product_id:04x}"
    transport.silence = max(timeout, silence)
    # Without a width in its profile python-escpos writes a remark to stdout at every image.
    transport.profile.profile_data["media"]["width"]["pixels"] = settings.width
    return EscposPrinter(
        cast(_Transport, transport), name=name, width=settings.width, timeout=timeout, row_seconds=row_seconds
    )


def state_unless_in_use(settings: PrinterSettings) -> PrinterState | None:
    """For who only wants to know, and is no part of a visit. None: another process has it, a slip's most likely."""
    printer = open_printer(settings)
    return printer.state_unless_in_use() if isinstance(printer, EscposPrinter) else printer.state()


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


def _milliseconds(seconds: float) -> int:
    """As pyusb counts, where 0 would mean for ever."""
    return max(1, int(seconds * 1000))
