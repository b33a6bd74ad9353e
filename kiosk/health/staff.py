"""Whether anybody of the staff can be let in. The caretaker knows (kiosk/caretaker/gather.py)."""

from __future__ import annotations

from collections.abc import Collection

from kiosk.config.health import ReasonName


def judge(roles: Collection[str] | None) -> ReasonName:
    """roles: of every account; None: they cannot be read."""
    if roles is None:
        return "unreadable"
    if not roles:
        return "nobody"
    return "supervised" if "supervisor" in roles else "unsupervised"
