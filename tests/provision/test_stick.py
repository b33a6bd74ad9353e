"""A stick is put in, and what the machine does with it. Whatever is wrong with it has a line, and changes nothing."""

from __future__ import annotations

import base64
import contextlib
import datetime
import functools
import itertools
import os
import re
import ssl
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.caretaker import disk, identity, new_keys
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.facts import Facts
from kiosk.caretaker.trail import segments
from kiosk.caretaker.trail_to_stick import TrailToStick
from kiosk.config import guidance, policy
from kiosk.config.events import FIELDS, Event, event
from kiosk.config.health import CHECKS
from kiosk.ipc import finished, stick_done, trail_to_stick
from kiosk.ipc.appointed import Appointed, Member
from kiosk.ipc.messages import FactRow, TrailState
from kiosk.ipc.new_keys import FILE as NEW_KEYS
from kiosk.ipc.new_keys import NewKeys
from kiosk.provision import recovery, request, stick, taking
from kiosk.provision.answer import LARGEST, files, sign
from kiosk.provision.firewall import Firewall
from kiosk.provision.machine import csr, id_of
from kiosk.provision.provisioner import PROVISIONER
from kiosk.provision.request import Request
from kiosk.services import provision
from kiosk.services.caretaker import facts_of
from tests.caretaker.hashes import DEAR
from tests.caretaker.test_export import commands, shell
from tests.caretaker.trails import Told, key, sample
from tests.certificates import NOBODYS, P_256, odd
from tests.provision.conftest import Board, World
from tests.provision.office import NOW, STATION, Machine, certificate, pem, signer
from tests.provision.power import Power
from tests.stage import ROOT

SUPERVISOR = Member("supervisor", DEAR)


def test_the_screen_is_told_once_the_stick_may_be_pulled(world: World, tmp_path: Path) -> None:
    world.machine.config.write_text(f'[server]\nruntime_directory = "{tmp_path}"\n')
    world.put_in()
    assert stick_done.left(tmp_path) == "asked"
    world.is_given(b"none")
    world.put_in()
    assert stick_done.left(tmp_path) == "torn"
    world.pulled_at = 1
    world.put_in()
    assert stick_done.left(tmp_path) == "torn", "it says what became of the answer, of which the stick cannot"


def test_a_stick_gets_a_request_with_nothing_secret_in_it(world: World) -> None:
    assert world.put_in() == ("asked", "")
    assert world.mounted == ["ro", "rw"]
    asked = msgspec.json.decode((world.place / stick.REQUEST).read_bytes(), type=Request)
    assert (asked.machine, asked.number, asked.made) == (world.machine.id, world.machine.number, NOW)
    assert asked.runs.versions["kiosk"]
    made = x509.load_pem_x509_csr((world.place / stick.CSR).read_bytes())
    assert made.is_signature_valid and made.public_key() == world.machine.key.public_key()
    secret = (world.machine.folder / "client.key").read_bytes().splitlines()[1]
    assert all(
        b"PRIVATE" not in path.read_bytes() and secret not in path.read_bytes() for path in world.place.iterdir()
    )
    assert world.board.reported == [("provisioning", "asked")] and world.restarts == 0
    assert world.put_in() == ("asked", "")
    assert msgspec.json.decode((world.place / stick.REQUEST).read_bytes(), type=Request).number == asked.number


class Handing(Board):
    """A caretaker that has laid its trail ready in the runtime directory that the settings name, and hears."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.trail, runtime = sample(folder / "trail"), folder / "run"
        runtime.mkdir()
        self.trail_to_stick = TrailToStick(self.trail, key(), runtime)

    def tell(self, told: Event, times: int = 1) -> bool:
        if told.name == "trail_taken":
            self.trail_to_stick.taken()
        return super().tell(told, times)


@pytest.fixture
def handing(world: World, tmp_path: Path) -> Handing:
    world.board = board = Handing(tmp_path)
    with world.machine.config.open("a") as settings:
        settings.write(f'\n[caretaker]\nruntime_directory = "{tmp_path / "run"}"\n')
    return board


def test_a_stick_takes_the_trail_along_while_one_of_the_staff_waits_and_it_verifies_there(
    world: World, handing: Handing
) -> None:
    assert world.put_in() == ("asked", "") and not (world.place / stick.TRAIL).exists()
    handing.trail_to_stick.offer()
    assert world.put_in() == ("asked", "")
    assert [each.name for each in handing.told] == ["provisioned", "provisioned", "trail_taken"]
    assert handing.trail_to_stick.stands.trail == "taken"
    said = shell(world.place, commands("tar -xf").replace("FILE.tar", stick.TRAIL))
    assert said.endswith("anchor OK\n") and not re.search("CHANGED|FALSE|BROKEN|Fail", said)
    assert len(list(world.place.glob("*.jsonl"))) == len(segments(handing.trail))
    (world.place / stick.TRAIL).unlink()
    assert world.put_in() == ("asked", "") and not (world.place / stick.TRAIL).exists(), "once"


@pytest.mark.parametrize("pulled_at", [0, 1])
def test_a_stick_that_is_pulled_has_not_taken_the_trail(world: World, handing: Handing, pulled_at: int) -> None:
    def stands() -> TrailState:
        return handing.trail_to_stick.stands.trail

    handing.trail_to_stick.offer()
    world.pulled_at = pulled_at
    world.put_in()
    assert "trail_taken" not in [each.name for each in handing.told] and stands() == "waits"
    world.pulled_at = None
    world.put_in()
    assert stands() == "taken" and (world.place / stick.TRAIL).exists()


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_of_the_caretakers_goes_to_no_stick(
    world: World, handing: Handing, kind: str, tmp_path: Path
) -> None:
    at = tmp_path / "run" / trail_to_stick.FILE
    if kind == "link":
        at.symlink_to(tmp_path / "trail" / "anchor")
    elif kind == "pipe":
        os.mkfifo(at)
    else:
        at.mkdir()
    assert world.put_in() == ("asked", "") and not (world.place / stick.TRAIL).exists()
    assert "trail_taken" not in [each.name for each in handing.told]


def test_a_request_names_the_key_of_the_trail(world: World, tmp_path: Path) -> None:
    (tmp_path / "trail.pub").write_text("its key")
    asked = msgspec.json.decode(request.request(world.machine.config, world.machine.id, NOW, tmp_path), type=Request)
    assert asked.trail == "its key"
    without = msgspec.json.decode(
        request.request(world.machine.config, world.machine.id, NOW, tmp_path / "no"), type=Request
    )
    assert without.trail == "", "before the caretaker's first start"


def test_an_answer_is_used_whole_and_once(world: World) -> None:
    world.put_in()
    ours = pem(certificate(world.machine.key, "kiosk"))
    authority, next_one = pem(signer("authority")[1]), pem(signer()[1]) + pem(signer("next")[1])
    number = world.machine.number
    answer = world.machine.signed(
        certificate=ours, authority=authority, provisioner=next_one, members={1001: SUPERVISOR}, removed=(1002,)
    )
    world.is_given(answer)
    assert world.put_in() == ("taken", "")
    folder = world.machine.folder
    assert (folder / "kiosk.toml").read_text() == STATION
    assert (folder / "client.pem").read_text() == ours
    assert (folder / "portal-ca.pem").read_text() == authority
    assert (folder / "provisioner.pem").read_text() == next_one
    appointed = msgspec.json.decode((folder / "appointed.json").read_bytes(), type=Appointed)
    assert appointed == Appointed(number, {1001: SUPERVISOR}, (1002,))
    told = msgspec.json.decode((folder / finished.FILE).read_bytes(), type=finished.Finished)
    assert told.number == number, "for the caretaker, whenever it starts"
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir() if path.is_file()}
    readable = {"kiosk.toml": 0o644, "client.pem": 0o644, "portal-ca.pem": 0o644, "provisioner.pem": 0o644}
    readable |= {finished.FILE: 0o644}
    assert modes == {**readable, "client.key": 0o640, "appointed.json": 0o640}
    assert world.restarts == 1 and world.board.reported[-1] == ("provisioning", "taken")
    assert "taken" in world.says and "58203917" not in world.says

    assert not (world.place / stick.ANSWER).exists(), "hashes of passcodes stand in it"

    before = world.machine.everything
    world.is_given(answer)
    assert world.put_in() == ("used", "")
    assert world.machine.everything == before
    assert not (world.place / stick.ANSWER).exists(), "as after a stick that was pulled too soon"
    asked = msgspec.json.decode((world.place / stick.REQUEST).read_bytes(), type=Request)
    assert asked.number == world.machine.number != number, "the next answer is to another number"


def test_where_the_machine_may_go_comes_with_the_settings_and_fills_the_sets_of_its_own_rules(world: World) -> None:
    settings = STATION + '[server]\nport = 8889\n[portal]\nurl = "https://portal.example:8443/"\n'
    places = Firewall(
        server=(("192.0.2.7", 8443), ("10.0.0.0/8", 9100), ("2001:DB8::7", 8443)),
        names=("192.0.2.53", "2001:db8::53"),
        clock=("192.0.2.0/24",),
    )
    world.is_given(world.machine.signed(settings=settings, firewall=places))
    assert world.put_in() == ("taken", "")
    path = world.machine.folder / "firewall.nft"
    assert [line for line in path.read_text().splitlines() if not line.startswith("#")] == [
        "add element inet kiosk pages { 8889 }",
        "add element inet kiosk server { 192.0.2.7/32 . 8443, 10.0.0.0/8 . 9100 }",
        "add element inet kiosk server6 { 2001:db8::7/128 . 8443 }",
        "add element inet kiosk names { 192.0.2.53/32 }",
        "add element inet kiosk names6 { 2001:db8::53/128 }",
        "add element inet kiosk clock { 192.0.2.0/24 }",
    ]
    assert path.stat().st_mode & 0o777 == 0o644 and (world.machine.folder / "kiosk.toml").read_text() == settings
    assert next(iter(files(world.machine.answer(firewall=places)))) == "firewall.nft", "it is loaded before the rest"
    assert b"firewall" not in world.machine.signed(), "an older machine does not know it"


def test_settings_with_a_port_that_chromium_here_does_not_show_are_refused(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On an image nobody could change its policy, so the screen would stay black."""
    monkeypatch.setattr(policy, "MANAGED", ROOT / "systemd" / "chromium")
    assert world.machine.number
    before = world.machine.everything
    world.is_given(world.machine.signed(settings=STATION + "[server]\nport = 8889\n"))
    assert world.put_in() == ("unfit", "kiosk.toml: server.port: 8889 is not shown by Chromium on this machine")
    assert world.machine.everything == before and world.restarts == 0
    world.is_given(world.machine.signed(settings=STATION + "[server]\nport = 8888\n"))
    assert world.put_in() == ("taken", "")


def test_facts_come_by_an_answer_and_what_a_supervisor_has_confirmed_before_is_not_confirmed_of_the_new(
    world: World, tmp_path: Path
) -> None:
    path, shipped = world.machine.folder / "guidance.toml", guidance.SHIPPED.read_text("utf-8")
    settings = f'{STATION}guidance_file = "{path}"\n'
    world.is_given(world.machine.signed(settings=settings, guidance=shipped))
    assert world.put_in() == ("taken", "") and world.restarts == 1
    assert path.read_text("utf-8") == shipped and path.stat().st_mode & 0o777 == 0o644
    late = guidance.load(path).recording.due + datetime.timedelta(1)
    facts = Facts(
        tmp_path / "facts.json", Changes(Told(), tmp_path), lambda: facts_of(world.machine.config), lambda: late
    )

    def recording() -> FactRow:
        return next(row for row in facts.stand.facts if row.fact == "recording")

    facts.confirm(12, "supervisor", "recording", recording().digest)
    assert (recording().by, recording().late) == (12, False)
    dearer = shipped.replace(f"yen = {guidance.load().recording.yen}", "yen = 12345")
    assert dearer != shipped
    world.is_given(world.machine.signed(settings="", guidance=dearer))
    assert world.put_in() == ("taken", "")
    assert facts_of(world.machine.config).recording.yen == 12345
    assert (recording().by, recording().late) == (None, True), "somebody has to make sure of it again"
    assert b"guidance" not in world.machine.signed(settings=""), "an older machine does not know it"


def other(world: World, tmp: Path) -> bytes:
    return Machine(tmp / "other").signed()


def replayed(world: World, tmp: Path) -> bytes:
    answer = world.machine.signed(settings="")
    world.is_given(world.machine.signed())
    world.put_in()
    return answer


def with_settings(text: str) -> Callable[[World, Path], bytes]:
    return lambda world, tmp: world.machine.signed(settings=text)


def flipped(world: World, tmp: Path) -> bytes:
    data = bytearray(world.machine.signed())
    at = data.index(STATION[:9].encode())
    data[at] ^= 1
    return bytes(data)


def by_nobody(world: World, tmp: Path) -> bytes:
    return sign(world.machine.answer(), *signer("somebody else"))


def for_another_key(world: World, tmp: Path) -> bytes:
    return world.machine.signed(certificate=pem(signer("stranger")[1]))


def odd_certificate(what: str) -> Callable[[World, Path], bytes]:
    def made(world: World, tmp: Path) -> bytes:
        ours = certificate(world.machine.key, "kiosk").public_bytes(serialization.Encoding.DER)
        return world.machine.signed(certificate=ssl.DER_cert_to_PEM_cert(odd(ours)[what]))

    return made


def ended(world: World, tmp: Path) -> bytes:
    return world.machine.signed(certificate=pem(certificate(world.machine.key, "kiosk", days=-1)))


WRONG: dict[str, tuple[Callable[[World, Path], bytes], str, str]] = {
    "another machine's": (other, "other_machine", ""),
    "used before": (replayed, "used", ""),
    "over": (lambda world, tmp: world.machine.signed(until=NOW - 1), "expired", ""),
    "from the future": (lambda world, tmp: world.machine.signed(made=NOW + 2 * 86400), "expired", ""),
    "flipped": (flipped, "unsigned", ""),
    "by nobody": (by_nobody, "unsigned", ""),
    "not signed": (lambda world, tmp: msgspec.json.encode(world.machine.answer()), "torn", ""),
    "empty": (lambda world, tmp: b"", "torn", ""),
    "half": (lambda world, tmp: world.machine.signed()[:-700], "torn", ""),
    "one byte short": (lambda world, tmp: world.machine.signed()[:-1], "torn", ""),
    "one byte long": (lambda world, tmp: world.machine.signed() + b"\0", "torn", ""),
    "too large": (lambda world, tmp: b"0" * (LARGEST + 1), "too_large", ""),
    "no answer": (lambda world, tmp: sign_raw(world), "unfit", "what was signed is no answer to a machine"),
    "nothing": (with_settings(""), "unfit", "there is nothing in it"),
    "no TOML": (with_settings("["), "unfit", "kiosk.toml: is not TOML"),
    "a wrong key": (with_settings("[printer]\nwidth = 580\n"), "unfit", "kiosk.toml: printer.width: 580 does not fit"),
    "an unknown section": (with_settings("[sreen]\n"), "unfit", "kiosk.toml: sreen: no such section"),
    "another's certificate": (for_another_key, "unfit", "certificate: was made for another machine's key"),
    "an ended certificate": (ended, "unfit", "certificate: its time is over"),
    "no certificate": (lambda world, tmp: world.machine.signed(certificate="x"), "unfit", "certificate: is no certi"),
    "version 2": (odd_certificate("version 2"), "unfit", "certificate: is no certificate"),
    "rubbish": (odd_certificate("rubbish"), "unfit", "certificate: is no certificate"),
    "an unknown key": (odd_certificate("unknown key"), "unfit", "certificate: its key cannot be read"),
    "no authority": (lambda world, tmp: world.machine.signed(authority="x"), "unfit", "authority: is no certificate"),
    "nobody to believe": (lambda world, tmp: world.machine.signed(provisioner="x"), "unfit", "provisioner: is no cert"),
    "comes and goes": (
        lambda world, tmp: world.machine.signed(members={7: SUPERVISOR}, removed=(7,)),
        "unfit",
        "a staff number is to come and to go",
    ),
}


WRONG |= {
    "facts: no TOML": (
        lambda world, tmp: world.machine.signed(settings="", guidance="["),
        "unfit",
        "guidance.toml: is not TOML",
    ),
    "facts: one is missing": (
        lambda world, tmp: world.machine.signed(settings="", guidance="[recording]\nyen = 1\n"),
        "unfit",
        "guidance.toml: ",
    ),
    "facts: settings without them": (
        lambda world, tmp: world.machine.signed(guidance=guidance.SHIPPED.read_text("utf-8")),
        "unfit",
        "guidance: the settings that come with it do not name guidance.toml in station.guidance_file",
    ),
}
SHUT_OUT = "provisioner: whoever has signed this would not be believed any more"
UNSEALABLE = "provisioner: has a certificate to which nothing can be encrypted"
WRONG |= {
    "only somebody else to believe": (
        lambda world, tmp: world.machine.signed(provisioner=pem(signer("somebody else")[1])),
        "unfit",
        SHUT_OUT,
    ),
    "their name with another key": (
        lambda world, tmp: world.machine.signed(provisioner=pem(certificate(signer("other")[0], "provisioner"))),
        "unfit",
        SHUT_OUT,
    ),
    "a key that only signs": (
        lambda world, tmp: world.machine.signed(provisioner=pem(signer()[1]) + only_signs()),
        "unfit",
        UNSEALABLE,
    ),
    "one of an unknown key": (
        lambda world, tmp: world.machine.signed(provisioner=pem(signer()[1]) + unknown()),
        "unfit",
        UNSEALABLE,
    ),
}


def only_signs() -> str:
    return pem(certificate(Ed25519PrivateKey.generate(), "signs"))


def unknown() -> str:
    der = signer()[1].public_bytes(serialization.Encoding.DER)
    return ssl.DER_cert_to_PEM_cert(odd(der)["unknown key"])


def firewall(settings: str = STATION, **lists: object) -> Callable[[World, Path], bytes]:
    brought = Firewall(**({"server": (("192.0.2.7", 443),)} | lists))  # type: ignore[arg-type]
    return lambda world, tmp: world.machine.signed(settings=settings, firewall=brought)


NO_PLACE = "is no address and no network"
WRONG |= {
    f"firewall: {name}": (made, "unfit", f"firewall{line}")
    for name, made, line in (
        ("without settings", firewall(""), ": comes with the settings"),
        ("to nowhere", firewall(server=()), ".server: is empty"),
        ("a name", firewall(names=("dns.example",)), f".names: 'dns.example' {NO_PLACE}"),
        (
            "rules",
            firewall(names=("0.0.0.0/0 } ; flush ruleset #",)),
            f".names: '0.0.0.0/0 }} ; flush ruleset #' {NO_PLACE}",
        ),
        ("a line", firewall(clock=("192.0.2.1\n",)), f".clock: '192.0.2.1\\n' {NO_PLACE}"),
        ("an interface", firewall(ssh=("fe80::1%eth0",)), f".ssh: 'fe80::1%eth0' {NO_PLACE}"),
        ("bits below the net", firewall(names=("192.0.2.7/24",)), f".names: '192.0.2.7/24' {NO_PLACE}"),
        ("two in one", firewall(names=("192.0.2.7", "192.0.2.0/24")), ".names: 192.0.2.7/32 and 192.0.2.0/24 overlap"),
        (
            "twice",
            firewall(clock=("2001:db8::1", "2001:db8:0::1")),
            ".clock: 2001:db8::1/128 and 2001:db8::1/128 overlap",
        ),
        (
            "not the portal's port",
            firewall(server=(("192.0.2.7", 8443),)),
            ".server: has no place with port 443, of portal",
        ),
        (
            "not the printer's",
            firewall(STATION + '[printer]\nkind = "network"\nhost = "192.0.2.9"\n'),
            ".server: has no place with port 9100, of printer.port",
        ),
    )
}
for what, brings in {
    "firewall: no port": {"server": [["192.0.2.7", 0]]},
    "firewall: text for a port": {"server": [["192.0.2.7", "443 . accept"]]},
    "firewall: no place": {"server": ["192.0.2.7"]},
    "firewall: another set": {"pages": [1]},
    "firewall: too many": {"names": [f"192.0.2.{n}" for n in range(65)]},
}.items():
    WRONG[what] = (
        lambda world, tmp, brings=brings: sign_raw(world, firewall=brings),  # type: ignore[misc]
        "unfit",
        "what was signed is no answer to a machine",
    )


def sign_raw(world: World, **brings: object) -> bytes:
    """Signed, and not in an answer's form."""
    return sign(world.machine.answer(**(brings or {"machine": "0" * 63})), *signer())


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_changes_nothing_and_says_why(world: World, tmp_path: Path, name: str) -> None:
    made, reason, line = WRONG[name]
    assert world.machine.number
    world.is_given(made(world, tmp_path))
    before, restarts = world.machine.everything, world.restarts
    said = world.put_in()
    assert said[0] == reason and said[1].startswith(line)
    assert world.machine.everything == before and world.restarts == restarts
    assert world.board.reported[-1] == ("provisioning", reason)
    assert (world.board.told[-1].name, world.board.told[-1].fields) == ("provisioned", {"provision": reason})
    assert (
        CHECKS["provisioning"].reasons[reason].en in world.says
        and CHECKS["provisioning"].reasons[reason].ja in world.says
    )
    assert said[1] in world.says and (world.place / stick.REQUEST).exists()
    assert (world.place / stick.ANSWER).exists() == (reason != "used")


def test_another_key_is_believed_after_two_answers_and_no_stick_between_shuts_anybody_out(world: World) -> None:
    old, new = signer(), signer("next")
    world.is_given(world.machine.signed(settings="", provisioner=pem(old[1]) + pem(new[1])))
    assert world.put_in() == ("taken", "")
    world.is_given(sign(world.machine.answer(settings="", provisioner=pem(new[1])), *old))
    assert world.put_in()[0] == "unfit", "signed by the one that goes"
    world.is_given(sign(world.machine.answer(settings="", provisioner=pem(new[1])), *new))
    assert world.put_in() == ("taken", "")
    assert (world.machine.folder / PROVISIONER).read_text() == pem(new[1])
    world.is_given(world.machine.signed())
    assert world.put_in() == ("unsigned", "")


def test_a_used_answer_is_overwritten_before_it_is_removed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = world.machine.signed(members={1001: SUPERVISOR})
    world.is_given(answer)
    monkeypatch.setattr(disk, "remove", lambda *paths: None)
    stick.write(world.mount, world.machine.id, {}, spent=True)
    assert (world.place / stick.ANSWER).read_bytes() == bytes(len(answer))


def test_a_wrong_file_does_not_stand_in_the_way_of_the_right_one(world: World, tmp_path: Path) -> None:
    world.is_given(by_nobody(world, tmp_path))
    assert world.put_in()[0] == "unsigned"
    world.is_given(world.machine.signed())
    assert world.put_in()[0] == "taken"


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_not_read(world: World, kind: str) -> None:
    world.place.mkdir()
    (world.top / "elsewhere").write_bytes(world.machine.signed())
    path = world.place / stick.ANSWER
    match kind:
        case "link":
            path.symlink_to(world.top / "elsewhere")
        case "pipe":
            os.mkfifo(path)
        case _:
            path.mkdir()
    before = world.machine.everything
    assert world.put_in()[0] in ("asked", "unreadable")
    assert world.machine.everything.keys() - before.keys() <= {"provisioning/asked.json"}


def test_a_stick_that_is_pulled_before_it_was_read_changes_nothing(world: World) -> None:
    world.is_given(world.machine.signed())
    before = world.machine.everything
    world.pulled_at = 0
    assert world.put_in() == ("unreadable", "Input/output error")
    assert world.machine.everything == before and world.board.reported == [("provisioning", "unreadable")]


def test_a_stick_that_is_pulled_afterwards_was_used(world: World) -> None:
    world.is_given(world.machine.signed())
    world.pulled_at = 1
    assert world.put_in() == ("unwritten", "")
    assert world.machine.config.read_text() == STATION
    assert world.board.reported == [("provisioning", "taken"), ("provisioning", "unwritten")]


class Full(OSError):
    pass


def test_wherever_a_stick_is_full_or_pulled_each_file_is_the_old_or_the_new_and_the_last_word_is_said_last(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept(data: bytes) -> None:
        disk.private_folder(world.machine.folder / request.FOLDER)
        disk.put(world.machine.folder / request.FOLDER / recovery.FILE, data)

    for after in itertools.count():
        kept(b"old" * 1000)
        (world.place / stick.ANSWER).unlink(missing_ok=True)
        assert world.put_in() == ("asked", "")
        kept(b"new" * 1500)
        world.is_given(world.machine.signed())
        left = after
        with monkeypatch.context() as cut:
            for module, name in ((disk, "add"), (os, "rename")):
                happens = getattr(module, name)

                def goes(*arguments: object, happens: Callable[..., object] = happens) -> object:
                    nonlocal left
                    if str(world.top) in where(arguments[0]):
                        if left == 0:
                            if isinstance(arguments[0], int):  # half of it is there
                                os.write(arguments[0], bytes(9))
                            raise Full(28, "No space left on device")
                        left -= 1
                    return happens(*arguments)

                cut.setattr(module, name, goes)
            reason, _ = world.put_in()
        assert (world.place / stick.RECOVERY).read_bytes() in (b"old" * 1000, b"new" * 1500)
        assert (reason == "taken") == ("taken" in world.says)
        if "taken" in world.says:
            assert (world.place / stick.RECOVERY).read_bytes() == b"new" * 1500
        assert not list(world.place.glob("*.new"))
        if reason == "taken":
            break
        assert reason == "unwritten" and world.board.reported[-1] == ("provisioning", "unwritten")
    assert after == 11, "the answer is wiped, and five files are written and renamed"


def where(file: object) -> str:
    """Of a descriptor, or a path."""
    return os.readlink(f"/proc/self/fd/{file}") if isinstance(file, int) else str(file)


def test_a_file_that_is_on_the_stick_already_is_not_written_again(world: World) -> None:
    world.put_in()
    before = (world.place / stick.CSR).stat()
    files = {stick.REQUEST: b"again", stick.CSR: (world.place / stick.CSR).read_bytes()}
    stick.write(world.mount, world.machine.id, files)
    after = (world.place / stick.CSR).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert (world.place / stick.REQUEST).read_bytes() == b"again"


def test_on_an_image_a_stick_says_that_there_is_no_recovery_key_and_the_board_that_there_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.put_in() == ("asked", "") and "recovery key" not in world.says, "nothing is encrypted here"
    monkeypatch.setattr(identity, "image", lambda root=Path("/"): "ab" * 32)
    world.put_in()
    assert "There is no recovery key yet" in world.says and "回復キーがまだありません" in world.says
    disk.private_folder(world.machine.folder / request.FOLDER)
    (world.machine.folder / request.FOLDER / recovery.FILE).write_bytes(b"sealed")
    world.put_in()
    assert "recovery key" not in world.says


def test_a_stick_that_takes_no_request_is_named(world: World) -> None:
    world.pulled_at = 1
    assert world.put_in() == ("unreadable", "")
    assert world.board.reported == [("provisioning", "asked"), ("provisioning", "unreadable")]


def test_trail_and_board_have_the_same_names_for_what_became_of_a_stick() -> None:
    of_no_stick = {"new_key"}
    assert set(FIELDS["provision"].values or ()) == set(CHECKS["provisioning"].reasons) - of_no_stick
    assert {reason for _, reason, _ in WRONG.values()} <= set(CHECKS["provisioning"].reasons)


def test_a_key_that_is_there_stays_and_says_which_machine_it_is(world: World) -> None:
    again = provision.prepare(world.machine.folder)
    assert id_of(again) == world.machine.id
    assert csr(again).startswith(b"-----BEGIN CERTIFICATE REQUEST-----")


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the unit has: a folder to mount at, and mount itself, which here is a program of the test's."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("mount", "umount", "systemctl"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{tmp_path}/done\ntest ! -e {tmp_path}/gone\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "stick"))
    return tmp_path


def test_a_stick_is_mounted_without_programs_devices_and_owners(world: World, unit: Path) -> None:
    world.is_given(world.machine.signed())
    mount = functools.partial(provision.mounted, "/dev/sdb1")
    config, key = world.machine.config, world.machine.key
    late = float(NOW + 2 * 3600)
    said = provision.use(config, key, mount, provision.restart, lambda config: world.board, lambda: late)
    assert said == ("expired", "")
    at = unit / "stick"
    assert (unit / "done").read_text().splitlines() == [
        f"mount -t vfat,exfat -o ro,nosuid,nodev,noexec /dev/sdb1 {at}",
        f"umount {at}",
        f"mount -t vfat,exfat -o rw,nosuid,nodev,noexec /dev/sdb1 {at}",
        f"umount {at}",
    ]


def test_who_serves_is_started_anew_and_not_what_was_stopped(unit: Path) -> None:
    provision.restart()
    assert (unit / "done").read_text().splitlines() == [
        "systemctl restart kiosk-firewall.service",
        "systemctl --no-block restart kiosk-keyboards.service",
        "systemctl try-restart kiosk-caretaker.service",
        "systemctl --no-block try-restart kiosk-server.service",
        "systemctl --no-block restart kiosk-fleet.*",
    ]


@pytest.mark.parametrize("settings", [STATION, "["], ids=["fit", "unfit"])
def test_without_stick_and_caretaker_there_is_a_line(
    world: World, unit: Path, capsys: pytest.CaptureFixture[str], settings: str
) -> None:
    (unit / "gone").touch()
    runtime = f'[caretaker]\nruntime_directory = "{unit}"\n' if settings == STATION else ""
    world.machine.config.write_text(settings + runtime)
    assert provision.run_stick(world.machine.config, "/dev/sdb1") == 1
    said = capsys.readouterr()
    assert said.out == "unreadable: mount has failed\n"
    assert "the caretaker does not answer; trail and board do not have it" in said.err


def test_a_stick_that_finds_what_was_begun_finishes_it_and_has_it_told(world: World, unit: Path) -> None:
    answer = world.machine.answer()
    disk.private_folder(world.machine.folder / request.FOLDER)
    (world.machine.folder / request.FOLDER / taking.FILE).write_bytes(msgspec.json.encode(answer))
    (unit / "stick").mkdir(exist_ok=True)
    assert provision.run_stick(world.machine.config, "/dev/sdb1") == 0
    assert world.machine.config.read_text() == STATION
    done = (unit / "done").read_text().splitlines()
    assert [line for line in done if line.startswith("systemctl")] == [
        "systemctl restart kiosk-firewall.service",
        "systemctl --no-block restart kiosk-keyboards.service",
        "systemctl try-restart kiosk-caretaker.service",
        "systemctl --no-block try-restart kiosk-server.service",
        "systemctl --no-block restart kiosk-fleet.*",
    ]
    told = msgspec.json.decode((world.machine.folder / finished.FILE).read_bytes(), type=finished.Finished)
    assert told.number == answer.number


def no_keys() -> dict[str, bytes]:
    """What becomes of a file, and each way in which a parser says so."""
    private, form = ec.generate_private_key(ec.SECP256R1()), serialization.PrivateFormat.PKCS8
    der = private.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
    odd_curve = base64.encodebytes(der.replace(P_256, NOBODYS)).decode()
    kept = serialization.BestAvailableEncryption(b"passphrase")
    signs = Ed25519PrivateKey.generate()
    return {
        "empty": b"",
        "no key": b"no key",
        "another curve": f"-----BEGIN PRIVATE KEY-----\n{odd_curve}-----END PRIVATE KEY-----\n".encode(),
        "behind a passphrase": private.private_bytes(serialization.Encoding.PEM, form, kept),
        "only signs": signs.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()),
    }


@pytest.mark.parametrize("what", no_keys())
@pytest.mark.parametrize(("name", "whose"), [("client.key", "portal"), ("fleet/kiosk.key", "desk")])
def test_a_key_that_cannot_be_used_is_set_aside_and_another_made_of_which_the_caretaker_tells_once(
    world: World, tmp_path: Path, name: str, whose: str, what: str
) -> None:
    path, damaged = world.machine.folder / name, no_keys()[what]
    (tmp_path / "state").mkdir()
    told, reported = Told(), list[tuple[str, str]]()

    def starts() -> None:
        assert provision.run_prepare(world.machine.config) == 0
        state, changes = tmp_path / "state", Changes(told, tmp_path / "state")
        new_keys.tell(world.machine.folder / NEW_KEYS, state, changes, lambda *report: reported.append(report))

    starts()
    assert not told and not (world.machine.folder / NEW_KEYS).exists(), "those of before are as they were"
    path.write_bytes(damaged)
    for _ in range(2):
        starts()
        assert [*told] == [event("key_made_anew", key=whose)] and reported == [("provisioning", "new_key")]
    aside = path.with_name(f"{path.name}.unusable")
    assert aside.read_bytes() == damaged, "it may be one that somebody can still read"
    world.machine.key = provision.prepare(world.machine.folder)
    assert (id_of(world.machine.key) == world.machine.id) == (whose == "desk")
    path.write_bytes(b"once more")
    starts()
    starts()
    assert [each.fields["key"] for each in told] == [whose] * 2 and aside.read_bytes() == damaged, "the first stays"


def test_a_stick_is_seen_to_by_a_machine_whose_key_cannot_be_used_and_its_request_is_for_the_new_one(
    world: World, unit: Path
) -> None:
    (world.machine.folder / "client.key").write_text("no key")
    (unit / "stick").mkdir(exist_ok=True)
    assert provision.run_stick(world.machine.config, "/dev/sdb1") == 0
    new = id_of(provision.prepare(world.machine.folder))
    asked = (unit / "stick" / stick.name_of(new) / stick.REQUEST).read_bytes()
    assert msgspec.json.decode(asked, type=Request).machine == new != world.machine.id


def test_wherever_the_power_goes_while_a_key_is_set_aside_there_is_one_in_the_end_and_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for after in itertools.count():
        machine = Machine(tmp_path / f"{after}")
        (machine.folder / "client.key").write_text("no key")
        with monkeypatch.context() as cut:
            power = Power(cut, after, KeyboardInterrupt(), ((disk, "move"), (disk, "put")))
            with contextlib.suppress(KeyboardInterrupt):
                provision.prepare(machine.folder)
        made = provision.prepare(machine.folder)
        said = msgspec.json.decode((machine.folder / NEW_KEYS).read_bytes(), type=NewKeys)
        assert said == NewKeys(portal=id_of(made))
        assert (machine.folder / "client.key.unusable").read_text() == "no key"
        if power.left:
            break
    assert after == 4


def test_a_key_that_cannot_be_read_is_the_disks_fault_and_stays(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    path = world.machine.folder / "client.key"
    path.unlink()
    path.mkdir()
    assert provision.run_prepare(world.machine.config) == 1
    assert capsys.readouterr().err.startswith("provision: ") and path.is_dir()


def test_a_stick_that_this_machine_can_do_nothing_with_may_be_pulled_too(world: World, tmp_path: Path) -> None:
    world.machine.config.write_text(f'[server]\nruntime_directory = "{tmp_path}"\n')
    (world.machine.folder / "client.key").unlink()
    (world.machine.folder / "client.key").mkdir()
    assert provision.run_stick(world.machine.config, "/dev/sdb1") == 1
    assert stick_done.left(tmp_path) == "unwritable"
