"""At the desk: from a request to a file that the machine takes, and that openssl alone can check."""

from __future__ import annotations

import getpass
import io
import json
import re
import shlex
import ssl
import subprocess
import textwrap
import time
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization

from kiosk.__main__ import main
from kiosk.config.guidance import SHIPPED
from kiosk.ipc.looked_into import FILE, LookedInto
from kiosk.provision import request
from kiosk.provision.answer import check, files, open_signed
from kiosk.provision.machine import id_of
from kiosk.provision.provisioner import PROVISIONER
from tests.certificates import odd
from tests.provision.office import STATION, Machine, pem, signer
from tests.provision.test_stick import no_keys

ROOT = Path(__file__).resolve().parents[2]
GOOD = "582039174628"
SHUT_OUT = "whoever has signed this would not be believed any more; bring old and new together first"


class Desk:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.machine, self.folder, self._monkeypatch = Machine(folder / "etc"), folder, monkeypatch
        key, certificate = signer()
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / "provisioner.key").write_bytes(key.private_bytes(*form))
        (folder / PROVISIONER).write_text(pem(certificate))
        (folder / "kiosk.toml").write_text(STATION)
        now, to_desk = int(time.time()), id_of(self.machine.desk)
        asked = request.request(self.machine.config, self.machine.id, now, folder, to_desk)
        (folder / "request.json").write_bytes(asked)
        self.answer = folder / "answer.p7m"

    def signs(self, *more: str, typed: str = "") -> int:
        self._monkeypatch.chdir(self.folder)
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        keys = ("--key", "provisioner.key", "--certificate", PROVISIONER)
        return main(["provision", "sign", "request.json", "answer.p7m", *keys, *more])


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def test_a_terminal_is_asked_for_as_many_digits_as_are_taken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answers(prompt: str) -> str:
        asked.append(prompt)
        return GOOD[: int(re.findall(r"\((\d+) digits", asked[0])[0])]

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(getpass, "getpass", answers)
    monkeypatch.setattr(io, "StringIO", Terminal)
    assert desk.signs("--staff", "1001:supervisor") == 0
    assert len(asked) == 2


def test_what_is_signed_at_the_desk_is_taken_by_the_machine(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--settings", "kiosk.toml", "--staff", "1001:supervisor", "--staff", "12:officer", "--remove", "1002")
    assert desk.signs(*more, typed=f"{GOOD}\n604172935813\n") == 0
    assert capsys.readouterr().out.startswith(f"answer.p7m: for the machine {desk.machine.id}")
    answer = open_signed(desk.answer.read_bytes(), desk.machine.folder / PROVISIONER)
    check(answer, desk.answer.read_bytes(), desk.machine.id, desk.machine.number, int(time.time()))
    assert answer.settings == STATION and answer.removed == (1002,)
    assert {number: member.role for number, member in answer.members.items()} == {1001: "supervisor", 12: "officer"}
    assert GOOD.encode() not in desk.answer.read_bytes() and "argon2" not in repr(answer)


def test_a_port_that_not_every_machine_takes_is_signed_and_named(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    for port, said in ((8888, False), (8889, True)):
        (desk.folder / "kiosk.toml").write_text(f"{STATION}[server]\nport = {port}\n", "utf-8")
        assert desk.signs("--settings", "kiosk.toml") == 0
        assert (f"server.port: {port} is taken only where" in capsys.readouterr().out) == said


def test_that_a_trail_was_looked_into_is_signed_alone_and_left_out_of_what_an_older_machine_reads(desk: Desk) -> None:
    assert desk.signs("--looked-into") == 0
    answer = open_signed(desk.answer.read_bytes(), desk.machine.folder / PROVISIONER)
    assert files(answer) == {FILE: msgspec.json.encode(LookedInto(desk.machine.number))}
    assert desk.signs("--remove", "1002") == 0
    answer = open_signed(desk.answer.read_bytes(), desk.machine.folder / PROVISIONER)
    assert not answer.looked_into and FILE not in files(answer) and b"looked_into" not in desk.answer.read_bytes()


def test_the_facts_that_people_are_told_are_signed_as_they_stand(desk: Desk) -> None:
    (desk.folder / "guidance.toml").write_bytes(SHIPPED.read_bytes())
    assert desk.signs("--facts", "guidance.toml") == 0
    answer = open_signed(desk.answer.read_bytes(), desk.machine.folder / PROVISIONER)
    assert files(answer) == {"guidance.toml": SHIPPED.read_bytes()}


@pytest.mark.parametrize("page", ["provisioning.md", "installation.md", "installation.ja.md"])
def test_where_a_machine_may_go_is_signed_as_each_page_shows_it(desk: Desk, page: str) -> None:
    blocks: list[str] = re.findall(r"((?:^ {4,}\S.*\n)+)", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)
    [shown] = [textwrap.dedent(block) for block in blocks if "server = [[" in block]
    (desk.folder / "firewall.toml").write_text(shown)
    assert desk.signs("--settings", "kiosk.toml", "--firewall", "firewall.toml") == 0
    answer = open_signed(desk.answer.read_bytes(), desk.machine.folder / PROVISIONER)
    assert answer.firewall and ("192.0.2.7", 443) in answer.firewall.server
    assert b"add element inet kiosk server { 192.0.2.7/32 . 443" in files(answer)["firewall.nft"]


def test_where_a_machine_may_go_is_refused_with_the_line_that_says_why(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, line in (
        ("server = [['192.0.2.7', 443]]\nprinter = []", "firewall.toml: Object contains unknown field `printer`"),
        ("server = [", "firewall.toml: "),
        (
            "server = [['192.0.2.7/8', 443]]",
            "the machine would not take it: firewall.server: '192.0.2.7/8' is no address",
        ),
    ):
        capsys.readouterr()
        (desk.folder / "firewall.toml").write_text(text)
        assert desk.signs("--settings", "kiosk.toml", "--firewall", "firewall.toml") == 1
        assert capsys.readouterr().err.startswith(line) and not desk.answer.exists()


def test_a_third_party_checks_a_file_with_openssl_alone(desk: Desk, tmp_path: Path) -> None:
    assert desk.signs("--settings", "kiosk.toml") == 0
    page = (ROOT / "docs/provisioning.md").read_text("utf-8")
    [command] = re.findall(r"^    (openssl cms -verify .*)$", page, re.MULTILINE)
    shown = subprocess.run(shlex.split(command), cwd=desk.folder, capture_output=True, check=True, timeout=30)
    assert json.loads(shown.stdout)["machine"] == desk.machine.id
    assert json.loads(shown.stdout)["settings"] == STATION
    (desk.folder / PROVISIONER).write_text(pem(signer("somebody else")[1]))
    assert subprocess.run(shlex.split(command), cwd=desk.folder, capture_output=True, timeout=30).returncode != 0


@pytest.mark.parametrize(
    ("more", "typed", "line"),
    [
        ((), "", "the machine would not take it: there is nothing in it"),
        (("--staff", "1001:supervisor"), "12345678\n", "staff number 1001: this passcode is a pattern that is tried"),
        (
            ("--staff", "12:officer"),
            "58203917462\n",
            "staff number 12: a passcode that is carried on a stick has 12 digits",
        ),
        (("--settings", "provisioner.key"), "", "the machine would not take it: kiosk.toml: is not TOML"),
        (("--facts", "kiosk.toml"), "", "the machine would not take it: guidance.toml: "),
        (("--settings", "nowhere"), "", "nowhere: No such file or directory"),
        (("--portal-certificate", PROVISIONER), "", "the machine would not take it: certificate: was made for another"),
        (("--certificate", "provisioner.key"), "", "provisioner.key: is no certificate (PEM) that can be used"),
        (("--key", PROVISIONER), "", "provisioner.pem: is no key that can be used (PEM)"),
        (("--provisioner", "../stranger.pem"), "", f"the machine would not take it: provisioner: {SHUT_OUT}"),
        (("--key", "../other.key"), "", "../other.key: is not the key of provisioner.pem"),
    ],
)
def test_what_the_machine_would_refuse_is_not_signed(
    desk: Desk, more: tuple[str, ...], typed: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk.folder.parent / "other.key").write_bytes((desk.machine.folder / "client.key").read_bytes())
    (desk.folder.parent / "stranger.pem").write_text(pem(signer("stranger")[1]))
    assert desk.signs(*more, typed=typed) == 1
    said = capsys.readouterr()
    assert said.err.startswith(line) and said.err.count("\n") == 1 and said.out == ""
    assert not desk.answer.exists()


@pytest.mark.parametrize("what", ["rubbish", "version 2", "unknown key"])
def test_a_certificate_that_cannot_be_used_is_named(desk: Desk, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    certificate = odd(signer()[1].public_bytes(serialization.Encoding.DER))[what]
    (desk.folder / "odd.pem").write_text(ssl.DER_cert_to_PEM_cert(certificate))
    assert desk.signs("--settings", "kiosk.toml", "--certificate", "odd.pem") == 1
    assert capsys.readouterr().err == "odd.pem: is no certificate (PEM) that can be used\n"


@pytest.mark.parametrize("what", ["empty", "no key", "another curve"])
def test_a_key_that_cannot_be_used_is_named(desk: Desk, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    (desk.folder / "odd.key").write_bytes(no_keys()[what])
    assert desk.signs("--settings", "kiosk.toml", "--key", "odd.key") == 1
    assert capsys.readouterr().err == "odd.key: is no key that can be used (PEM)\n"


def test_what_is_no_request_is_named(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    (desk.folder / "request.json").write_text("{}")
    assert desk.signs("--settings", "kiosk.toml") == 1
    assert capsys.readouterr().err == "request.json: is no request of a machine\n"


@pytest.mark.parametrize("staff", ["1001", "1001:vendor", "0:officer", "x:officer"])
def test_a_member_of_the_staff_has_a_number_and_a_role(desk: Desk, staff: str) -> None:
    with pytest.raises(SystemExit) as ended:
        desk.signs("--staff", staff)
    assert ended.value.code == 2
