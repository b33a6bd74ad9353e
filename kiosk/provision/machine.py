"""Which machine this is: the key to the portal, which it has made itself and which never leaves it, and what follows
from it. The machine's id is the SHA-256 of the public key (as DER), so nobody has to give it one, and a certificate
shows for which machine it was made. A machine that has lost its key is another machine, and asks as that. The one to a
fleet's desk (kiosk/provision/fleet.py) is made in the same way.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from kiosk.caretaker import disk

log = logging.getLogger("kiosk.provision")

KEY, CERTIFICATE, AUTHORITY = "client.key", "client.pem", "portal-ca.pem"  # as config/kiosk.toml names them
KEY_MODE = 0o640  # for root, and the server's group (systemd/tmpfiles.d)
SHORT = 16  # digits of the id, where a person has to tell machines apart

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


def key(folder: Path, group: int | None, name: str = KEY) -> PrivateKey:
    """The key of this machine, made when there is none yet (P-256). folder: of the settings; group: who may read it,
    too. What is there and is no key is set aside: with another the machine asks for another certificate, and without
    one it could not even ask. Raises OSError when it cannot be read or written."""
    path = folder / name
    with contextlib.suppress(FileNotFoundError):
        if isinstance(found := _key_in(path.read_bytes()), PrivateKey):
            return found
        log.error("%s: is no key that can be used; it is set aside, and another is made", path)
        disk.set_aside(path)
    made = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    disk.put(path, made.private_bytes(*form), KEY_MODE, group)
    return made


def _key_in(pem: bytes) -> object:
    """None: there is none."""
    try:
        return serialization.load_pem_private_key(pem, None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return None


def id_of(owner: PrivateKey | x509.Certificate) -> str:
    """64 hexadecimal digits."""
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(owner.public_key().public_bytes(*form)).hexdigest()


def csr(key: PrivateKey, name: str = "") -> bytes:
    """What an authority makes a certificate from (PKCS #10, PEM). name: the common name; empty: by the key's id."""
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or f"kiosk {id_of(key)[:SHORT]}")])
    made = x509.CertificateSigningRequestBuilder().subject_name(called).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)
