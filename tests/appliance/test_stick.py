"""A stick holds what was written on it, and can be told by its name."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.appliance.stick import Stick


def test_what_was_written_lies_there(tmp_path: Path) -> None:
    stick = Stick(tmp_path / "stick.img", "KIOSK")
    subprocess.run(["mmd", "-i", stick.image, "::/kiosk-0123456789abcdef"], check=True)
    stick.write("kiosk-0123456789abcdef/answer.p7m", b"\x00\x01")
    assert stick.names() == ["kiosk-0123456789abcdef"]
    assert stick.names("kiosk-0123456789abcdef") == ["answer.p7m"]
    assert stick.read("kiosk-0123456789abcdef/answer.p7m") == b"\x00\x01"
    known = subprocess.run(["blkid", "-p", stick.image], capture_output=True, text=True, check=True).stdout
    assert 'LABEL="KIOSK"' in known and 'TYPE="vfat"' in known
