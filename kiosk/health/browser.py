"""The browser that shows the pages. `look.everything` looks for its program."""

from __future__ import annotations

from kiosk.health.finding import Finding, State


def judge(program: str | None) -> Finding:
    """program: where it was found."""
    if program is None:
        return Finding("browser", State.PROBLEM, "chromium is not installed", "apt install chromium")
    return Finding("browser", State.OK, program)
