"""The four attributes, from the cards we have heard of."""

from __future__ import annotations

import datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.apdu import CardError, CardProblem
from kiosk.card.text import Attributes, AttributeUnusable, Field, Sex, TextApplication

from .script import SELECT_TEXT, attributes_object, card, tlv

LONG_ADDRESS = "東京都見本区見本町一丁目２番３号　" + "見本の大きな集合住宅の長い名前" * 8


def test_four_round_trips_read_the_four_attributes() -> None:
    chip, script = card(
        SELECT_TEXT,
        ("00200091", "63C3"),
        ("00200091 04 31323334", "9000"),
        ("00B08200000000", attributes_object().hex() + "FF" * 90 + "9000"),
    )
    text = TextApplication.select(chip)
    assert text.pin_tries().remaining == 3
    text.verify(bytearray(b"1234"))
    attributes = text.read_attributes()
    assert attributes == Attributes("見本　花子", "東京都見本区見本町一丁目２番３号", "19860709", Sex.FEMALE)
    assert len(script.sent) == 4 and script.finished


def test_a_long_address_needs_no_more_round_trips() -> None:
    data = attributes_object(address=LONG_ADDRESS)
    assert len(data) > 256
    chip, _ = card(SELECT_TEXT, ("00B08200000000", data.hex() + "9000"))
    assert TextApplication.select(chip).read_attributes().address == LONG_ADDRESS


@pytest.mark.parametrize("length", ["82{:04X}", "83{:06X}", "84{:08X}"])
def test_lengths_in_any_long_form_are_read(length: str) -> None:
    name, rest = tlv("DF22", "見本　花子".encode(), "82000F"), attributes_object()[2 + 1 + 11 + 3 + 15 :]
    inner = tlv("DF21", bytes(8)) + name + rest
    assert Attributes.parse(tlv("FF20", inner, length.format(len(inner)))).name == "見本　花子"


def test_the_order_and_the_offsets_do_not_matter() -> None:
    inner = (
        tlv("DF25", b"1")
        + tlv("DF24", b"20010203")
        + tlv("DF23", "東京都".encode())
        + tlv("DF22", "見本　一".encode())
        + tlv("DF2F", b"unknown")
        + tlv("DF21", b"\xff" * 8)
    )
    assert Attributes.parse(tlv("FF20", inner)) == Attributes("見本　一", "東京都", "20010203", Sex.MALE)


@pytest.mark.parametrize(
    ("code", "sex"), [("1", Sex.MALE), ("2", Sex.FEMALE), ("0", Sex.UNKNOWN), ("3", Sex.UNKNOWN), ("9", Sex.UNKNOWN)]
)
def test_sex_codes(code: str, sex: Sex) -> None:
    assert Attributes.parse(attributes_object(sex=code)).sex is sex


def test_a_birth_date_may_be_partly_unknown() -> None:
    assert Attributes.parse(attributes_object(birth="19400000")).birth_date == "19400000"


@pytest.mark.parametrize("birth", ["19500000", "00000000", "19500600", "19500230", "00000229"])
def test_a_birth_date_not_known_in_full_or_that_never_was_is_data(birth: str) -> None:
    assert Attributes.parse(attributes_object(birth=birth)).birth_date == birth


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        ("19860709", "2026-07-08", 39),
        ("19860709", "2026-07-09", 40),
        ("20240229", "2025-02-28", 0),
        ("20240229", "2025-03-01", 1),
        ("19500000", "2025-12-31", 75),  # it may have been the first day of that year
        ("19500000", "2026-01-01", 76),
        ("19500600", "2026-05-31", 75),
        ("19500600", "2026-06-01", 76),
        ("19500230", "2026-02-28", 75),
        ("19500230", "2026-03-01", 76),
        ("00000000", "2026-03-01", None),
        ("00000601", "2026-03-01", None),
    ],
)
def test_an_age_takes_the_first_day_that_the_date_can_mean(birth: str, day: str, age: int | None) -> None:
    attributes = Attributes("見本　花子", "東京都", birth, Sex.FEMALE)
    assert attributes.age_on(datetime.date.fromisoformat(day)) == age


@pytest.mark.parametrize("field", Field)
@pytest.mark.parametrize("value", [None, b"", b"\xff", b"\x1b"], ids=["missing", "empty", "not UTF-8", "control"])
def test_the_attribute_that_cannot_be_used_is_named(field: Field, value: bytes | None) -> None:
    values: dict[str, bytes | None] = {"DF22": b"n", "DF23": b"a", "DF24": b"19860709", "DF25": b"1"}
    values[list(values)[list(Field).index(field)]] = value
    with pytest.raises(AttributeUnusable) as caught:
        Attributes.parse(tlv("FF20", b"".join(tlv(tag, each) for tag, each in values.items() if each is not None)))
    assert caught.value.field is field


def test_a_character_outside_the_basic_plane_is_kept() -> None:
    assert Attributes.parse(attributes_object(name="𠮷田　花")).name == "𠮷田　花"


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (attributes_object(name=""), "the name is empty"),
        (attributes_object(address=""), "the address is empty"),
        (attributes_object(birth=""), "the birth date is empty"),
        (attributes_object(sex=""), "the sex is empty"),
        (attributes_object(name="a\x1b[31m"), "the name is empty or holds control characters"),
        (attributes_object(birth="1986070"), "the birth date is not a date"),
        (attributes_object(birth="19861309"), "the birth date is not a date"),
        (attributes_object(birth="１９８６"), "the birth date is not a date"),
        (attributes_object(sex="5"), "the sex is not one of its codes"),
        (tlv("FF20", tlv("DF22", "見本".encode("shift_jis"))), "the name is not UTF-8"),
        (tlv("FF20", tlv("DF25", b"1") + tlv("DF22", "見本".encode())), "the address is missing"),
        (tlv("FF20", b""), "the name is missing"),
        (attributes_object()[:-1], "cut off"),
        (b"", "cut off"),
    ],
)
def test_a_malformed_object_is_a_card_problem_that_names_the_fault(data: bytes, fault: str) -> None:
    with pytest.raises(CardProblem, match=f"^four attributes: {fault}") as caught:
        Attributes.parse(data)
    assert not any(c > "\x7f" for c in str(caught.value))


def test_nothing_of_the_person_is_in_a_repr() -> None:
    assert repr(Attributes.parse(attributes_object())) == "Attributes()"


@given(st.binary(max_size=300))
def test_no_content_crashes_the_parser(data: bytes) -> None:
    for candidate in (data, tlv("FF20", data), tlv("FF20", tlv("DF25", b"1") + data)):
        try:
            Attributes.parse(candidate)
        except CardError as error:
            assert error.__suppress_context__ or error.__context__ is None


@pytest.mark.parametrize(
    ("birth_date", "day", "age"),
    [
        ("20101125", "2026-11-24", 15),
        ("20101125", "2026-11-25", 16),
        ("20101125", "2026-11-26", 16),
        ("20101231", "2026-01-01", 15),
        ("20261125", "2026-11-25", 0),
        ("20080229", "2024-02-28", 15),
        ("20080229", "2024-02-29", 16),
        ("20080229", "2026-02-28", 17),
        ("20080229", "2026-03-01", 18),
        ("19860700", "2026-07-01", 40),
        ("19860700", "2026-06-30", 39),
        ("19860000", "2026-01-01", 40),
        ("00000000", "2026-11-25", None),
        ("00000709", "2026-11-25", None),
    ],
)
def test_the_age_on_a_day(birth_date: str, day: str, age: int | None) -> None:
    """A birthday counts from its day on; what is not known counts as the earliest, a year not known as no age."""
    someone = Attributes("見本　花子", "東京都", birth_date, Sex.FEMALE)
    assert someone.age_on(datetime.date.fromisoformat(day)) == age


DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31))


@given(DAYS, DAYS)
def test_a_year_is_full_on_its_birthday_and_not_the_day_before(birth: datetime.date, day: datetime.date) -> None:
    someone = Attributes("見本　花子", "東京都", f"{birth:%Y%m%d}", Sex.FEMALE)
    not_yet = (day.month, day.day) < (birth.month, birth.day)
    assert someone.age_on(day) == day.year - birth.year - not_yet


@pytest.mark.parametrize(
    "nothing", ["\u3000", "   ", "\u200b\u200b", "\u2060\ufeff", "\u3164", "\u2800", "\u3000\u200d\u3000"]
)
@pytest.mark.parametrize("field", ["name", "address"])
def test_what_shows_nothing_is_as_if_it_were_empty(field: Literal["name", "address"], nothing: str) -> None:
    with pytest.raises(AttributeUnusable, match=f"the {field} is empty"):
        Attributes.parse(attributes_object(nothing) if field == "name" else attributes_object(address=nothing))
    shown = f"{nothing}見本{nothing}花子"
    kept = attributes_object(shown) if field == "name" else attributes_object(address=shown)
    assert getattr(Attributes.parse(kept), field) == f"{nothing}見本{nothing}花子", (
        "but what shows something is kept as it is"
    )
