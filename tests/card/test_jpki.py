"""Certificate and signature, from a card and from a phone."""

from __future__ import annotations

import pytest

from kiosk.card.apdu import CardProblem, FileAbsent
from kiosk.card.jpki import Availability, JpkiApplication, TokenKind
from kiosk.card.pin import Tries

from .pki import signer
from .script import SELECT_JPKI, card

DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420") + bytes(range(32))
SIGNATURE = "5A" * 256


def test_five_round_trips_read_the_certificate_and_sign() -> None:
    der = signer().der
    chip, script = card(
        SELECT_JPKI,
        ("0020009B", "63C5"),
        ("0020009B 06 414243313233", "9000"),
        ("00B08100000000", der.hex() + "00" * 300 + "9000"),
        ("802A009A 33" + DIGEST_INFO.hex() + "00", SIGNATURE + "9000"),
    )
    jpki = JpkiApplication.select(chip)
    assert jpki.sign_pin_tries() == Tries(5, False)
    jpki.verify_sign_pin(bytearray(b"ABC123"))
    assert jpki.sign_certificate() == der
    assert jpki.sign(DIGEST_INFO) == bytes.fromhex(SIGNATURE)
    assert len(script.sent) == 5 and script.finished


@pytest.mark.parametrize("refusal", ["6A86", "6A82", "6B00", "6700", "6A88", "6985", "6981"])
def test_a_card_that_takes_no_key_by_short_identifier_has_it_selected(refusal: str) -> None:
    chip, script = card(
        SELECT_JPKI,
        ("802A009A 33" + DIGEST_INFO.hex() + "00", refusal),
        ("00A4020C02001A", "9000"),
        ("802A0080 33" + DIGEST_INFO.hex() + "00", SIGNATURE + "9000"),
    )
    assert JpkiApplication.select(chip).sign(DIGEST_INFO) == bytes.fromhex(SIGNATURE)
    assert script.finished


def test_a_card_known_to_take_no_short_identifier_is_not_asked_again() -> None:
    chip, script = card(
        SELECT_JPKI,
        ("0020009B", "6A86"),
        ("00A4020C02001B", "9000"),
        ("00200080", "63C5"),
        ("00A4020C02001A", "9000"),
        ("802A0080 33" + DIGEST_INFO.hex() + "00", "6110"),
        ("00C0000010", "5A" * 16 + "9000"),
    )
    jpki = JpkiApplication.select(chip)
    jpki.sign_pin_tries()
    assert jpki.sign(DIGEST_INFO) == b"\x5a" * 16
    assert script.finished


def test_a_signature_without_the_pin_is_refused_once() -> None:
    chip, script = card(SELECT_JPKI, ("802A009A 33" + DIGEST_INFO.hex() + "00", "6982"))
    with pytest.raises(CardProblem, match="COMPUTE DIGITAL SIGNATURE: SW=0x6982"):
        JpkiApplication.select(chip).sign(DIGEST_INFO)
    assert script.finished


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("JPKIAPICCTOKEN2", TokenKind.CARD),
        ("JPKIAPICCTOKEN", TokenKind.CARD),
        ("JPKIAPGPSETOKEN", TokenKind.ANDROID),
        ("JPKIAPIOSTOKEN", TokenKind.IPHONE),
        ("SOMETHING NEW", TokenKind.UNKNOWN),
        ("", TokenKind.UNKNOWN),
    ],
)
def test_a_phone_is_told_from_a_card_by_its_label(label: str, kind: TokenKind) -> None:
    chip, _ = card(SELECT_JPKI, ("00B0860020", label.ljust(32).encode().hex() + "9000"))
    assert JpkiApplication.select(chip).token_label() is kind


@pytest.mark.parametrize(
    ("answer", "availability"),
    [
        ("8F8F9000", Availability(True, True)),
        ("008F9000", Availability(False, True)),
        ("00009000", Availability(False, False)),
    ],
)
def test_the_card_says_which_certificates_it_holds(answer: str, availability: Availability) -> None:
    chip, _ = card(SELECT_JPKI, ("00B0880002", answer))
    assert JpkiApplication.select(chip).certificate_availability() == availability


FILE = "00A4020C020001"


@pytest.mark.parametrize(("word", "there"), [("9000", True), ("6982", True), ("6F00", True), ("6A82", False)])
def test_of_a_card_that_does_not_say_which_certificates_it_holds_it_is_seen_whether_there_is_a_file(
    word: str, there: bool
) -> None:
    absent = [("00B0880002", "6A82"), ("00A4020C020008", "6A82")]
    again = [] if word == "9000" else [SELECT_JPKI, (FILE, word)] if word != "6982" else []
    for answers in ([*absent, SELECT_JPKI, *absent], [("00B0880002", "8F9000")]):
        chip, script = card(SELECT_JPKI, *answers, (FILE, word), *again)
        expected = Availability(there, True, told=False)
        assert JpkiApplication.select(chip).certificate_availability() == expected
        assert expected.sign_told is (None if there else False) and script.finished


def test_a_card_without_a_signature_certificate_is_told_apart() -> None:
    absent = [("00B08100000000", "6A82"), ("00B0810000", "6A82"), ("00A4020C020001", "6A82")]
    chip, _ = card(SELECT_JPKI, *absent, SELECT_JPKI, *absent)
    with pytest.raises(FileAbsent):
        JpkiApplication.select(chip).sign_certificate()


def test_a_certificate_cut_off_is_a_card_problem() -> None:
    der = signer().der
    chip, _ = card(SELECT_JPKI, ("00B08100000000", der[:600].hex() + "9000"), ("00B0025800", "6B00"))
    with pytest.raises(CardProblem, match="signature certificate: cut off"):
        JpkiApplication.select(chip).sign_certificate()


def test_the_other_pin_of_the_application_can_be_asked_for() -> None:
    chip, _ = card(SELECT_JPKI, ("00200098", "6984"))
    assert JpkiApplication.select(chip).auth_pin_tries() == Tries(0, True)
