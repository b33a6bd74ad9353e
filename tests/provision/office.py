"""An operator's desk and a machine, as folders: keys that nobody should trust, a request, an answer."""

from __future__ import annotations

import datetime
import functools
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from kiosk.provision import fleet, request
from kiosk.provision.answer import SETTINGS, Answer, sign
from kiosk.provision.machine import PrivateKey, id_of, key
from kiosk.provision.provisioner import PROVISIONER

NOW = 1_800_000_000  # seconds since 1970
MADE = NOW - 3600
STATION = '[station]\nname = "見本警察署"\n'


@functools.cache
def signer(name: str = "provisioner") -> tuple[PrivateKey, x509.Certificate]:
    made = ec.generate_private_key(ec.SECP256R1())
    return made, certificate(made, name)


def certificate(owner: PrivateKey | Ed25519PrivateKey, name: str, days: int = 30) -> x509.Certificate:
    """Signed by itself. It ends so many days after NOW."""
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime.datetime.fromtimestamp(NOW, datetime.UTC) - datetime.timedelta(days=60)
    builder = x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(owner.public_key())
    builder = builder.serial_number(1).not_valid_before(begins)
    return builder.not_valid_after(begins + datetime.timedelta(days=60 + days)).sign(
        owner, None if isinstance(owner, Ed25519PrivateKey) else hashes.SHA256()
    )


def pem(made: x509.Certificate) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


class Machine:
    """Its settings' folder, with its keys, and one whom it believes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.config = folder / SETTINGS
        self.config.write_text("")
        (folder / PROVISIONER).write_text(pem(signer()[1]))
        self.key = key(folder, None)
        self.id = id_of(self.key)
        self.desk = fleet.own_key(folder)

    @property
    def number(self) -> str:
        return request.number(self.folder)

    def answer(self, **brings: object) -> Answer:
        fields: dict[str, object] = {
            "machine": self.id,
            "number": self.number,
            "made": MADE,
            "until": NOW + 3600,
            "settings": STATION,
        }
        return Answer(**(fields | brings))  # type: ignore[arg-type]

    def signed(self, **brings: object) -> bytes:
        return sign(self.answer(**brings), *signer())

    @property
    def everything(self) -> dict[str, bytes]:
        """All that lies in its folder, by name."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}
