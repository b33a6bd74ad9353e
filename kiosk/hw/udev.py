"""What udev has put down of the inputs, by its own rules and ours. Nothing is opened but sysfs and udev's own files, a
line for each thing it knows of a device ("E:NAME=value"). What cannot be read is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

LISTED: Final = Path("/sys/class/input")
KNOWN: Final = Path("/run/udev/data")


def devices(listed: Path = LISTED, known: Path = KNOWN) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Every device that events come from, in sysfs, and what is known of it."""
    for device in sorted(listed.glob("event*")):
        yield device, told(known / f"c{_read(device / 'dev').strip()}")


def told(file: Path) -> Mapping[str, str]:
    """What one of udev's files says."""
    said = (line[2:].partition("=") for line in _read(file).splitlines() if line.startswith("E:"))
    return {name: value for name, _, value in said}


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""
