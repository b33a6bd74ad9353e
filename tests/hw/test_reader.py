"""The card slot over the real pcscd: what comes, goes, breaks and returns, and how soon the kiosk knows.

Every time is measured and printed (`pytest -rP`); the promise is three seconds.
"""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.config.kiosk import Settings
from kiosk.health import look
from kiosk.hw import reader as module
from kiosk.hw.device import Connection, Lost, Reader, ReaderState
from kiosk.hw.reader import STILL_SECONDS, PcscReader, Slot, choose
from kiosk.sim.card.wire import VpcdCard
from tests.pcscd import PORT, Pcscd, missing, virtual_reader
from tests.stage import until

ABSENT, EMPTY, CARD, MUTE = ReaderState
PORTS = (PORT, PORT + 1)  # the two slots of the virtual reader
PROMISE = 3.0  # seconds
VERIFIED, NOT_VERIFIED = b"\x90\x00", b"\x63\xc3"

pytestmark = pytest.mark.timeout(60)


class Chip:
    """One PIN, which stays verified until the power goes, over any warm reset; and a command that is never answered."""

    TRIES = bytes.fromhex("00200080")
    VERIFY = bytes.fromhex("00200080 04 31323334")
    SLEEP = bytes.fromhex("80EE0000")

    def __init__(self, atr: bytes = bytes.fromhex("3BE000FF8131FE4514")) -> None:
        self.atr = atr
        self.commands: list[bytes] = []
        self.asleep = threading.Event()
        self.powered = threading.Event()
        self._verified = False

    def power_on(self) -> None:
        self.powered.set()

    def power_off(self) -> None:
        self._verified = False

    def reset(self) -> None: ...

    def transmit(self, apdu: bytes) -> bytes:
        self.commands.append(apdu)
        if apdu == self.SLEEP:
            self.asleep.set()
            return b""
        self._verified = self._verified or apdu == self.VERIFY
        return b"\x90\x00" if self._verified else b"\x63\xc3"


class Watched:
    """A reader whose reports are collected; `until` measures how long one takes."""

    def __init__(self, reader: PcscReader) -> None:
        self.reader: Reader = reader
        self.reports: queue.Queue[ReaderState] = queue.Queue()
        self.reader.start(self.reports.put)

    def until(self, state: ReaderState, what: str, since: float | None = None) -> None:
        since = time.monotonic() if since is None else since
        while self.reports.get(timeout=10) is not state:
            pass
        took = time.monotonic() - since
        print(f"{what}: noticed after {took * 1000:.0f} ms")
        assert took < PROMISE


@pytest.fixture
def pcscd(tmp_path: Path) -> Iterator[Pcscd]:
    """One that is not yet running, and may be started, killed and unplugged."""
    if why := missing():
        pytest.skip(why)
    with Pcscd(tmp_path) as daemon:
        yield daemon


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    started: list[Watched] = []

    def start(name: str | None = None) -> Watched:
        started.append(Watched(PcscReader(name)))
        return started[-1]

    yield start
    for each in started:
        each.reader.stop()


@pytest.fixture
def slot(pcscd: Pcscd, watch: Callable[..., Watched]) -> Watched:
    """A running pcscd with two empty readers, and our reader watching."""
    pcscd.start()
    watched = watch()
    watched.until(EMPTY, "an empty reader at the start")
    return watched


def insert(slot: Watched, chip: Chip | None = None, port: int = PORTS[0], becomes: ReaderState = CARD) -> VpcdCard:
    card = VpcdCard("127.0.0.1", port, chip or Chip()).start()
    assert card.wait_attached(5)
    slot.until(becomes, f"a card put in ({becomes.value})")
    return card


def pull(slot: Watched, card: VpcdCard) -> None:
    card.close()
    slot.until(EMPTY, "a card pulled out")


# -- coming and going ----------------------------------------------------------------------------------------------


def test_a_card_put_in_and_taken_out_is_noticed_and_counted(slot: Watched) -> None:
    for nth in (1, 2):
        card = insert(slot)
        assert (slot.reader.state, slot.reader.insertion) == (CARD, nth)
        pull(slot, card)
        assert (slot.reader.state, slot.reader.insertion) == (EMPTY, nth)


def test_every_slot_that_counts_is_told_with_what_is_in_it(slot: Watched) -> None:
    assert isinstance(slot.reader, PcscReader)
    with closing(insert(slot, port=PORTS[1])):
        assert list(slot.reader.slots.values()) == [EMPTY, CARD]
    slot.until(EMPTY, "a card pulled out")
    assert list(slot.reader.slots.values()) == [EMPTY, EMPTY]


def test_twenty_hasty_ins_and_outs_in_two_slots_end_in_the_true_state(slot: Watched) -> None:
    def in_and_out(port: int) -> None:
        for _ in range(10):
            chip = Chip()
            with VpcdCard("127.0.0.1", port, chip):
                chip.powered.wait(0.45)  # pcscd looks every 0.4 s: out while it is being powered, or never powered

    hands = [threading.Thread(target=in_and_out, args=(port,)) for port in PORTS]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    deadline = time.monotonic() + PROMISE
    while slot.reader.state is not EMPTY:
        slot.reports.get(timeout=deadline - time.monotonic())
    while not slot.reports.empty():
        slot.reports.get()
    seen = slot.reader.insertion
    with closing(insert(slot)):
        assert slot.reader.insertion == seen + 1
        slot.reader.connect().close()


def test_a_card_swapped_while_nobody_looked_is_reported_as_out_and_in(
    pcscd: Pcscd, watch: Callable[..., Watched]
) -> None:
    pcscd.start()
    other = watch()  # sees the swap and tells us when it is complete
    reports: queue.Queue[ReaderState] = queue.Queue()
    look_away, look_again = threading.Event(), threading.Event()

    def slow_listener(state: ReaderState) -> None:
        reports.put(state)
        if state is CARD and not look_again.is_set():
            look_away.set()
            look_again.wait(20)

    reader = PcscReader()
    reader.start(slow_listener)
    try:
        first = insert(other)
        assert look_away.wait(5)
        pull(other, first)
        with closing(insert(other)):
            look_again.set()
            assert [reports.get(timeout=5) for _ in range(4)] == [EMPTY, CARD, EMPTY, CARD]
            assert reader.insertion == 2
    finally:
        look_again.set()
        reader.stop()


def test_a_card_that_does_not_answer_to_power_is_mute(slot: Watched) -> None:
    card = insert(slot, Chip(atr=b"\x3b" + bytes(33)), becomes=MUTE)  # longer than an ATR may be: pcscd cannot power it
    with pytest.raises(Lost):
        slot.reader.connect()
    pull(slot, card)


def test_a_card_that_nobody_can_talk_to_becomes_mute_when_it_is_tried(slot: Watched) -> None:
    card = insert(slot, Chip(atr=b"\xff\xff\xff"))
    with pytest.raises(Lost):
        slot.reader.connect()
    slot.until(MUTE, "an unusable card")
    assert slot.reader.insertion == 1
    pull(slot, card)
    with closing(insert(slot)):
        slot.reader.connect().close()


def test_the_second_reader_gets_the_card(slot: Watched) -> None:
    with closing(insert(slot, port=PORTS[1])):
        connection = slot.reader.connect()
        assert connection.transmit(Chip.TRIES) == NOT_VERIFIED
        connection.close()


def test_a_named_reader_is_the_only_one_that_counts(pcscd: Pcscd, watch: Callable[..., Watched]) -> None:
    pcscd.start()
    any_reader, second = watch(), watch("pcd 00 01")
    second.until(EMPTY, "the named reader")
    with closing(insert(any_reader, port=PORTS[0])):
        assert second.reader.state is EMPTY
        with VpcdCard("127.0.0.1", PORTS[1], Chip()):
            second.until(CARD, "a card in the named reader")
    assert watch("no such reader").reader.state is ABSENT


NAMES = [
    "Gemalto IDBridge K3000 ＠１".encode(),
    b"Gemalto \xe4 K",
    b"x" * 118 + "あ".encode(),  # pcscd cuts it off in the middle of a letter
    b"%s %d {} \x1b[31m \x7f",
]


@pytest.mark.parametrize("name", NAMES, ids=["not ASCII", "not UTF-8", "cut off", "controls"])
def test_no_name_keeps_a_reader_from_being_used(pcscd: Pcscd, watch: Callable[..., Watched], name: bytes) -> None:
    pcscd.plug_in(virtual_reader(name))
    pcscd.start()
    slot = watch()
    slot.until(EMPTY, "an empty reader")
    for port in PORTS:
        card = insert(slot, port=port)
        connection = slot.reader.connect()
        assert connection.transmit(Chip.TRIES) == NOT_VERIFIED
        connection.close()
        pull(slot, card)


def test_the_slot_of_a_sam_is_none_for_people_unless_the_settings_say_so(
    pcscd: Pcscd, watch: Callable[..., Watched]
) -> None:
    pcscd.plug_in(virtual_reader(b"ACME Dual Reader SAM"))
    pcscd.start()
    slot, named = watch(), watch("reader sam")
    named.until(EMPTY, "the one that is named")
    with closing(insert(named)):
        assert slot.reader.state is ABSENT and slot.reports.empty()


def test_how_a_card_came_is_told(pcscd: Pcscd, watch: Callable[..., Watched]) -> None:
    pcscd.start()
    other = watch()
    with closing(insert(other)):
        slot = watch()  # finds it in, as one does after a restart
        assert slot.reports.get(timeout=5) is CARD, "no EMPTY before it: nobody saw it come"
        other.reader.stop()
        with closing(VpcdCard("127.0.0.1", PORTS[1], Chip()).start()):
            assert [slot.reports.get(timeout=5) for _ in range(2)] == [EMPTY, CARD], "in the other slot, and seen"
        assert [slot.reports.get(timeout=5) for _ in range(3)] == [EMPTY, ABSENT, CARD], "the first one again"


def test_which_reader_is_chosen() -> None:
    def at(first: ReaderState, second: ReaderState, current: str | None = None) -> str:
        chosen = choose([Slot("1", first, 0), Slot("2", second, 0)], Slot(current, CARD, 0) if current else None)
        assert chosen
        return chosen.name

    assert at(EMPTY, EMPTY) == "1"
    assert at(EMPTY, CARD) == "2"
    assert at(MUTE, CARD) == "2"
    assert at(CARD, CARD) == "1"
    assert at(CARD, CARD, current="2") == "2", "the card in use stays in use"
    assert at(CARD, EMPTY, current="2") == "1"
    assert at(EMPTY, EMPTY, current="2") == "1"
    assert at(ABSENT, EMPTY, current="1") == "2"
    assert choose([], None) is None
    old, new = Slot("1", CARD, 0), Slot("2", MUTE, 0, came=True)
    assert choose([old, new], old) == new, "what has just been put in, also where another card has always been"


# -- breaking and returning ----------------------------------------------------------------------------------------


def test_a_card_pulled_in_the_middle_of_a_command_is_lost_at_once(slot: Watched) -> None:
    chip = Chip()
    card = insert(slot, chip)
    connection = slot.reader.connect()
    pulled: list[float] = []

    def pull_when_busy() -> None:
        assert chip.asleep.wait(5)
        pulled.append(time.monotonic())
        card.close()

    threading.Thread(target=pull_when_busy).start()
    with pytest.raises(Lost):
        connection.transmit(Chip.SLEEP)
    print(f"pulled in mid-command: transmit ended after {(time.monotonic() - pulled[0]) * 1000:.0f} ms")
    assert time.monotonic() - pulled[0] < PROMISE
    connection.close()
    slot.until(EMPTY, "a card pulled in mid-command", pulled[0])


def test_the_next_card_never_meets_the_connection_of_the_last(slot: Watched) -> None:
    card = insert(slot)
    connection = slot.reader.connect()
    pull(slot, card)
    chip = Chip()
    with closing(insert(slot, chip)):
        for _ in range(2):
            with pytest.raises(Lost):
                connection.transmit(Chip.TRIES)
        connection.close()
        assert chip.commands == []
        slot.reader.connect().close()


def test_a_killed_pcscd_is_noticed_and_its_successor_used(pcscd: Pcscd, slot: Watched) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    before: list[int] = []
    for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        with closing(insert(slot)):
            connection = slot.reader.connect()
            killed = time.monotonic()
            pcscd.stop(how)
            slot.until(ABSENT, f"pcscd ended by {how.name}", killed)
            with pytest.raises(Lost):
                connection.transmit(Chip.TRIES)
            connection.close()
            with pytest.raises(Lost):
                slot.reader.connect()
        pcscd.start()
        slot.until(EMPTY, "pcscd started again")
        before.append(descriptors())
    assert before[0] == before[-1], "each restart leaves a descriptor behind"
    assert slot.reader.insertion == 3


def test_a_transmit_on_its_way_ends_when_pcscd_dies(pcscd: Pcscd, slot: Watched) -> None:
    chip = Chip()
    with closing(insert(slot, chip)):
        connection = slot.reader.connect()

        def kill_when_busy() -> None:
            assert chip.asleep.wait(5)
            pcscd.stop(signal.SIGKILL)

        killer = threading.Thread(target=kill_when_busy)
        killer.start()
        with pytest.raises(Lost):
            connection.transmit(Chip.SLEEP)
        killer.join()
        connection.close()


def test_a_pcscd_that_stands_still_holds_up_no_visit_and_is_used_again_when_it_goes_on(
    pcscd: Pcscd, slot: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("CONNECT_SECONDS", 1.0), ("ANSWER_SECONDS", 1.0), ("CLOSE_SECONDS", 0.5)):
        monkeypatch.setattr(module, name, seconds)
    with closing(insert(slot)):
        connection = slot.reader.connect()
        with pcscd.standing_still():
            stopped = time.monotonic()
            with pytest.raises(Lost, match="has not come back within"):
                connection.transmit(Chip.TRIES)
            with pytest.raises(Lost, match="stands still"):
                slot.reader.connect()
            connection.close()
            while slot.reports.get(timeout=20) is not ABSENT:
                pass
            took = time.monotonic() - stopped
            print(f"pcscd stopped: noticed after {took * 1000:.0f} ms")
            assert took < STILL_SECONDS + PROMISE
            assert slot.reader.answers is False
        slot.until(CARD, "pcscd goes on")
        until(lambda: slot.reader.answers)
        again = slot.reader.connect()
        assert again.transmit(Chip.TRIES) == NOT_VERIFIED, "what was asked for too late holds no card, and no PIN"
        again.close()


def test_a_connect_that_hangs_is_given_up(pcscd: Pcscd, slot: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 1.0)
    with closing(insert(slot)):
        with pcscd.standing_still(), pytest.raises(Lost, match="has not come back within"):
            slot.reader.connect()
        until(lambda: slot.reader.answers)
        slot.reader.connect().close()


def lost(connection: Connection) -> None:
    with pytest.raises(Lost):
        connection.transmit(Chip.TRIES)


def test_it_is_not_said_that_pcscd_stands_still_while_a_command_may_still_be_done(
    pcscd: Pcscd, slot: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STILL_SECONDS", 0.5)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 2.0)
    with closing(insert(slot)):
        connection = slot.reader.connect()
        said: list[bool | None] = []
        with pcscd.standing_still():
            asking = threading.Thread(target=lambda: lost(connection))
            asking.start()
            while asking.is_alive():
                said.append(slot.reader.answers)
                time.sleep(0.1)
            assert len(said) > 10 and False not in said[:-1]
            assert slot.reader.answers is False
        connection.close()


def test_a_driver_that_hangs_over_one_card_is_told_though_the_watch_goes_on(
    slot: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.5)
    chip = Chip()
    card = insert(slot, chip)
    connection = slot.reader.connect()
    with pytest.raises(Lost, match="has not come back within"):
        connection.transmit(Chip.SLEEP)
    connection.close()
    assert slot.reader.answers is False and slot.reader.state is CARD
    until(lambda: slot.reports.qsize() > 0)
    assert slot.reports.get() is CARD, "so that it is told at once, and not with the next round"
    with pytest.raises(Lost, match="stands still"):
        slot.reader.connect()
    card.close()
    until(lambda: slot.reader.answers)


@pytest.mark.parametrize("readers", [True, False])
def test_a_pcscd_that_stands_still_from_the_first_is_told_of_as_one_that_only_has_no_reader_is_not(
    pcscd: Pcscd, watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch, readers: bool
) -> None:
    monkeypatch.setattr(module, "STILL_SECONDS", 2.0)
    pcscd.start(readers=readers)
    with pcscd.standing_still():
        slot = watch()
        assert slot.reader.answers is None, "it may be about to"
        until(lambda: slot.reader.answers is False)
        found = look.at_reader(Settings())
        assert found.lacks and "stands still" in found.words
    until(lambda: slot.reader.answers)
    assert "stands still" not in look.at_reader(Settings()).words


def test_a_pcscd_that_is_not_there_is_none_that_stands_still(
    watch: Callable[..., Watched], pcscd: Pcscd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STILL_SECONDS", 3.0)  # more than the longest pause between two looks for it
    slot = watch()
    until(lambda: slot.reader.answers)
    for _ in range(45):
        time.sleep(0.1)
        assert slot.reader.answers, "and it is systemd's to start it when it is asked"


def test_the_kiosk_may_start_before_pcscd(pcscd: Pcscd, watch: Callable[..., Watched]) -> None:
    slot = watch()
    with pytest.raises(Lost):
        slot.reader.connect()
    assert slot.reader.state is ABSENT
    pcscd.start()
    slot.until(EMPTY, "pcscd started after us")


def test_a_reader_unplugged_and_plugged_again_is_noticed(pcscd: Pcscd, slot: Watched) -> None:
    pcscd.stop()
    pcscd.start(readers=False)
    slot.until(ABSENT, "the reader unplugged")
    assert slot.reader.state is ABSENT
    pcscd.stop()
    pcscd.start()
    slot.until(EMPTY, "the reader plugged")
    with closing(insert(slot)):
        slot.reader.connect().close()


def test_a_listener_that_fails_does_not_end_the_watch(pcscd: Pcscd, caplog: pytest.LogCaptureFixture) -> None:
    pcscd.start()
    seen = threading.Semaphore(0)

    def bad_listener(state: ReaderState) -> None:
        seen.release()
        raise ValueError("山田")

    reader = PcscReader()
    reader.start(bad_listener)
    assert seen.acquire(timeout=5)
    with VpcdCard("127.0.0.1", PORTS[0], Chip()):
        assert seen.acquire(timeout=5)
    reader.stop()
    assert "ValueError" in caplog.text
    assert "山田" not in caplog.text


def test_stopping_is_prompt_and_final(slot: Watched) -> None:
    card = insert(slot)
    start = time.monotonic()
    slot.reader.stop()
    took = time.monotonic() - start
    print(f"stop: {took * 1000:.0f} ms")
    assert took < 0.5
    assert not [thread for thread in threading.enumerate() if thread.name == "card-reader"]
    assert slot.reader.state is ABSENT
    card.close()
    assert slot.reports.empty()


# -- forgetting ----------------------------------------------------------------------------------------------------


def test_no_other_program_reaches_the_card_while_we_hold_it(slot: Watched) -> None:
    if not shutil.which("opensc-tool"):
        pytest.skip("needs the package opensc")

    def opensc_asks_for_the_tries() -> bool:
        ask = ["opensc-tool", "--reader", "0", "--card-driver", "default", "--send-apdu", Chip.TRIES.hex(":")]
        return subprocess.run(ask, capture_output=True, timeout=20).returncode == 0

    chip = Chip()
    with closing(insert(slot, chip)):
        connection = slot.reader.connect()
        assert not opensc_asks_for_the_tries()
        assert chip.commands == []
        assert connection.transmit(Chip.VERIFY) == VERIFIED
        connection.close()
        assert opensc_asks_for_the_tries()
        assert chip.transmit(Chip.TRIES) == NOT_VERIFIED


def test_a_card_in_use_elsewhere_is_waited_for_but_not_for_ever(slot: Watched, watch: Callable[..., Watched]) -> None:
    other = watch()
    with closing(insert(slot)):
        other.until(CARD, "the same card, for the other program")
        theirs = other.reader.connect()
        release = threading.Timer(0.3, theirs.close)
        release.start()
        ours = slot.reader.connect()
        release.join()
        start = time.monotonic()
        with pytest.raises(Lost, match="haring"):
            other.reader.connect()
        assert 1 < time.monotonic() - start < PROMISE
        ours.close()


def test_a_verified_pin_does_not_outlive_its_connection(slot: Watched) -> None:
    with closing(insert(slot)):
        connection = slot.reader.connect()
        assert connection.transmit(Chip.VERIFY) == VERIFIED
        assert connection.transmit(Chip.TRIES) == VERIFIED
        connection.close()
        connection.close()
        with pytest.raises(Lost):
            connection.transmit(Chip.TRIES)
        again = slot.reader.connect()
        assert again.transmit(Chip.TRIES) == NOT_VERIFIED
        again.close()


KILLED_WHILE_VERIFIED = """
import os, sys, threading
from kiosk.hw.reader import PcscReader
from kiosk.hw.device import ReaderState
ready = threading.Event()
reader = PcscReader()
reader.start(lambda state: ready.set() if state is ReaderState.CARD else None)
assert ready.wait(5)
connection = reader.connect()
assert connection.transmit(bytes.fromhex(sys.argv[1])) == b"\\x90\\x00"
os._exit(7)
"""


def test_a_pin_verified_by_a_session_that_crashed_is_gone_for_the_next(slot: Watched) -> None:
    chip = Chip()
    with closing(insert(slot, chip)):
        crashed = subprocess.run([sys.executable, "-c", KILLED_WHILE_VERIFIED, Chip.VERIFY.hex()], timeout=20)
        assert crashed.returncode == 7
        assert chip.transmit(Chip.TRIES) == VERIFIED, "pcscd itself resets such a card, which does not make it forget"
        connection = slot.reader.connect()
        assert connection.transmit(Chip.TRIES) == NOT_VERIFIED
        connection.close()


def test_no_command_and_no_answer_is_ever_logged_or_raised(slot: Watched, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    card = insert(slot)
    connection = slot.reader.connect()
    connection.transmit(Chip.VERIFY)
    pull(slot, card)
    with pytest.raises(Lost) as lost:
        connection.transmit(Chip.VERIFY)
    connection.close()
    told = (caplog.text + str(lost.value) + repr(lost.value)).replace(" ", "").replace(",", "")
    for trace in ("31323334", "1234", "49505152", "00200080"):
        assert trace not in told


OPENED_BY_IMPORT = """
import os
def opened(): return sorted(os.listdir("/proc/self/fd")), sorted(os.listdir("/proc/self/task"))
before = opened()
from kiosk.hw.reader import PcscReader
PcscReader()
assert opened() == before, (before, opened())
"""


def test_nothing_is_opened_before_the_fork() -> None:
    subprocess.run([sys.executable, "-c", OPENED_BY_IMPORT], check=True, timeout=20)
