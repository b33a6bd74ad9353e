"""Whatever was kept is on the sheet, the oldest first, and what another machine has shown is not."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

from tests.appliance.machine import HEIGHT, WIDTH, Machine
from tests.appliance.sheet import CELL, IN_A_ROW, sheet


def kept(folder: Path, name: str, colour: str, when: int) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.png"
    Image.new("RGB", (WIDTH, HEIGHT), colour).save(path)
    os.utime(path, (when, when))


def test_every_picture_is_on_it_in_the_order_of_time(tmp_path: Path) -> None:
    kept(tmp_path, "b", "red", 1)
    for when in range(2, IN_A_ROW + 1):
        kept(tmp_path, f"a-{when}", "blue", when)
    kept(tmp_path, "a", "green", 100)
    place = sheet(tmp_path)
    assert place is not None and sheet(tmp_path) == place  # it is not on itself
    with Image.open(place) as whole:
        assert whole.size == (IN_A_ROW * CELL[0], 2 * CELL[1])
        middles = [
            whole.getpixel((column * CELL[0] + 100, row * CELL[1] + 100)) for row, column in ((0, 0), (0, 1), (1, 0))
        ]
    assert middles == [(255, 0, 0), (0, 0, 255), (0, 128, 0)]


def test_without_a_picture_there_is_none(tmp_path: Path) -> None:
    assert sheet(tmp_path) is None


def test_a_machine_that_becomes_another_has_not_shown_its_pictures(tmp_path: Path) -> None:
    machine, other = Machine(tmp_path / "it"), Machine(tmp_path / "start")
    kept(other.folder, "attract", "red", 1)
    other.disk.write_bytes(b"disk")
    machine.like(other)
    assert machine.disk.exists() and sheet(machine.folder) is None
    assert sheet(other.folder) is not None
    kept(machine.folder, "home", "blue", 2)
    machine.like(other)
    assert [path.name for path in machine.folder.glob("*.png")] == ["home.png"]
