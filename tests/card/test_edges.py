"""Where a command's form changes, and what an error says: one step to each side of every edge."""

from __future__ import annotations

import pytest

from kiosk.card.apdu import Card, CardLost, CardProblem, FileAbsent, PinWrong, describe, encode
from kiosk.card.file import LARGEST, read_object, read_start
from kiosk.card.pin import AUTH_PIN, LICENCE_PIN, SIGN_PIN, TEXT_PIN, PinRule, Tries

from .script import card, tlv


def test_a_short_command_ends_at_255_bytes_and_an_extended_le_makes_all_lengths_extended() -> None:
    assert encode(0, 0x20, 0, 0, bytes(255)) == bytes((0, 0x20, 0, 0, 255)) + bytes(255)
    assert encode(0, 0x2A, 0, 0, b"\x01", le=256) == bytes((0, 0x2A, 0, 0, 1, 1, 0))
    assert encode(0, 0x2A, 0, 0, b"\x01", le=257) == bytes((0, 0x2A, 0, 0, 0, 0, 1, 1, 1, 1))
    for data, le in ((bytes(256), None), (bytes(256), 256), (b"", 65537)):
        with pytest.raises(ValueError, match=r"255 bytes|extended Le"):
            encode(0, 0x20, 0, 0, data, le)


@pytest.mark.parametrize(("count", "le"), [(1, "01"), (255, "FF"), (256, "00")])
def test_up_to_256_bytes_are_asked_for_in_a_short_command_and_say_nothing_of_extended_length(
    count: int, le: str
) -> None:
    chip, script = card((f"00B08200{le}", "AA" * count + "9000"))
    assert read_start(chip, 0x0002, count, "object") == b"\xaa" * count
    assert script.finished and chip.extended is None and chip.short_ids is True


def test_more_than_was_asked_for_is_cut_off() -> None:
    chip, _ = card(("00B0820003", "AABBCCDD9000"))
    assert read_start(chip, 0x0002, 3, "object") == b"\xaa\xbb\xcc"


def test_one_byte_too_few_is_a_card_problem() -> None:
    chip, _ = card(("00B0820003", "AABB9000"))
    with pytest.raises(CardProblem, match="object: cut off"):
        read_start(chip, 0x0002, 3, "object")


@pytest.mark.parametrize(("size", "fits"), [(LARGEST, True), (LARGEST + 1, False)])
def test_an_object_may_be_as_long_as_the_limit_and_no_longer(size: int, fits: bool) -> None:
    data = tlv("FF20", bytes(size - 5), f"82{size - 5:04X}")
    assert len(data) == size
    chip, _ = card(("00B08200000000", data.hex() + "9000"))
    if fits:
        assert read_object(chip, 0x0002, 0xFF20, "object") == data
    else:
        with pytest.raises(CardProblem, match="object: longer than it can be"):
            read_object(chip, 0x0002, 0xFF20, "object")


@pytest.mark.parametrize("length", ["03", "00"])
def test_a_get_response_with_a_wrong_le_is_put_right_with_the_length_the_card_names(length: str) -> None:
    answer = "AABBCC" if length == "03" else "EE" * 256
    chip, script = card(("00B0820000", "6110"), ("00C0000010", f"6C{length}"), (f"00C00000{length}", f"{answer}9000"))
    assert chip.exchange("READ BINARY", (0, 0xB0, 0x82, 0), le=256).data.hex() == answer.lower()
    assert script.finished


def test_6c00_means_256_bytes() -> None:
    chip, script = card(("00B0820003", "6C00"), ("00B0820000", "EE" * 256 + "9000"))
    assert chip.exchange("READ BINARY", (0, 0xB0, 0x82, 0), le=3).data == b"\xee" * 256
    assert script.finished


@pytest.mark.parametrize(("size", "fits"), [(65536, True), (65537, False)])
def test_an_answer_longer_than_any_can_be_is_a_card_problem(size: int, fits: bool) -> None:
    chip = Card(lambda _: bytes(size) + b"\x90\x00")
    if fits:
        assert len(chip.exchange("READ BINARY", (0, 0xB0, 0, 0), le=65536).data) == size
    else:
        with pytest.raises(CardProblem, match="READ BINARY: endless answer"):
            chip.exchange("READ BINARY", (0, 0xB0, 0, 0), le=65536)


def test_a_status_word_is_told_by_number_and_name() -> None:
    assert describe(0x6982) == "SW=0x6982 (SECURITY_STATUS_NOT_SATISFIED)"
    assert describe(0x63C2) == "SW=0x63C2 (unexpected)"
    assert describe(None) == "no status word"


def test_a_card_problem_names_the_command_and_what_was_wrong_with_it() -> None:
    by_word, by_fault = CardProblem("SELECT", status_word=0x6985), CardProblem("SELECT", "cut off")
    assert (by_word.command, by_word.fault, by_word.status_word) == ("SELECT", "", 0x6985)
    assert (by_fault.command, by_fault.fault, by_fault.status_word) == ("SELECT", "cut off", None)
    assert (str(by_word), str(by_fault)) == ("SELECT: SW=0x6985 (CONDITIONS_NOT_SATISFIED)", "SELECT: cut off")
    assert str(CardProblem("SELECT")) == "SELECT: no status word"
    assert str(PinWrong(Tries(2, False))) == "VERIFY: wrong PIN"


def test_a_file_that_cannot_be_selected_is_absent_or_a_card_problem() -> None:
    with pytest.raises(FileAbsent, match=r"SELECT EF 001A: SW=0x6A82 \(FILE_NOT_FOUND\)"):
        card(("00A4020C02001A", "6A82"))[0].select_file(0x001A)
    with pytest.raises(CardProblem, match="SELECT EF: SW=0x6985") as caught:
        card(("00A4020C02001A", "6985"))[0].select_file(0x001A)
    assert caught.value.status_word == 0x6985


def test_a_new_card_has_shown_nothing_yet() -> None:
    chip = Card(lambda _: b"\x90\x00")
    assert (chip.application, chip.extended, chip.short_ids, chip.tries) == (b"", None, None, {})


def test_a_card_lost_at_a_short_command_is_lost() -> None:
    def gone(apdu: bytes) -> bytes:
        raise CardLost("nothing answers")

    with pytest.raises(CardLost):
        read_start(Card(gone), 0x0002, 256, "object")


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        (TEXT_PIN, ("text", 0x11, 4, 4, False, 3)),
        (AUTH_PIN, ("auth", 0x18, 4, 4, False, 3)),
        (SIGN_PIN, ("sign", 0x1B, 6, 16, True, 5)),
        (LICENCE_PIN, ("licence", 0x06, 4, 4, False, 10)),
    ],
    ids=lambda value: value.name if isinstance(value, PinRule) else "",
)
def test_each_pin_is_the_one_of_the_specification(rule: PinRule, row: tuple[object, ...]) -> None:
    """my-number-card.md §4."""
    assert (rule.name, rule.ef, rule.shortest, rule.longest, rule.letters, rule.max_tries) == row
