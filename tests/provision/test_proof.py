"""A machine proves what runs on it, and openssl alone says whether that is so, with the commands of docs/proof.md."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from kiosk.caretaker.identity import Identity
from kiosk.ipc import proof as asking
from kiosk.ipc.proof import Lacks, Proof, Unproven, prove
from kiosk.provision import proof as proving
from kiosk.provision import request, stick
from kiosk.provision.request import Request
from tests.operators_desk import OK, checks_proof
from tests.provision.conftest import World
from tests.provision.office import Machine
from tests.tpm import NOUGHT, Tpm, boot_file, tpm
from tools import measured

ROOT = Path(__file__).resolve().parents[2]
CHALLENGE, VERSION = "402871935516", "0.1.0.20261127"
HASH = hashlib.sha256(b"root").hexdigest()
WORDS = f"quiet roothash={HASH} panic=1"
IMAGE = {
    ".linux": b"a kernel" * 99,
    ".osrel": b"ID=debian\n",
    ".cmdline": WORDS.encode(),
    ".initrd": b"files",
    ".sbat": b"x",
}
SETTINGS = '[station]\nname = "見本警察署"\n'
TRUSTED = {"portal-ca.pem": b"whom it takes for the portal\n", "provisioner.pem": b"whose answers it takes\n"}


class Kiosk:
    """What its helper finds, and the socket by which it is asked. Each who asks has a process, as from systemd."""

    def __init__(self, folder: Path, chip: Tpm) -> None:
        self.root, self.chip, self.tcti = folder / "root", chip, chip.tcti
        for name in ("proc", "etc", "dev"):
            (self.root / name).mkdir(parents=True)
        self.config = self.root / "etc/kiosk.toml"
        self.config.write_text(SETTINGS)
        for name, data in TRUSTED.items():
            (self.config.parent / name).write_bytes(data)
        (self.root / "proc/cmdline").write_text(WORDS)
        (self.root / "etc/os-release").write_text(f"IMAGE_VERSION={VERSION}\n")
        (self.root / proving.DEVICE).touch()
        self.at = folder / "s"
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(self.at))
        self._door.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        paths = f"Path({str(self.config)!r}), Path({str(self.root)!r})"
        program = f"from pathlib import Path; from kiosk.services.proof import run; run({paths})"
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            with line:
                subprocess.run(
                    [sys.executable, "-c", program],
                    stdin=line.fileno(),
                    stdout=line.fileno(),
                    stderr=subprocess.DEVNULL,
                    cwd=ROOT,
                    env={"TPM2TOOLS_TCTI": self.tcti, "PATH": "/usr/bin:/bin"},
                    timeout=60,
                )
                self.chip.forgets()

    def proves(self, challenge: str = CHALLENGE) -> Proof:
        said = prove(challenge, self.at)
        assert isinstance(said, Proof)
        return said

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def chip() -> Iterator[Tpm]:
    with tpm() as made:
        made.starts(IMAGE)
        yield made


@pytest.fixture
def kiosk(tmp_path: Path, chip: Tpm) -> Iterator[Kiosk]:
    made = Kiosk(tmp_path, chip)
    yield made
    made.close()


def checked(
    folder: Path, text: str, key: str, pcr7: str, challenge: str = CHALLENGE, image: bytes | None = None
) -> set[str]:
    """What of OK the desk says. image: another published one."""
    published = measured.lines(VERSION, image or boot_file(IMAGE))
    return checks_proof(folder, text, key, pcr7, challenge, published, {"kiosk.toml": SETTINGS.encode(), **TRUSTED})


def line_of(name: str, proof: Proof) -> str:
    return next(line for line in proof.text.splitlines() if line.startswith(f"{name} "))


def test_a_proof_verifies_with_openssl_alone(tmp_path: Path, kiosk: Kiosk) -> None:
    first, second = kiosk.proves("ab" * 16), kiosk.proves()
    assert first.key == second.key and first.text != second.text, "one key, and another proof each time"
    assert checked(tmp_path / "desk", second.text, first.key, line_of("pcr7", first)) == set(OK)
    assert checked(
        tmp_path / "desk", second.text.replace("\n", "\r\n").rstrip(), first.key, line_of("pcr7", first)
    ) == set(OK)
    assert second.says("pcr12") == second.says("pcr13") == NOUGHT
    assert len(second.text.encode()) < 1367, "a code that a phone can read (kiosk/receipts/text.py)"


def test_every_byte_of_a_proof_is_vouched_for(tmp_path: Path, kiosk: Kiosk) -> None:
    """One digit of each line is another; and a line more, a line less."""
    proof = kiosk.proves()
    lines = proof.text.splitlines()
    for at, line in enumerate(lines):
        for place in (len(line) // 2, len(line) - 5):
            other = "B" if line[place] != "B" else "C"
            changed = [*lines[:at], line[:place] + other + line[place + 1 :], *lines[at + 1 :]]
            said = checked(tmp_path / "desk", "\n".join(changed), proof.key, line_of("pcr7", proof))
            assert not said.issuperset(OK[:4]), line
    for changed in (lines[1:], lines[:-1], ["settings 0", *lines], [*lines[:5], "challenge 11111111", *lines[5:]]):
        said = checked(tmp_path / "desk", "\n".join(changed), proof.key, line_of("pcr7", proof))
        assert not said.issuperset(OK[:4])


def settings(kiosk: Kiosk, chip: Tpm) -> None:
    kiosk.config.write_text(SETTINGS.replace("見本", "別の"))


def portal(kiosk: Kiosk, chip: Tpm) -> None:
    (kiosk.config.parent / "portal-ca.pem").write_text("whom somebody else takes for it\n")


def provisioner(kiosk: Kiosk, chip: Tpm) -> None:
    (kiosk.config.parent / "provisioner.pem").unlink()


def certificate(kiosk: Kiosk, chip: Tpm) -> None:
    """Of another machine."""
    (kiosk.config.parent / "client.pem").write_text("who it is\n")


def version(kiosk: Kiosk, chip: Tpm) -> None:
    (kiosk.root / "etc/os-release").write_text("IMAGE_VERSION=0.0.9\n")


def image(kiosk: Kiosk, chip: Tpm) -> None:
    (kiosk.root / "proc/cmdline").write_text(WORDS.replace(HASH, "f" * 64))


def started(kiosk: Kiosk, chip: Tpm) -> None:
    """It says that it is the published one, and the TPM has seen another kernel."""
    chip.extends(11, b"another kernel")


def told(kiosk: Kiosk, chip: Tpm) -> None:
    """The kernel was told something besides, as by the addon of a test."""
    chip.extends(12, b"console=ttyS0")


def laid_over(kiosk: Kiosk, chip: Tpm) -> None:
    chip.extends(13, b"an extension")


def keys(kiosk: Kiosk, chip: Tpm) -> None:
    chip.extends(7, b"somebody else's keys")


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        (settings, "settings OK"),
        *((each, "trusted OK") for each in (portal, provisioner, certificate)),
        (version, "image OK"),
        (image, "image OK"),
        (started, "image OK"),
        (told, "image OK"),
        (laid_over, "image OK"),
        (keys, "secure boot OK"),
    ],
)
def test_a_machine_that_runs_something_else_says_so(
    tmp_path: Path, kiosk: Kiosk, chip: Tpm, changes: Callable[[Kiosk, Tpm], None], missing: str
) -> None:
    before = kiosk.proves()
    changes(kiosk, chip)
    proof = kiosk.proves()
    assert checked(tmp_path / "desk", proof.text, before.key, line_of("pcr7", before)) == set(OK) - {missing}


def test_another_number_another_image_another_machine_are_seen(tmp_path: Path, kiosk: Kiosk) -> None:
    proof, desk = kiosk.proves(), tmp_path / "desk"
    pcr7 = line_of("pcr7", proof)
    assert checked(desk, proof.text, proof.key, pcr7, challenge="402871935517") == set(OK) - {"challenge OK"}
    newer = boot_file({**IMAGE, ".initrd": b"other files"})
    assert checked(desk, proof.text, proof.key, pcr7, image=newer) == set(OK) - {"image OK"}
    with tpm() as another:
        another.starts(IMAGE)
        there = Kiosk(tmp_path / "there", another)
        assert checked(desk, there.proves().text, proof.key, pcr7) == set(OK) - {"Verified OK"}
        there.close()


def forged(folder: Path, chip: Tpm, statement: str, pcrs: str = proving.BANK) -> str:
    """What root on the machine can have signed: any statement, and any PCRs."""
    key, names = folder / "key.ctx", ("quote", "signature")
    chip.does(*(str(key) if word == "key.ctx" else word for word in proving.KEY))
    chip.forgets()
    where = {"quote": folder / "quote", "signature": folder / "signature", "key.ctx": key, proving.BANK: pcrs}
    asked = [str(where.get(word, word)) for word in proving.QUOTE]
    chip.does(*asked, "-q", hashlib.sha256(statement.encode()).hexdigest())
    words = {name: subprocess.check_output(["base64", "-w0", folder / name], text=True) for name in names}
    return statement + "".join(f"{name} {said}\n" for name, said in words.items())


def test_the_key_signs_no_quote_of_pcrs_that_anybody_could_set(tmp_path: Path, kiosk: Kiosk, chip: Tpm) -> None:
    """Those are 16 and 23."""
    proof = kiosk.proves()
    text = forged(tmp_path, chip, proof.text.partition("quote ")[0], "sha256:0,1,16,23")
    assert checked(tmp_path / "desk", text, proof.key, line_of("pcr7", proof)) == set(OK) - {"quote OK", "PCRs OK"}


@pytest.mark.parametrize(
    ("says", "missing"),
    [
        (lambda lines, good: [*lines, good], "PCRs OK"),
        (lambda lines, good: [good if line.startswith("pcr11 ") else line for line in lines], "PCRs OK"),
        (lambda lines, good: [lines[2], *lines], "image OK"),  # as many lines of the published ones as there are
        (lambda lines, good: [f" {good}", *lines], "image OK"),
        (lambda lines, good: [good.upper(), *lines], "image OK"),
    ],
)
def test_root_can_have_nothing_signed_that_hides_what_was_started(
    tmp_path: Path, kiosk: Kiosk, chip: Tpm, says: Callable[[list[str], str], list[str]], missing: str
) -> None:
    before = kiosk.proves()
    chip.extends(11, b"another kernel")
    lines = kiosk.proves().text.partition("quote ")[0].splitlines()
    statement = "".join(f"{line}\n" for line in says(lines, line_of("pcr11", before)))
    text = forged(tmp_path, chip, statement)
    assert missing not in checked(tmp_path / "desk", text, before.key, line_of("pcr7", before))


def test_without_a_published_image_none_is_right(tmp_path: Path, kiosk: Kiosk) -> None:
    proof = kiosk.proves()
    wanted = (proof.text, proof.key, line_of("pcr7", proof), CHALLENGE)
    assert "image OK" not in checks_proof(tmp_path / "desk", *wanted, [], {"kiosk.toml": SETTINGS.encode()})


@pytest.mark.parametrize("lacks", ["image", "tpm", "failed"])
def test_what_cannot_be_proven_says_why(tmp_path: Path, kiosk: Kiosk, lacks: Lacks) -> None:
    match lacks:
        case "image":
            (kiosk.root / "proc/cmdline").write_text("quiet")
        case "tpm":
            (kiosk.root / proving.DEVICE).unlink()
        case "failed":
            kiosk.tcti = f"swtpm:path={tmp_path}/nobody"
    assert prove(CHALLENGE, kiosk.at) == Unproven(lacks)


@pytest.mark.parametrize(
    "challenge", ["", "1234567", "1" * 33, "12345678\nsettings 0", "１２３４５６７８", "1234 5678", "X" * 200]
)
def test_only_a_challenge_is_answered(kiosk: Kiosk, challenge: str) -> None:
    said = prove(challenge, kiosk.at)
    assert said == Unproven("failed") or (isinstance(said, Proof) and said.says("challenge") == "12345678")


def test_who_is_not_there_is_no_helper(tmp_path: Path) -> None:
    assert prove(CHALLENGE, tmp_path / "nobody") == Unproven("image")
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
        assert prove(CHALLENGE, tmp_path / "deaf") == Unproven("failed")


def test_a_request_brings_the_key_and_a_first_proof(
    tmp_path: Path, kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SOCKET", kiosk.at)
    monkeypatch.setattr(request, "identity", lambda config: Identity("", "", {}, "", "", ""))
    (tmp_path / "stick").mkdir()
    world = World(tmp_path / "stick")
    assert world.put_in() == ("asked", "")
    asked = msgspec.json.decode((world.place / stick.REQUEST).read_bytes(), type=Request)
    proof = Proof(asked.proof, asked.proof_key)
    assert checked(tmp_path / "desk", proof.text, proof.key, line_of("pcr7", proof), asked.number) == set(OK)
    later = kiosk.proves()
    assert checked(tmp_path / "desk", later.text, proof.key, line_of("pcr7", proof)) == set(OK)


def test_a_machine_that_proves_nothing_asks_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SOCKET", tmp_path / "nobody")
    machine = Machine(tmp_path / "etc")
    asked = msgspec.json.decode(request.request(machine.config, machine.id, 0, tmp_path), type=Request)
    assert (asked.proof, asked.proof_key) == ("", "")
