"""What systemd does for the kiosk's users in an image that runs (docs/decisions/0023): the caretaker's wishes, as
they are shipped, and nothing else for anybody.

Asked as the user alone, which is what the rule goes by. A part that does not run is not started by it, and its wish is
decided all the same.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from kiosk.caretaker.restarts import SYSTEMCTL, UNITS, USER
from tests.appliance.machine import Shell
from tests.appliance.report import Report

ASKED_SECONDS = 60.0
USERS = (USER, "kiosk", "kiosk-browser")
OTHERS = ("systemd-journald.service", "nftables.service", "polkit.service", "kiosk-caretaker.service", "kiosk.target")
VERBS = ("start", "stop", "restart", "try-restart", "reload", "kill")
MACHINE = ("daemon-reload", "daemon-reexec", "set-environment A=b", "isolate rescue.target", "halt")
DENIED = ("authentication required", "Access denied", "Permission denied", "not permitted")


def rights(shell: Shell, report: Report) -> None:
    """shell: one line for root, and seconds; the exit code, and what was said."""
    may = [f"try-restart {unit}" for unit in UNITS.values()]
    refused = {wish: said for wish in may if (said := asked(shell, USER, wish))}
    report(not refused, f"the caretaker may {', '.join(may)}{_said(refused)}")
    wishes = [f"{verb} {unit}" for unit in (*UNITS.values(), *OTHERS) for verb in VERBS]
    tried = [(user, wish) for user in USERS for wish in (*wishes, *MACHINE) if user != USER or wish not in may]
    done = {f"{user}: {wish}": said for user, wish in tried if not denied(said := asked(shell, user, wish))}
    report(not done, f"and nothing else of {len(tried)} wishes of {', '.join(USERS)}{_said(done)}")


def asked(shell: Shell, user: str, wish: str) -> str:
    """What systemctl says to somebody's wish; nothing: it is done."""
    asks = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *SYSTEMCTL, *wish.split())
    code, said = shell(f"{shlex.join(asks)} 2>&1", ASKED_SECONDS)
    return (said.strip() or f"exit code {code}") if code else ""


def denied(said: str) -> bool:
    """Refused, and not failed for another reason."""
    return any(word in said for word in DENIED)


def _said(answers: dict[str, str]) -> str:
    return f": {_lines(f'{wish}: {said}' for wish, said in answers.items())}" if answers else ""


def _lines(each: Iterable[str]) -> str:
    return "; ".join(" ".join(line.split()) for line in each)
