"""The port of the pages."""

from __future__ import annotations

import errno
import os

import pytest

from kiosk.config.policy import Policy
from kiosk.health.port import judge

TAKEN = OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def shows(port: int) -> Policy:
    return {"URLBlocklist": ["*"], "URLAllowlist": [f"http://127.0.0.1:{port}", f"http://localhost:{port}"]}


def test_a_port_is_free_ours_or_in_the_way() -> None:
    assert str(judge(8888, None, False, {})) == "has    port      8888 is free"
    assert str(judge(8888, TAKEN, True, {})) == "has    port      8888: a kiosk is serving there"
    assert str(judge(8888, TAKEN, None, {})).startswith("has    port      8888 is taken; by whom, ")
    assert str(judge(8888, TAKEN, False, {})) == (
        "LACKS  port      8888 is taken by another program; stop that one, or change server.port"
    )


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (errno.EACCES, "8888 is not for this user to listen at (Permission denied); change server.port"),
        (errno.EADDRNOTAVAIL, "nobody can listen at 8888 (Cannot assign requested address); see whether 127.0.0.1 is"),
    ],
)
def test_what_cannot_be_listened_at_for_another_reason_is_not_called_taken(why: int, said: str) -> None:
    """Nobody listens there, so that nobody answers says nothing of a firewall."""
    finding = judge(8888, OSError(why, os.strerror(why)), None, {})
    assert finding.lacks and finding.said.startswith(said)


def test_a_port_that_chromium_does_not_show_is_a_problem_whoever_has_it() -> None:
    for fault, kiosk in ((None, False), (TAKEN, True), (TAKEN, None)):
        assert judge(8888, fault, kiosk, shows(8888)) == judge(8888, fault, kiosk, {})
        assert str(judge(8889, fault, kiosk, shows(8888))) == (
            "LACKS  port      8889 is not shown by Chromium, whose policy allows 8888 (/etc/chromium/policies/managed)"
            "; correct server.port, or policy and firewall (docs/operators.md)"
        )
