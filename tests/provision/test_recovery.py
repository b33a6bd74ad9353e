"""The recovery key of an encrypted state: the desk alone reads it, it opens the state, and the TPM of another board
gets a key of its own by it. With LUKS in a file and a TPM without a chip; what maps the device is a stand-in, as a
container has no device mapper."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kiosk.caretaker import disk
from kiosk.provision import recovery, stick, taking
from kiosk.provision.machine import PrivateKey
from kiosk.provision.provisioner import PROVISIONER
from kiosk.provision.recovery import NotMade
from kiosk.provision.request import FOLDER
from kiosk.services import provision
from tests.operators_desk import reads_recovery_key
from tests.provision.conftest import Board, World
from tests.provision.office import Machine, certificate, pem, signer
from tests.provision.power import Power
from tests.tpm import tpm

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "image/mkosi.extra/usr/lib"
HEADER_BYTES = 16 << 20  # both copies, with room
FORM = re.compile(r"([cbdefghijklnrtuv]{8}-){7}[cbdefghijklnrtuv]{8}\n")


def runs(*command: object, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], input=given, capture_output=True, text=True, timeout=60)


class State:
    """LUKS in a file, with one key that stands for the TPM's."""

    def __init__(self, folder: Path) -> None:
        self.path, self.first = folder / "state", folder / "first"
        self.first.write_text("the TPM's")
        self.first.chmod(0o600)
        os.truncate(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600), 32 << 20)
        quickly = ("--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000")
        runs("cryptsetup", "luksFormat", "--batch-mode", *quickly, self.path, self.first).check_returncode()

    @property
    def unlock(self) -> Sequence[str]:
        """What this machine's systemd has in the place of recovery.BY_TPM, if it is 252."""
        return (f"--unlock-key-file={self.first}",)

    @property
    def slots(self) -> list[str]:
        return sorted(line.split()[1] for line in runs("systemd-cryptenroll", self.path).stdout.splitlines()[1:])

    def opens(self, key: str) -> bool:
        file = self.path.with_name("key")
        file.write_text(key)
        return runs("cryptsetup", "open", "--test-passphrase", "--key-file", file, self.path).returncode == 0


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "etc")


def read_at_the_desk(folder: Path, sealed: bytes, key: PrivateKey) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return reads_recovery_key(folder, sealed, key.private_bytes(*form))


def test_the_desk_alone_reads_it_and_it_opens_the_state(tmp_path: Path, machine: Machine, state: State) -> None:
    assert recovery.make(machine.folder, str(state.path), state.unlock)
    sealed = recovery.kept(machine.folder)
    assert sealed is not None and state.slots == ["password", "recovery"]
    key = read_at_the_desk(tmp_path, sealed, signer()[0])
    assert FORM.fullmatch(key) and state.opens(key.strip())
    assert read_at_the_desk(tmp_path, sealed, signer("somebody else")[0]) == ""
    assert (machine.folder / FOLDER / recovery.FILE).stat().st_mode & 0o777 == 0o600
    assert not [
        path for path in machine.folder.rglob("*") if path.is_file() and key.strip()[:8].encode() in path.read_bytes()
    ]


def test_it_is_made_once_and_anew_for_whom_is_believed_then(tmp_path: Path, machine: Machine, state: State) -> None:
    recovery.make(machine.folder, str(state.path), state.unlock)
    first = recovery.kept(machine.folder)
    assert (
        first
        and not recovery.make(machine.folder, str(state.path), state.unlock)
        and recovery.kept(machine.folder) == first
    )
    taking.take(machine.answer(settings=""), machine.folder, lambda name: None)
    assert recovery.kept(machine.folder) == first, "an answer without another provisioner"
    other = signer("another desk")
    taking.take(machine.answer(provisioner=pem(signer()[1]) + pem(other[1])), machine.folder, lambda name: None)
    assert recovery.kept(machine.folder) is None
    assert recovery.make(machine.folder, str(state.path), state.unlock)
    second = recovery.kept(machine.folder)
    assert second and state.slots == ["password", "recovery"]
    keys = {read_at_the_desk(tmp_path, second, key) for key in (signer()[0], other[0])}
    assert len(keys) == 1 and state.opens(keys.pop().strip())
    assert not state.opens(read_at_the_desk(tmp_path, first, signer()[0]).strip())


def test_of_one_that_was_not_written_down_another_takes_the_place(
    tmp_path: Path, machine: Machine, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(disk, "put", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError):
            recovery.make(machine.folder, str(state.path), state.unlock)
    assert recovery.make(machine.folder, str(state.path), state.unlock) and state.slots == ["password", "recovery"]


class Cut(BaseException):
    """The power goes."""


def test_wherever_it_is_cut_the_desk_can_open_the_state_by_the_old_key_or_by_what_the_next_stick_gets(
    tmp_path: Path, machine: Machine, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery.make(machine.folder, str(state.path), state.unlock)
    at_the_desk = recovery.kept(machine.folder) or b""
    steps = ((recovery, "_asked"), (disk, "put"), (disk, "move"))
    for after in itertools.count():
        taking.take(machine.answer(provisioner=pem(signer()[1])), machine.folder, lambda name: None)
        with monkeypatch.context() as there:
            Power(there, after, Cut(), steps)
            try:
                recovery.make(machine.folder, str(state.path), state.unlock)
            except Cut:
                whole = False
            else:
                whole = True
        keys = [
            read_at_the_desk(tmp_path, sealed, signer()[0]).strip()
            for sealed in (at_the_desk, recovery.kept(machine.folder))
            if sealed
        ]
        assert any(state.opens(key) for key in keys), f"cut before step {after}"
        assert recovery.make(machine.folder, str(state.path), state.unlock) != whole
        assert state.slots == ["password", "recovery"], "none but the last opens it in the end"
        at_the_desk = recovery.kept(machine.folder) or b""
        assert state.opens(read_at_the_desk(tmp_path, at_the_desk, signer()[0]).strip())
        if whole:
            break
    assert after == 5


def test_a_full_disk_leaves_the_key_before_and_no_other_however_often_it_starts(
    tmp_path: Path, machine: Machine, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery.make(machine.folder, str(state.path), state.unlock)
    before = read_at_the_desk(tmp_path, recovery.kept(machine.folder) or b"", signer()[0]).strip()
    taking.take(machine.answer(provisioner=pem(signer()[1])), machine.folder, lambda name: None)
    with monkeypatch.context() as full:
        full.setattr(disk, "put", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        for _ in range(2):
            with pytest.raises(OSError):
                recovery.make(machine.folder, str(state.path), state.unlock)
            assert state.opens(before) and state.slots == ["password", "recovery"]


def test_an_rsa_certificate_does_and_one_that_cannot_read_changes_nothing(
    tmp_path: Path, machine: Machine, state: State
) -> None:
    signs = tmp_path / "signs.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ed25519", "-noenc", "-subj", "/CN=signs", "-out", signs]
    runs(*made, "-keyout", tmp_path / "signs.key").check_returncode()
    for unfit in (b"", b"no certificate", signs.read_bytes()):
        (machine.folder / PROVISIONER).write_bytes(unfit)
        with pytest.raises(NotMade):
            recovery.make(machine.folder, str(state.path), state.unlock)
    assert state.slots == ["password"] and recovery.kept(machine.folder) is None
    key = rsa.generate_private_key(65537, 2048)
    (machine.folder / PROVISIONER).write_text(pem(certificate(key, "rsa")))
    assert recovery.make(machine.folder, str(state.path), state.unlock)
    assert FORM.fullmatch(read_at_the_desk(tmp_path, recovery.kept(machine.folder) or b"", key))


def test_a_state_that_does_not_open_is_said_in_a_line_without_the_key(
    machine: Machine, state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    state.first.write_text("another")
    with pytest.raises(NotMade) as said:
        recovery.make(machine.folder, str(state.path), state.unlock)
    assert str(said.value) == "systemd-cryptenroll has failed (1)" and capsys.readouterr() == ("", "")


def test_the_command_says_what_it_did_and_never_what_the_key_is(
    tmp_path: Path, machine: Machine, state: State, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    board = Board()
    monkeypatch.setattr(provision, "caretaker_of", lambda config: board)
    monkeypatch.setattr(recovery.make, "__defaults__", (state.unlock,))
    assert provision.run_recovery(machine.config, str(state.path)) == 0
    assert provision.run_recovery(machine.config, str(state.path)) == 0
    assert [each.name for each in board.told] == ["recovery_key_made"]
    assert board.reported == [("recovery", "kept")] * 2
    assert capfd.readouterr() == ("another recovery key was made\nthere is a recovery key\n", "")


def test_one_that_could_not_be_made_is_a_row_of_the_board(
    machine: Machine, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Board()
    monkeypatch.setattr(provision, "caretaker_of", lambda config: board)
    monkeypatch.setattr(recovery.make, "__defaults__", (state.unlock,))
    with monkeypatch.context() as full:
        full.setattr(disk, "put", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        assert provision.run_recovery(machine.config, str(state.path)) == 1
    assert provision.run_recovery(machine.config, str(state.path)) == 0
    assert board.reported == [("recovery", "not_made"), ("recovery", "kept")]


def test_every_stick_gets_it(tmp_path: Path, state: State) -> None:
    world = World(tmp_path)
    assert world.put_in() == ("asked", "") and not (world.place / stick.RECOVERY).exists()
    recovery.make(world.machine.folder, str(state.path), state.unlock)
    for _ in range(2):
        assert world.put_in() == ("asked", "")
        assert (world.place / stick.RECOVERY).read_bytes() == recovery.kept(world.machine.folder)
        (world.place / stick.RECOVERY).unlink()


# When the TPM does not open it


class OtherBoard:
    """The image's script on a board with a TPM of its own: its words for devices are the test's, the rest is shipped.
    types: what is typed at the prompt, one line each time."""

    def __init__(self, folder: Path, state: State, tcti: str, types: Sequence[str]) -> None:
        self.folder, self.state = folder, state
        programs, typed = folder / "programs", folder / "typed"
        programs.mkdir()
        typed.write_text("".join(f"{line}\n" for line in types))
        self.program(
            programs / "systemd-cryptsetup",
            'case "$*" in *tpm2-device=*) exit 1 ;; esac\n'
            f'exec cryptsetup open --test-passphrase --key-file "$4" {state.path}',
        )
        self.program(
            programs / "systemd-ask-password",
            f'echo "$@" >>{folder}/asked\n[ -s {typed} ] || exit 1\nhead -n 1 {typed}; sed -i 1d {typed}',
        )
        shipped = (IMAGE / "kiosk-image/open-state").read_text()
        places = {
            "/dev/kiosk-state": str(state.path),
            "mktemp -p /run": f"mktemp -p {folder}",
            "/dev/tpmrm0": str(folder) if tcti else "/nowhere",
            "--tpm2-device=auto": f"--tpm2-device={tcti}",
        }
        for there, here in places.items():
            assert shipped.count(there) == 1, there
            shipped = shipped.replace(there, here)
        (folder / "open-state").write_text(shipped)

    def program(self, path: Path, script: str) -> None:
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def starts(self) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{self.folder / 'programs'}:/usr/sbin:/usr/bin:/sbin:/bin"}
        script = ["sh", str(self.folder / "open-state")]
        return subprocess.run(script, env=environment, capture_output=True, text=True, timeout=60)

    @property
    def left(self) -> list[str]:
        """What the script has left where it keeps the key."""
        return [path.name for path in self.folder.glob("tmp.*")]


@pytest.fixture
def key(machine: Machine, state: State, tmp_path: Path) -> Iterator[str]:
    recovery.make(machine.folder, str(state.path), state.unlock)
    runs("systemd-cryptenroll", *state.unlock, "--wipe-slot=password", state.path)
    yield read_at_the_desk(tmp_path, recovery.kept(machine.folder) or b"", signer()[0]).strip()


@pytest.mark.parametrize(
    "written", [str.lower, str.upper, lambda key: key.replace("-", " "), lambda key: key.replace("-", "")]
)
def test_the_key_is_typed_as_anybody_writes_it_and_the_new_tpm_gets_one(
    tmp_path: Path, state: State, key: str, written: object
) -> None:
    assert callable(written)
    folder = tmp_path / "board"
    folder.mkdir()
    with tpm() as chip:
        chip.starts({})
        for _ in range(2):  # and once more, with a key of these PCRs in the LUKS header already
            board = OtherBoard(folder, state, chip.tcti, ["cbdefghi", written(key)])
            said = board.starts()
            assert (said.returncode, state.slots, board.left) == (0, ["recovery", "tpm2"], []), said
            assert "The TPM opens it from now on" in said.stdout
            assert key[:8] not in said.stdout + said.stderr + (folder / "asked").read_text()
            for path in [*(folder / "programs").iterdir(), folder / "programs"]:
                path.unlink() if path.is_file() else path.rmdir()


def test_a_board_without_a_tpm_asks_at_each_start_and_its_slot_stays(tmp_path: Path, state: State, key: str) -> None:
    folder = tmp_path / "board"
    folder.mkdir()
    board = OtherBoard(folder, state, "", [key])
    said = board.starts()
    assert said.returncode == 0 and "asks again" in said.stdout and state.slots == ["recovery"] and board.left == []


def test_a_state_that_no_key_can_open_asks_for_none(tmp_path: Path, state: State, key: str) -> None:
    folder = tmp_path / "board"
    folder.mkdir()
    with Path(state.path).open("r+b") as raw:
        raw.write(bytes(HEADER_BYTES))
    board = OtherBoard(folder, state, "", [key])
    assert board.starts().returncode == 1 and not (folder / "asked").exists() and board.left == []


@pytest.mark.parametrize(("types", "prompts"), [([], 1), (["", "x", "cbdefghi" * 8, "cbdefghi"], 3)])
def test_without_the_key_it_gives_up_and_leaves_nothing(
    tmp_path: Path, state: State, key: str, types: list[str], prompts: int
) -> None:
    folder = tmp_path / "board"
    folder.mkdir()
    board = OtherBoard(folder, state, "", types)
    assert board.starts().returncode == 1 and board.left == [] and state.slots == ["recovery"]
    assert len((folder / "asked").read_text().splitlines()) == prompts
