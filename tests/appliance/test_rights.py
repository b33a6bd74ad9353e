"""A wish of the caretaker's that is refused is found, and one of somebody else's that is done."""

from __future__ import annotations

import re

from tests.appliance.report import Report
from tests.appliance.rights import MACHINE, OTHERS, USERS, VERBS, rights

REFUSED = "Failed to {} x.service: Interactive authentication required.\n"
SHIPPED = re.compile(r"--reuid=kiosk-caretaker .*try-restart (kiosk-server|kiosk-browser|pcscd)\.service")


def found(*more: str, less: str = "") -> list[tuple[bool, str]]:
    """What is reported of a systemd that does what is shipped, and what `more` is part of, but not what `less` is."""
    report = Report("inside", "kiosk_1", "none")

    def shell(command: str, seconds: float) -> tuple[int, str]:
        done = SHIPPED.search(command) is not None or any(word in command for word in more)
        return (0, "") if done and not (less and less in command) else (1, REFUSED)

    rights(shell, report)
    return report.found


def test_what_is_shipped_is_well_and_every_other_wish_is_asked() -> None:
    assert [good for good, _ in found()] == [True, True]
    assert f"{len(USERS) * ((3 + len(OTHERS)) * len(VERBS) + len(MACHINE)) - 3} wishes" in found()[1][1]


def test_a_wish_of_the_caretakers_that_is_refused_stands_out() -> None:
    [(may, what), _] = found(less="pcscd")
    assert not may and "try-restart pcscd.service: Failed" in what


def test_whatever_else_is_done_stands_out() -> None:
    for wish in ("stop pcscd.service", "restart polkit.service", "--reuid=kiosk ", "daemon-reload"):
        _, (none, what) = found(wish)
        assert not none, what


def test_a_wish_that_failed_for_another_reason_is_not_taken_for_refused() -> None:
    report = Report("inside", "kiosk_1", "none")
    rights(lambda command, seconds: (1, "Failed to connect to bus\n"), report)
    assert [good for good, _ in report.found] == [False, False]
