"""A value stays as it was made: nobody who was handed one can change what another reads from it."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from tests.test_privacy import ALL

# What is filled in step by step, each by one owner: a linking's memory, an element while its text is parsed, and what
# is known of the audit trail on the way through it.
GROWS = {"CardInHand", "Memory", "_Element", "_Walk"}
VALUES = [
    kind
    for kind in ALL
    if (dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct)) and kind.__name__ not in GROWS
]


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: f"{kind.__module__.removeprefix('kiosk.')}.{kind.__name__}")
def test_a_value_cannot_be_changed(kind: type) -> None:
    if dataclasses.is_dataclass(kind):
        assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    else:
        assert msgspec.inspect.type_info(kind).cls.__struct_config__.frozen  # type: ignore[attr-defined]
