"""Whose certificate it is, and whether it says the same as the card's face."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.card.apdu import CardProblem
from kiosk.card.certificate import Era, SignatureCertificate, _same
from kiosk.card.text import Attributes, AttributeUnusable, Field, Sex

from .pki import NOW, PERSON, ca, elliptic, signer

FACE = Attributes("見本　花子", "東京都見本区見本町一丁目２番３号", "19860709", Sex.FEMALE)


def parsed(changed: dict[int, str] | None = None) -> SignatureCertificate:
    return SignatureCertificate.parse(signer(PERSON | (changed or {})).der)


def face(**changed: object) -> Attributes:
    return Attributes(**{**vars(FACE), **changed})


def test_the_person_is_read_from_the_other_names() -> None:
    certificate = parsed()
    assert (certificate.name, certificate.address) == (FACE.name, FACE.address)
    assert (certificate.birth_era, certificate.birth_date) == (Era.SHOWA, "19860709")
    assert certificate.sex is Sex.FEMALE
    assert certificate.serial == 0x0ABCDEF1
    assert certificate.issuer == "Common Name: Invented CA"
    assert (certificate.not_before, certificate.not_after) == (NOW - timedelta(days=1), NOW + timedelta(days=365))
    assert certificate.matches(FACE) == frozenset()


@pytest.mark.parametrize("order", [(1, 4, 3, 5), (5, 3, 4, 1), (3, 1, 5, 4)])
def test_the_order_of_the_other_names_does_not_matter(order: tuple[int, ...]) -> None:
    certificate = SignatureCertificate.parse(signer({n: PERSON[n] for n in order}).der)
    assert certificate.matches(FACE) == frozenset()


@pytest.mark.parametrize(
    ("digit", "era"), [("0", Era.UNKNOWN), ("1", Era.MEIJI), ("2", Era.TAISHO), ("4", Era.HEISEI), ("5", Era.REIWA)]
)
def test_the_era_digit_is_decoded(digit: str, era: Era) -> None:
    assert parsed({4: digit + "19860709"}).birth_era is era


def test_a_birth_date_may_be_partly_unknown() -> None:
    certificate = parsed({4: "319860000"})
    assert certificate.birth_date == "19860000"
    assert certificate.matches(face(birth_date="19860000")) == frozenset()


@pytest.mark.parametrize(
    ("on_card", "certified"), [(Sex.MALE, "1"), (Sex.FEMALE, "2"), (Sex.UNKNOWN, "3"), (Sex.UNKNOWN, "9")]
)
def test_sex_codes_mean_the_same_in_certificate_and_text(on_card: Sex, certified: str) -> None:
    assert parsed({3: certified}).matches(face(sex=on_card)) == frozenset()


def test_each_difference_is_named() -> None:
    moved = face(address="東京都見本区見本町九丁目９番９号")
    assert parsed().matches(moved) == {Field.ADDRESS}
    assert parsed().matches(face(name="見本　桜子")) == {Field.NAME}
    assert parsed().matches(Attributes("x", "y", "20000101", Sex.MALE)) == set(Field)


@pytest.mark.parametrize(
    ("on_card", "certified", "flags", "same"),
    [
        ("𠮷田　花", "吉田　花", "1000", True),
        ("𠮷田　花", "〓田　花", "1000", True),
        ("𠮷田　花", "吉田　花", "0000", False),  # differs where nothing was substituted
        ("𠮷田　花", "吉田　花", "0100", False),
        ("𠮷田　花", "吉田　花", "", False),
        ("𠮷田　花", "吉田　花", "10000", False),  # flags that count something else
        ("𠮷田　花", "𠮷田　花", "", True),
        ("𠮷田　花", "𠮷田　花", "10000", True),  # the same text needs no flags
        ("葛\U000e0100西　花", "葛西　花", "1000", True),  # one character with its variation selector
        ("葛\U000e0100西　花", "葛西　花", "0000", False),
        ("髙木　花子", "高木　花", "1000", False),  # not the same number of characters
        ("髙木　花", "高木　花子", "11111", False),
        ("髙﨑　花", "高崎　花", "1100", True),
        ("１番", "1番", "00", False),  # width is not folded
        ("𱍐田", "よし田", "11", True),  # its reading in kana; the flags say nothing of the rest
        ("𱍐田", "よし田", "110", True),
        ("𱍐田", "ヨシ田", "110", True),
        ("𱍐田", "よし田", "10", False),  # し is not flagged
        ("𱍐田", "よし田", "100", False),
        ("𱍐田", "よし田", "", False),
        ("𱍐田", "よし田", "1111", False),
        ("𱍐𱍐田", "よし田", "110", True),
        ("𱍐𱍐𱍐田", "よし田", "110", False),  # no character is read as nothing
        ("田", "よし田", "110", False),  # kana stand for something
        ("𱍐山", "よし田", "110", False),
        ("𱍐田　𱍐", "よし田　よし", "110011", True),
        ("𱍐田　", "よし田　よし", "110011", False),
        ("𱍐\U000e0100田", "よし田", "110", True),
        ("田𱍐", "吉よし", "111", True),
        ("𠮷", "吉田", "11", False),  # only kana are read together
    ],
)
def test_substitute_characters_are_honoured_where_flagged_and_nowhere_else(
    on_card: str, certified: str, flags: str, same: bool
) -> None:
    assert (parsed({1: certified, 2: flags}).matches(face(name=on_card)) == frozenset()) is same
    assert (parsed({5: certified, 6: flags}).matches(face(address=on_card)) == frozenset()) is same


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({1: ""}, "the name is missing, empty"),
        ({5: ""}, "the address is missing, empty"),
        ({5: "a\x1bb"}, "control characters"),
        ({4: ""}, "the birth date is missing"),
        ({4: "3198607"}, "the birth date is not a date"),
        ({4: "719860709"}, "the birth date has an era that is not one of its codes"),
        ({4: "31986O7O9"}, "the birth date is not a date"),
        ({3: "F"}, "the sex is not one of its codes"),
        ({3: ""}, "the sex is missing"),
    ],
)
def test_a_certificate_that_does_not_say_who_is_a_card_problem(changed: dict[int, str], words: str) -> None:
    with pytest.raises(CardProblem, match=f"signature certificate: .*{words}"):
        parsed(changed)


def test_a_certificate_without_any_other_name_is_a_card_problem() -> None:
    with pytest.raises(CardProblem, match="no subjectAltName"):
        SignatureCertificate.parse(ca().public_bytes(Encoding.DER))


def test_a_certificate_of_another_key_kind_is_still_read() -> None:
    assert SignatureCertificate.parse(elliptic()).name == FACE.name


def test_nothing_of_the_person_is_in_a_repr_or_an_error() -> None:
    certificate = parsed({2: "00000", 6: "0"})
    shown = repr(certificate) + repr(FACE)
    for secret in (
        PERSON[1],
        PERSON[4],
        PERSON[5],
        "19860709",
        str(0x0ABCDEF1),
        "FEMALE",
        "SHOWA",
        "00000",
        "year",
        str(NOW.year),
    ):
        assert secret not in shown


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_spoilt_certificate_never_crashes_the_parser_nor_leaks(data: st.DataObject) -> None:
    der = bytearray(signer().der)
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(der)))
    for spoilt in (bytes(der), bytes(der[:cut])):
        try:
            SignatureCertificate.parse(spoilt)
        except CardProblem as problem:
            assert problem.__suppress_context__ or problem.__context__ is None
            assert not any(secret in str(problem) for secret in PERSON.values() if len(secret) > 1)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_parser(data: bytes) -> None:
    with pytest.raises(CardProblem):
        SignatureCertificate.parse(data)


@given(st.text("よし田吉", max_size=60), st.text("01", max_size=60), st.text("田𱍐", max_size=60))
def test_no_flags_make_the_comparison_long_or_crash(certified: str, flags: str, on_card: str) -> None:
    assert _same(certified, flags, on_card) in (True, False)
    assert _same(certified, flags, certified)


@pytest.mark.parametrize("birth", ["319500000", "000000000", "319500600", "319500230"])
def test_a_birth_date_not_known_in_full_is_compared_as_it_is(birth: str) -> None:
    assert parsed({4: birth}).matches(face(birth_date=birth[1:])) == frozenset()
    assert parsed({4: birth}).matches(face(birth_date="19500101")) == {Field.BIRTH_DATE}


def test_what_a_certificate_lacks_is_named() -> None:
    with pytest.raises(AttributeUnusable) as caught:
        parsed({5: ""})
    assert (caught.value.field, caught.value.command) == (Field.ADDRESS, "signature certificate")
