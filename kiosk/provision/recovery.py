"""The recovery key of the encrypted state, for the day on which the TPM does not give its own: another board, other
keys of secure boot. It opens everything that the machine keeps, so nobody at the machine ever sees it.

systemd-cryptenroll makes it, and openssl encrypts it at once to those whose certificates stand in PROVISIONER (CMS,
RFC 5652). What is kept is for them alone, and every stick that is put in gets it. An answer with other certificates
removes it (taking.py), and the next start makes another; so it does when the power went between making and keeping. One
made before opens nothing from then on.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.caretaker import disk
from kiosk.provision.answer import OPENSSL_SECONDS, PROVISIONER
from kiosk.provision.request import FOLDER

FILE = "recovery.p7m"
ENROLL = ("systemd-cryptenroll", "--recovery-key", "--wipe-slot=recovery")
BY_TPM = ("--unlock-tpm2-device=auto",)
ENROLL_SECONDS = 90.0
CIPHER = ("openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER")
HOW = {ec.EllipticCurvePublicKey: "ecdh_kdf_md:sha256", rsa.RSAPublicKey: "rsa_padding_mode:oaep"}


class NotMade(Exception):
    """There is none. One line, without anything of the key."""


def kept(folder: Path) -> bytes | None:
    """As it goes out; None: there is none. folder: of the settings."""
    try:
        return (folder / FOLDER / FILE).read_bytes()
    except OSError:
        return None


def make(folder: Path, device: str, unlock: Sequence[str] = BY_TPM) -> bool:
    """Whether another was made. device: with the state (LUKS). unlock: how it is opened for that. Raises NotMade and
    OSError."""
    place = folder / FOLDER / FILE
    if place.exists():
        return False
    provisioner = (folder / PROVISIONER).read_bytes()
    sealed(b"-", provisioner)  # before anything is changed
    disk.private_folder(folder / FOLDER)
    disk.put(place, sealed(_enrolled(device, unlock), provisioner))
    return True


def sealed(data: bytes, provisioner: bytes) -> bytes:
    """For each of these certificates (PEM). Raises NotMade."""
    try:
        certificates = x509.load_pem_x509_certificates(provisioner)
        hows = [next(how for kind, how in HOW.items() if isinstance(each.public_key(), kind)) for each in certificates]
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion, StopIteration):
        raise NotMade(f"{PROVISIONER}: has a certificate to which nothing can be encrypted") from None
    with tempfile.TemporaryDirectory() as name:
        command = [*CIPHER]
        for at, (each, how) in enumerate(zip(certificates, hows, strict=True)):
            path = Path(name, f"{at}.pem")
            path.write_bytes(each.public_bytes(Encoding.PEM))
            command += ["-recip", str(path), "-keyopt", how]
        return _asked(command, data, OPENSSL_SECONDS)


def _enrolled(device: str, unlock: Sequence[str]) -> bytes:
    key = _asked([*ENROLL, *unlock, device], b"", ENROLL_SECONDS).strip()
    if not key:
        raise NotMade(f"{ENROLL[0]} has made none")
    return key + b"\n"


def _asked(command: list[str], data: bytes, seconds: float) -> bytes:
    """What it writes to its output. What it says besides is for nobody: the key may be in it, as a picture."""
    try:
        asked = subprocess.run(command, input=data, capture_output=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise NotMade(f"{command[0]} takes too long") from None
    if asked.returncode != 0:
        raise NotMade(f"{command[0]} has failed ({asked.returncode})")
    return asked.stdout
