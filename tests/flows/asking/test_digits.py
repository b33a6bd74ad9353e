"""A number that is typed: taken when it has its form, and else said to be too short or too long."""

from __future__ import annotations

import pytest

from kiosk.card.pin import PinFault
from kiosk.flows.asking.digits import Digits
from kiosk.flows.staff.officer import NUMBER, PASSCODE

SHORT, LONG = PinFault.TOO_SHORT, PinFault.TOO_LONG


@pytest.mark.parametrize("form", [NUMBER, PASSCODE, Digits(3, 3), Digits(2, 4, least=30)])
def test_a_number_is_taken_with_as_many_digits_as_its_form_has_and_no_others(form: Digits) -> None:
    faults = [form.fault(bytearray(b"9" * length)) for length in range(form.longest + 2)]
    fits = form.longest + 1 - form.shortest
    assert faults == [SHORT] * form.shortest + [None] * fits + [LONG]


@pytest.mark.parametrize(
    ("typed", "fault"), [("0", SHORT), ("00", SHORT), ("000000", SHORT), ("1", None), ("01", None)]
)
def test_a_number_that_stands_for_too_little_lacks_something_however_many_zeros_it_has(
    typed: str, fault: PinFault | None
) -> None:
    assert NUMBER.fault(bytearray(typed.encode())) == fault


def test_what_stands_for_no_number_may_be_all_zeros() -> None:
    assert PASSCODE.fault(bytearray(b"00000000")) is None
