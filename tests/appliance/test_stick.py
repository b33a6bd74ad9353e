"""A stick holds what was written on it, and can be told by its name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.appliance.stick import PARTITION, Stick


@pytest.mark.parametrize(("whole", "at"), [(False, PARTITION), (True, "")])
def test_what_was_written_lies_there(whole: bool, at: str, tmp_path: Path) -> None:
    stick = Stick(tmp_path / "stick.img", "KIOSK", whole)
    subprocess.run(["mmd", "-i", f"{stick.image}{at}", "::/kiosk-0123456789abcdef"], check=True)
    stick.write("kiosk-0123456789abcdef/answer.p7m", b"\x00\x01")
    assert stick.names() == ["kiosk-0123456789abcdef"]
    assert stick.names("kiosk-0123456789abcdef") == ["answer.p7m"]
    assert stick.read("kiosk-0123456789abcdef/answer.p7m") == b"\x00\x01"
    looked = ["blkid", "--probe", "--offset", str(0 if whole else 1 << 20), str(stick.image)]
    known = subprocess.run(looked, capture_output=True, text=True, check=True).stdout
    assert 'LABEL="KIOSK"' in known and 'TYPE="vfat"' in known
