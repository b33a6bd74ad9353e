"""How often the machine was started: once for each of the kernel's numbers, however often the caretaker starts."""

from __future__ import annotations

from pathlib import Path

from kiosk.caretaker.boots import BOOT_ID, FILE, Boots


def test_a_start_of_the_machine_counts_once_and_one_of_the_caretaker_not_at_all(tmp_path: Path) -> None:
    kernel = tmp_path / "boot_id"
    counted = []
    for number in ("4b5e", "4b5e", "77aa", "77aa", "4b5e"):
        kernel.write_text(f"{number}\n")
        counted.append(Boots(tmp_path / FILE, kernel).count)
    assert counted == [1, 1, 2, 2, 3]
    kernel.write_bytes(b"\xff")
    assert Boots(tmp_path / FILE, kernel).count == Boots(tmp_path / FILE, tmp_path / "not_there").count == 3


def test_this_kernel_has_such_a_number(tmp_path: Path) -> None:
    assert [Boots(tmp_path / FILE).count for _ in range(2)] == [1, 1] and len(BOOT_ID.read_text().strip()) == 36
