"""Which machine this is: the key to the portal, which it has made itself and which never leaves it, and what follows
from it. The machine's id is the SHA-256 of the public key (as DER), so nobody has to give it one, and a certificate
shows for which machine it was made. A machine that has lost its key is another machine: one that cannot be used is set
aside and another made, for on an image nobody could do it by hand. The one to a fleet's desk
(kiosk/provision/fleet.py) is made in the same way.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from kiosk.caretaker import disk
from kiosk.config.certificate import UNUSABLE

log = logging.getLogger("kiosk.provision")

KEY, CERTIFICATE, AUTHORITY = "client.key", "client.pem", "portal-ca.pem"  # as config/kiosk.toml names them
KEY_MODE = 0o640  # for root, and the server's group (systemd/tmpfiles.d)
SHORT = 16  # digits of the id, where a person has to tell machines apart

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def key(folder: Path, group: int | None, name: str = KEY) -> PrivateKey:
    """The key of this machine, made when there is none that can be used (P-256). folder: of the settings; group: who
    may read it, too. Raises OSError when it cannot be read or written: that is the disk's fault, and not the key's."""
    path = folder / name
    with contextlib.suppress(FileNotFoundError, *UNUSABLE):
        found = serialization.load_pem_private_key(path.read_bytes(), None)
        if isinstance(found, PrivateKey):
            return found
    if path.exists():
        log.error("%s: is no key that can be used; another is made, and the certificate does not fit any more", path)
        disk.set_aside(path)
    made = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    disk.put(path, made.private_bytes(*form), KEY_MODE, group)
    return made


def id_of(owner: PrivateKey | x509.Certificate) -> str:
    """64 hexadecimal digits."""
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(owner.public_key().public_bytes(*form)).hexdigest()


def csr(key: PrivateKey, name: str = "") -> bytes:
    """What an authority makes a certificate from (PKCS #10, PEM). name: the common name; empty: by the key's id."""
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or f"kiosk {id_of(key)[:SHORT]}")])
    made = x509.CertificateSigningRequestBuilder().subject_name(called).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)
