"""The settings file, and who can read it."""

from __future__ import annotations

from pathlib import Path

from kiosk.health.settings import judge

PATH = Path("/etc/kiosk/kiosk.toml")


def test_it_is_said_as_whom_everything_was_asked() -> None:
    assert [str(each) for each in judge(PATH, "kiosk", [])] == [
        "has    settings  /etc/kiosk/kiosk.toml (asked as the user kiosk)"
    ]


def test_a_service_that_cannot_read_them_is_named() -> None:
    _, shut_out = judge(PATH, "kiosk", ["kiosk-browser"])
    assert shut_out.lacks and "by the user kiosk-browser" in shut_out.words
