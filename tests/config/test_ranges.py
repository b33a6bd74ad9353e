"""Every number an operator may set: it goes as far as `kiosk.toml` says it does, and not one step further."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from msgspec import inspect

from kiosk.config.file import ConfigError
from kiosk.config.kiosk import Settings, load

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "kiosk.toml"
UNSAID = {"vendor_id": (1, 0xFFFF), "product_id": (1, 0xFFFF)}  # a USB id is two bytes everywhere


def numbers() -> list[tuple[str, str, type]]:
    """Section, key and kind of each setting that is a number in a range."""
    found: list[tuple[str, str, type]] = []
    for section in msgspec.structs.fields(Settings):
        kind = inspect.type_info(section.type)
        assert isinstance(kind, inspect.StructType)
        for key in kind.fields:
            for each in key.type.types if isinstance(key.type, inspect.UnionType) else (key.type,):
                if isinstance(each, inspect.IntType | inspect.FloatType):
                    found.append((section.name, key.name, int if isinstance(each, inspect.IntType) else float))
    return found


def said(section: str, key: str) -> tuple[float, float]:
    """The range that the explanation beside a key gives, be it on the lines below."""
    part = SHIPPED.read_text("utf-8").split(f"[{section}]\n", 1)[1]
    line = re.search(rf"^(?:# )?{key} = .*(?:\n +#.*)*", part, re.MULTILINE)
    assert line, f"{section}.{key} does not stand in {SHIPPED.name}"
    if key in UNSAID:
        return UNSAID[key]
    found = re.search(r"([\d.]+) to ([\d.]+\d|\d)", line[0])
    assert found, f"{section}.{key}: its explanation gives no range"
    return float(found[1]), float(found[2])


@pytest.mark.parametrize(("section", "key", "kind"), numbers(), ids=lambda value: getattr(value, "__name__", value))
def test_a_number_goes_as_far_as_its_explanation_says(section: str, key: str, kind: type, tmp_path: Path) -> None:
    least, most = said(section, key)
    step = 1 if kind is int else 0.01
    path = tmp_path / "kiosk.toml"

    def write(value: float) -> None:
        path.write_text(f"[{section}]\n{key} = {kind(value) if kind is int else round(value, 2)}\n")

    for value in (least, most):
        write(value)
        assert getattr(getattr(load(path), section), key) == value
    for value in (least - step, most + step):
        write(value)
        with pytest.raises(ConfigError, match=rf"{section}\.{key}: .* does not fit"):
            load(path)


def test_the_numbers_are_found() -> None:
    assert len(numbers()) >= 15
