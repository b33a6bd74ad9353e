"""When a certificate ends, also one that nobody can read."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.config.certificate import end_of
from tests.certificates import odd


def test_a_certificate_that_cannot_be_parsed_has_no_end_and_ends_nothing(tmp_path: Path) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kiosk")])
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC).replace(microsecond=0)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    made, path = builder.sign(key, hashes.SHA256()), tmp_path / "client.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    assert end_of(str(path)) == now + timedelta(days=1)
    for what in ("empty", "rubbish", "version 2"):
        path.write_text(ssl.DER_cert_to_PEM_cert(odd(made.public_bytes(serialization.Encoding.DER))[what]))
        assert end_of(str(path)) is None, what
