"""Chromium under the policy that is shipped (systemd/chromium/policies.json), without being root.

Chromium reads policies in /etc/chromium/policies and nowhere else. So it is started in a mount namespace of its own,
where a folder of ours is laid over /etc: for it alone, and gone with it. That takes a user namespace with an overlay in
it (Linux 5.11); where there is none, `missing` says so.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Collection
from pathlib import Path

from kiosk.config.kiosk import Settings
from tests.stage import ROOT

SHIPPED: dict[str, object] = json.loads((ROOT / "systemd/chromium/policies.json").read_text("utf-8"))
ALONE = ("unshare", "--user", "--mount", "--map-current-user", "--keep-caps", "sh", "-c")
CHROMIUM = "/usr/bin/chromium"


def lay_over(etc: Path) -> str:
    return f"mount -t overlay overlay -o lowerdir={shlex.quote(str(etc))}:/etc /etc"


def missing(directory: Path) -> str | None:
    """Why it cannot be done here; None: it can."""
    asked = subprocess.run([*ALONE, lay_over(directory)], capture_output=True, text=True, check=False)
    return f"no private /etc: {asked.stderr.strip()}" if asked.returncode else None


def chromium(directory: Path, port: int, without: Collection[str] = ()) -> Path:
    """A program that is Chromium under the shipped policy, for a kiosk at this port. without: policies left out."""
    managed = directory / "etc/chromium/policies/managed"
    managed.mkdir(parents=True)
    policy = json.dumps({name: value for name, value in SHIPPED.items() if name not in without})
    (managed / "policies.json").write_text(policy.replace(f":{Settings().server.port}", f":{port}"), "utf-8")
    program = directory / "chromium"
    inside = f'{lay_over(directory / "etc")} && exec {CHROMIUM} "$@"'
    program.write_text(f'#!/bin/sh\nexec {shlex.join([*ALONE, inside])} sh "$@"\n', "utf-8")
    program.chmod(0o755)
    return program
