"""The trail goes to a desk whole and in order, also in pieces, and to nobody else."""

from __future__ import annotations

import argparse
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.caretaker import commands
from kiosk.caretaker import upload as module
from kiosk.caretaker.key import PUBLIC_FILE, Key, PublicKey
from kiosk.caretaker.trail import Trail, segments
from kiosk.caretaker.upload import Archive, NotTaken, journal_left, upload
from kiosk.caretaker.upload_progress import FILE, UploadProgress
from kiosk.ipc.caretaker import Away
from kiosk.ipc.messages import Answer, Denied, DeskCertificate, Question, Taken, Uploaded
from tests.caretaker.trails import KEPT_DAYS, Clock, Lost, key, number, opened
from tests.fleet.archive import DeskArchive, verified

ROOT = Path(__file__).parents[2]
SOON = 30.0


class World:
    """A desk with its folder, the certificates of an authority, and a trail."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tls, self.desk = folder / "trail", folder / "tls", folder / "desk"
        for each in (self.tls, self.desk):
            each.mkdir()
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
        self.openssl("req", "-x509", *new, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
        for name in ("kiosk", "desk"):
            signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost")
            out = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
            self.openssl("req", "-x509", *new, "-subj", f"/CN={name}", *signed, *out)
        self.archive = DeskArchive(self.desk, self.tls, "desk")
        self.url = f"https://localhost:{self.archive.port}"
        self.clock = Clock()
        self.trail = opened(self.folder, self.clock)

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.tls, check=True, capture_output=True, timeout=SOON)

    def grows(self, lines: int) -> None:
        for count in range(1, lines + 1):
            self.trail.append(number(count))

    def sends(self) -> int:
        return upload(self.folder, key().public, Archive(self.url, self.tls))

    @property
    def arrived(self) -> int:
        """Lines that stand at the desk; what is there is sound."""
        return self.verified(key().public)

    def verified(self, public: PublicKey) -> int:
        return verified(self.desk / public.fingerprint)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.archive.close()


def test_the_desk_has_all_of_it_and_each_sealed_segment_goes_once(world: World) -> None:
    world.grows(11)
    sealed = len(list(world.folder.glob("*.sig")))
    assert sealed > 1 and world.sends() == sealed and world.arrived == 11
    assert world.sends() == 0
    world.grows(5)
    assert world.sends() == len(list(world.folder.glob("*.sig"))) - sealed > 0 and world.arrived == 16
    assert (world.desk / key().public.fingerprint / "trail.pub").read_bytes() == key().public.pem


def test_cut_off_at_any_request_it_goes_on_from_there_and_what_is_there_is_sound(world: World) -> None:
    world.grows(9)
    for answered in range(99):
        shutil.rmtree(world.desk)
        world.desk.mkdir()
        world.archive.cut_after(answered)
        try:
            world.sends()
            break
        except NotTaken as error:
            assert re.fullmatch(r"[0-9a-z./]+: \w+", str(error)), "one line, and nothing of a trail"
        world.archive.cut_after()
        world.sends()
        assert world.arrived == 9
    assert answered > 7


def test_a_segment_that_the_disk_does_not_give_back_keeps_none_behind_it_from_the_desk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.grows(11)
    lost = segments(world.folder)[1]
    with monkeypatch.context() as patched:
        Lost(patched, lost)
        assert world.sends() > 1 and world.sends() == 0
    there = {path.name for path in world.desk.rglob("*.jsonl")}
    assert there == {path.name for path in segments(world.folder)} - {lost.name}


def test_a_kiosk_that_has_lost_its_state_begins_a_new_trail_beside_the_old_one(world: World) -> None:
    world.grows(11)
    world.sends()
    fresh, folder = Key(Ed25519PrivateKey.generate()), world.folder.with_name("fresh")
    trail = Trail(folder, fresh, KEPT_DAYS, world.clock, 700)
    for lines in (3, 8, 3):  # shorter than the old one, and longer
        for count in range(lines):
            trail.append(number(count + 1))
        upload(folder, fresh.public, Archive(world.url, world.tls))
        world.sends()
    assert (world.verified(fresh.public), world.arrived) == (14, 11)
    other = Key(Ed25519PrivateKey.generate()).public
    with pytest.raises(NotTaken, match="409"):
        Archive(world.url, world.tls).put(f"{fresh.public.fingerprint}/{PUBLIC_FILE}", other.pem)


def test_the_desks_web_server_takes_what_is_sent_gives_updates_and_knows_nothing_else() -> None:
    """The patterns of config/fleet/nginx.conf, which has only what both kinds of expressions have."""
    text = (ROOT / "config/fleet/nginx.conf").read_text("utf-8")
    takes = [re.compile(each) for each in re.findall(r"location ~ (\S+) \{", text)]
    place = key().public.fingerprint
    sent = [f"{place}/{name}" for name in ("trail.pub", "trail/anchor", "trail/000001.jsonl", "trail/000001.jsonl.sig")]
    given = ["ring-1/SHA256SUMS", "ring-12/kiosk_0.1.0.efi", "ring-1/kiosk_0.1.0.root.0123456789abcdef.raw.gz"]
    for name in (*sent, *given):
        assert [bool(each.search(f"/{name}")) for each in takes].count(True) == 1, name
    for name in (
        "trail.pub",
        f"{place}/x",
        f"{place}/trail/anchor/x",
        f"{place}/../x/trail.pub",
        f"x{place}/trail.pub",
        "ring-1/",
        "ring-1/new",
        "SHA256SUMS",
        "ring-1/kiosk_0.1.0/key.pem",
    ):
        assert not any(each.search(f"/{name}") for each in takes), name


def test_the_unit_that_sends_has_no_more_of_roots_powers_than_it_reads_by(tmp_path: Path) -> None:
    unit = (ROOT / "config/fleet/kiosk-upload.service").read_text("utf-8")
    lines = unit.splitlines()
    for line in ("CapabilityBoundingSet=CAP_DAC_READ_SEARCH", "LimitCORE=0", "MemorySwapMax=0", "NoNewPrivileges=yes"):
        assert lines.count(line) == 1
    (tmp_path / "kiosk-upload.service").write_text(unit.replace("/usr/sbin/kiosk", "/usr/bin/env"))
    shutil.copy(ROOT / "config/fleet/kiosk-upload.timer", tmp_path)
    asked = ["systemd-analyze", "verify", *sorted(map(str, tmp_path.iterdir()))]
    result = subprocess.run(asked, capture_output=True, text=True, timeout=SOON)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
    asked = ["systemd-analyze", "security", "--offline=true", "--threshold=40", "--no-pager"]
    result = subprocess.run(
        [*asked, str(tmp_path / "kiosk-upload.service")], capture_output=True, text=True, timeout=SOON
    )
    assert result.returncode == 0, result.stdout[-300:] + result.stderr


def test_a_desk_that_does_not_show_or_does_not_know_a_certificate_gets_nothing(world: World, tmp_path: Path) -> None:
    world.grows(2)
    other = tmp_path / "other"
    shutil.copytree(world.tls, other)
    world.tls = other
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    world.openssl("req", "-x509", *new, "-subj", "/CN=kiosk", "-keyout", "kiosk.key", "-out", "kiosk.pem")
    with pytest.raises(NotTaken):
        world.sends()
    world.openssl("req", "-x509", *new, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    with pytest.raises(NotTaken, match=r"SSLCertVerificationError|certificate"):
        world.sends()
    assert not list(world.desk.iterdir())
    with pytest.raises(NotTaken, match=r"^the address has to begin with https://$"):
        Archive("http://localhost/trail", world.tls)
    with pytest.raises(NotTaken, match=r"ca\.pem, kiosk\.pem, kiosk\.key: "):
        Archive(world.url, tmp_path / "none")


def test_how_far_the_journal_has_come_is_the_first_entry_behind_the_place_that_was_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, said = tmp_path / "journalctl", tmp_path / "said"
    asked.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/asked\ncat {said}\n')
    asked.chmod(0o755)
    monkeypatch.setattr(module, "JOURNALCTL", str(asked))
    state = tmp_path / "state"
    assert journal_left(state) is None, "nobody sends it"
    state.write_text("# This is private data. Do not parse.\nLAST_CURSOR=s=1;t=2\n")
    said.write_text("__CURSOR=s=1;t=3\n__REALTIME_TIMESTAMP=1764100001999999\n\n__CURSOR=…\n")
    assert journal_left(state) == 1_764_100_001
    assert "--after-cursor=s=1;t=2" in (tmp_path / "asked").read_text()
    said.write_text("")
    assert (journal_left(state) or 0) > 1_764_100_001, "all of it, up to now"
    asked.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(OSError, match="journalctl"):
        journal_left(state)


class Hears:
    """A caretaker that is told how far both have come."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer = answer or Taken()
        self.told: list[str] = []
        self.ends: list[int] = []

    def ask(self, asked: Question, seconds: float) -> Answer:
        if isinstance(asked, DeskCertificate):
            self.ends.append(asked.ends)
            return Taken()
        assert isinstance(asked, Uploaded)
        self.told.append(asked.what)
        return self.answer


class Gone(Hears):
    def ask(self, asked: Question, seconds: float) -> Answer:
        raise Away("nobody")


def journal_at(folder: Path, saved: bytes, patch: pytest.MonkeyPatch, journalctl: str = "/bin/true") -> None:
    folder.write_bytes(saved)
    patch.setattr(module, "JOURNALCTL", journalctl)
    patch.setattr(commands, "journal_left", lambda: journal_left(folder))


def run_upload(world: World, caretaker: Hears) -> int:
    settings: Any = SimpleNamespace(
        caretaker=SimpleNamespace(state_directory=world.folder.parent, runtime_directory="")
    )
    options = argparse.Namespace(audit="upload", url=world.url, tls=world.tls)
    (world.folder.parent / PUBLIC_FILE).write_bytes(key().public.pem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "Caretaker", lambda _: caretaker)
        return commands.audit(settings, options)


BADLY = {
    "journalctl fails": (b"LAST_CURSOR=s=1\n", "exit 1"),
    "no number": (b"LAST_CURSOR=s=1\n", "echo __REALTIME_TIMESTAMP=soon"),
    "bytes that are no text": (b"LAST_CURSOR=\xff\xfe\n", ":"),
    "bytes that no command takes": (b"LAST_CURSOR=s\0=1\n", ":"),
    "journalctl is not there": (b"LAST_CURSOR=s=1\n", None),
}


@pytest.mark.parametrize("how", BADLY)
def test_what_is_wrong_with_the_journal_keeps_back_nothing_of_the_trail(
    world: World, how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved, does = BADLY[how]
    journalctl = world.tls / "journalctl"
    if does is not None:
        journalctl.write_text(f"#!/bin/sh\n{does}\n")
        journalctl.chmod(0o755)
    journal_at(world.tls / "state", saved, monkeypatch, str(journalctl))
    world.grows(3)
    caretaker = Hears()
    assert run_upload(world, caretaker) == 1 and world.arrived == 3 and caretaker.told == ["trail"]
    said = capsys.readouterr().err
    assert re.fullmatch(r"journal: [^\n]+\n", said) and "Traceback" not in said


def test_what_is_wrong_with_the_trail_keeps_back_nothing_of_the_journal(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    journal_at(world.tls / "state", b"LAST_CURSOR=s=1\n", monkeypatch)
    world.grows(3)
    world.archive.cut_after(0)
    caretaker = Hears()
    assert run_upload(world, caretaker) == 1 and caretaker.told == ["journal"] and capsys.readouterr().err
    said = subprocess.check_output(["openssl", "x509", "-in", world.tls / "kiosk.pem", "-noout", "-enddate"], text=True)
    ends = int(ssl.cert_time_to_seconds(said.strip().removeprefix("notAfter=")))
    assert caretaker.ends == [ends], "also when the desk takes nothing"
    world.archive.cut_after()
    assert run_upload(world, caretaker) == 0 and caretaker.told == ["journal", "trail", "journal"]
    assert not capsys.readouterr().err


@pytest.mark.parametrize("caretaker", [Hears(Denied("not now")), Gone()])
def test_a_caretaker_that_does_not_take_how_far_it_has_come_is_no_success(
    world: World, caretaker: Hears, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal_at(world.tls / "state", b"LAST_CURSOR=s=1\n", monkeypatch)
    world.grows(3)
    assert run_upload(world, caretaker) == 1 and world.arrived == 3


def test_how_far_it_was_sent_is_remembered(tmp_path: Path) -> None:
    uploads = UploadProgress(tmp_path / FILE)
    assert uploads.before == {}
    uploads.told("trail", 7)
    uploads.told("journal", 8)
    uploads.told("trail", 9)
    assert uploads.ends is None
    uploads.certificate(1_800_000_000)
    uploads.told("journal", 10)
    again = UploadProgress(tmp_path / FILE)
    assert (again.before, again.ends) == ({"trail": 9, "journal": 10}, 1_800_000_000)
