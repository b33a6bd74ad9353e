"""What PCR 11 will be, reckoned from the boot loader's file, is what systemd's own tool says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.tpm import boot_file
from tools import measured
from tools.measured import NoImage, lines, sections

ROOT = Path(__file__).parent.parent
TOOL = Path("/usr/lib/systemd/systemd-measure")
PARTS = {
    ".text": b"the stub",
    ".sbat": b"sbat,1\n",
    ".osrel": b"ID=debian\nIMAGE_VERSION=2\n",
    ".cmdline": b"quiet roothash=" + b"7" * 64,
    ".uname": b"6.12",
    ".linux": b"kernel" * 1000,
    ".initrd": b"files" * 1001,
}
# systemd-measure calculate --bank=sha256 --phase=enter-initrd:leave-initrd:sysinit:ready, with these parts but .text
BY_SYSTEMD_257 = "5bb0a6a12a0bfd6a507fb2d894162ef94099231b55972c4222630ac968bffe4e"


def test_it_is_what_systemd_measures() -> None:
    said = dict(line.split() for line in lines("2", boot_file(PARTS)))
    assert (said["version"], said["image"], said["pcr11"]) == ("2", "7" * 64, BY_SYSTEMD_257)
    assert said["pcr12"] == said["pcr13"] == "0" * 64


@pytest.mark.skipif(not TOOL.exists(), reason="no systemd-measure here")
def test_it_is_what_this_machines_systemd_says(tmp_path: Path) -> None:
    known = [".linux", ".osrel", ".cmdline", ".initrd"]  # 252's have no more
    for name in known:
        (tmp_path / name).write_bytes(PARTS[name])
    files = [f"--{name[1:]}={tmp_path / name}" for name in known]
    phases = f"--phase={':'.join(measured.PHASES)}"
    asked = subprocess.run(
        [TOOL, "calculate", "--bank=sha256", phases, *files], capture_output=True, text=True, timeout=60
    )
    assert f"11:sha256={measured.pcr11({name: PARTS[name] for name in known})}\n" in asked.stdout


def test_a_section_is_as_long_as_it_says_and_not_as_it_is_filled_up() -> None:
    assert dict(sections(boot_file(PARTS))) == PARTS


@pytest.mark.parametrize("file", [b"", b"x" * 5000, boot_file({".cmdline": b"quiet"})])
def test_what_is_no_image_is_said_in_a_line(tmp_path: Path, file: bytes) -> None:
    with pytest.raises(NoImage):
        lines("2", file)
    (tmp_path / "a.efi").write_bytes(file)
    asked = subprocess.run(
        ["python3", ROOT / "tools/measured.py", "2", tmp_path / "a.efi"], capture_output=True, text=True
    )
    assert asked.returncode == 1 and len(asked.stderr.splitlines()) == 1 and not asked.stdout


def test_make_image_publishes_it() -> None:
    assert (
        'tools/measured.py "$1" "$work/$2/kiosk_$1.efi" >"$work/$2/kiosk_$1.proof"'
        in (ROOT / "tools/image").read_text()
    )
