"""A proof of what runs on this machine, for somebody far away who has said a number: version, image, settings and whom
it believes, signed by the TPM together with what the firmware and the boot loader have measured.

    statement   lines of text: the challenge, what this program finds on the machine, and the PCRs
    quote       the TPM's own words (TPMS_ATTEST): the SHA-256 of the statement, and the digest of those PCRs
    signature   over the quote, by a key that signs nothing but what the TPM itself says (restricted). It is derived
                from the TPM's owner seed whenever it is wanted, always the same; a TPM that was cleared has another

    PCR 7    secure boot: on, with which keys, and who signed what was started
    PCR 11   the UKI: kernel, initrd and words, among them the root's hash; and how far the start has come
    PCR 12   what was told to the kernel besides     13   what was laid over the system. Nought on a kiosk

This program takes a challenge and nothing else. So whoever may ask it (the server, a stick's helper) can have nothing
signed that it did not find itself. docs/proof.md says how a proof is verified, and what it does not prove.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import subprocess
import tempfile
from pathlib import Path

from kiosk.caretaker import identity
from kiosk.ipc.proof import CHALLENGE, Proof, Unproven
from kiosk.provision.machine import AUTHORITY, CERTIFICATE
from kiosk.provision.provisioner import PROVISIONER

log = logging.getLogger("kiosk.provision")

FORM = "kiosk-proof 2"
TRUSTED = (CERTIFICATE, AUTHORITY, PROVISIONER)  # one after the other, those that are there
PCRS = (7, 11, 12, 13)
DEVICE = "dev/tpmrm0"
TPM_SECONDS = 20.0  # for each of the four
BANK = f"sha256:{','.join(map(str, PCRS))}"
ATTRIBUTES = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign|noda"
KEY = ("tpm2_createprimary", "-Q", "-C", "o", "-G", "ecc256:ecdsa-sha256:null", "-a", ATTRIBUTES, "-c", "key.ctx")
PUBLIC = ("tpm2_readpublic", "-Q", "-c", "key.ctx", "-f", "pem", "-o", "key.pem")
READ = ("tpm2_pcrread", "-Q", BANK, "-o", "pcrs")
QUOTE = (
    "tpm2_quote",
    "-Q",
    "-c",
    "key.ctx",
    "-l",
    BANK,
    "-g",
    "sha256",
    "-f",
    "plain",
    "-m",
    "quote",
    "-s",
    "signature",
)


class _Silent(Exception):
    """The TPM does not do it. One line, the program's own last."""


def proof(challenge: str, config: Path, root: Path = Path("/")) -> Proof | Unproven:
    """config: the settings file. root: where /proc, /etc and /dev are. How the TPM is spoken to, its environment says
    (TPM2TOOLS_TCTI)."""
    if not CHALLENGE.match(challenge):
        return Unproven("failed")
    image = identity.image(root)
    if not image:
        return Unproven("image")
    if not (root / DEVICE).exists():
        return Unproven("tpm")
    version = identity.release(root / "etc/os-release").get("IMAGE_VERSION", "")
    says = [
        FORM,
        f"challenge {challenge}",
        f"version {version}",
        f"image {image}",
        f"settings {identity.hashed(config)}",
        f"trusted {_trusted(config.parent)}",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            return _signed(says, folder)
        except (OSError, _Silent) as error:
            log.error("%s", error)
            return Unproven("failed")


def _trusted(folder: Path) -> str:
    """SHA-256 of who this machine is to the portal, whom it takes for the portal, and whose answers it takes."""
    found = [path.read_bytes() for name in TRUSTED if (path := folder / name).is_file()]
    return hashlib.sha256(b"".join(found)).hexdigest()


def _signed(says: list[str], folder: Path) -> Proof:
    """Raises _Silent, and OSError when there is no such program."""
    for command in (KEY, PUBLIC, READ):
        _ask(command, folder)
    size = hashlib.sha256().digest_size
    pcrs = (folder / "pcrs").read_bytes()
    says += [f"pcr{pcr} {pcrs[at * size :][:size].hex()}" for at, pcr in enumerate(PCRS)]
    statement = "".join(f"{line}\n" for line in says)
    _ask((*QUOTE, "-q", hashlib.sha256(statement.encode()).hexdigest()), folder)
    words = {part: base64.b64encode((folder / part).read_bytes()).decode() for part in ("quote", "signature")}
    return Proof(
        statement + "".join(f"{part} {said}\n" for part, said in words.items()), (folder / "key.pem").read_text()
    )


def _ask(command: tuple[str, ...], folder: Path) -> None:
    try:
        asked = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=TPM_SECONDS)
    except subprocess.TimeoutExpired:
        raise _Silent(f"{command[0]} takes too long") from None
    if asked.returncode != 0:
        raise _Silent(f"{command[0]}: {(asked.stderr.strip().splitlines() or ['has failed'])[-1]}")
