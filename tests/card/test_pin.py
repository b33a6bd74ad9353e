"""The form of a PIN, found before the card is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.pin import SIGN_PIN, TEXT_PIN, PinFault, erase, fold_key


def keys(typed: str) -> bytearray:
    """What these keys make, one by one. A key that stands for nothing leaves its own bytes, for `fault` to find."""
    pin = bytearray()
    for key in typed:
        byte = fold_key(key)
        pin += key.encode() if byte is None else bytes([byte])
    return pin


@pytest.mark.parametrize("typed", ["abc123", "ABC123", "ａｂｃ１２３", "ＡＢＣ１２３", "aＢc１2３"])
def test_full_width_and_lower_case_reach_the_card_as_capitals(typed: str) -> None:
    pin = keys(typed)
    assert pin == b"ABC123"
    assert SIGN_PIN.fault(pin) is None


@pytest.mark.parametrize("character", ["", "あ", "-", " ", "ß", "ﬁ", "ı", "①①", "٣", "\x00", "é", "\ud800"])
def test_a_key_that_stands_for_no_letter_or_digit_is_none(character: str) -> None:
    assert fold_key(character) is None


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("123", PinFault.TOO_SHORT),
        ("", PinFault.TOO_SHORT),
        ("12345", PinFault.TOO_LONG),
        ("12A4", PinFault.WRONG_CHARACTER),
        ("12 4", PinFault.WRONG_CHARACTER),
        ("あ", PinFault.WRONG_CHARACTER),
        ("1234", None),
        ("１２３４", None),
    ],
)
def test_the_text_pin_is_exactly_four_digits(typed: str, fault: PinFault | None) -> None:
    pin = keys(typed)
    assert TEXT_PIN.fault(pin) is fault


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("ABC12", PinFault.TOO_SHORT),
        ("ABCDEFGH123456789", PinFault.TOO_LONG),
        ("ABCDEFGH12345678", None),
        ("ABCDEF", PinFault.NEEDS_DIGIT),
        ("123456", PinFault.NEEDS_LETTER),
        ("abc12!", PinFault.WRONG_CHARACTER),
    ],
)
def test_the_signature_pin_has_letters_and_digits_both(typed: str, fault: PinFault | None) -> None:
    pin = keys(typed)
    assert SIGN_PIN.fault(pin) is fault


def test_erasing_overwrites_before_it_lets_go() -> None:
    pin = bytearray(b"ABC123")
    view = memoryview(pin)
    with pytest.raises(BufferError):  # the view pins the buffer, so that it can be looked at
        erase(pin)
    assert view.tobytes() == bytes(6)
    view.release()
    erase(pin)
    assert pin == b""


@given(st.characters())
def test_any_key_is_one_digit_or_capital_or_nothing_and_folds_to_itself(key: str) -> None:
    byte = fold_key(key)
    if byte is not None:
        assert chr(byte) in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        assert fold_key(chr(byte)) == byte


@given(st.text("abcXYZ019ａｂｃＸＹＺ０１９", max_size=16))
def test_folding_keeps_the_order_of_the_keys(typed: str) -> None:
    assert list(keys(typed)) == [fold_key(key) for key in typed]
