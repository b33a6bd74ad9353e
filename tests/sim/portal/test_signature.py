"""Signatures that our own code has not made: OpenSSL's, with the keys of the next card as well as today's."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from kiosk.portal.model import Refusal
from kiosk.sim.pki import key_usage
from kiosk.sim.portal.signature import Refused, signer

CONTENT = b'{"purpose":"licence-linking/1"}'


def openssl_cms(
    directory: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, usage: x509.KeyUsage, *options: str
) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 4711, now, now + timedelta(days=1))
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(usage, critical=True).add_extension(identifier, critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    (directory / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (directory / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (directory / "content").write_bytes(CONTENT)
    command = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in", "content"]
    command += ["-signer", "certificate.pem", "-inkey", "key.pem", *options]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=20).stdout


def refused(signed: bytes, content: bytes = CONTENT) -> Refusal:
    with pytest.raises(Refused) as answer:
        signer(signed, content)
    return answer.value.reason


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


SIGNING = key_usage(digital_signature=True, content_commitment=True)


def test_rsa_with_sha_256(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    signed = openssl_cms(tmp_path, rsa_key, SIGNING, "-md", "sha256")
    assert signer(signed, CONTENT).serial_number == 4711
    assert refused(signed, CONTENT + b" ") is Refusal.SIGNATURE_INVALID


def test_another_statement_put_into_a_signature_does_not_do(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    signed = openssl_cms(tmp_path, rsa_key, SIGNING, "-md", "sha256")
    other = CONTENT.replace(b"/1", b"/2")
    assert signed.count(CONTENT) == 1
    assert refused(signed.replace(CONTENT, other), other) is Refusal.SIGNATURE_INVALID


def test_ecdsa_p_384_with_sha_384(tmp_path: Path) -> None:
    signed = openssl_cms(tmp_path, ec.generate_private_key(ec.SECP384R1()), SIGNING, "-md", "sha384")
    assert signer(signed, CONTENT).serial_number == 4711
    assert refused(signed[:-1] + bytes([signed[-1] ^ 1])) is Refusal.SIGNATURE_INVALID


def test_a_certificate_that_is_not_for_signing_documents_does_not_do(
    tmp_path: Path, rsa_key: rsa.RSAPrivateKey
) -> None:
    authentication = key_usage(digital_signature=True)
    assert refused(openssl_cms(tmp_path, rsa_key, authentication, "-md", "sha256")) is Refusal.SIGNATURE_INVALID


@pytest.mark.parametrize(
    "options",
    [("-md", "sha1"), ("-md", "sha256", "-noattr"), ("-md", "sha256", "-nocerts"), ("-md", "sha256", "-keyid")],
    ids=["SHA-1", "no signed attributes", "no certificate", "named by key identifier"],
)
def test_what_the_contract_does_not_provide_for_does_not_do(
    tmp_path: Path, rsa_key: rsa.RSAPrivateKey, options: tuple[str, ...]
) -> None:
    assert refused(openssl_cms(tmp_path, rsa_key, SIGNING, *options)) is Refusal.SIGNATURE_INVALID
