"""A watch outlives whatever its driver throws, says so once, and is right again within the back-off."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from smartcard import scard

from kiosk.hw import evdev, jack, pcsclite, reader, supervise
from kiosk.hw.device import Lost, ReaderState
from kiosk.hw.reader import PcscReader

NAME = "山田"
SOON = supervise.BACK_OFF_SECONDS[1] + 1.0


class Own(Exception):
    """One that nobody has heard of, whose text cannot even be had."""

    def __str__(self) -> str:
        raise ValueError


ERRORS: list[Callable[[], Exception]] = [
    lambda: ValueError(NAME),
    lambda: SystemError(NAME),
    lambda: OSError(5, NAME),
    lambda: UnicodeDecodeError("utf-8", b"\xe4", 0, 1, NAME),
    lambda: UnicodeEncodeError("ascii", NAME, 0, 1, NAME),
    lambda: MemoryError(),
    lambda: RecursionError(),
    lambda: StopIteration(),
    lambda: AssertionError(NAME),
    Own,
]
IDS = [type(error()).__name__ for error in ERRORS]


def until(holds: Callable[[], object], within: float = SOON) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "not right again within the back-off"
        time.sleep(0.005)


# -- the mechanism


@pytest.mark.parametrize("error", ERRORS, ids=IDS)
def test_work_is_begun_again_after_whatever_it_raises(
    error: Callable[[], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    stopped, given_up, began = threading.Event(), [], []

    def work() -> None:
        began.append(time.monotonic())
        if len(began) == 5:
            stopped.set()
        raise error()

    def failed() -> None:
        given_up.append(True)
        raise error()

    supervise.keep(work, stopped, supervise.Complaints(logging.getLogger("t")), failed=failed, pauses=(0.01, 0.04))
    pauses = [after - before for before, after in pairwise(began)]
    assert [pause >= least for pause, least in zip(pauses, (0.01, 0.02, 0.04, 0.04), strict=True)] == [True] * 4
    assert max(pauses) < 1 and len(given_up) == 5
    assert sum(line.startswith(f"{type(error()).__name__} at work:") for line in caplog.messages) == 1
    assert len(caplog.messages) == 2 and NAME not in caplog.text


def test_what_has_recovered_is_told_of_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(supervise, "STEADY_SECONDS", 0.05)
    stopped, times = threading.Event(), iter((0.0, 0.0, 0.1, 0.0))

    def work() -> None:
        time.sleep(next(times, 0))
        if next(left, None) is None:
            stopped.set()
        raise ValueError

    left = iter(range(3))
    supervise.keep(work, stopped, supervise.Complaints(logging.getLogger("t")), pauses=(0, 0))
    assert len(caplog.messages) == 2


def test_being_told_to_end_is_not_survived() -> None:
    def work() -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        supervise.keep(work, threading.Event(), supervise.Complaints(logging.getLogger("t")))


# -- the reader, over a driver that throws at any call


class Driver:
    """PC/SC with one reader and a card in it. `throws`: at which call, and what."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.throws: tuple[str, Callable[[], Exception]] | None = None
        self.hurts = ""  # a reader that cannot be asked
        self.names = ["One"]
        self.code = 0
        self.event = scard.SCARD_STATE_PRESENT | 1 << 16
        self.called: set[str] = set()
        for where, name, answer in (
            (scard, "SCardEstablishContext", lambda *_: (0, 7)),
            (scard, "SCardReleaseContext", lambda *_: 0),
            (scard, "SCardCancel", lambda *_: 0),
            (scard, "SCardReconnect", lambda *_: (0, scard.SCARD_PROTOCOL_T1)),
            (scard, "SCardTransmit", lambda *_: (0, [0x90, 0x00])),
            (scard, "SCardDisconnect", lambda *_: 0),
            (pcsclite, "list_readers", lambda *_: (self.code, self.names)),
            (pcsclite, "status_change", self.status_change),
            (pcsclite, "connect", lambda *_: (0, 9)),
        ):
            monkeypatch.setattr(where, name, self.call(name, answer))

    def call(self, name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            self.called.add(name)
            if self.throws and self.throws[0] == name:
                raise self.throws[1]()
            return answer(*arguments)

        return called

    def status_change(self, _context: int, milliseconds: int, known: list[tuple[str, int]]) -> tuple[int, list[int]]:
        names = [name for name, _state in known]
        if self.hurts in names:
            raise UnicodeEncodeError("ascii", NAME, 0, 1, NAME)
        time.sleep(min(milliseconds / 1000, 0.01))
        return 0, [scard.SCARD_STATE_EMPTY if name in ("Bad", reader.PLUG_AND_PLAY) else self.event for name in names]


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    return Driver(monkeypatch)


@pytest.fixture
def watched(driver: Driver) -> Iterator[PcscReader]:
    watched = PcscReader()
    watched.start(lambda _state: None)
    until(lambda: watched.state is ReaderState.CARD)
    yield watched
    driver.throws = None
    watched.stop()


@pytest.mark.parametrize("error", ERRORS, ids=IDS)
@pytest.mark.parametrize("call", ["SCardEstablishContext", "SCardReleaseContext", "list_readers", "status_change"])
def test_the_reader_s_watch_goes_on_whatever_the_driver_throws(
    driver: Driver, watched: PcscReader, caplog: pytest.LogCaptureFixture, call: str, error: Callable[[], Exception]
) -> None:
    driver.throws = (call, error)
    if call in ("SCardEstablishContext", "SCardReleaseContext"):  # called as a context begins or ends, so let it end
        driver.code = scard.SCARD_E_NO_SERVICE
    until(lambda: watched.state is ReaderState.ABSENT)
    told = type(error()).__name__.replace("StopIteration", "")  # which comes out of a generator as another (PEP 479)
    until(lambda: any(told in line for line in caplog.messages))
    driver.throws, driver.code = None, 0
    driver.event = scard.SCARD_STATE_EMPTY | 2 << 16
    until(lambda: watched.state is ReaderState.EMPTY)
    driver.event = scard.SCARD_STATE_PRESENT | 3 << 16
    until(lambda: watched.state is ReaderState.CARD)
    assert NAME not in caplog.text


@pytest.mark.parametrize("error", ERRORS, ids=IDS)
@pytest.mark.parametrize("call", ["SCardEstablishContext", "connect", "SCardReconnect", "SCardTransmit"])
def test_a_flow_hears_of_nothing_but_a_lost_card(
    driver: Driver, watched: PcscReader, caplog: pytest.LogCaptureFixture, call: str, error: Callable[[], Exception]
) -> None:
    driver.throws = (call, error)
    with pytest.raises(Lost) as lost:
        watched.connect().transmit(b"\x00\x20\x00\x80\x041234")
    driver.throws = None
    assert NAME not in caplog.text + str(lost.value)
    assert watched.connect().transmit(b"\x00\x20\x00\x80") == b"\x90\x00"


@pytest.mark.parametrize("error", ERRORS, ids=IDS)
@pytest.mark.parametrize("call", ["SCardDisconnect", "SCardReleaseContext"])
def test_closing_never_raises(driver: Driver, watched: PcscReader, call: str, error: Callable[[], Exception]) -> None:
    connection = watched.connect()
    driver.throws = (call, error)
    connection.close()
    assert call in driver.called


def test_a_reader_that_cannot_be_asked_hides_no_other(
    driver: Driver, watched: PcscReader, caplog: pytest.LogCaptureFixture
) -> None:
    driver.names, driver.hurts = ["Bad", "One"], "Bad"
    driver.event = scard.SCARD_STATE_EMPTY | 2 << 16
    until(lambda: watched.state is ReaderState.EMPTY)
    driver.event = scard.SCARD_STATE_PRESENT | 3 << 16
    until(lambda: watched.state is ReaderState.CARD)
    time.sleep(3 * reader.REFUSED_SECONDS)
    told = [line for line in caplog.messages if "card reader Bad is left out: UnicodeEncodeError" in line]
    assert len(told) == 1 and NAME not in caplog.text


def test_a_slot_for_a_sam_with_one_in_it_does_not_hide_the_slot_for_people(driver: Driver, watched: PcscReader) -> None:
    driver.names = ["Dual Reader SAM 00 00"]
    until(lambda: watched.state is ReaderState.ABSENT)
    driver.names = ["Dual Reader SAM 00 00", "Bad"]  # always empty here
    until(lambda: watched.state is ReaderState.EMPTY)


# -- the jack


@pytest.mark.parametrize("error", ERRORS, ids=IDS)
@pytest.mark.parametrize("call", ["open", "read"])
def test_the_jack_s_watch_goes_on_whatever_the_kernel_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, call: str,
    error: Callable[[], Exception],
) -> None:  # fmt: skip
    monkeypatch.setattr(evdev, "LOOK_AGAIN_SECONDS", 0.02)
    device = tmp_path / "event7"
    os.mkfifo(device)
    chip = os.open(device, os.O_RDWR)
    plug = evdev.EVENT.pack(0, 0, evdev.EV_SW, jack.SW_HEADPHONE_INSERT, 1)
    watched = jack.InputJack(str(device))
    changes: list[bool] = []
    with monkeypatch.context() as broken:

        def throws(*_arguments: Any) -> Any:
            raise error()

        broken.setattr(os, call, throws)
        watched.start(changes.append)
        os.write(chip, plug)
        until(lambda: caplog.messages)
    os.write(chip, plug)
    until(lambda: watched.plugged)
    watched.stop()
    os.close(chip)
    assert len(caplog.messages) == 1


def test_what_comes_back_in_time_is_handed_on_be_it_an_error() -> None:
    assert supervise.within(5, "answering", lambda: 7) == 7
    for error in (ValueError, SystemExit):

        def fails(error: type[BaseException] = error) -> None:
            raise error

        with pytest.raises(error):
            supervise.within(5, "failing", fails)


def test_what_hangs_is_given_up_told_where_it_stands_and_undone_when_it_comes_back() -> None:
    comes_back, undone = threading.Event(), list[str]()

    def hangs() -> str:
        comes_back.wait(10)
        return "a card that somebody holds"

    began = time.monotonic()
    with pytest.raises(supervise.Hung, match=r"^connecting has not come back within 0\.1 s$"):
        supervise.within(0.1, "connecting", hangs, late=undone.append)
    assert time.monotonic() - began < 5 and undone == []
    [thread] = [each for each in threading.enumerate() if each.name == "connecting"]
    assert " < hangs:" in supervise.stands(thread)
    comes_back.set()
    thread.join(5)
    assert undone == ["a card that somebody holds"]


def test_a_watch_that_stands_still_knows_nothing_any_more_and_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As with a pcscd that was stopped: the call does not come back, and then it does."""
    monkeypatch.setattr(reader, "STILL_SECONDS", 0.3)
    monkeypatch.setattr(reader, "PULSE_SECONDS", 0.05)
    goes_on, looks, reports = threading.Event(), list[int](), list[ReaderState]()
    name = b"Reader 0"

    def status_change(_context: int, _ms: int, asked: list[tuple[str, int]]) -> tuple[int, list[int]]:
        looks.append(len(asked))
        if len(looks) == 3:
            goes_on.wait(10)
        time.sleep(0.02)
        return scard.SCARD_S_SUCCESS, [scard.SCARD_STATE_EMPTY for _ in asked]

    monkeypatch.setattr(scard, "SCardEstablishContext", lambda _scope: (scard.SCARD_S_SUCCESS, 1))
    monkeypatch.setattr(scard, "SCardReleaseContext", lambda _context: scard.SCARD_S_SUCCESS)
    monkeypatch.setattr(scard, "SCardCancel", lambda _context: scard.SCARD_S_SUCCESS)
    monkeypatch.setattr(pcsclite, "list_readers", lambda _context: (scard.SCARD_S_SUCCESS, [name.decode()]))
    monkeypatch.setattr(pcsclite, "status_change", status_change)
    slot = PcscReader()
    slot.start(reports.append)
    try:
        until(lambda: reports == [ReaderState.EMPTY, ReaderState.ABSENT])
        time.sleep(0.2)
        assert slot.state is ReaderState.ABSENT and len(looks) == 3
        goes_on.set()
        until(lambda: reports == [ReaderState.EMPTY, ReaderState.ABSENT, ReaderState.EMPTY])
    finally:
        goes_on.set()
        slot.stop()
