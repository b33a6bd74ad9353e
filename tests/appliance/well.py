"""Whether all is well in an image that runs, as far as it alone decides: its units, and what `kiosk check` finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from tests.appliance.report import Report

STATIONS = {"reader", "printer", "portal", "board"}  # of what `kiosk check` looks at: what a machine for tests has not
CHECK_SECONDS = 300.0
ENDS_SECONDS = 120.0

Shell = Callable[[str, float], tuple[int, str]]


def well(shell: Shell, report: Report, but: Collection[str] = ()) -> None:
    """shell: one line for root, and seconds; the exit code, and what was said. but: units that cannot be had there."""
    failed = [unit for unit in words(shell("systemctl --failed --no-legend --plain", 60)) if unit not in but]
    report(not failed, f"no unit has failed{': ' * bool(failed)}{', '.join(failed)}")
    restarted = "systemctl show --property=Id,NRestarts '*.service' | grep -B1 -A1 '^NRestarts=[1-9]' | grep ^Id="
    again = [unit for line in words(shell(restarted, 60)) if (unit := line.removeprefix("Id=")) not in but]
    why = "; ".join(f"{unit} ({ends(shell, unit)})" for unit in again)
    report(not again, f"none was started again, which --failed does not show{': ' * bool(again)}{why}")
    _, found = shell("kiosk check", CHECK_SECONDS)
    lacks = lacking(found)
    report(
        found.startswith("has ") and not lacks, f"kiosk check: {'; '.join(lacks) or 'nothing of the image is lacking'}"
    )


def ends(shell: Shell, unit: str) -> str:
    """How a unit has ended, as the journal says it of each of the last times."""
    journal = f"journalctl --quiet --no-pager --output=short-monotonic --unit={unit}"
    said = shell(f"{journal} | grep -E 'Failed with result|Main process exited' | tail -n 6", ENDS_SECONDS)[1]
    return ", ".join(line.strip() for line in said.splitlines()) or "nothing in the journal"


def words(answer: tuple[int, str]) -> list[str]:
    """The first word of each line."""
    return [line.split()[0] for line in answer[1].splitlines() if line.strip()]


def lacking(found: str) -> list[str]:
    """What of `kiosk check` is lacking, and not the station's to bring."""
    return [
        f"{what}: {why}"
        for what, why in re.findall(r"^LACKS +(\S+) +(.+)$", found, re.MULTILINE)
        if what not in STATIONS
    ]
