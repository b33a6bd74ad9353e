"""The certificates of the sandbox's own mutual TLS, made at first run and kept in a directory, readable by their owner.

The authority's private key is not kept: once server and kiosk have theirs, nobody can issue another. So the files are
made all together, and made anew all together when one is missing or nears its end. Beside the good ones stand those
that a kiosk must refuse: issued by a stranger, for another host, out of date, not valid yet.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.sim.pki import key_usage

DIRECTORY = Path("var/portal")
LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
YESTERDAY = timedelta(days=-1)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
TO_A_GUEST = "10.0.2.100"  # what may stand for this machine in the network of a virtual one (tests/appliance)
HERE = ("localhost", "127.0.0.1", "::1", TO_A_GUEST)


@dataclass(frozen=True)
class TlsFiles:
    """Where they are. Each name stands for `<name>.pem` (certificate) and `<name>.key`; `ca.pem` is the authority."""

    directory: Path

    @property
    def ca(self) -> Path:
        return self.certificate("ca")

    def certificate(self, name: str) -> Path:
        return self.directory / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.directory / f"{name}.key"

    def server_context(self, name: str = "server") -> ssl.SSLContext:
        """TLS 1.3; a client certificate of our authority is demanded."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.ca)
        context.load_cert_chain(self.certificate(name), self.key(name))
        return context


def tls_files(directory: Path = DIRECTORY) -> TlsFiles:
    """The files in `directory`, made when they are not there or are about to expire."""
    files = TlsFiles(directory)
    if not _usable(files):
        _make(files)
    return files


def _usable(files: TlsFiles) -> bool:
    try:
        authority = x509.load_pem_x509_certificate(files.ca.read_bytes())
        for name in ("server", "kiosk", "other_name", "expired", "not_yet"):
            x509.load_pem_x509_certificate(files.certificate(name).read_bytes()).verify_directly_issued_by(authority)
            files.key(name).stat()
        files.key("stranger").stat()
        files.certificate("stranger").stat()
    except Exception:  # whatever is wrong with a file, the cure is the same
        return False
    return authority.not_valid_after_utc - RENEW_BEFORE > datetime.now(UTC)


class _Authority:
    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _common_name(name)
        builder = _builder(self._name, self._name, self._key.public_key(), LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        self.certificate = builder.sign(self._key, hashes.SHA256())

    def issue(
        self,
        files: TlsFiles,
        name: str,
        usage: x509.ObjectIdentifier,
        hosts: tuple[str, ...] = HERE,
        life: timedelta = LIFE,
        begins: timedelta = YESTERDAY,
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_common_name(f"sandbox {name}"), self._name, key.public_key(), life, begins)
        builder = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        certificate = builder.sign(self._key, hashes.SHA256())
        _write(files.key(name), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _write(files.certificate(name), certificate.public_bytes(Encoding.PEM))


def _make(files: TlsFiles) -> None:
    files.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _Authority("sandbox portal: TLS authority")
    authority.issue(files, "server", SERVER)
    authority.issue(files, "kiosk", CLIENT)
    authority.issue(files, "other_kiosk", CLIENT)
    authority.issue(files, "other_name", SERVER, hosts=("elsewhere.invalid",))
    authority.issue(files, "expired", SERVER, life=timedelta(hours=-1))
    authority.issue(files, "not_yet", SERVER, begins=timedelta(days=1))
    stranger = _Authority("a stranger: TLS authority")
    stranger.issue(files, "stranger", SERVER)
    stranger.issue(files, "stranger_kiosk", CLIENT)
    _write(files.ca, authority.certificate.public_bytes(Encoding.PEM))  # last: without it nothing is usable


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    life: timedelta,
    begins: timedelta = YESTERDAY,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, mode 0600."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    with open(descriptor, "wb") as file:
        file.write(content)
    os.replace(temporary, path)
