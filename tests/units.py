"""What systemd says of a unit's file, without running it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def is_no_more_exposed(unit: Path, most: int) -> None:
    """most: systemd's own figure for how exposed it is, times ten; lower is better."""
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={most}", "--no-pager", str(unit)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout[-300:] + result.stderr
