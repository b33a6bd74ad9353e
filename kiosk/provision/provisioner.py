"""Whom a machine believes: those whose certificates stand in PROVISIONER, who sign answers, and to whom alone the
recovery key is encrypted. What openssl does for that, in the words in which anybody else can do it, too
(docs/provisioning.md). No authority is asked, and none is needed.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.config.certificate import UNUSABLE

PROVISIONER = "provisioner.pem"  # beside the settings
OPENSSL_SECONDS = 20.0
VERIFY = ("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-nointern", "-noverify")
ENCRYPT = ("openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER")
HOW = {ec.EllipticCurvePublicKey: "ecdh_kdf_md:sha256", rsa.RSAPublicKey: "rsa_padding_mode:oaep"}


class Failed(Exception):
    """openssl has not done it. One line, without anything of what was given to it; empty: it says no."""


def verified(signed: bytes, provisioner: Path) -> bytes:
    """What one of these has signed. signed: CMS, DER. Raises Failed."""
    return _asked([*VERIFY, "-certfile", str(provisioner)], signed)


def sealed(data: bytes, provisioner: bytes) -> bytes:
    """For each of these certificates (PEM). Raises Failed."""
    try:
        certificates = x509.load_pem_x509_certificates(provisioner)
        hows = [next(how for kind, how in HOW.items() if isinstance(each.public_key(), kind)) for each in certificates]
    except (*UNUSABLE, StopIteration):
        raise Failed("has a certificate to which nothing can be encrypted") from None
    with tempfile.TemporaryDirectory() as name:
        command = [*ENCRYPT]
        for at, (each, how) in enumerate(zip(certificates, hows, strict=True)):
            path = Path(name, f"{at}.pem")
            path.write_bytes(each.public_bytes(Encoding.PEM))
            command += ["-recip", str(path), "-keyopt", how]
        return _asked(command, data)


def _asked(command: list[str], data: bytes) -> bytes:
    try:
        asked = subprocess.run(command, input=data, capture_output=True, check=False, timeout=OPENSSL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"openssl: {type(error).__name__}") from None
    if asked.returncode != 0:
        raise Failed
    return asked.stdout
