"""What Chromium's policy lets the screen show (systemd/chromium/policies.json, as it is on this machine).

It names the port of the pages, and so do the settings: with another one Chromium refuses the pages for ever, and
nothing of ours fails by that. So settings are held against it wherever they are taken.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

MANAGED = Path("/etc/chromium/policies/managed")
HOSTS = ("127.0.0.1", "localhost")  # where the browser begins, and below which a session has its name (web/site.py)
ALLOWED = re.compile(rf"(?:(?:http|\*)://)?({'|'.join(map(re.escape, HOSTS))})(?::([0-9]+|\*))?/?")

Policy = Mapping[str, object]


def installed() -> Policy:
    """As Chromium takes it: of two files the one whose name comes later. Nothing where there is none for us."""
    found: dict[str, object] = {}
    for path in sorted(MANAGED.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, RecursionError):
            if isinstance(said := json.loads(path.read_bytes()), dict):
                found |= said
    return found


def ports(policy: Policy) -> frozenset[int] | None:
    """Those at which it lets the pages be shown. None: at any."""
    if "*" not in _list(policy, "URLBlocklist"):
        return None
    entries = [found.groups() for each in _list(policy, "URLAllowlist") if (found := ALLOWED.fullmatch(str(each)))]
    allowed = [{port for host, port in entries if host == wanted} for wanted in HOSTS]
    named = [{int(port) for port in each if port and port != "*"} for each in allowed if not each & {None, "*"}]
    return frozenset(set.intersection(*named)) if named else None


def allows(policy: Policy, port: int) -> bool:
    return (shown := ports(policy)) is None or port in shown


def _list(policy: Policy, name: str) -> list[object]:
    return found if isinstance(found := policy.get(name), list) else []
