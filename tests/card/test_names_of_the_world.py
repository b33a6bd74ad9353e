"""The readers let the world's names and dates through as they are; what all other rooms must show starts here."""

from __future__ import annotations

import pytest

from kiosk.card.apdu import CardProblem
from kiosk.card.licence import Licence
from kiosk.card.text import Attributes
from tests.card.script import attributes_object
from tests.names_of_the_world import ADDRESSES, DATES, NAMES


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_read_as_it_is(name: str) -> None:
    assert Attributes.parse(attributes_object(name=name)).name == name


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_is_read_as_it_is(address: str) -> None:
    assert Attributes.parse(attributes_object(address=address)).address == address


@pytest.mark.parametrize("date", DATES)
def test_a_date_is_read_as_the_register_has_it(date: str) -> None:
    assert Attributes.parse(attributes_object(birth=date)).birth_date == date


@pytest.mark.parametrize(
    ("digits", "expiry"), [("5080230", "20260230"), ("5080600", "20260600"), ("5081301", None), ("5080132", None)]
)
def test_a_licence_has_only_an_expiry_that_can_be_a_date(digits: str, expiry: str | None) -> None:
    data = b"\xc5\x07" + digits.encode()
    if expiry is None:
        with pytest.raises(CardProblem, match="expiry date"):
            Licence.parse(data)
    else:
        assert Licence.parse(data).expiry == expiry
