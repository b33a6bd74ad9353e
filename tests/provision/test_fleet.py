"""Where calls, figures and records go comes on a stick, too: a whole set of files or none of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from kiosk.provision import fleet, stick
from kiosk.provision.answer import open_signed
from kiosk.provision.machine import id_of
from kiosk.provision.provisioner import PROVISIONER
from kiosk.provision.request import Request
from tests.provision.conftest import World
from tests.provision.office import Machine, certificate, pem, signer
from tests.provision.test_sign import Desk

SHIPPED = Path(__file__).resolve().parents[2] / "config/fleet"
SECRET = "hunter2"
CALLS = (SHIPPED / "alertmanager.yml").read_text("utf-8").replace("# Troubles", f"# {SECRET}: troubles")
TLS = "\n        http_config: {tls_config: {ca_file: ca.pem, cert_file: kiosk.pem, key_file: kiosk.key}}\n"


def whole(machine: Machine) -> dict[str, str]:
    """All that there can be, as docs/fleet.md says it."""
    shipped = ("agent.yml", "kiosk.yml", "alertmanager-target.yml")
    return {
        "alertmanager.yml": CALLS.replace("        send_resolved: true\n", f"        send_resolved: true{TLS}", 1),
        **{name: (SHIPPED / name).read_text("utf-8") for name in shipped},
        "trails.conf": "# the desk's\nURL=https://trails.example.jp\n",
        "journal.conf": "URL=https://journal.example.jp:443\n",
        "updates.conf": "# the first ring\nURL=https://updates.example.jp/ring-1\n",
        "ca.pem": pem(signer("authority")[1]),
        "kiosk.pem": pem(certificate(machine.desk, "kiosk-17")),
    }


def lies(world: World) -> set[str]:
    return {path.name for path in (world.machine.folder / fleet.FOLDER).iterdir()}


def test_a_set_lies_whole_where_root_alone_reads_it_and_the_programs_own_tools_take_it_there(world: World) -> None:
    world.put_in()
    key = (world.machine.folder / fleet.FOLDER / fleet.KEY).read_bytes()
    brought = whole(world.machine)
    assert set(brought) == set(fleet.FILES)
    world.is_given(world.machine.signed(fleet=brought))
    assert world.put_in() == ("taken", "") and world.restarts == 1
    folder = world.machine.folder / fleet.FOLDER
    assert lies(world) == {*fleet.FILES, fleet.KEY} and (folder / fleet.KEY).read_bytes() == key
    assert {name: (folder / name).read_text() for name in fleet.FILES} == brought
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {(folder / name).stat().st_mode & 0o777 for name in fleet.FILES} == {0o600}
    for name, tool in fleet.TOOLS.items():
        subprocess.run([*tool, name], cwd=folder, check=True, capture_output=True, timeout=60)


def test_the_stick_asks_for_a_certificate_of_the_desks_for_a_key_that_never_leaves(world: World) -> None:
    world.put_in()
    asked = (world.place / stick.DESK_CSR).read_bytes()
    said = subprocess.run(
        ["openssl", "req", "-noout", "-verify", "-subject"], input=asked, capture_output=True, check=True, timeout=30
    ).stdout.decode()
    assert stick.name_of(world.machine.id) in said, "a name that the desk's web server makes a folder of"
    secret = (world.machine.folder / fleet.FOLDER / fleet.KEY).read_bytes().splitlines()[1]
    assert all(secret not in path.read_bytes() for path in world.place.iterdir())
    assert secret != (world.machine.folder / "client.key").read_bytes().splitlines()[1]


def test_a_key_that_cannot_be_used_is_made_anew_and_stands_in_nobodys_way(world: World) -> None:
    (world.machine.folder / fleet.FOLDER / fleet.KEY).write_text("no key")
    world.put_in()
    world.is_given(world.machine.signed())
    assert world.put_in() == ("taken", "")
    asked = msgspec.json.decode((world.place / stick.REQUEST).read_bytes(), type=Request)
    assert asked.desk == id_of(fleet.own_key(world.machine.folder)) != id_of(world.machine.desk)


def test_the_next_set_takes_the_place_of_the_one_before_and_an_answer_without_one_leaves_it(world: World) -> None:
    world.put_in()
    world.is_given(world.machine.signed(fleet=whole(world.machine)))
    world.put_in()
    world.is_given(world.machine.signed())
    assert world.put_in()[0] == "taken" and lies(world) == {*fleet.FILES, fleet.KEY}
    world.is_given(world.machine.signed(fleet={"alertmanager.yml": CALLS}))
    assert world.put_in()[0] == "taken" and lies(world) == {"alertmanager.yml", fleet.KEY}


LACKS = {  # without one, the line that says so
    "ca.pem": ": ca.pem has to come with it",
    "kiosk.pem": ": kiosk.pem has to come with it",
    "kiosk.yml": "agent.yml: kiosk.yml has to come with it",
    "alertmanager-target.yml": "agent.yml: alertmanager-target.yml has to come with it",
}
HERE = "every file that is named there has to come with it"
TAKES = "does not take it"
WRONG: dict[str, tuple[str, str, str]] = {  # a file's name, its content, and what the line has
    "another name": ("prometheus.yml", "", "there is a file that is none of a fleet's"),
    "a place elsewhere": ("../kiosk.toml", "", "there is a file that is none of a fleet's"),
    "an absolute place": ("/etc/passwd", "", "there is a file that is none of a fleet's"),
    "the key": ("kiosk.key", "", "there is a file that is none of a fleet's"),
    "a long one": ("alertmanager.yml", "#" * (fleet.LARGEST + 1), "alertmanager.yml: more than 16 KB"),
    "a long one in another script": ("kiosk.yml", "#" + "署" * (fleet.LARGEST // 3 + 1), "kiosk.yml: more than 16 KB"),
    "no YAML": ("alertmanager.yml", f"route: [{SECRET}", TAKES),
    "an empty one": ("alertmanager.yml", "", TAKES),
    "a key that there is not": ("alertmanager.yml", CALLS + f"\nsecret: {SECRET}\n", TAKES),
    "a value that does not fit": ("alertmanager.yml", CALLS.replace("true", SECRET), f"{TAKES} (line "),
    "no receiver": ("alertmanager.yml", CALLS.replace("name: call", "name: other"), TAKES),
    "no agent's": ("agent.yml", f"scrape_configs: {SECRET}", TAKES),
    "rules, which an agent has not": ("agent.yml", "rule_files: [rules.yml]\n", TAKES),
    "a file elsewhere": ("agent.yml", "remote_write: [{url: 'https://a', tls_config: {ca_file: /etc/shadow}}]", HERE),
    "a file that is not there": ("alertmanager.yml", CALLS + "\nglobal: {smtp_auth_password_file: 'token'}", HERE),
    "an address in the clear": ("trails.conf", "URL=http://trails.example.jp\n", "trails.conf: is not one line URL="),
    "no address": ("journal.conf", "", "journal.conf: is not one line URL="),
    "an address and more": ("trails.conf", "URL=https://a.jp\nLD_PRELOAD=/x\n", "trails.conf: is not one line URL="),
    "more before an address": ("trails.conf", "LD_PRELOAD=/x\nURL=https://a.jp\n", "trails.conf: is not one line"),
    "two addresses": ("trails.conf", "URL=https://a.jp https://b.jp\n", "trails.conf: is not one line URL="),
    "an option": ("journal.conf", "URL=https://a.jp\\ --directory=/\n", "journal.conf: is not one line URL="),
    "a line that goes on": ("journal.conf", "#\\\nURL=https://a.jp\n", "journal.conf: is not one line URL="),
    "an update in the clear": ("updates.conf", "URL=http://updates.example.jp/ring-1", "updates.conf: is not one line"),
    "an update of somebody's": ("updates.conf", f"URL=https://{SECRET}@a.jp/", "updates.conf: is not one line URL="),
    "an update that is asked for": (
        "updates.conf",
        f"URL=https://a.jp/?{SECRET}",
        "updates.conf: is not one line URL=",
    ),
    "an update in a file": ("updates.conf", "URL=file:///state/update", "updates.conf: is not one line URL="),
    "a word of systemd's": ("updates.conf", "URL=https://a.jp/%m", "updates.conf: is not one line URL="),
    "more than an update": ("updates.conf", "URL=https://a.jp\n[Target]\nPath=/\n", "updates.conf: is not one line"),
    "no certificate": ("kiosk.pem", SECRET, "kiosk.pem: is no certificate (PEM)"),
    "no authority": ("ca.pem", "", "ca.pem: is no certificate (PEM)"),
    "another's certificate": ("kiosk.pem", pem(signer("stranger")[1]), "kiosk.pem: was made for another key"),
}


def put_in_wrong(world: World, files: dict[str, str], line: str) -> None:
    world.put_in()
    world.is_given(world.machine.signed(fleet=files))
    before, restarts = world.machine.everything, world.restarts
    reason, said = world.put_in()
    assert reason == "unfit" and line in said, said
    assert world.machine.everything == before and world.restarts == restarts, "nothing of it is used, nor of the rest"
    assert SECRET not in said + world.says


@pytest.mark.parametrize("name", WRONG)
def test_one_wrong_file_in_a_set_changes_nothing_and_is_named_without_what_stands_in_it(
    world: World, name: str
) -> None:
    file, content, line = WRONG[name]
    put_in_wrong(world, {**whole(world.machine), file: content}, line)


def test_an_updates_server_asks_for_no_certificate_and_may_be_one_that_everybody_trusts(world: World) -> None:
    world.put_in()
    world.is_given(world.machine.signed(fleet={"updates.conf": "URL=https://updates.example.jp/ring-1/"}))
    assert world.put_in() == ("taken", "") and lies(world) == {"updates.conf", fleet.KEY}


@pytest.mark.parametrize("lacks", LACKS)
def test_a_set_has_all_that_its_files_name(world: World, lacks: str) -> None:
    files = whole(world.machine)
    del files[lacks]
    put_in_wrong(world, files, LACKS[lacks])


@pytest.mark.parametrize("to", ["portal", "nobody"])
def test_a_certificate_for_another_key_or_none_any_more_is_not_taken(world: World, to: str) -> None:
    machine = world.machine
    made = certificate(machine.key, "kiosk") if to == "portal" else certificate(machine.desk, "kiosk", days=-1)
    line = "was made for another key" if to == "portal" else "its time is over"
    put_in_wrong(world, {**whole(machine), "kiosk.pem": pem(made)}, f"kiosk.pem: {line}")


def test_where_a_program_is_not_its_file_is_not_asked_about_and_the_rest_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    world.put_in()
    world.is_given(world.machine.signed(fleet={**whole(world.machine), "alertmanager.yml": "route: ["}))
    assert world.put_in() == ("taken", "")
    assert fleet.unasked(whole(world.machine)) == list(fleet.TOOLS)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(tmp_path, monkeypatch)
    (tmp_path / "fleet").mkdir()
    return made


def test_a_folder_is_signed_at_the_desk_as_the_machine_takes_it(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = whole(desk.machine) | {"kiosk.pem": pem(certificate(desk.machine.desk, "kiosk-17", days=4000))}
    files["ca.pem"] = pem(certificate(signer("authority")[0], "authority", days=4000))
    for name, text in files.items():
        (tmp_path / "fleet" / name).write_text(text, "utf-8")
    assert desk.signs("--fleet", "fleet") == 0, capsys.readouterr().err
    assert open_signed(desk.answer.read_bytes(), desk.machine.folder / PROVISIONER).fleet == files


@pytest.mark.parametrize("name", ["ca.key", "alertmanager.yaml", ".kiosk.yml.swp"])
def test_a_folder_with_anything_else_in_it_is_not_signed(
    desk: Desk, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fleet/alertmanager.yml").write_text(CALLS, "utf-8")
    (tmp_path / "fleet" / name).write_text("")
    assert desk.signs("--fleet", "fleet") == 1
    assert capsys.readouterr().err.startswith(f"fleet/{name}: is none of alertmanager.yml, ")
    assert not desk.answer.exists()


def test_what_could_not_be_asked_at_the_desk_is_said(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fleet/alertmanager.yml").write_text(CALLS, "utf-8")
    monkeypatch.setattr(fleet, "unasked", lambda files: ["alertmanager.yml"])
    assert desk.signs("--fleet", "fleet") == 0
    assert "alertmanager.yml: not asked about here, for amtool is not installed" in capsys.readouterr().out
