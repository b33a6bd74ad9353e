"""The key that seals the trail: Ed25519 (RFC 8032), in a file that only the caretaker's user and root can read.

Whoever has the public half can verify every seal without the kiosk, by openssl alone (docs/audit.md). So that nobody
can put another pair in its place unseen, its fingerprint is noted when the kiosk is set up: SHA-256 of the key as DER.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk.caretaker import disk
from kiosk.config.certificate import UNUSABLE

PRIVATE_FILE, PUBLIC_FILE = "trail.key", "trail.pub"


class NoKey(Exception):
    """There is no key, or none that can be used. One line, without anything of the key."""


class Unusable(NoKey):
    """There is something, and it is no key."""


class PublicKey:
    """What verifies."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    @classmethod
    def load(cls, folder: Path) -> PublicKey:
        """Raises NoKey."""
        path = folder / PUBLIC_FILE
        try:
            key = serialization.load_pem_public_key(path.read_bytes())
        except OSError as error:
            raise NoKey(f"{path}: cannot be read ({error.strerror})") from None
        except UNUSABLE:
            raise NoKey(f"{path}: is no public key") from None
        if not isinstance(key, Ed25519PublicKey):
            raise NoKey(f"{path}: is no Ed25519 key")
        return cls(key)

    @property
    def pem(self) -> bytes:
        return self._key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its DER form, in hexadecimal."""
        der = self._key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()

    def verifies(self, signature: bytes, data: bytes) -> bool:
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


class Key:
    """What seals."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def load(cls, folder: Path) -> Key:
        """Raises NoKey."""
        path = folder / PRIVATE_FILE
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except OSError as error:
            raise NoKey(f"{path}: cannot be read ({error.strerror})") from None
        except UNUSABLE:
            raise Unusable(f"{path}: is no key that can be used") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise Unusable(f"{path}: is no Ed25519 key")
        return cls(key)

    @classmethod
    def of(cls, folder: Path) -> Key:
        """The key of this folder, made when there is none yet. Raises NoKey, and OSError when it cannot be written."""
        disk.private_folder(folder)
        if not (folder / PRIVATE_FILE).exists():
            made = Ed25519PrivateKey.generate()
            pem = made.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            disk.put(folder / PRIVATE_FILE, pem)
        key = cls.load(folder)
        pem, public = key.public.pem, folder / PUBLIC_FILE
        if not public.exists() or public.read_bytes() != pem:  # the power went in between, or it was damaged
            disk.put(public, pem)
        return key

    @property
    def public(self) -> PublicKey:
        return PublicKey(self._key.public_key())

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(data)
