"""The settings file itself, and who has to be able to read it. `look.shut_out` tries it as those users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from kiosk.health.finding import Finding, State


def judge(path: Path, asker: str, shut_out: Iterable[str]) -> Iterator[Finding]:
    """The file fits, or nobody would ask. asker: the user who looks. shut_out: services' users who cannot read it."""
    yield Finding("settings", State.OK, f"{path} (asked as the user {asker})")
    yield from unread(path, shut_out)


def unread(path: Path, shut_out: Iterable[str]) -> Iterator[Finding]:
    """Who cannot read it, whether it fits or not."""
    for user in shut_out:
        words = f"{path} cannot be read by the user {user}, whose service goes on without"
        yield Finding("settings", State.PROBLEM, words, f"chmod o+r {path}")
