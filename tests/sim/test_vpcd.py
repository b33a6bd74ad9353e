"""The wire between virtual card and virtual reader holds, breaks and heals as a real slot does."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from smartcard import scard

from kiosk.hw.device import Connection, Lost, Reader, ReaderState
from kiosk.sim import reader, vpcd
from kiosk.sim.card import TEXT, Faults, VirtualCard
from kiosk.sim.card.wire import VpcdCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.sim.reader import VpcdReader
from kiosk.sim.vpcd import receive_frame, send_frame
from tests.pcscd import PORT, Pcscd, wait_for

HOST = "127.0.0.1"
SELECT_TEXT = b"\x00\xa4\x04\x0c" + bytes((len(TEXT),)) + TEXT
ABSENT, EMPTY, CARD, MUTE = ReaderState.ABSENT, ReaderState.EMPTY, ReaderState.CARD, ReaderState.MUTE


class Watched:
    """A reader and the states it told, in order."""

    def __init__(self, port: int) -> None:
        self.reader = VpcdReader(port)
        self.states: queue.Queue[ReaderState] = queue.Queue()
        self.reader.start(self.states.put)

    def next(self) -> ReaderState:
        return self.states.get(timeout=5)


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


@pytest.fixture
def slot(port: int) -> Iterator[Watched]:
    watched = Watched(port)
    assert watched.next() is EMPTY
    yield watched
    watched.reader.stop()


@pytest.fixture
def chip(pki: Pki) -> VirtualCard:
    return VirtualCard(people()["excellent"], pki)


def test_the_reader_is_a_reader() -> None:
    reader: Reader = VpcdReader(1)
    assert reader.state is ABSENT and reader.insertion == 0
    reader.stop()


def test_a_card_goes_in_answers_and_comes_out(slot: Watched, port: int, chip: VirtualCard) -> None:
    with VpcdCard(HOST, port, chip) as card:
        assert slot.next() is CARD and card.attached
        connection: Connection = slot.reader.connect()
        assert connection.transmit(SELECT_TEXT) == b"\x90\x00"
        connection.close()
    assert slot.next() is EMPTY and not card.attached
    with VpcdCard(HOST, port, chip):
        assert slot.next() is CARD
    assert slot.reader.insertion == 2


def test_closing_a_connection_takes_the_power_and_with_it_every_verified_pin(
    slot: Watched, port: int, chip: VirtualCard
) -> None:
    with VpcdCard(HOST, port, chip):
        slot.next()
        connection = slot.reader.connect()
        connection.transmit(SELECT_TEXT)
        assert connection.transmit(bytes.fromhex("0020009104 31323334")) == b"\x90\x00"
        connection.close()
        wait_for(lambda: not chip.pins["text"].verified, "the card kept its power")
        connection.close()
        with pytest.raises(Lost):
            connection.transmit(SELECT_TEXT)


def test_a_held_card_cannot_be_taken_by_a_second_connection(slot: Watched, port: int, chip: VirtualCard) -> None:
    with VpcdCard(HOST, port, chip):
        slot.next()
        first = slot.reader.connect()
        with pytest.raises(Lost):
            slot.reader.connect()
        first.close()
        slot.reader.connect().close()


def test_without_a_card_there_is_nothing_to_connect_to(slot: Watched) -> None:
    with pytest.raises(Lost):
        slot.reader.connect()


def test_a_card_pulled_during_a_command_is_lost_at_once(slot: Watched, port: int, chip: VirtualCard) -> None:
    chip.inflict(Faults(pull_at=2))
    with VpcdCard(HOST, port, chip) as card:
        slot.next()
        connection = slot.reader.connect()
        connection.transmit(SELECT_TEXT)
        begun = time.monotonic()
        with pytest.raises(Lost):
            connection.transmit(SELECT_TEXT)
        assert time.monotonic() - begun < 5
        assert slot.next() is EMPTY and card.wait_out(1)


def test_a_mute_card_is_told_apart(slot: Watched, port: int, chip: VirtualCard) -> None:
    chip.inflict(Faults(mute=True))
    with VpcdCard(HOST, port, chip):
        assert slot.next() is MUTE
        with pytest.raises(Lost):
            slot.reader.connect()
    assert slot.next() is EMPTY


def test_a_mute_card_is_mute_to_pcscd_too(pcscd: Pcscd, chip: VirtualCard) -> None:
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)

    def state() -> int:
        _, (first, *_) = scard.SCardGetStatusChange(context, 0, [("Virtual PCD 00 00", scard.SCARD_STATE_UNAWARE)])
        return int(first[1])

    chip.inflict(Faults(mute=True))
    with VpcdCard(HOST, PORT, chip):
        wait_for(lambda: state() & scard.SCARD_STATE_MUTE, "pcscd does not call it mute")
    wait_for(lambda: state() & scard.SCARD_STATE_EMPTY, "pcscd did not see it go")
    scard.SCardReleaseContext(context)


def test_a_card_that_says_nothing_at_all_is_mute_too(slot: Watched, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "ATR_TIMEOUT", 0.05)
    with socket.create_connection((HOST, port)):
        assert slot.next() is MUTE
    assert slot.next() is EMPTY


def test_a_card_that_stops_answering_is_given_up_and_its_late_answer_meets_nobody(
    slot: Watched, port: int, chip: VirtualCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "TRANSMIT_TIMEOUT", 0.05)
    chip.inflict(Faults(silent_at=1))
    with VpcdCard(HOST, port, chip):
        slot.next()
        with pytest.raises(Lost):
            slot.reader.connect().transmit(SELECT_TEXT)
        assert slot.next() is EMPTY and slot.next() is CARD  # it comes back as another insertion
        assert slot.reader.connect().transmit(SELECT_TEXT) == b"\x90\x00"
        assert slot.reader.insertion == 2


def test_a_second_card_is_turned_away_while_one_is_in(slot: Watched, port: int, chip: VirtualCard) -> None:
    with VpcdCard(HOST, port, chip):
        slot.next()
        connection = slot.reader.connect()
        with socket.create_connection((HOST, port), timeout=5) as second:
            assert second.recv(1) == b""
        assert connection.transmit(SELECT_TEXT) == b"\x90\x00"
        assert slot.reader.insertion == 1


def test_noise_on_the_port_does_not_break_the_slot(slot: Watched, port: int, chip: VirtualCard) -> None:
    for _ in range(3):
        socket.create_connection((HOST, port)).close()
    with VpcdCard(HOST, port, chip):
        wait_for(lambda: slot.reader.state is CARD, "the card was not taken")


def test_a_stopped_reader_frees_its_port_and_a_command_in_flight(port: int, chip: VirtualCard) -> None:
    slot = Watched(port)
    slot.next()
    chip.inflict(Faults(silent_at=1))
    with VpcdCard(HOST, port, chip):
        slot.next()
        connection = slot.reader.connect()
        lost: queue.Queue[str] = queue.Queue()

        def transmit() -> None:
            try:
                connection.transmit(SELECT_TEXT)
            except Lost:
                lost.put("lost")

        waiting = threading.Thread(target=transmit)
        waiting.start()
        wait_for(lambda: len(chip.trace) == 1, "the command never went out")
        slot.reader.stop()
        assert lost.get(timeout=1) == "lost"
        waiting.join()
        assert slot.reader.state is ABSENT
        again = Watched(port)
        assert again.next() is EMPTY and again.next() is CARD
        again.reader.stop()


def test_a_taken_port_is_told_once_and_had_when_it_is_free(port: int, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server((HOST, port)):
        slot = Watched(port)
        wait_for(lambda: caplog.records, "nothing was told")
        with pytest.raises(queue.Empty):
            slot.states.get(timeout=2.5 * vpcd.RETRY)
    assert slot.next() is EMPTY
    assert [record.getMessage() for record in caplog.records] == [
        f"virtual reader: cannot listen on {HOST}:{port}: Address already in use"
    ]
    slot.reader.stop()


SESSION = """
import os, sys
from kiosk.sim.reader import VpcdReader
from kiosk.hw.device import ReaderState
import threading
there = threading.Event()
reader = VpcdReader(int(sys.argv[1]))
reader.start(lambda state: there.set() if state is ReaderState.CARD else None)
there.wait(10)
print(reader.connect().transmit(bytes.fromhex("00A4040C0AD3921000310001010408")).hex(), flush=True)
os._exit(0)
"""


def test_a_card_finds_each_new_session_by_itself(port: int, chip: VirtualCard) -> None:
    """Processes that die without a word, one after the other, as the kiosk's do."""
    with VpcdCard(HOST, port, chip):
        for _ in range(3):
            session = subprocess.run(
                [sys.executable, "-c", SESSION, str(port)], capture_output=True, text=True, timeout=20
            )
            assert session.stdout == "9000\n", session.stderr


def test_a_card_back_from_a_lost_reader_is_in_again_within_half_a_second(port: int, chip: VirtualCard) -> None:
    with VpcdCard(HOST, port, chip) as card:
        for _ in range(3):
            slot = Watched(port)
            begun = time.monotonic()
            assert slot.next() is EMPTY and slot.next() is CARD
            assert time.monotonic() - begun < 0.5
            slot.reader.stop()
            wait_for(lambda: not card.attached, "the card did not notice")


def test_a_card_never_becomes_its_own_reader(chip: VirtualCard) -> None:
    """With nobody listening TCP can connect a port of the outgoing range to itself; a card must let go of it."""
    with socket.socket() as own:
        own.bind((HOST, 0))
        own.connect(own.getsockname())  # what the kernel does by chance, on purpose
        port = own.getsockname()[1]
        card = VpcdCard(HOST, port, chip)
        card.serve(own)  # would never return if it waited for a command from itself
        assert not card.attached
    socket.create_server((HOST, port)).close()


def test_pulling_a_card_out_that_never_went_in_returns(port: int, chip: VirtualCard) -> None:
    card = VpcdCard(HOST, port, chip).start()
    card.close()
    card.close()
    assert card.wait_out(0)


def test_frames_survive_any_slicing() -> None:
    with socket.create_server((HOST, 0)) as listener:
        ours, theirs = socket.create_connection(listener.getsockname()), listener.accept()[0]
    with ours, theirs:
        for byte in b"\x00\x03abc":
            ours.send(bytes((byte,)))
        assert receive_frame(theirs) == b"abc"
        send_frame(ours, b"")
        assert receive_frame(theirs) == b""
        ours.send(b"\x00\x09half")
        with pytest.raises(TimeoutError):
            receive_frame(theirs, 0.05)
        ours.close()
        with pytest.raises(EOFError):
            receive_frame(theirs)


def card_process(port: int, tmp_path: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "kiosk.sim.card", "--port", str(port), "--pki", str(tmp_path / "pki"), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_command_line_puts_a_card_in_and_a_signal_pulls_it_out(slot: Watched, port: int, tmp_path: Path) -> None:
    process = card_process(port, tmp_path, "--person", "both", "--trace")
    assert slot.states.get(timeout=30) is CARD
    slot.reader.connect().transmit(SELECT_TEXT)
    process.send_signal(signal.SIGTERM)
    assert slot.next() is EMPTY
    said, complained = process.communicate(timeout=10)
    assert process.returncode == 0 and not complained
    assert "A4 04 0C Lc=10 -> 9000" in said and people()["both"].name not in said


def test_a_killed_card_is_a_pulled_card(slot: Watched, port: int, tmp_path: Path) -> None:
    process = card_process(port, tmp_path, "--person", "both")
    assert slot.states.get(timeout=30) is CARD
    os.kill(process.pid, signal.SIGKILL)
    assert slot.next() is EMPTY
    process.communicate(timeout=10)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--person", "nobody"], "excellent"),
        ([], "--person NAME"),
        (["--person", "both", "--device", "phone"], "no phone"),
        (["--person", "both", "--people", "/nonexistent.toml"], "/nonexistent.toml"),
        (["--person", "both", "--pki", "/dev/null/pki"], "/dev/null/pki"),
        (["--person", "both", "--answers", "x=90"], "--answers"),
    ],
)
def test_a_mistaken_command_line_gets_one_clear_line(
    port: int, tmp_path: Path, arguments: list[str], told: str
) -> None:
    process = card_process(port, tmp_path, *arguments)
    _, complained = process.communicate(timeout=20)
    assert process.returncode == 2 and told in complained and "Traceback" not in complained
