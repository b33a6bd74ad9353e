"""The virtual receipt printer: a TCP server that reads ESC/POS, draws the paper, and answers for its state.

Two threads, as in the real thing. One receives: it cuts the byte stream into commands, and answers real-time commands
(`DLE EOT`, `DLE DC4 8`) the moment they arrive, whatever else is going on, also when one turns up inside the data of
another command, as real printers do; a question there is a mistake of the sender, so it is noted as a fault too.
The other prints: it takes the commands in turn, stops while the printer is offline, draws row by row and cuts.

It knows the commands that raster printing needs, and their lengths come from one table. Everything else, printable text
included, is noted in `faults`, which a test expects to be empty. Source of the commands: Epson's ESC/POS reference.

    python -m kiosk.sim.printer --paper slips/
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import re
import signal
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

ESC, GS, DLE = 0x1B, 0x1D, 0x10
LINE_ROWS = 30  # ESC d feeds lines of 1/6 inch
BACKLOG_COMMANDS = 64  # what the printer takes before it makes the host wait
INVERT = bytes(range(255, -1, -1))  # the wire says 1 for black, a PIL image 0
CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
REAL_TIME = re.compile(rb"\x10\x04[\x01-\x04]|" + re.escape(CLEAR))
CLEARED = b"\x37\x25\x00"


@dataclass(frozen=True)
class Slip:
    """One piece of paper, as it fell into the tray."""

    number: int
    image: Image.Image  # mode "1"


@dataclass
class Switches:
    """What can be wrong with it. Set these on `VirtualPrinter.switches` at any time, from any thread."""

    paper_end: bool = False
    near_end: bool = False
    cover_open: bool = False
    offline: bool = False
    cutter: bool = False
    error: bool = False
    mute: bool = False  # takes everything, answers nothing
    garble: bool = False  # answers status questions with a byte that is no status
    no_process_id: bool = False  # an older printer, which does not know GS ( H
    no_clear: bool = False  # nor DLE DC4 8
    deaf_at_work: bool = False  # hears no status question while it has something to print
    answer_after_seconds: float | None = None  # each status answer comes so late
    remembers: bool = False  # a power cut leaves it what it had received: it prints on when it is back
    jam_next_cut: bool = False  # the cutter sticks at the next cut
    paper_rows: int | None = None  # rows until the roll ends; None: a new roll
    die_after_bytes: int | None = None  # the power fails after so many more bytes, once
    reset_after_bytes: int | None = None  # the connection is reset after so many more; it prints what it has, once
    hang_up_next: int | None = None  # hangs up on so many connections as soon as they are made
    reset_next: int | None = None  # the same, with a reset
    accept_after_seconds: float | None = None  # lets each host wait so long before it reads
    rest_seconds: float | None = None  # serves one host, refuses all others, and everybody for so long after each
    rows_per_second: float | None = None  # None: as fast as it can

    @property
    def stopped(self) -> bool:
        return self.paper_end or self.cover_open or self.offline or self.cutter or self.error

    def status(self, n: int) -> int:
        """The answer to `DLE EOT n` (interface-numbers.md, Receipts)."""
        bits = {
            1: 0x08 * self.stopped,
            2: 0x04 * self.cover_open | 0x20 * self.paper_end | 0x40 * self.error,
            3: 0x08 * self.cutter | 0x20 * self.error,
            4: 0x0C * (self.near_end or self.paper_end) | 0x60 * self.paper_end,
        }
        return 0x11 if self.garble else 0x12 | bits[n]


class Stream:
    """Cuts what arrives into commands, however it was chopped up on the way."""

    def __init__(self, real_time: Callable[[bytes], None], fault: Callable[[str], None]) -> None:
        self._real_time = real_time
        self._fault = fault
        self._buffer = bytearray()
        self._tail = b""  # the last bytes received, in which a real-time command may have begun

    def clear(self) -> None:
        self._buffer.clear()
        self._tail = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The commands completed by `data`, in order. Real-time commands are obeyed first, wherever they stand."""
        received, done, start = self._tail + data, len(self._tail), 0
        for match in REAL_TIME.finditer(received):
            if match.end() > len(self._tail):
                self._real_time(match[0])
                if match[0] == CLEAR:  # nothing that came before it counts any more
                    self.clear()
                    done = start = match.end()
        self._buffer += received[done:]
        self._tail = received[max(start, len(received) - len(CLEAR) + 1) :]
        while (length := command_length(self._buffer)) and length <= len(self._buffer):
            command = bytes(self._buffer[:length])
            del self._buffer[:length]
            if REAL_TIME.fullmatch(command):
                continue
            if REAL_TIME.search(command):
                self._fault("a real-time command inside the data of another command")
            yield command


def command_length(data: bytes | bytearray) -> int | None:
    """How long the command at the start of `data` is; None when more bytes are needed to tell. Unknown ones: 1."""

    def word(at: int) -> int | None:
        return int.from_bytes(data[at : at + 2], "little") if len(data) >= at + 2 else None

    head = bytes(data[:2])
    if not head or (len(head) == 1 and head[0] in (ESC, GS, DLE)):
        return None
    match head:
        case b"\x1b@" | b"\x1b2":
            return 2
        case b"\x1bd" | b"\x1bJ" | b"\x1ba" | b"\x1b3" | b"\x1da" | b"\x1dr" | b"\x10\x04" | b"\x10\x05":
            return 3
        case b"\x10\x14":
            return None if len(data) < 3 else len(CLEAR) if data[2] == 8 else 5
        case b"\x1dV":
            return None if len(data) < 3 else 4 if data[2] in (65, 66, 97, 98, 103, 104) else 3
        case b"\x1d(":
            size = word(3)
            return None if size is None else 5 + size
        case b"\x1d8":
            return None if len(data) < 7 else 7 + int.from_bytes(data[3:7], "little")
        case b"\x1dv":
            columns, rows = word(4), word(6)
            return None if columns is None or rows is None else 8 + columns * rows
    return 1


class VirtualPrinter:
    """`start()`, print to (`host`, `port`), look at `slips` and `faults`, `stop()`.

    port: 0 takes a free one, which `port` then tells. paper: a directory that keeps each slip as a PNG.
    on_slip: called from the printing thread with each slip.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 9100,
        *,
        width: int = 576,
        paper: Path | None = None,
        on_slip: Callable[[Slip], None] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.width = width
        self.switches = Switches()
        self.slips: list[Slip] = []
        self.faults: list[str] = []
        self._paper = paper
        self._on_slip = on_slip
        self._stream = Stream(self._answer_now, self._fault)
        self._commands: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._epoch = 0  # counts the times the buffers were dropped
        self._rows = bytearray()  # what hangs out of the slot, as raster
        self._stored: tuple[int, int, bytes] | None = None  # graphics stored by GS ( L 112: width, height, raster
        self._align = 0
        self._ended = threading.Event()
        self._at_work = False
        self._listener: socket.socket | None = None
        self._host_socket: socket.socket | None = None
        self._sending = threading.Lock()
        self._threads: list[threading.Thread] = []

    # Life

    def start(self) -> None:
        self._ended.clear()
        self._listener = socket.create_server((self.host, self.port))
        self.port = self._listener.getsockname()[1]
        for work in (self._receive, self._print):
            thread = threading.Thread(target=work, name=f"virtual printer {work.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Power off. `start()` powers on again, on the same port, with empty buffers."""
        with self._changed:
            self._ended.set()
            self._changed.notify_all()
        for open_socket in (self._listener, self._host_socket):
            if open_socket:
                with contextlib.suppress(OSError):
                    open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        self._threads.clear()
        if self._listener:
            self._listener.close()
        self._lose_power()

    @property
    def hanging(self) -> Image.Image:
        """The paper printed since the last cut."""
        with self._changed:
            return self._picture()

    def wait_for_slips(self, count: int, seconds: float = 5.0) -> bool:
        """Wait until so many slips have been cut."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.slips) >= count, seconds)

    # Receiving

    def _receive(self) -> None:
        """One host at a time, like most network printers: the others wait, or are refused."""
        while host := self._next_host():
            with host, contextlib.suppress(OSError):
                if not self._dismissed(host):
                    self._ended.wait(self.switches.accept_after_seconds or 0)
                    while not self._ended.is_set() and (data := host.recv(4096)):
                        if not self._powered(data):
                            break
            self._host_socket = None

    def _next_host(self) -> socket.socket | None:
        """The next connection; None when the printer is switched off."""
        if self._listener is None:
            self._ended.wait(self.switches.rest_seconds or 0)
        with self._changed:
            if self._ended.is_set():
                return None
            self._listener = listener = self._listener or socket.create_server((self.host, self.port))
        try:
            self._host_socket, _ = listener.accept()
        except OSError:
            return None
        if self.switches.rest_seconds is not None:
            with self._changed:
                self._listener = None
            listener.close()
        return self._host_socket

    def _dismissed(self, host: socket.socket) -> bool:
        """Is this host sent away at once?"""
        for switch in ("reset_next", "hang_up_next"):
            if left := getattr(self.switches, switch):
                setattr(self.switches, switch, left - 1)
                if switch == "reset_next":
                    _reset(host)
                return True
        return False

    def _powered(self, data: bytes) -> bool:
        """Take `data` in. False: the power or the connection failed meanwhile."""
        for switch in ("die_after_bytes", "reset_after_bytes"):
            limit = getattr(self.switches, switch)
            if limit is not None:
                setattr(self.switches, switch, max(0, limit - len(data)))
                data = data[:limit]
        for command in self._stream.feed(data):
            with self._changed:
                self._changed.wait_for(lambda: len(self._commands) < BACKLOG_COMMANDS or self._ended.is_set())
                self._commands.append(command)
                self._changed.notify_all()
        if self.switches.die_after_bytes == 0:
            self.switches.die_after_bytes = None
            self._lose_power()
            return False
        if self.switches.reset_after_bytes == 0:
            self.switches.reset_after_bytes = None
            if self._host_socket:
                _reset(self._host_socket)
            return False
        return True

    def _answer_now(self, command: bytes) -> None:
        """A real-time command."""
        if command == CLEAR:
            if not self.switches.no_clear:
                self._drop_buffers()
                self._send(CLEARED)
        elif not (self.switches.deaf_at_work and (self._at_work or self._commands)):
            self._ended.wait(self.switches.answer_after_seconds or 0)
            self._send(bytes([self.switches.status(command[2])]))

    def _send(self, answer: bytes) -> None:
        host = self._host_socket
        if host and not self.switches.mute:
            with self._sending, contextlib.suppress(OSError):
                host.sendall(answer)

    def _lose_power(self) -> None:
        self._stream.clear()
        if not self.switches.remembers:
            self._drop_buffers()

    def _drop_buffers(self) -> None:
        with self._changed:
            self._stream.clear()
            self._commands.clear()
            self._stored = None
            self._epoch += 1
            self._changed.notify_all()

    # Printing

    def _print(self) -> None:
        while not self._ended.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._commands or self._ended.is_set(), 0.5)
                if not self._commands:
                    continue
                epoch = self._epoch
                self._at_work = True
                command = self._commands.popleft()
                self._changed.notify_all()
            if self._ready(epoch):
                self._execute(command, epoch)
            self._at_work = False

    def _ready(self, epoch: int) -> bool:
        """Wait while the printer is stopped. False: what was to be printed has been dropped meanwhile."""
        while self.switches.stopped and epoch == self._epoch and not self._ended.is_set():
            time.sleep(0.005)
        return epoch == self._epoch and not self._ended.is_set()

    def _execute(self, command: bytes, epoch: int) -> None:
        stride = self.width // 8
        match command[:2]:
            case b"\x1b@":
                self._align, self._stored = 0, None
            case b"\x1ba":
                self._align = command[2] % 48
            case b"\x1bJ":
                self._draw(bytes(stride * command[2]), epoch)
            case b"\x1bd":
                self._draw(bytes(stride * LINE_ROWS * command[2]), epoch)
            case b"\x1b2" | b"\x1b3":
                pass  # line spacing moves text only
            case b"\x1da":
                if command[2]:
                    self._fault("automatic status back was switched on")
            case b"\x1dr":
                self._send(bytes([0x03 if self.switches.near_end else 0x00]))
            case b"\x1dV":
                self._cut(epoch)
            case b"\x1dv":
                columns, rows = int.from_bytes(command[4:6], "little") * 8, int.from_bytes(command[6:8], "little")
                self._graphics(columns, rows, command[8:], 1 + (command[3] & 1), 1 + (command[3] >> 1 & 1), epoch)
            case b"\x1d(" | b"\x1d8":
                self._function(command[2:3], command[5:] if command[1:2] == b"(" else command[7:], epoch)
            case _:
                self._unknown(command)

    def _function(self, family: bytes, body: bytes, epoch: int) -> None:
        """`GS ( …` and `GS 8 …`: body is what follows the length."""
        match family, body[:2]:
            case b"L", b"0p" if len(body) >= 10 and body[2:3] == b"0":
                self._store(body, epoch)
            case b"L", b"02" | b"0\x02":
                with self._changed:
                    stored, self._stored = self._stored, None
                    dropped = epoch != self._epoch
                if stored:
                    self._graphics(*stored, 1, 1, epoch)
                elif not dropped:
                    self._fault("asked to print graphics, but none are stored")
            case b"H", b"00" if len(body) == 6:
                if not self.switches.no_process_id:
                    self._send(b'\x37"' + body[2:6] + b"\x00")
            case b"k", _:
                pass  # a QR code drawn by the printer: ours come as pictures
            case _:
                self._fault(f"unknown command GS ( {family.decode('latin-1')} {body[:2].hex(' ')}")

    def _store(self, body: bytes, epoch: int) -> None:
        """Function 112: m fn a bx by c xL xH yL yH, then the raster."""
        across, down = body[3], body[4]
        columns, rows = int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little")
        raster = body[10:]
        if len(raster) != (columns + 7) // 8 * rows:
            self._fault(f"graphics of {columns} x {rows} dots came with {len(raster)} bytes")
        elif (across, down) != (1, 1):
            self._fault("graphics are to be stretched")
        else:
            with self._changed:
                self._stored = (columns, rows, raster) if epoch == self._epoch else None

    def _graphics(self, columns: int, rows: int, raster: bytes, across: int, down: int, epoch: int) -> None:
        picture = Image.frombytes("1", (columns, rows), raster)
        picture = picture.resize((columns * across, rows * down), Image.Resampling.NEAREST)
        if picture.width > self.width:
            self._fault(f"graphics of {picture.width} dots on paper of {self.width}")
        line = Image.new("1", (self.width, picture.height), 0)
        line.paste(picture, ((self.width - picture.width) * self._align // 2 if picture.width < self.width else 0, 0))
        self._draw(line.tobytes(), epoch)

    def _draw(self, raster: bytes, epoch: int) -> None:
        """Row by row, as long as there is paper."""
        stride = self.width // 8
        at, speed, begun = 0, self.switches.rows_per_second, time.monotonic()
        while at < len(raster) and self._ready(epoch):
            with self._changed:
                rows = (len(raster) - at) // stride
                if speed:
                    rows = min(rows, 8)
                if self.switches.paper_rows is not None:
                    rows = min(rows, self.switches.paper_rows)
                    self.switches.paper_rows -= rows
                self._rows += raster[at : at + rows * stride]
                at += rows * stride
                if self.switches.paper_rows == 0:
                    self.switches.paper_rows, self.switches.paper_end = None, True
            if speed:
                self._ended.wait(max(0.0, begun + at / stride / speed - time.monotonic()))

    def _cut(self, epoch: int) -> None:
        if self.switches.jam_next_cut:
            self.switches.jam_next_cut, self.switches.cutter = False, True
        if not self._ready(epoch):
            return
        with self._changed:
            if not self._rows:
                return
            slip = Slip(len(self.slips) + 1, self._picture())
            self._rows.clear()
            if self._paper:
                self._paper.mkdir(parents=True, exist_ok=True)
                slip.image.save(self._paper / f"slip-{slip.number:04}.png")
            self.slips.append(slip)
            self._changed.notify_all()
        if self._on_slip:
            self._on_slip(slip)

    def _picture(self) -> Image.Image:
        stride = self.width // 8
        return Image.frombytes("1", (self.width, len(self._rows) // stride), bytes(self._rows).translate(INVERT))

    def _unknown(self, command: bytes) -> None:
        byte = command[0]
        self._fault(f"text (byte {byte:#04x})" if byte >= 0x20 else f"unknown command, byte {byte:#04x}")

    def _fault(self, text: str) -> None:
        if not self.faults or self.faults[-1] != text:
            self.faults.append(text)


def _reset(host: socket.socket) -> None:
    """Let its closing be a reset."""
    host.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


SWITCH_HELP = """
While it runs, type a switch and its value to break it or mend it, for example
    paper_end on        cover_open off        paper_rows 300        rows_per_second 600        paper_rows none

switches (on or off):
    paper_end near_end cover_open offline cutter error   a state it reports truthfully; all but near_end stop it
    mute             takes everything, answers nothing
    garble           answers with a byte that is no status
    no_process_id    does not know GS ( H, like older printers; no_clear: nor DLE DC4 8
    deaf_at_work     hears no status question while it prints
    remembers        prints on after a power cut
    jam_next_cut     the cutter sticks at the next cut
switches (a number, or none):
    paper_rows       rows until the roll ends           die_after_bytes    the power fails after so many bytes, once
    rows_per_second  printing speed; real ones: 400 to 2400                reset_after_bytes  the connection does
    hang_up_next reset_next        connections that it ends as soon as they are made
    accept_after_seconds answer_after_seconds           how late it reads, and answers a status question
    rest_seconds     serves one host, refuses others, and everybody for so long after each
"""


def set_switch(switches: Switches, line: str) -> str:
    """Do what one typed line says; return one line that says what was done, or what is wrong with it."""
    words = line.split()
    names = {field.name: str(field.type) for field in dataclasses.fields(Switches)}
    if len(words) != 2 or words[0] not in names:
        return f"type a switch and its value; the switches are {', '.join(names)}"
    name, value = words
    if names[name] == "bool":
        if value not in ("on", "off"):
            return f"{name} is on or off"
        setattr(switches, name, value == "on")
    else:
        try:
            number = None if value == "none" else float(value) if "float" in names[name] else int(value)
        except ValueError:
            return f"{name} is a number or none"
        setattr(switches, name, number)
    return f"{name} {value}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m kiosk.sim.printer",
        description="A virtual ESC/POS receipt printer. --paper keeps each slip as a PNG.",
        epilog=SWITCH_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=9100, help="TCP port; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--width", type=int, choices=(576, 512), default=576, help="dots across (default: %(default)s)")
    parser.add_argument("--paper", type=Path, metavar="DIR", help="keep every slip there as slip-0001.png and so on")
    options = parser.parse_args(arguments)

    def told(slip: Slip) -> None:
        print(f"slip {slip.number}: {slip.image.height} rows", flush=True)

    printer = VirtualPrinter(options.host, options.port, width=options.width, paper=options.paper, on_slip=told)
    try:
        printer.start()
    except OSError as error:
        where = f"{options.host}:{options.port}"
        print(f"cannot listen on {where}: {error.strerror}; choose another --port", file=sys.stderr)
        return 1
    print(f"printing on {printer.host}:{printer.port}", flush=True)

    def obey() -> None:
        for line in sys.stdin:
            print(set_switch(printer.switches, line), flush=True)

    threading.Thread(target=obey, daemon=True).start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    printer.stop()
    for fault in printer.faults:
        print(f"fault in the stream: {fault}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
