"""What stands in a file of systemd's, and what systemd says of it, without running it."""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path


def read(path: Path) -> configparser.ConfigParser:
    """A file of systemd's kind; of a key that stands there twice the last."""
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(path.read_text())
    return found


def is_no_more_exposed(unit: Path, most: int) -> None:
    """most: systemd's own figure for how exposed it is, times ten; lower is better."""
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={most}", "--no-pager", str(unit)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout[-300:] + result.stderr
