"""Tag, length, value, as real cards write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card import tlv
from kiosk.card.apdu import CardProblem


@pytest.mark.parametrize("length", ["819F", "82009F", "8300009F", "840000009F"])
def test_a_length_may_take_more_bytes_than_it_needs(length: str) -> None:
    data = bytes.fromhex(f"FF20{length}") + bytes(159)
    assert tlv.size(data, 0xFF20, "object") == len(data)


def test_a_certificate_says_its_size_in_its_first_four_bytes() -> None:
    assert tlv.size(bytes.fromhex("30820700"), 0x30, "certificate") == 4 + 0x700
    assert tlv.size(bytes.fromhex("308207"), 0x30, "certificate") is None


@pytest.mark.parametrize("malformed", ["FF2080", "FF2085", "FF20FF", "FFFF20", "DFFF01"])
def test_a_header_that_says_nothing_is_a_card_problem(malformed: str) -> None:
    with pytest.raises(CardProblem, match=r"^object: "):
        tlv.header(bytes.fromhex(malformed), 0, "object")


def test_filler_between_elements_is_overlooked() -> None:
    assert tlv.elements(bytes.fromhex("DF2201AA 0000 FF DF2301BB FFFF"), "object") == {0xDF22: b"\xaa", 0xDF23: b"\xbb"}


def test_of_a_tag_that_comes_twice_the_first_counts() -> None:
    assert tlv.elements(bytes.fromhex("DF2201AADF2201BB"), "object") == {0xDF22: b"\xaa"}


@pytest.mark.parametrize("cut", ["DF", "DF22", "DF2202AA", "DF228200"])
def test_an_element_cut_off_is_a_card_problem(cut: str) -> None:
    with pytest.raises(CardProblem, match="object: an element is cut off"):
        tlv.elements(bytes.fromhex(cut), "object")


@given(st.binary(max_size=400))
def test_no_bytes_can_crash_the_parser(data: bytes) -> None:
    try:
        for value in tlv.elements(data, "object").values():
            assert value in data
    except CardProblem as problem:
        assert problem.command == "object"


@given(st.dictionaries(st.integers(0xDF20, 0xDF7F), st.binary(max_size=300), max_size=6), st.integers(0, 2))
def test_what_is_written_is_read(values: dict[int, bytes], padding: int) -> None:
    data = b""
    for tag, value in values.items():
        data += tag.to_bytes(2, "big") + bytes((0x82 + padding,)) + len(value).to_bytes(2 + padding, "big") + value
    assert tlv.elements(data + b"\xff" * 3, "object") == values
