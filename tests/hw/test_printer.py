"""The printer as production drives it (hw/printer.py), over TCP, a serial line and pyusb, onto virtual paper."""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import functools
import itertools
import os
import random
import re
import select
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

import pytest
import serial
import usb.core  # type: ignore[import-untyped]
from PIL import Image, ImageDraw
from usb.backend import IBackend  # type: ignore[import-untyped]

from kiosk.config.kiosk import Printer as PrinterSettings
from kiosk.hw.device import NotPrinted, Printed, Printer, PrinterFault, PrinterState
from kiosk.hw.printer import open_printer, state_unless_in_use, without_real_time_commands
from kiosk.sim.printer import Stream, Switches, VirtualPrinter, set_switch

TIMEOUT = 0.5


@pytest.fixture(params=[576, 512])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def paper(width: int) -> Iterator[VirtualPrinter]:
    printer = VirtualPrinter(port=0, width=width)
    printer.start()
    yield printer
    printer.stop()
    assert printer.faults == []


@pytest.fixture
def narrow() -> Iterator[VirtualPrinter]:
    """For tests that the width does not matter to."""
    printer = VirtualPrinter(port=0, width=512)
    printer.start()
    yield printer
    printer.stop()
    assert printer.faults == []


def over_network(paper: VirtualPrinter, timeout: float = TIMEOUT) -> Printer:
    return open_printer(
        PrinterSettings(
            kind="network",
            host=paper.host,
            port=paper.port,
            width=576 if paper.width == 576 else 512,
            timeout_seconds=timeout,
        )
    )


def picture(width: int, height: int = 1000) -> Image.Image:
    """Every row differs from its neighbours, so that a lost, doubled or moved one shows."""
    image = Image.new("1", (width, height), 255)
    draw = ImageDraw.Draw(image)
    for y in range(0, height, 2):
        draw.line((0, y, (y * 37) % width, y), fill=0)
    draw.text((20, 20), "0123456789", fill=0)
    return image


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and one.tobytes() == other.tobytes()


def test_the_paper_is_the_picture_dot_for_dot(paper: VirtualPrinter) -> None:
    image = picture(paper.width)
    assert over_network(paper).print(image) == Printed()
    [slip] = paper.slips
    assert same(slip.image, image)


@pytest.mark.parametrize("height", [1, 255, 256, 257, 512])
def test_slips_of_any_length_come_out_whole(narrow: VirtualPrinter, height: int) -> None:
    image = picture(512, height)
    assert over_network(narrow).print(image) == Printed()
    assert same(narrow.slips[0].image, image)


def test_a_ready_printer_says_so_and_a_roll_near_its_end_too(narrow: VirtualPrinter) -> None:
    printer = over_network(narrow)
    assert printer.state() == PrinterState(None)
    narrow.switches.near_end = True
    assert printer.state() == PrinterState(None, paper_near_end=True)
    assert printer.print(picture(512, 100)) == Printed()


FAULTS = [
    ("cover_open", PrinterFault.COVER_OPEN),
    ("paper_end", PrinterFault.PAPER_END),
    ("cutter", PrinterFault.CUTTER),
    ("error", PrinterFault.ERROR),
    ("offline", PrinterFault.OFFLINE),
    ("mute", PrinterFault.UNREACHABLE),
    ("garble", PrinterFault.UNREACHABLE),
]


@pytest.mark.parametrize(("switch", "fault"), FAULTS)
def test_each_fault_is_named_before_a_dot_is_sent(narrow: VirtualPrinter, switch: str, fault: PrinterFault) -> None:
    printer = over_network(narrow)
    setattr(narrow.switches, switch, True)
    assert printer.state().fault is fault
    assert printer.print(picture(512, 100)) == NotPrinted(fault, partly=False)
    setattr(narrow.switches, switch, False)
    assert printer.state() == PrinterState(None)
    assert narrow.slips == [] and narrow.hanging.height == 0


def test_an_open_cover_is_not_taken_for_missing_paper(narrow: VirtualPrinter) -> None:
    narrow.switches.cover_open = narrow.switches.paper_end = True
    assert over_network(narrow).state().fault is PrinterFault.COVER_OPEN


def test_a_printer_that_is_not_there_is_unreachable(narrow: VirtualPrinter) -> None:
    printer = over_network(narrow)
    narrow.stop()
    assert printer.state() == PrinterState(PrinterFault.UNREACHABLE)
    assert printer.print(picture(512, 100)) == NotPrinted(PrinterFault.UNREACHABLE, partly=False)
    narrow.start()
    assert printer.print(picture(512, 100)) == Printed(), "found again after a power cycle, without a restart of ours"


def test_a_kiosk_without_a_printer_says_so() -> None:
    printer = open_printer(PrinterSettings(kind="none", width=512))
    assert printer.width == 512
    assert printer.state() == PrinterState(PrinterFault.UNREACHABLE)
    assert printer.print(picture(512, 10)) == NotPrinted(PrinterFault.UNREACHABLE, partly=False)


def test_paper_that_ends_on_the_way_is_told_and_the_rest_never_comes_out(narrow: VirtualPrinter) -> None:
    printer = over_network(narrow)
    narrow.switches.paper_rows = 300
    image = picture(512)
    assert printer.print(image) == NotPrinted(PrinterFault.PAPER_END, partly=True)
    assert narrow.hanging.height == 300
    narrow.switches.paper_end = False  # a new roll
    assert printer.state() == PrinterState(None)
    assert narrow.hanging.height == 300, "nothing comes out by itself"
    assert printer.print(image) == Printed()
    leftover, slip = narrow.slips
    assert leftover.image.height == 300
    assert same(slip.image, image), "the reprint is whole and on its own piece of paper"


def test_paper_that_ends_near_the_end_of_a_slow_slip_is_told(narrow: VirtualPrinter) -> None:
    """All has been sent by then: only asking afterwards can tell."""
    narrow.switches.rows_per_second = 2000
    narrow.switches.paper_rows = 900
    assert over_network(narrow).print(picture(512)) == NotPrinted(PrinterFault.PAPER_END, partly=True)
    assert narrow.slips == []


def test_a_cutter_that_sticks_at_the_end_is_told(narrow: VirtualPrinter) -> None:
    printer = over_network(narrow)
    narrow.switches.jam_next_cut = True
    assert printer.print(picture(512, 300)) == NotPrinted(PrinterFault.CUTTER, partly=True)
    assert printer.state().fault is PrinterFault.CUTTER
    narrow.switches.cutter = False
    assert printer.print(picture(512, 300)) == Printed()
    assert [slip.image.height for slip in narrow.slips] == [300, 300], "the slip that hung there, then the reprint"


@pytest.mark.parametrize("after", [40, 20_000, 60_000])
def test_a_power_cut_in_the_middle_says_partly(narrow: VirtualPrinter, after: int) -> None:
    printer = over_network(narrow)
    image = picture(512)
    narrow.switches.die_after_bytes = after
    assert printer.print(image) == NotPrinted(PrinterFault.UNREACHABLE, partly=True)
    assert narrow.slips == []
    assert printer.print(image) == Printed()
    assert [same(slip.image, image) for slip in narrow.slips].count(True) == 1, "one whole slip, no double"


def test_the_cover_opened_in_the_middle_is_told(narrow: VirtualPrinter) -> None:
    narrow.switches.rows_per_second = 1000
    results: list[Printed | NotPrinted] = []
    printing = threading.Thread(target=lambda: results.append(over_network(narrow).print(picture(512))))
    printing.start()
    while narrow.hanging.height < 100:
        printing.join(0.01)
    narrow.switches.cover_open = True
    printing.join()
    assert results == [NotPrinted(PrinterFault.COVER_OPEN, partly=True)]


class Late(Switches):
    """How late each answer is, in seconds, one after the other; and a drawer whose pin is high (DLE EOT 1, bit 2)."""

    def __init__(self, late: Iterable[float]) -> None:
        super().__init__(rows_per_second=600)
        self._late, self.begun, self._lock = iter(late), False, threading.Lock()

    def status(self, n: int) -> int:
        if self.begun:
            with self._lock:
                time.sleep(next(self._late))
        return super().status(n) | (0x04 if n == 1 else 0)


AT_WORK = {
    "nothing": None,
    "near_end": None,
    "cover_open": PrinterFault.COVER_OPEN,
    "paper_end": PrinterFault.PAPER_END,
    "cutter": PrinterFault.CUTTER,
    "error": PrinterFault.ERROR,
    "offline": PrinterFault.OFFLINE,
}
LATE: dict[str, Callable[[], Iterable[float]]] = {
    **{f"{late} s": functools.partial(itertools.repeat, late) for late in (0.1, 0.26, 0.3, 0.5, 0.8, 1.5)},
    "each as it likes": lambda: map(random.Random(8).uniform, itertools.repeat(0), itertools.repeat(0.8)),
    "one question of the four": lambda: itertools.cycle((0, 0, 0.6, 0)),
}


@pytest.mark.parametrize("deaf", [False, True], ids=["hears", "deaf"])  # deaf as long as there is something to print
def test_answers_that_come_late_while_it_prints_count_for_no_other_question(deaf: bool) -> None:
    def print_one(late: str, switch: str) -> tuple[Printed | NotPrinted, int]:
        paper = VirtualPrinter(port=0, width=512)
        paper.switches = switches = Late(LATE[late]())
        switches.deaf_at_work = deaf
        paper.start()
        printer, results = over_network(paper, 6.0), list[Printed | NotPrinted]()
        printing = threading.Thread(target=lambda: results.append(printer.print(picture(512, 800))))
        printing.start()
        while paper.hanging.height < 50:
            printing.join(0.01)
        switches.begun = True
        if switch != "nothing":
            setattr(switches, switch, True)
        printing.join()
        paper.stop()
        return results[0], len(paper.slips)

    cases = [(late, "nothing") for late in LATE if late != "1.5 s"] if deaf else list(itertools.product(LATE, AT_WORK))
    with ThreadPoolExecutor(len(cases)) as together:
        told = dict(zip(cases, together.map(lambda case: print_one(*case), cases), strict=True))
    right = {
        case: (NotPrinted(fault, partly=True), 0) if (fault := AT_WORK[case[1]]) else (Printed(), 1) for case in cases
    }
    assert {case: told[case] for case in cases if told[case] != right[case]} == {}


def test_printed_is_said_only_when_the_paper_is_out(narrow: VirtualPrinter) -> None:
    narrow.switches.rows_per_second = 1500
    assert over_network(narrow).print(picture(512)) == Printed()
    assert len(narrow.slips) == 1, "cut before Printed() was said, although the printer took the bytes long before"


def test_an_older_printer_without_process_ids_is_asked_another_way(narrow: VirtualPrinter) -> None:
    narrow.switches.no_process_id = True
    assert over_network(narrow).print(picture(512, 300)) == Printed()
    assert len(narrow.slips) == 1


def test_a_printer_that_falls_silent_ends_in_bounded_time_and_is_not_believed(narrow: VirtualPrinter) -> None:
    narrow.switches.rows_per_second = 500
    results: list[Printed | NotPrinted] = []
    printing = threading.Thread(target=lambda: results.append(over_network(narrow).print(picture(512))))
    printing.start()
    while narrow.hanging.height < 50:
        printing.join(0.01)
    narrow.switches.mute = True
    start = time.monotonic()
    printing.join()
    assert results == [NotPrinted(PrinterFault.UNREACHABLE, partly=True)]
    assert time.monotonic() - start < 4 * TIMEOUT + 1


def test_a_host_that_takes_nothing_ends_in_bounded_time() -> None:
    """Connected, full, and silent: the worst a network can do."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        printer = open_printer(PrinterSettings(kind="network", host=host, port=port, width=512, timeout_seconds=0.2))
        start = time.monotonic()
        assert printer.print(picture(512)) == NotPrinted(PrinterFault.UNREACHABLE, partly=False)
        assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "said",
    [b"\xff", b"\x12", b"\x00" * 64, b"\x12\x00"],
    ids=["ones", "all is well", "zeros", "all is well and there is paper"],
)
def test_a_device_that_never_stops_talking_ends_in_bounded_time_and_is_not_believed(said: bytes) -> None:
    """No printer, or one whose line is stuck: what it says may even look like the answer that all is well."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=talks, args=(server.accept()[0],), daemon=True).start()

        def talks(client: socket.socket) -> None:
            with contextlib.suppress(OSError), client:
                while True:
                    client.sendall(said * 1000)

        threading.Thread(target=talk, daemon=True).start()
        host, port = server.getsockname()
        printer = open_printer(PrinterSettings(kind="network", host=host, port=port, width=512, timeout_seconds=0.5))
        start = time.monotonic()
        printer.state()
        assert time.monotonic() - start < 3
        outcome = printer.print(picture(512, 300))
        assert isinstance(outcome, NotPrinted) and time.monotonic() - start < 30
        server.shutdown(socket.SHUT_RDWR)


def test_watching_and_printing_do_not_mix(narrow: VirtualPrinter) -> None:
    printer = over_network(narrow, timeout=5)
    narrow.switches.rows_per_second = 4000
    states: list[PrinterState] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            states.append(printer.state())

    watching = threading.Thread(target=watch)
    watching.start()
    images = [picture(512, 300), picture(512, 301), picture(512, 302)]
    assert [printer.print(image) for image in images] == [Printed()] * 3
    done.set()
    watching.join()
    assert set(states) == {PrinterState(None)}
    assert all(same(slip.image, image) for slip, image in zip(narrow.slips, images, strict=True))


def test_a_picture_that_holds_a_real_time_command_is_defused_by_one_dot(narrow: VirtualPrinter) -> None:
    """Without this the virtual printer notes a fault, and a real one answers in the middle or drops its buffer."""
    image = Image.new("1", (512, 40), 255)
    for row, second in enumerate((0x04, 0x05, 0x14)):
        for x, byte in enumerate((0x10, second, 0x01)):
            for bit in range(8):
                if byte << bit & 0x80:
                    image.putpixel((x * 8 + bit, row), 0)
    printer = over_network(narrow)
    assert printer.print(image) == Printed()
    prepared = printer.prepare(image)
    assert same(prepared, narrow.slips[0].image), "known before it is printed"
    assert printer.prepare(prepared) is prepared, "and printed the same"
    before, after = image.tobytes(), narrow.slips[0].image.tobytes()
    assert sum((a ^ b).bit_count() for a, b in zip(before, after, strict=True)) == 3
    assert not re.search(rb"\x10[\x04\x05\x14]", bytes(b ^ 0xFF for b in after))


def test_an_ordinary_picture_is_left_alone() -> None:
    image = picture(512)
    assert without_real_time_commands(image) is image


def test_a_picture_of_another_width_is_a_mistake_of_ours(narrow: VirtualPrinter) -> None:
    with pytest.raises(ValueError, match="512"):
        over_network(narrow).print(picture(576, 10))


# What printers do instead of answering. Before the first byte that could move paper everything is tried again within
# the budget; behind it nothing is sent twice.

BUDGET = 1.0

OVERCOME: dict[str, dict[str, Any]] = {
    "rests after each host": {"rest_seconds": 0.3},
    "hangs up": {"hang_up_next": 3},
    "resets on open": {"reset_next": 3},
    "hangs up, then resets": {"hang_up_next": 2, "reset_next": 2},
    "accepts late": {"accept_after_seconds": 0.3},
    "answers late": {"answer_after_seconds": 0.05},
    "hears nothing while it prints": {"deaf_at_work": True, "rows_per_second": 1500},
    "hears nothing while it prints, and is old": {"deaf_at_work": True, "no_process_id": True, "rows_per_second": 1500},
    "drops nothing": {"no_clear": True},
}


@pytest.mark.parametrize("fault", OVERCOME)
def test_what_ends_within_the_budget_is_overcome_and_prints_once(narrow: VirtualPrinter, fault: str) -> None:
    narrow.switches = Switches(**OVERCOME[fault])
    printer, image = over_network(narrow, timeout=BUDGET), picture(512, 600)
    assert printer.state() == PrinterState(None)
    for switch, value in OVERCOME[fault].items():
        setattr(narrow.switches, switch, value)
    assert printer.print(image) == Printed()
    [slip] = narrow.slips
    assert same(slip.image, image)


@pytest.mark.parametrize("refused", [False, True], ids=["waits", "is refused"])
def test_another_host_that_holds_the_printer_is_waited_for(narrow: VirtualPrinter, refused: bool) -> None:
    narrow.switches.rest_seconds = 0 if refused else None
    other = socket.create_connection((narrow.host, narrow.port))
    threading.Timer(0.3, other.close).start()
    assert over_network(narrow, timeout=BUDGET).print(picture(512, 100)) == Printed()
    assert len(narrow.slips) == 1


def test_a_printer_that_is_just_being_switched_on_is_waited_for(narrow: VirtualPrinter) -> None:
    printer = over_network(narrow, timeout=BUDGET)
    narrow.stop()
    power = threading.Timer(0.3, narrow.start)
    power.start()
    assert printer.print(picture(512, 100)) == Printed()
    power.join()


OUTLAST: dict[str, dict[str, Any]] = {
    "rests for ever": {"rest_seconds": 60},
    "hangs up for ever": {"hang_up_next": 10_000},
    "resets for ever": {"reset_next": 10_000},
    "never reads": {"accept_after_seconds": 60},
    "answers too late": {"answer_after_seconds": 60},
    "answers each question in time, all of them too late": {"answer_after_seconds": 0.8 * TIMEOUT},
    "answers nonsense": {"garble": True},
    "says nothing": {"mute": True},
}


@pytest.mark.parametrize("fault", OUTLAST)
def test_what_outlasts_the_budget_is_unreachable_after_one_budget_and_no_paper_moves(
    narrow: VirtualPrinter, fault: str
) -> None:
    printer = over_network(narrow)
    narrow.switches = Switches(**OUTLAST[fault])
    if "rest_seconds" in OUTLAST[fault]:
        socket.create_connection((narrow.host, narrow.port)).close()
    for ask, answer in (
        (printer.state, PrinterState(PrinterFault.UNREACHABLE)),
        (lambda: printer.print(picture(512, 100)), NotPrinted(PrinterFault.UNREACHABLE, partly=False)),
    ):
        start = time.monotonic()
        assert ask() == answer
        assert 0.8 * TIMEOUT < time.monotonic() - start < 1.9 * TIMEOUT
    narrow.stop()
    assert narrow.slips == [] and narrow.hanging.height == 0


BREAKS: list[dict[str, Any]] = [
    {switch: after, **more}
    for switch, more in (
        ("reset_after_bytes", {}),
        ("reset_after_bytes", {"rest_seconds": 0.05}),
        ("die_after_bytes", {}),
        ("die_after_bytes", {"remembers": True}),
    )
    for after in (0, 1, 5, 12, 15, 24, 40, 500, 16_430, 20_000, 33_000, 38_000)
]


@pytest.mark.parametrize(
    "broken", BREAKS, ids=lambda broken: " ".join(f"{key}={value}" for key, value in broken.items())
)
def test_wherever_the_connection_breaks_the_truth_is_told_and_nothing_is_sent_twice(
    narrow: VirtualPrinter, broken: dict[str, Any]
) -> None:
    """A slip of 600 rows takes some 38,500 bytes. What was sent again by itself would be a second piece of paper."""
    printer, image = over_network(narrow, timeout=10 * TIMEOUT), picture(512, 600)  # it is reached at the second try
    narrow.switches = Switches(**broken)
    result = printer.print(image)
    if result == Printed():
        [slip] = narrow.slips
        assert same(slip.image, image)
    else:
        assert result == NotPrinted(PrinterFault.UNREACHABLE, partly=True), "what breaks before paper could move is not"
        narrow.switches = Switches()
        assert printer.print(image) == Printed()
        *leftovers, slip = narrow.slips
        assert same(slip.image, image) and len(leftovers) <= 1
        assert all(slip.image.height <= image.height for slip in leftovers)
    half_a_question = {"a real-time command inside the data of another command"}
    half_a_question |= {f"unknown command, byte {byte:#04x}" for byte in (0x10, 0x04, 0x01, 0x02, 0x03)}
    assert set(narrow.faults) <= half_a_question, "nothing that would print or move paper"
    narrow.faults.clear()


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 512, 513, 599, 600])
def test_wherever_the_paper_ends_it_is_told_and_the_reprint_is_whole_on_its_own_piece(
    narrow: VirtualPrinter, rows: int
) -> None:
    printer, image = over_network(narrow), picture(512, 600)
    narrow.switches.paper_rows = rows
    assert printer.print(image) == NotPrinted(PrinterFault.PAPER_END, partly=True)
    assert narrow.slips == [] and narrow.hanging.height == rows
    narrow.switches.paper_end = False
    assert printer.print(image) == Printed()
    leftover, slip = narrow.slips
    assert leftover.image.height == rows and same(slip.image, image)


def test_half_a_command_left_by_another_process_swallows_nothing(narrow: VirtualPrinter) -> None:
    """Its connection broke in the middle of a raster, and nobody could be told to drop it."""
    with socket.create_connection((narrow.host, narrow.port)) as other:
        other.sendall(b"\x1b@\x1dv0\x00\x40\x00\x00\x02" + bytes(1000))
    image = picture(512, 300)
    assert over_network(narrow).print(image) == Printed()
    [slip] = narrow.slips
    assert same(slip.image, image)


@pytest.mark.parametrize("back_after", [0.1, None], ids=["while it is asked why", "when it is asked no more"])
def test_what_comes_out_of_a_memory_after_a_power_cut_was_said_to_come_perhaps(
    narrow: VirtualPrinter, back_after: float | None
) -> None:
    narrow.switches = Switches(rows_per_second=500, remembers=True)
    printer, image = over_network(narrow), picture(512, 400)
    results: list[Printed | NotPrinted] = []
    printing = threading.Thread(target=lambda: results.append(printer.print(image)))
    printing.start()
    while narrow.hanging.height < 100:
        printing.join(0.005)
    narrow.stop()
    printing.join(back_after)
    narrow.start()
    printing.join()
    assert results == [NotPrinted(PrinterFault.UNREACHABLE, partly=True)]
    comes_out = back_after is None
    assert narrow.wait_for_slips(1, 3.0 if comes_out else 0.7) == comes_out, "what can be dropped in time is"
    narrow.switches.rows_per_second = None
    assert printer.print(image) == Printed()
    assert [same(slip.image, image) for slip in narrow.slips].count(True) == 1


def test_the_rest_that_a_printer_keeps_after_a_new_roll_is_not_joined_to_the_next_slip(narrow: VirtualPrinter) -> None:
    """One that does not know how to drop it prints on. How much of the first it had taken when its paper ended, up to
    all of it, is its own affair."""
    narrow.switches = Switches(no_clear=True, paper_rows=300)
    printer, image = over_network(narrow), picture(512)
    assert printer.print(image) == NotPrinted(PrinterFault.PAPER_END, partly=True)
    narrow.switches.paper_end = False
    assert printer.print(image) == Printed()
    rest, slip = narrow.slips
    assert 300 < rest.image.height <= image.height and same(slip.image, image)


def test_what_the_kernel_still_holds_when_a_slip_has_failed_is_not_delivered_later() -> None:
    """The printer has answered, and then takes no more: its window is closed."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        server.bind(("127.0.0.1", 0))
        server.listen()
        heard = bytearray()

        def serve() -> None:
            host, _ = server.accept()
            with host:
                while b"\x10\x04\x04" not in heard:
                    heard.extend(host.recv(3))
                    if heard[-3:-1] == b"\x10\x04":
                        host.sendall(b"\x12")
                done.wait()
                with contextlib.suppress(ConnectionResetError):
                    while data := host.recv(4096):
                        heard.extend(data)

        done = threading.Event()
        serving = threading.Thread(target=serve)
        serving.start()
        host, port = server.getsockname()
        printer = open_printer(PrinterSettings(kind="network", host=host, port=port, width=512, timeout_seconds=0.3))
        assert printer.print(picture(512, 256)) == NotPrinted(PrinterFault.UNREACHABLE, partly=True)
        done.set()
        serving.join()
    assert len(heard) < 256 * 64


NAMES = [
    ("printer.invalid", socket.gaierror(socket.EAI_NONAME, "not known"), 0.0),
    ("printer.invalid", socket.gaierror(socket.EAI_AGAIN, "no server answers"), 0.0),
    ("printer.invalid", socket.gaierror(socket.EAI_AGAIN, "no server answers"), 2.0),
    ("printer..invalid", None, 0.0),
    ("p" * 64, None, 0.0),
]


@pytest.mark.parametrize(("name", "error", "seconds"), NAMES)
def test_a_name_that_leads_nowhere_is_unreachable_after_one_budget(
    monkeypatch: pytest.MonkeyPatch, name: str, error: OSError | None, seconds: float
) -> None:
    def resolve(*arguments: Any, **more: Any) -> Any:
        time.sleep(seconds)
        raise error or AssertionError

    if error:
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
    printer = open_printer(PrinterSettings(kind="network", host=name, width=512, timeout_seconds=TIMEOUT))
    start = time.monotonic()
    assert printer.print(picture(512, 10)) == NotPrinted(PrinterFault.UNREACHABLE, partly=False)
    assert time.monotonic() - start < 1.9 * TIMEOUT


def test_a_name_with_several_addresses_is_tried_at_each(
    narrow: VirtualPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is of the other family, or of a machine that has gone."""
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *arguments: Any, **more: Any) -> Any:
        if host != "printer.test":
            return real(host, port, *arguments, **more)
        return [(0, 0, 0, "", (address, port)) for address in ("::1", "127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    printer = open_printer(PrinterSettings(kind="network", host="printer.test", port=narrow.port, width=512))
    assert printer.state() == PrinterState(None)


THROWN = [
    OSError(errno.EIO, "gone"),
    termios.error(errno.EIO, "gone"),
    serial.SerialException("gone"),
    UnicodeError("no name"),
    usb.core.USBError("gone"),
    NotImplementedError("not with this backend"),
    TypeError("of a handle that is None"),
]


@pytest.mark.parametrize("error", THROWN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["open", "_raw", "receive", "image"])
def test_whatever_a_driver_throws_is_unreachable_and_passes(
    narrow: VirtualPrinter, monkeypatch: pytest.MonkeyPatch, where: str, error: Exception
) -> None:
    def throw(*arguments: Any, **more: Any) -> Any:
        raise error

    printer = over_network(narrow)
    with monkeypatch.context() as patched:
        patched.setattr(f"kiosk.hw.printer._Network.{where}", throw)
        if where != "image":
            assert printer.state() == PrinterState(PrinterFault.UNREACHABLE)
        assert printer.print(picture(512, 10)) == NotPrinted(PrinterFault.UNREACHABLE, partly=where == "image")
    assert printer.print(picture(512, 10)) == Printed()


# The other two ways to a printer, bridged to the same virtual paper.


@pytest.fixture
def serial_line(narrow: VirtualPrinter) -> Iterator[str]:
    """A pseudo-terminal whose far end is the virtual printer."""
    master, slave = os.openpty()
    far = socket.create_connection((narrow.host, narrow.port))
    ended_here, ended_there = os.pipe()

    def bridge() -> None:
        while True:
            ready, _, _ = select.select([master, far.fileno(), ended_here], [], [])
            if ended_here in ready:
                return
            if master in ready:
                far.sendall(os.read(master, 4096))
            if far.fileno() in ready:
                os.write(master, far.recv(4096))

    thread = threading.Thread(target=bridge)
    thread.start()
    yield os.ttyname(slave)
    os.write(ended_there, b"x")
    thread.join()
    far.close()
    for fd in (master, slave, ended_here, ended_there):
        os.close(fd)


def test_a_serial_printer_prints_the_same(narrow: VirtualPrinter, serial_line: str) -> None:
    printer = open_printer(
        PrinterSettings(kind="serial", device=serial_line, baudrate=115200, width=512, timeout_seconds=TIMEOUT)
    )
    image = picture(512, 700)
    assert printer.state() == PrinterState(None)
    assert printer.print(image) == Printed()
    assert same(narrow.slips[0].image, image)
    narrow.switches.mute = True
    assert printer.state() == PrinterState(PrinterFault.UNREACHABLE)


@pytest.mark.parametrize("baudrate", get_args(get_type_hints(PrinterSettings)["baudrate"]))
@pytest.mark.parametrize("rows", [100, 3500])
def test_a_slip_on_any_line_may_take_what_the_line_and_the_paper_need(baudrate: int, rows: int) -> None:
    settings = PrinterSettings(kind="serial", device="/dev/ttyS9", baudrate=baudrate)  # type: ignore[arg-type]
    on_the_line, on_the_paper = rows * settings.width / 8 * 10 / baudrate, rows / 200
    assert open_printer(settings).longest_seconds(rows) > on_the_line + on_the_paper + 6 * settings.timeout_seconds


def test_a_serial_line_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    printer = open_printer(
        PrinterSettings(kind="serial", device=str(tmp_path / "ttyS9"), width=512, timeout_seconds=TIMEOUT)
    )
    assert printer.state() == PrinterState(PrinterFault.UNREACHABLE)


class Pty:
    """A serial device that can vanish, as one on USB does when its plug is pulled, and come back as another.

    It answers every status question with `Ready`, and vanishes by itself after `lasts` bytes.
    """

    def __init__(self, path: Path, lasts: int = 1 << 30) -> None:
        self.master, slave = os.openpty()
        path.unlink(missing_ok=True)
        path.symlink_to(os.ttyname(slave))
        os.close(slave)
        self.lasts = lasts
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self.master, select.POLLIN)
        while self.lasts > 0:
            if poll.poll(20)[0:1] not in ([], [(self.master, select.POLLHUP)]):
                with contextlib.suppress(OSError):
                    data = os.read(self.master, 4096)
                    self.lasts -= len(data)
                    if data.startswith(b"\x10\x04"):
                        os.write(self.master, b"\x12")
        os.close(self.master)

    def vanish(self) -> None:
        self.lasts = 0
        self.thread.join()


def test_a_serial_device_that_vanishes_is_unreachable_until_it_is_back_and_leaves_nothing_open(tmp_path: Path) -> None:
    path = tmp_path / "ttyUSB0"
    printer = open_printer(
        PrinterSettings(kind="serial", device=str(path), baudrate=115200, width=512, timeout_seconds=0.2)
    )
    first = Pty(path)
    assert printer.state() == PrinterState(None)
    open_then = len(os.listdir("/proc/self/fd")) - 1  # without the master's end
    first.vanish()
    assert printer.state() == PrinterState(PrinterFault.UNREACHABLE)
    assert printer.print(picture(512, 100)) == NotPrinted(PrinterFault.UNREACHABLE, partly=False)
    second = Pty(path, lasts=2000)
    assert printer.print(picture(512, 100)) == NotPrinted(PrinterFault.UNREACHABLE, partly=True)
    second.thread.join()
    assert len(os.listdir("/proc/self/fd")) == open_then
    third = Pty(path)
    assert printer.state() == PrinterState(None)
    third.vanish()


class UsbBus(IBackend):  # type: ignore[misc]
    """Stands where libusb stands under pyusb: one printer-class device, wired to the virtual printer."""

    def __init__(self, paper: VirtualPrinter) -> None:
        self.far = socket.create_connection((paper.host, paper.port))
        self.configured = False
        self.chunk = 1 << 20  # what the device takes in one go
        self.lasts = 1 << 30  # bytes until its plug is pulled
        self.claimed_by: str | None = None

    def present(self) -> None:
        if self.lasts <= 0:
            raise usb.core.USBError("no such device", errno=errno.ENODEV)

    def enumerate_devices(self) -> Iterator[str]:
        if self.lasts > 0:
            yield "printer"

    def get_device_descriptor(self, device: str) -> SimpleNamespace:
        return described(idVendor=0x04B8, idProduct=0x0E99, bNumConfigurations=1, bDeviceClass=0)

    def get_configuration_descriptor(self, device: str, configuration: int) -> SimpleNamespace:
        return described(bNumInterfaces=1, bConfigurationValue=1, extra_descriptors=[])

    def get_interface_descriptor(
        self, device: str, interface: int, setting: int, configuration: int
    ) -> SimpleNamespace:
        if setting:
            raise IndexError
        return described(
            bInterfaceNumber=0, bAlternateSetting=0, bNumEndpoints=2, bInterfaceClass=7, extra_descriptors=[]
        )

    def get_endpoint_descriptor(
        self, device: str, endpoint: int, interface: int, setting: int, configuration: int
    ) -> SimpleNamespace:
        return described(
            bEndpointAddress=(0x03, 0x84)[endpoint], bmAttributes=2, wMaxPacketSize=64, extra_descriptors=[]
        )

    def open_device(self, device: str) -> str:
        return device

    def close_device(self, handle: str) -> None: ...
    def is_kernel_driver_active(self, handle: str, interface: int) -> bool:
        return self.claimed_by == "usblp"

    def claim_interface(self, handle: str, interface: int) -> None:
        if self.claimed_by:
            raise usb.core.USBError("resource busy", errno=errno.EBUSY)

    def release_interface(self, handle: str, interface: int) -> None:
        self.present()

    def reset_device(self, handle: str) -> None:
        raise AssertionError("a reset would make the printer lose what it holds")

    def set_configuration(self, handle: str, value: int) -> None:
        self.configured = True

    def get_configuration(self, handle: str) -> int:
        return int(self.configured)

    def bulk_write(self, handle: str, endpoint: int, interface: int, data: Any, timeout: int) -> int:
        assert endpoint == 0x03
        self.lasts -= len(data)
        self.present()
        taken = bytes(data)[: self.chunk]
        self.far.sendall(taken)
        return len(taken)

    def bulk_read(self, handle: str, endpoint: int, interface: int, buffer: Any, timeout: int) -> int:
        assert endpoint == 0x84
        self.present()
        self.far.settimeout(timeout / 1000)
        try:
            data = self.far.recv(len(buffer))
        except TimeoutError:
            raise usb.core.USBTimeoutError("nothing came") from None
        buffer[: len(data)] = array.array("B", data)
        return len(data)


def described(**fields: object) -> SimpleNamespace:
    names = (
        "bLength bDescriptorType bcdUSB bDeviceSubClass bDeviceProtocol bMaxPacketSize0 bcdDevice iManufacturer "
        "iProduct iSerialNumber address bus port_number port_numbers speed wTotalLength iConfiguration bmAttributes "
        "bMaxPower bInterfaceSubClass bInterfaceProtocol iInterface bInterval bRefresh bSynchAddress"
    )
    return SimpleNamespace(**{**dict.fromkeys(names.split(), 0), **fields})


@pytest.fixture
def bus(narrow: VirtualPrinter, monkeypatch: pytest.MonkeyPatch) -> Iterator[UsbBus]:
    bus = UsbBus(narrow)
    monkeypatch.setattr("usb.backend.libusb1.get_backend", lambda: bus)
    yield bus
    bus.far.close()


USB = PrinterSettings(kind="usb", vendor_id=0x04B8, product_id=0x0E99, width=512, timeout_seconds=TIMEOUT)


def test_a_usb_printer_prints_the_same_by_whatever_endpoints_it_has(narrow: VirtualPrinter, bus: UsbBus) -> None:
    printer = open_printer(USB)
    image = picture(512, 700)
    assert printer.state() == PrinterState(None)
    assert printer.print(image) == Printed()
    assert same(narrow.slips[0].image, image)
    narrow.switches.paper_end = True
    assert printer.state().fault is PrinterFault.PAPER_END


def test_bytes_that_a_usb_printer_did_not_take_are_noticed(narrow: VirtualPrinter, bus: UsbBus) -> None:
    bus.chunk = 4096
    assert open_printer(USB).print(picture(512, 700)) == NotPrinted(PrinterFault.UNREACHABLE, partly=True)


@pytest.mark.parametrize(("lasts", "partly"), [(0, False), (3, False), (2000, True)])
def test_a_usb_printer_whose_plug_was_pulled_is_found_again(
    narrow: VirtualPrinter, bus: UsbBus, lasts: int, partly: bool
) -> None:
    printer, image = open_printer(USB), picture(512, 300)
    bus.lasts = lasts
    assert printer.print(image) == NotPrinted(PrinterFault.UNREACHABLE, partly=partly)
    assert printer.state() == PrinterState(PrinterFault.UNREACHABLE)
    bus.lasts = 1 << 30
    assert printer.print(image) == Printed()
    assert same(narrow.slips[-1].image, image)


def test_a_usb_printer_that_is_not_there_is_unreachable() -> None:
    printer = open_printer(USB)
    assert printer.state() == PrinterState(PrinterFault.UNREACHABLE)


def test_a_usb_printer_that_another_process_has_claimed_is_in_use_and_a_slip_waits_for_it(
    narrow: VirtualPrinter, bus: UsbBus
) -> None:
    bus.claimed_by = "usbfs"
    assert state_unless_in_use(USB) is None
    assert open_printer(USB).state() == PrinterState(PrinterFault.UNREACHABLE)
    threading.Timer(TIMEOUT / 2, lambda: setattr(bus, "claimed_by", None)).start()
    assert open_printer(USB).print(picture(512, 300)) == Printed()
    assert state_unless_in_use(USB) == PrinterState(None)


def test_a_usb_printer_that_the_kernels_driver_keeps_is_unreachable_not_in_use(bus: UsbBus) -> None:
    bus.claimed_by = "usblp"
    assert state_unless_in_use(USB) == PrinterState(PrinterFault.UNREACHABLE)


# Two processes at one printer: the kiosk's visit and `kiosk check`.

OTHER_PROCESS = """
import sys
from PIL import Image
from kiosk.config.kiosk import Printer
from kiosk.hw.printer import open_printer, state_unless_in_use
kind, where, port = sys.argv[1:]
there = {"host": where, "port": int(port)} if kind == "network" else {"device": where, "baudrate": 115200}
settings = Printer(kind=kind, width=512, timeout_seconds=0.5, **there)
print("ready", flush=True)
for line in sys.stdin:
    if line == "print\\n":
        print(open_printer(settings).print(Image.new("1", (512, 1000), 255)), flush=True)
    else:
        print(state_unless_in_use(settings), flush=True)
"""


@pytest.fixture(params=["network", "serial"])
def shared(request: pytest.FixtureRequest, narrow: VirtualPrinter) -> PrinterSettings:
    if request.param == "network":
        return PrinterSettings(kind="network", host=narrow.host, port=narrow.port, width=512, timeout_seconds=TIMEOUT)
    line = request.getfixturevalue("serial_line")
    return PrinterSettings(kind="serial", device=line, baudrate=115200, width=512, timeout_seconds=TIMEOUT)


@pytest.fixture
def other(shared: PrinterSettings) -> Iterator[subprocess.Popen[str]]:
    """Another process, which asks for the state, or prints, at a line of its input."""
    where = shared.host or shared.device
    assert where
    command = [sys.executable, "-c", OTHER_PROCESS, shared.kind, where, str(shared.port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def told(other: subprocess.Popen[str], line: str = "ask") -> str:
    assert other.stdin and other.stdout
    other.stdin.write(line + "\n")
    other.stdin.flush()
    return other.stdout.readline().strip()


def test_who_asks_from_another_process_hears_in_use_and_the_slip_stays_whole(
    narrow: VirtualPrinter, shared: PrinterSettings, other: subprocess.Popen[str]
) -> None:
    narrow.switches.rows_per_second = 300
    image, outcomes = picture(512, 1000), []
    printing = threading.Thread(target=lambda: outcomes.append(open_printer(shared).print(image)))
    printing.start()
    wait_until(lambda: narrow.hanging.height > 10)
    assert told(other) == "None"
    assert printing.is_alive(), "it was asked while the slip was under way"
    printing.join()
    assert outcomes == [Printed()] and same(narrow.slips[0].image, image)
    assert narrow.faults == [], "a question in the middle of data would be one"
    assert told(other) == str(PrinterState(None)), "and is answered when the slip is out"


def test_a_process_that_is_killed_in_the_middle_of_a_slip_leaves_the_printer_free(
    narrow: VirtualPrinter, shared: PrinterSettings, other: subprocess.Popen[str]
) -> None:
    narrow.switches.rows_per_second = 300
    assert other.stdin
    other.stdin.write("print\n")
    other.stdin.flush()
    wait_until(lambda: narrow.hanging.height > 10)
    assert state_unless_in_use(shared) is None
    other.kill()
    other.wait()
    assert state_unless_in_use(shared) == PrinterState(None)
    narrow.switches.rows_per_second = None
    assert open_printer(shared).print(picture(512, 100)) == Printed()


def test_a_slip_waits_for_a_question_of_another_process_and_has_its_whole_time_then(
    narrow: VirtualPrinter, shared: PrinterSettings
) -> None:
    narrow.switches.answer_after_seconds = 0.08  # four questions take more than half of the budget
    answers: list[PrinterState | None] = []
    asking = threading.Thread(target=lambda: answers.append(state_unless_in_use(shared)))
    asking.start()
    time.sleep(0.05)
    assert open_printer(shared).print(picture(512, 100)) == Printed()
    asking.join()
    assert answers == [PrinterState(None)] and narrow.faults == []


def test_a_printer_that_another_process_has_and_keeps_ends_the_waiting(
    narrow: VirtualPrinter, shared: PrinterSettings
) -> None:
    """On the network it is only a name that is kept, by whoever it may be: a person's slip does without it."""
    with contextlib.ExitStack() as kept:
        if shared.kind == "network":
            name = kept.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            name.bind(f"\0kiosk printer {shared.port} {shared.host}")
        else:
            fcntl.flock(kept.enter_context(open(str(shared.device), "rb+", buffering=0)), fcntl.LOCK_EX)
        assert state_unless_in_use(shared) is None
        outcome = open_printer(shared).print(picture(512, 100))
        refused = NotPrinted(PrinterFault.UNREACHABLE, partly=False)
        assert outcome == (Printed() if shared.kind == "network" else refused)
    assert open_printer(shared).print(picture(512, 100)) == Printed()


def test_a_serial_line_that_is_in_use_is_neither_configured_nor_emptied_by_who_looks() -> None:
    """What a printer has answered to a visit is still there to be read."""
    master, slave = os.openpty()
    settings = PrinterSettings(kind="serial", device=os.ttyname(slave), baudrate=9600, timeout_seconds=0.1)
    fcntl.flock(slave, fcntl.LOCK_EX)
    raw = termios.tcgetattr(slave)
    raw[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(slave, termios.TCSANOW, raw)
    before = termios.tcgetattr(slave)
    os.write(master, b"\x12\x12")
    assert state_unless_in_use(settings) is None
    assert termios.tcgetattr(slave) == before and os.read(slave, 9) == b"\x12\x12"
    assert select.select([master], [], [], 0)[0] == [], "nothing was written"
    os.close(slave)
    os.close(master)


def test_a_serial_line_that_another_program_has_shut_for_all_is_in_use() -> None:
    master, slave = os.openpty()
    settings = PrinterSettings(kind="serial", device=os.ttyname(slave), baudrate=9600, timeout_seconds=0.1)
    fcntl.ioctl(slave, termios.TIOCEXCL)
    # root may open it all the same, and then finds nobody who answers
    expected = PrinterState(PrinterFault.UNREACHABLE) if os.geteuid() == 0 else None
    assert state_unless_in_use(settings) == expected
    os.close(slave)
    os.close(master)


def test_a_child_that_has_inherited_the_line_does_not_keep_it(narrow: VirtualPrinter, serial_line: str) -> None:
    settings = PrinterSettings(kind="serial", device=serial_line, baudrate=115200, width=512, timeout_seconds=TIMEOUT)
    narrow.switches.rows_per_second = 300
    outcomes: list[object] = []
    printing = threading.Thread(target=lambda: outcomes.append(open_printer(settings).print(picture(512, 300))))
    printing.start()
    wait_until(lambda: narrow.hanging.height > 10)
    lines = [int(fd) for fd in os.listdir("/proc/self/fd") if _leads_to(fd, serial_line)]
    with subprocess.Popen(["sleep", "60"], pass_fds=lines) as child:
        printing.join()
        state = state_unless_in_use(settings)
        child.kill()
    assert len(lines) > 1, "the test's own end of the line, and the printer's"
    assert outcomes == [Printed()] and state == PrinterState(None)


def _leads_to(fd: str, path: str) -> bool:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/self/fd/{fd}") == path
    return False


def test_to_ask_for_no_printer_is_no_question_at_all() -> None:
    assert state_unless_in_use(PrinterSettings()) == PrinterState(PrinterFault.UNREACHABLE)


# The virtual printer itself.


def commands_of(chunks: list[bytes]) -> tuple[list[bytes], list[bytes], list[str]]:
    real_time: list[bytes] = []
    faults: list[str] = []
    stream = Stream(real_time.append, faults.append)
    return [command for chunk in chunks for command in stream.feed(chunk)], real_time, faults


RASTER = b"\x1d(L\x0e\x000p0\x01\x011\x10\x00\x02\x00\xaa\x55\xaa\x55"
TALK = b"\x1b@\x10\x04\x01" + RASTER + b"\x1d(L\x02\x0002\x10\x04\x04\x1dVB\x00"


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(TALK)])
def test_the_virtual_printer_reads_the_same_however_the_bytes_arrive(size: int) -> None:
    commands, real_time, faults = commands_of([TALK[i : i + size] for i in range(0, len(TALK), size)])
    assert commands == [b"\x1b@", RASTER, b"\x1d(L\x02\x0002", b"\x1dVB\x00"]
    assert real_time == [b"\x10\x04\x01", b"\x10\x04\x04"]
    assert faults == []


@pytest.mark.parametrize("size", [1, 5, 100])
def test_the_virtual_printer_hears_a_real_time_command_inside_data_and_says_it_was_wrong(size: int) -> None:
    talk = RASTER.replace(b"\xaa\x55\xaa\x55", b"\xaa\x10\x04\x01")
    commands, real_time, faults = commands_of([talk[i : i + size] for i in range(0, len(talk), size)])
    assert (commands, real_time, len(faults)) == ([talk], [b"\x10\x04\x01"], 1)


def test_the_virtual_printer_drops_half_a_command_when_told_to_clear() -> None:
    clear = bytes.fromhex("10140801031401060208")
    commands, real_time, faults = commands_of([RASTER[:-6] + clear[:4], clear[4:] + b"\x10\x04\x01" + b"\x1b@"])
    assert (commands, real_time, faults) == ([b"\x1b@"], [clear, b"\x10\x04\x01"], [])


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)


@pytest.mark.parametrize(
    ("talk", "fault"),
    [
        (b"A", "text"),
        (b"\x1b!\x08", "unknown command"),
        (b"\x1da\xff", "status back"),
        (b"\x1d(L\x02\x0002", "none are stored"),
    ],
)
def test_what_raster_printing_does_not_need_is_noted_by_the_virtual_printer(talk: bytes, fault: str) -> None:
    printer = VirtualPrinter(port=0)
    printer.start()
    with socket.create_connection((printer.host, printer.port)) as host:
        host.sendall(talk)
        wait_until(lambda: printer.faults)
    printer.stop()
    assert fault in printer.faults[0]


def test_the_obsolete_raster_command_feeds_and_a_cut_are_drawn_too(tmp_path: Path) -> None:
    printer = VirtualPrinter(port=0, paper=tmp_path)
    printer.start()
    with socket.create_connection((printer.host, printer.port)) as host:
        host.sendall(b"\x1b@\x1ba\x01\x1dv0\x00\x02\x00\x01\x00\xff\xff\x1bJ\x05\x1bd\x01\x1dV\x00")
        assert printer.wait_for_slips(1)
    printer.stop()
    assert printer.faults == []
    image = printer.slips[0].image
    assert image.size == (576, 1 + 5 + 30)
    assert image.point(lambda value: 255 - value).getbbox() == (280, 0, 296, 1), "centred"
    with Image.open(tmp_path / "slip-0001.png") as kept:
        assert same(kept.convert("1"), image)


def test_switches_are_set_by_typing() -> None:
    switches = Switches()
    assert set_switch(switches, "cover_open on") == "cover_open on"
    assert switches.cover_open and switches.status(2) == 0x16
    assert set_switch(switches, "paper_rows 12\n") == "paper_rows 12"
    assert switches.paper_rows == 12
    assert set_switch(switches, "paper_rows none") == "paper_rows none"
    assert switches.paper_rows is None
    assert "on or off" in set_switch(switches, "mute maybe")
    assert "cover_open" in set_switch(switches, "open the cover")


def test_python_escpos_has_to_know_no_printer_but_ours() -> None:
    """What it brings of others takes a tenth of a second to read, at every start."""
    from escpos.capabilities import CAPABILITIES  # once hw/printer.py has said where

    assert set(CAPABILITIES["profiles"]) == {"default"}


def test_the_virtual_printer_is_a_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kiosk.sim.printer", "--port", "0", "--paper", str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin and program.stdout and program.stderr
        host, port = program.stdout.readline().split()[-1].split(":")
        printer = open_printer(PrinterSettings(kind="network", host=host, port=int(port), timeout_seconds=5))
        assert printer.print(picture(576, 50)) == Printed()
        assert program.stdout.readline() == "slip 1: 50 rows\n"
        program.stdin.write("paper_end on\n")
        program.stdin.flush()
        assert program.stdout.readline() == "paper_end on\n"
        assert printer.state().fault is PrinterFault.PAPER_END
        program.terminate()
        assert program.wait(10) == 0
        assert program.stderr.read() == ""
    assert (tmp_path / "slip-0001.png").exists()
