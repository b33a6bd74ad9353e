"""How often systemd has started each service again, and which since."""

from __future__ import annotations

from collections import Counter

from tests.appliance.machine import Shell


def restarts(shell: Shell) -> Counter[str]:
    """By service."""
    shown = shell("systemctl show --property=Id,NRestarts '*.service'", 60)[1]
    units = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.strip().split("\n\n") if block]
    return Counter({unit["Id"]: int(unit["NRestarts"]) for unit in units})


def since(shell: Shell, before: Counter[str]) -> Counter[str]:
    """Those that were started again since then, and how often."""
    return restarts(shell) - before
