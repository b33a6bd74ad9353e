"""How often systemd has started each service again, and which since."""

from __future__ import annotations

from collections import Counter

from tests.appliance.machine import Machine


def restarts(machine: Machine) -> Counter[str]:
    """By service."""
    shown = machine.run("systemctl show --property=Id,NRestarts '*.service'")[1]
    units = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.strip().split("\n\n") if block]
    return Counter({unit["Id"]: int(unit["NRestarts"]) for unit in units})


def since(machine: Machine, before: Counter[str]) -> Counter[str]:
    """Those that were started again since then, and how often."""
    return restarts(machine) - before
