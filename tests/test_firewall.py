"""The firewall that is shipped: read by nft itself, and held by a kernel. In a network of their own, with a wire to
another, each user tries to connect, and somebody at the wire's other end does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from kiosk.config.kiosk import Settings
from kiosk.provision import firewall

ROOT = Path(__file__).parent.parent
RULES = (ROOT / "systemd/nftables/rules.nft").read_text()
OPERATORS = (ROOT / "config/firewall.nft").read_text()
USERS = {"kiosk": 2001, "kiosk-browser": 2002, "kiosk-caretaker": 2003, "another": 2004}  # none has to be here

REFUSED, PASSED, SILENCE = "refused", "passed", "silence"  # passed: through the firewall, whoever is there or not
Place = tuple[str, str, int]  # protocol, address, port

# Whoever is asked on the wire hangs up, so that what has passed is told from what was refused, and that from silence.
TRY = """
import errno, json, os, socket, sys
servers = [socket.create_server(("0.0.0.0", port)) for port in json.loads(sys.argv[1])]
answers = {}
for name, user, kind, host, port in json.load(sys.stdin):
    child = os.fork()
    if child == 0:
        os.setresuid(user, user, user)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as line:
            line.settimeout(1)
            try:
                line.connect((host, port))
                line.send(b"x")
                line.recv(1) if kind == "udp" else None
            except TimeoutError:
                os._exit(255)
            except OSError as error:
                os._exit(error.errno)
        os._exit(0)
    answers[name] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
refused = {errno.EHOSTUNREACH: "refused", errno.EPERM: "refused"}  # of TCP, of UDP
said = {0: "passed", errno.ECONNREFUSED: "passed", 255: "silence", **refused}
json.dump({name: said.get(code, errno.errorcode.get(code)) for name, code in answers.items()}, sys.stdout)
"""


def inside(script: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """In a network namespace of its own; a user namespace, too, where we are not root."""
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    return subprocess.run(
        [*alone, "sh", "-ec", script],
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "TRY": TRY},
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both files, with numbers in place of users, who are made where it is installed."""
    if shutil.which("nft") is None:
        pytest.skip("nft is not installed (tools/debian-packages)")
    folder = tmp_path_factory.mktemp("firewall")
    rules = "".join(_numbered(line) if "skuid" in line else line for line in RULES.splitlines(keepends=True))
    (folder / "rules.nft").write_text(rules)
    (folder / "firewall.nft").write_text(OPERATORS)
    if said := inside(f"nft -c -f {folder}/rules.nft").stderr:
        assert "Operation not permitted" in said or "Protocol not supported" in said, said
        pytest.skip(f"no firewall in this kernel: {said.splitlines()[0]}")
    return folder


def _numbered(line: str) -> str:
    return re.sub(rf"\b({'|'.join(sorted(USERS, key=len, reverse=True))})\b", lambda found: str(USERS[found[1]]), line)


def test_every_set_is_filled_or_named_for_the_operator_and_the_numbers_are_the_settings() -> None:
    sets = set(re.findall(r"^    set (\w+)", RULES, re.MULTILINE))
    filled = set(re.findall(r"^add element inet kiosk (\w+)", OPERATORS, re.MULTILINE))
    named = set(re.findall(r"^# add element inet kiosk (\w+)", OPERATORS, re.MULTILINE))
    assert filled | named == sets - {"ssh6"} and named == {"ssh"}
    assert all(f"@{name}" in RULES for name in sets), "a set that no rule asks"
    assert f"pages {{ {Settings().server.port} }}" in OPERATORS
    assert f"set pages {{ type inet_service; elements = {{ {Settings().server.port} }}; }}" in RULES
    assert f". {Settings().printer.port}" in OPERATORS
    assert RULES.count("policy drop") == 3


def test_nft_takes_both_files_and_the_engineers_line(files: Path) -> None:
    (files / "ssh.nft").write_text(OPERATORS.replace("# add element", "add element"))
    for operators in ("firewall.nft", "ssh.nft"):
        done = inside(f"nft -f {files}/rules.nft; nft -f {files}/{operators}; nft -f {files}/rules.nft")
        assert (done.returncode, done.stderr) == (0, "")


def test_nft_takes_what_an_answer_fills_the_sets_with(files: Path) -> None:
    """Of both kinds of address, networks of which one ends where the next begins, and the same address at two ports."""
    brought = firewall.Firewall(
        server=(
            ("192.0.2.7", 443),
            ("192.0.2.7", 9100),
            ("10.0.0.0/25", 9100),
            ("10.0.0.128/25", 9100),
            ("2001:db8::7", 443),
        ),
        services=(("0.0.0.0/0", 443), ("::/0", 443)),
        names=("192.0.2.53", "2001:db8::53"),
        clock=("192.0.2.0/24", "2001:db8:1::/48"),
        ssh=("192.0.2.128/25", "2001:db8:2::/48"),
    )
    (files / "brought.nft").write_text(firewall.text(brought, 8889))
    listed = "nft list set inet kiosk server; nft list set inet kiosk ssh6; nft list set inet kiosk pages"
    done = inside(f"nft -f {files}/rules.nft; nft -f {files}/brought.nft; {listed}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "192.0.2.7 . 443" in done.stdout and "2001:db8:2::/48" in done.stdout and "8889" in done.stdout


def asked(
    files: Path, wanted: Mapping[tuple[str, Place], str], more: str = "", enter: str = "", operators: str = ""
) -> dict[str, str]:
    """What each user meets at each place. more: of the operator's. enter: another network to ask from. operators: their
    file, instead of the one that is shipped."""
    users = {**USERS, "root": 0}
    questions = [[f"{user} {kind} {host}:{port}", users[user], kind, host, port] for user, (kind, host, port) in wanted]
    (files / "more.nft").write_text(more)
    script = f"""
        unshare --net sleep 60 & far=$!
        trap "kill $far" EXIT
        ip link set lo up
        ip link add wire type veth peer name end
        until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
        ip link set end netns $far
        ip addr add 10.0.0.2/24 dev wire && ip link set wire up
        nsenter --target $far --net sh -c "ip addr add 10.0.0.1/24 dev end && ip link set end up && ip link set lo up"
        nft -f {files}/rules.nft
        nft -f {files}/{operators or "firewall.nft"} || test "{operators}"
        nft -f {files}/more.nft
        {enter} /usr/bin/python3 -c "$TRY" '{json.dumps([] if enter else [8888, 9093])}'
    """
    done = inside(script, json.dumps(questions))
    assert done.returncode == 0, done.stderr
    answers: dict[str, str] = json.loads(done.stdout)
    return answers


def named(wanted: Mapping[tuple[str, Place], str]) -> dict[str, str]:
    return {f"{user} {kind} {host}:{port}": answer for (user, (kind, host, port)), answer in wanted.items()}


@pytest.mark.skipif(os.geteuid() != 0, reason="to become other users takes root")
def test_each_user_reaches_what_is_theirs_and_nothing_else(files: Path) -> None:
    pages, alertmanager, resolver = (("tcp", "127.0.0.1", 8888), ("tcp", "127.0.0.1", 9093), ("udp", "127.0.0.1", 53))
    portal, printer, odd = ("tcp", "10.0.0.1", 443), ("tcp", "10.0.0.1", 9100), ("tcp", "10.0.0.1", 25)
    names, time, repository = ("udp", "10.0.0.1", 53), ("udp", "10.0.0.1", 123), ("tcp", "10.0.0.1", 80)
    wanted = {
        ("root", pages): PASSED, ("kiosk", pages): PASSED, ("kiosk-browser", pages): PASSED,
        ("kiosk-caretaker", pages): REFUSED, ("another", pages): REFUSED,
        ("kiosk-browser", alertmanager): REFUSED, ("kiosk-browser", resolver): REFUSED,
        ("kiosk-caretaker", alertmanager): PASSED, ("another", alertmanager): PASSED,
        ("kiosk", portal): PASSED, ("kiosk", printer): PASSED, ("kiosk", names): PASSED,
        ("kiosk", odd): REFUSED, ("kiosk", repository): REFUSED, ("kiosk", time): REFUSED,
        ("another", repository): PASSED, ("another", portal): PASSED, ("another", time): PASSED,
        ("another", names): PASSED, ("another", printer): REFUSED, ("another", odd): REFUSED, ("root", odd): REFUSED,
        **{(user, place): REFUSED for user in ("kiosk-browser", "kiosk-caretaker")
           for place in (portal, printer, odd, names, time, repository)},
    }  # fmt: skip
    assert asked(files, wanted) == named(wanted)


@pytest.mark.skipif(os.geteuid() != 0, reason="to become other users takes root")
def test_with_an_operators_file_that_does_not_fit_the_screen_has_its_pages_and_nothing_goes_out(files: Path) -> None:
    (files / "wrong.nft").write_text(f"{OPERATORS}\nadd element inet kiosk clock {{ time.example.jp.invalid }}\n")
    pages, portal = ("tcp", "127.0.0.1", 8888), ("tcp", "10.0.0.1", 443)
    wanted = {
        **{(user, pages): PASSED for user in ("root", "kiosk", "kiosk-browser")},
        **{(user, pages): REFUSED for user in ("kiosk-caretaker", "another")},
        **{(user, portal): REFUSED for user in ("root", "kiosk", "kiosk-browser", "another")},
    }
    assert asked(files, wanted, operators="wrong.nft") == named(wanted)


@pytest.mark.skipif(os.geteuid() != 0, reason="another network takes root")
@pytest.mark.parametrize("ssh", [SILENCE, PASSED])
def test_nothing_comes_in_but_an_engineer_from_where_the_operator_says(files: Path, ssh: str) -> None:
    more = "add element inet kiosk ssh { 10.0.0.1 }" if ssh == PASSED else ""
    wanted = {("another", ("tcp", "10.0.0.2", 22)): ssh, ("another", ("tcp", "10.0.0.2", 8888)): SILENCE}
    assert asked(files, wanted, more, "nsenter --target $far --net") == named(wanted)
