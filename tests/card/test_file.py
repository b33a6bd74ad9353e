"""Reading: one command on a card that can, more on one that cannot, never a hang on one that misbehaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.apdu import Card, CardError, CardLost, CardProblem, FileAbsent
from kiosk.card.file import LARGEST, read_object, read_start, read_until

from .script import LOST, card, tlv

SMALL = tlv("FF20", bytes(range(30)))
LONG = tlv("FF20", bytes(range(256)) * 3)  # 773 bytes with its header
SELECT_0002 = ("00A4020C020002", "9000")


def read(*exchanges: tuple[str, str], ef: int = 0x0002) -> tuple[bytes, Card]:
    chip, script = card(*exchanges)
    data = read_object(chip, ef, 0xFF20, "object")
    assert script.finished
    return data, chip


@pytest.mark.parametrize("filler", ["", "00" * 50, "FF" * 5000])
@pytest.mark.parametrize("end", ["9000", "6282"])
def test_one_command_reads_a_long_object_with_extended_length(filler: str, end: str) -> None:
    data, chip = read(("00B08200000000", LONG.hex() + filler + end))
    assert data == LONG
    assert chip.short_ids and chip.extended


@pytest.mark.parametrize("warning", ["6200", "6202", "6281", "6282", "6283", "62FF", "6300", "6381"])
def test_data_that_come_with_a_warning_are_data(warning: str) -> None:
    assert read(("00B08200000000", LONG.hex() + warning))[0] == LONG
    pieces = [
        ("00B08200000000", "6700"),
        ("00B0820000", LONG[:256].hex() + warning),
        ("00B0010000", LONG[256:512].hex() + warning),
        ("00B0020000", LONG[512:768].hex() + warning),
        ("00B0030005", LONG[768:].hex() + warning),
    ]
    assert read(*pieces)[0] == LONG


@pytest.mark.parametrize("counted", ["63C0", "63C3", "63CF"])
def test_a_count_of_tries_is_no_warning_to_a_read(counted: str) -> None:
    refused = [("00B08200000000", SMALL.hex() + counted), ("00B0820000", SMALL.hex() + counted)]
    refused += [SELECT_0002, ("00B00000000000", SMALL.hex() + counted), ("00B0000000", SMALL.hex() + counted)]
    with pytest.raises(CardProblem, match=f"READ BINARY .*{counted}"):
        read(*refused)


@pytest.mark.parametrize("refusal", ["6700", "6883", "6D00", "6A86", "6281", "6200", "6300"])
def test_without_extended_length_the_object_comes_256_bytes_at_a_time(refusal: str) -> None:
    data, chip = read(
        ("00B08200000000", refusal),
        ("00B0820000", LONG[:256].hex() + "9000"),
        ("00B0010000", LONG[256:512].hex() + "9000"),
        ("00B0020000", LONG[512:768].hex() + "9000"),
        ("00B0030005", LONG[768:].hex() + "9000"),
    )
    assert data == LONG
    assert chip.short_ids is True and chip.extended is False


def test_a_refusal_of_extended_length_is_remembered() -> None:
    chip, script = card(
        ("00B08200000000", "6700"), ("00B0820000", SMALL.hex() + "9000"), ("00B0810000", SMALL.hex() + "9000")
    )
    read_object(chip, 0x0002, 0xFF20, "object")
    read_object(chip, 0x0001, 0xFF20, "object")
    assert script.finished


def test_a_reader_that_fails_on_an_extended_command_gets_short_ones() -> None:
    data, chip = read(("00B08200000000", LOST), ("00B0820000", SMALL.hex() + "9000"))
    assert data == SMALL and chip.extended is False


def test_a_card_pulled_out_while_reading_is_lost() -> None:
    with pytest.raises(CardLost):
        read(("00B08200000000", LOST), ("00B0820000", LOST))
    with pytest.raises(CardLost):
        read(("00B08200000000", LONG[:256].hex() + "9000"), ("00B0010000", LOST))


@pytest.mark.parametrize("refusal", ["6A86", "6A82", "6B00", "6700"])
def test_without_short_identifiers_the_file_is_selected_first(refusal: str) -> None:
    data, chip = read(
        ("00B08200000000", refusal), ("00B0820000", refusal), SELECT_0002, ("00B00000000000", LONG.hex() + "9000")
    )
    assert data == LONG
    assert chip.short_ids is False and chip.extended is True


def test_a_card_with_neither_gets_the_plainest_commands_and_is_asked_once() -> None:
    chip, script = card(
        ("00B08200000000", "6700"),
        ("00B0820000", "6A86"),
        SELECT_0002,
        ("00B00000000000", "6700"),
        ("00B0000000", SMALL.hex() + "9000"),
        ("00A4020C020001", "9000"),
        ("00B0000000", SMALL.hex() + "9000"),
    )
    read_object(chip, 0x0002, 0xFF20, "object")
    read_object(chip, 0x0001, 0xFF20, "object")
    assert script.finished


def test_a_reader_that_cuts_long_answers_only_costs_commands() -> None:
    data, _ = read(
        ("00B08200000000", LONG[:261].hex() + "9000"),
        ("00B0010500", LONG[261:517].hex() + "9000"),
        ("00B0020500", LONG[517:].hex() + "9000"),
    )
    assert data == LONG


def test_an_absent_file_is_told_apart() -> None:
    with pytest.raises(FileAbsent):
        read(("00B08200000000", "6A82"), ("00B0820000", "6A82"), ("00A4020C020002", "6A82"))


def test_a_file_closed_by_a_pin_is_asked_for_once() -> None:
    with pytest.raises(CardProblem, match=r"READ BINARY \(object\): SW=0x6982"):
        read(("00B08200000000", "6982"))


@pytest.mark.parametrize("end", ["9000", "6282", "6281", "6200", "6300", "6B00"])
def test_an_object_cut_off_is_a_card_problem(end: str) -> None:
    with pytest.raises(CardProblem, match="object: cut off"):
        read(("00B08200000000", LONG[:300].hex() + "9000"), ("00B0012C00", end))


@pytest.mark.parametrize("answer", ["", "FF", "FF20", "FF2082", "FF208203"])
def test_a_header_cut_off_is_a_card_problem(answer: str) -> None:
    offset = len(bytes.fromhex(answer))
    with pytest.raises(CardProblem, match="object: cut off"):
        read(("00B08200000000", answer + "9000"), (f"00B0{offset:04X}00", "9000"))


@pytest.mark.parametrize("filler", ["00", "FF"])
def test_endless_filler_is_a_card_problem(filler: str) -> None:
    with pytest.raises(CardProblem, match=r"^object: "):
        read(("00B08200000000", filler * 65536 + "9000"))


@pytest.mark.parametrize("header", ["FF20822001", "FF20827FFF", "FF2084FFFFFFFF"])
def test_an_object_longer_than_it_can_be_is_a_card_problem(header: str) -> None:
    with pytest.raises(CardProblem, match="object: longer than it can be"):
        read(("00B08200000000", header + "00" * 251 + "9000"))


def test_another_object_in_its_place_is_a_card_problem() -> None:
    with pytest.raises(CardProblem, match="object: does not begin with its tag"):
        read(("00B08200000000", tlv("FF10", b"x").hex() + "9000"))


def test_an_object_that_trickles_is_a_card_problem_and_ends() -> None:
    sent = 0

    def trickle(apdu: bytes) -> bytes:
        nonlocal sent
        sent += 1
        return (b"\xff\x20\x82\x10\x00" if apdu[2] & 0x80 else b"\x00") + b"\x90\x00"

    with pytest.raises(CardProblem, match="too many pieces"):
        read_object(Card(trickle), 0x0002, 0xFF20, "object")
    assert sent < 100


def test_the_start_of_a_file_is_read_in_one_short_command() -> None:
    chip, script = card(("00B0860020", "41" * 32 + "9000"), ("00B0880003", "8F8F009000"), ("00B0880003", "8F9000"))
    assert read_start(chip, 0x0006, 32, "label") == b"A" * 32
    assert read_start(chip, 0x0008, 3, "availability") == b"\x8f\x8f\x00"
    with pytest.raises(CardProblem, match="availability: cut off"):
        read_start(chip, 0x0008, 3, "availability")
    assert script.finished and chip.extended is None


def never(_: bytes) -> bool:
    return False


@pytest.mark.parametrize("end", [("00B0020000", "9000"), ("00B0020000", "6B00"), ("00B0020000", "6282")])
def test_a_file_of_which_nothing_is_enough_is_read_to_its_end(end: tuple[str, str]) -> None:
    whole = bytes(range(256)) * 2
    chip, script = card(("00B09B0000", whole[:256].hex() + "9000"), ("00B0010000", whole[256:].hex() + "9000"), end)
    assert read_until(chip, 0x001B, never, 5845, "file") == whole
    assert script.finished


def test_what_stands_behind_what_is_enough_is_not_asked_for() -> None:
    whole = bytes(range(256)) * 2
    chip, script = card(("00B09B0000", whole[:256].hex() + "9000"), ("00B0010000", whole[256:].hex() + "9000"))
    assert read_until(chip, 0x001B, lambda data: len(data) > 300, 5845, "file") == whole
    assert script.finished


@pytest.mark.parametrize(("limit", "asked"), [(256, []), (300, [44]), (512, [256]), (513, [256, 1])])
def test_not_a_byte_beyond_its_limit_is_asked_for(limit: int, asked: list[int]) -> None:
    more = [(f"00B0{256 * n:04X}{le % 256:02X}", "FF" * le + "9000") for n, le in enumerate(asked, 1)]
    chip, script = card(("00B09B0000", "FF" * 256 + "9000"), *more)
    assert read_until(chip, 0x001B, never, limit, "file") == b"\xff" * limit
    assert script.finished


def test_a_file_without_an_end_is_read_to_its_limit() -> None:
    assert len(read_until(Card(lambda apdu: b"\xff" * 256 + b"\x90\x00"), 0x001B, never, 5845, "file")) == 5845


@given(st.lists(st.binary(max_size=300), max_size=40))
def test_no_answers_can_crash_or_hang_a_read(answers: list[bytes]) -> None:
    left = list(answers)

    def transmit(apdu: bytes) -> bytes:
        if not left:
            raise CardLost("nothing answers")
        return left.pop(0)

    try:
        data = read_object(Card(transmit), 0x0002, 0xFF20, "object")
    except CardError:
        return
    assert data[:2] == b"\xff\x20" and len(data) <= LARGEST


def test_bytes_that_fit_a_short_le_are_asked_for_once_in_each_form_and_say_nothing_of_extended_length() -> None:
    chip, script = card(("00B0820000", "6A86"), SELECT_0002, ("00B0000000", bytes(256).hex() + "9000"))
    assert read_start(chip, 0x0002, 256, "object") == bytes(256)
    assert script.finished and chip.extended is None
