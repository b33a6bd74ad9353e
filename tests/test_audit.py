"""The audit: what was found is said, what could not be looked at is said, and nothing else is called good."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tools.audit import NotLooked, ask, committed, front_end_pieces, main, python_packages, secrets

GOOD: dict[str, object] = {"name": "flask", "version": "1.0", "vulns": []}
BAD: dict[str, object] = {
    "name": "jinja2",
    "version": "2.10",
    "vulns": [{"id": "PYSEC-0", "fix_versions": ["2.11", "3.0"]}],
}
UNKNOWN: dict[str, object] = {"name": "asn1crypto", "skip_reason": "not found"}


def saying(*packages: dict[str, object]) -> Callable[..., str]:
    return lambda *_: json.dumps({"dependencies": packages})


def test_a_fault_is_told_with_the_version_that_mends_it() -> None:
    assert list(python_packages("lock", saying(GOOD, BAD))) == ["jinja2 2.10: PYSEC-0, mended in 2.11 or 3.0"]
    assert list(python_packages("lock", saying(GOOD))) == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (saying(GOOD, UNKNOWN), "knew 1 of 2"),
        (saying(), "knew 0 of 0"),
        (lambda *_: "", "did not answer"),
        (lambda *_: '{"message": "405"}', "did not answer"),
    ],
)
def test_a_package_that_nobody_knew_is_not_called_good(said: Callable[..., str], why: str) -> None:
    with pytest.raises(NotLooked, match=why):
        list(python_packages("lock", said))


def test_the_front_end_is_asked_for_by_itself() -> None:
    fault = {"vulnerabilities": {"socket.io-client": {"range": "<4.0", "severity": "high"}}}
    assert list(front_end_pieces("lock", lambda *_: json.dumps(fault))) == ["socket.io-client <4.0: high"]
    with pytest.raises(NotLooked):
        list(front_end_pieces("lock", lambda *_: '{"statusCode": 405}'))


def test_a_program_that_is_missing_is_an_open_question() -> None:
    with pytest.raises(NotLooked, match="a-program-that-is-not-here is missing"):
        ask("a-program-that-is-not-here")


PATCH = [
    "commit 0123456789abcdef",
    "--- a/old.py",
    "+++ b/new.py",
    "@@ -1 +1,2 @@",
    "-gone",
    "+kept",
    "+again",
    "commit fedcba9876543210",
    "+++ b/other.py",
    "+again",
]


def test_every_line_ever_added_is_looked_at_once() -> None:
    assert list(committed(PATCH)) == [("0123456789 new.py", "kept"), ("0123456789 new.py", "again")]


def test_a_key_is_found_and_not_repeated() -> None:
    key = "-----BEGIN " + "PRIVATE KEY-----"  # in two pieces, so that the audit does not find it here
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    lines = [("a.py", f'key = "{key}"'), ("b.py", f"token: {token}"), ("c.py", "sha256:" + "0f" * 32)]
    found = list(secrets(lines))
    assert found == ["a.py: Private Key", "b.py: GitHub Token"]
    assert token not in "".join(found)


def nothing(_: str) -> Iterator[str]:
    return iter(())


def something(_: str) -> Iterator[str]:
    return iter(("a fault",))


def unlooked(_: str) -> Iterator[str]:
    raise NotLooked("offline")


@pytest.mark.parametrize(
    ("looks", "code", "said"),
    [
        ([nothing], 0, "at: nothing found\n"),
        ([something, unlooked], 1, "at: a fault\nat: could not look: offline\n"),
        ([nothing, unlooked], 3, "at: nothing found\nat: could not look: offline\n"),
    ],
)
def test_the_exit_code_tells_found_from_not_looked(
    looks: list[Callable[[str], Iterator[str]]], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([(look, "at") for look in looks]) == code
    assert capsys.readouterr().out == said
