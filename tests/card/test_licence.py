"""The licence on the card."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.apdu import ApplicationAbsent, Card, CardProblem, PinWrong
from kiosk.card.licence import CATEGORY_TAGS, CONDITION_TAGS, Licence, LicenceApplication
from kiosk.card.pin import Tries

from .script import SELECT_LICENCE, card


def jis(text: str, size: int = 0) -> bytes:
    return bytes(byte & 0x7F for byte in text.encode("euc_jp")).ljust(size, b"\x00")


def element(tag: int, value: bytes) -> bytes:
    return (
        bytes((tag,)) + (bytes((len(value),)) if len(value) < 0x80 else b"\x82" + len(value).to_bytes(2, "big")) + value
    )


WHOLE = b"".join(
    (
        bytes.fromhex("C200C300"),  # empty elements, as a real card began
        element(0xC4, jis("優良")),
        element(0xC5, b"5100814"),
        element(0xC6, jis("眼鏡等", 80)),
        element(0xCA, bytes(256)),
        element(0xDF, b""),
        element(0xE7, b"308412345670"),
        element(0xED, b"\x01"),
        element(0xF0, b"1"),
        element(0xF2, b"0"),
        element(0xFF, b""),
    )
)
EXPECTED = Licence("20280814", "優良", "308412345670", ("普通", "普自二"), ("眼鏡等",))


def test_presence_is_the_answer_to_select() -> None:
    LicenceApplication.select(card(SELECT_LICENCE)[0])
    with pytest.raises(ApplicationAbsent):
        LicenceApplication.select(card((SELECT_LICENCE[0], "6A82"))[0])


def test_six_round_trips_read_what_is_shown_of_a_licence() -> None:
    chip, script = card(
        SELECT_LICENCE,
        ("00B09A0003", "C101019000"),
        ("00200086", "63CA"),
        ("0020008604 32343638", "9000"),
        ("00B09B0000", WHOLE[:256].hex() + "9000"),
        ("00B0010000", (WHOLE + b"\xff" * 200)[256:512].hex() + "9000"),
    )
    licence = LicenceApplication.select(chip)
    assert licence.pin_is_set()
    assert licence.pin_tries() == Tries(10, False)
    licence.verify(bytearray(b"2468"))
    assert licence.read_licence() == EXPECTED
    assert script.finished


@pytest.mark.parametrize("header", ["DF078207D0", "01078207D0", "DF8207D0", "078207D0"])
@pytest.mark.parametrize("conditions", range(13))
def test_the_photograph_behind_it_is_not_asked_for(header: str, conditions: int) -> None:
    """Wherever it begins; how its tag is written is not known. What can come of it is the rest of one piece."""
    before = b"".join(
        (
            element(0xC5, b"5100814"),
            *(element(tag, jis("眼鏡等", 80)) for tag in CONDITION_TAGS[:conditions]),
            element(0xE7, b"308412345670"),
            *(element(tag, b"0") for tag in sorted(CATEGORY_TAGS)),
        )
    )
    whole = before + bytes.fromhex(header) + b"\xf5" * 2000
    given = 0

    def answer(apdu: bytes) -> bytes:
        nonlocal given
        if apdu[1] == 0xA4:
            return b"\x90\x00"
        offset = 0 if apdu[2] & 0x80 else int.from_bytes(apdu[2:4], "big")
        assert offset == given and len(apdu) == 5, "it goes on where it was, 256 bytes at most"
        given += 256
        return whole[offset:given] + b"\x90\x00"

    licence = LicenceApplication.select(Card(answer)).read_licence()
    assert (licence.expiry, len(licence.conditions)) == ("20280814", conditions)
    assert len(before) <= given < len(before) + 256


def test_a_licence_without_a_pin_opens_with_the_default() -> None:
    chip, script = card(
        SELECT_LICENCE, ("00B09A0003", "C101009000"), ("00200086", "63CA"), ("0020008604 2A2A2A2A", "9000")
    )
    licence = LicenceApplication.select(chip)
    assert not licence.pin_is_set()
    licence.pin_tries()
    licence.verify(None)
    assert script.finished


def test_a_card_that_refuses_p2_86_has_the_pin_file_selected() -> None:
    chip, script = card(
        SELECT_LICENCE,
        ("00200086", "6A82"),
        ("00A4020C020006", "9000"),
        ("00200080", "63CA"),
        ("0020008004 32343638", "63C9"),
    )
    licence = LicenceApplication.select(chip)
    assert licence.pin_tries() == Tries(10, False)
    with pytest.raises(PinWrong) as caught:
        licence.verify(bytearray(b"2468"))
    assert caught.value.tries == Tries(9, False)
    assert script.finished


def test_a_pin_setting_of_another_form_is_a_card_problem() -> None:
    with pytest.raises(CardProblem, match="licence PIN setting"):
        LicenceApplication.select(card(SELECT_LICENCE, ("00B09A0003", "C101029000"))[0]).pin_is_set()


@pytest.mark.parametrize("tail", ["", "00" * 40, "FF" * 40, "DF0782", "010782", "DF078207D0", "0107"])
def test_whatever_follows_the_known_elements_does_no_harm(tail: str) -> None:
    assert Licence.parse(WHOLE + bytes.fromhex(tail)) == EXPECTED


def test_a_character_outside_the_set_is_shown_as_a_mark() -> None:
    assert Licence.parse(element(0xC5, b"5100814") + element(0xC6, jis("眼鏡") + b"\xff\xf1")).conditions == ("眼鏡〓",)


@pytest.mark.parametrize("date", [b"", b"510081", b"9100814", b"51O0814", b"\xff" * 7])
def test_without_an_expiry_date_the_licence_is_a_card_problem(date: bytes) -> None:
    with pytest.raises(CardProblem, match="licence information: no expiry date"):
        Licence.parse(element(0xC5, date))


@pytest.mark.parametrize(
    ("coded", "date"), [(b"5010501", "20190501"), (b"4310430", "20190430"), (b"3640107", "19890107")]
)
def test_era_years_are_counted_from_their_first(coded: bytes, date: str) -> None:
    assert Licence.parse(element(0xC5, coded)).expiry == date


@given(st.binary(max_size=300))
def test_no_content_crashes_the_parser(data: bytes) -> None:
    for candidate in (data, element(0xC5, b"5100814") + data):
        try:
            assert repr(Licence.parse(candidate)) == "Licence()"
        except CardProblem as problem:
            assert problem.command == "licence information"
