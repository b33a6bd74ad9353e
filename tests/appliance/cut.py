"""What has to be so after the power was cut, wherever that was."""

from __future__ import annotations

import re

from tests.appliance.built import comes_to_attract
from tests.appliance.machine import Machine
from tests.appliance.report import Report
from tests.appliance.well import units

CHECK_SECONDS = 300.0


def is_back(machine: Machine, report: Report, cut: str, lines: int = 0) -> None:
    """Attract, the trail sound with so many lines at least, no unit failed or started again. cut: when that was."""
    comes_to_attract(machine, report, then=f"after a cut when {cut}")
    code, said = machine.run("kiosk audit verify", CHECK_SECONDS)
    there = _lines(said)
    flaws = ", ".join(re.findall(r"^(?:FLAW|torn|behind) .*$", said, re.MULTILINE))
    report(
        code == 0 and there >= lines,
        f"the trail is {'sound' if code == 0 else 'not sound'}, {there} lines{flaws and ': '}{flaws}",
    )
    units(machine.run, report)


def trail_lines(machine: Machine) -> int:
    """How many lines its trail has."""
    return _lines(machine.run("kiosk audit verify", CHECK_SECONDS)[1])


def _lines(verified: str) -> int:
    found = re.search(r"^lines +\d+ to (\d+)", verified, re.MULTILINE)
    return int(found[1]) if found else 0
