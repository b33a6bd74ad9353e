"""Whether anybody of the staff can be let in. The caretaker knows (kiosk/caretaker/gather.py)."""

from __future__ import annotations

from collections.abc import Collection

from kiosk.config.health import ReasonName


def judge(roles: Collection[str]) -> ReasonName:
    """roles: of every account."""
    if not roles:
        return "nobody"
    return "supervised" if "supervisor" in roles else "unsupervised"
