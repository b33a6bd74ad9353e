"""Whether all is well in an image that runs, as far as it alone decides: its units, and what `kiosk check` finds."""

from __future__ import annotations

import re
from collections.abc import Collection

from tests.appliance.machine import Shell
from tests.appliance.report import Report
from tests.appliance.restarts import restarts

STATIONS = {"reader", "printer", "portal", "board"}  # of what `kiosk check` looks at: what a machine for tests has not
# At the switch from the initrd to the root every process is ended; the root's systemd finds this one gone and starts it
# again, once in each start of a machine and never in a container.
AT_THE_SWITCH = {"systemd-journald.service": 1}
CHECK_SECONDS = 300.0
ENDS_SECONDS = 120.0


def well(shell: Shell, report: Report, but: Collection[str] = ()) -> None:
    """As `units`; and nothing of the image is lacking."""
    units(shell, report, but)
    _, found = shell("kiosk check", CHECK_SECONDS)
    lacks = lacking(found)
    report(
        found.startswith("has ") and not lacks, f"kiosk check: {'; '.join(lacks) or 'nothing of the image is lacking'}"
    )


def units(shell: Shell, report: Report, but: Collection[str] = ()) -> None:
    """but: units that cannot be had there, or have been killed."""
    failed = [unit for unit in words(shell("systemctl --failed --no-legend --plain", 60)) if unit not in but]
    report(not failed, f"no unit has failed{': ' * bool(failed)}{', '.join(failed)}")
    again = [unit for unit in started_again(shell) if unit not in but]
    why = "; ".join(f"{unit} ({ends(shell, unit)})" for unit in again)
    report(not again, f"none was started again, which --failed does not show{': ' * bool(again)}{why}")


def started_again(shell: Shell) -> list[str]:
    """The services that systemd has started again by itself, but for what the switch of the root does."""
    _, initrd = shell("systemctl show --property=InitRDTimestampMonotonic --value", 60)
    allowed = AT_THE_SWITCH if initrd.strip() not in ("", "0") else {}
    return [unit for unit, times in restarts(shell).items() if times > allowed.get(unit, 0)]


def ends(shell: Shell, unit: str) -> str:
    """How a unit has ended, as the journal says it of each of the last times."""
    journal = f"journalctl --quiet --no-pager --output=short-monotonic --unit={unit}"
    said = shell(
        f"{journal} | grep -E 'Failed with result|Main process exited|Scheduled restart' | tail -n 6", ENDS_SECONDS
    )[1]
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
