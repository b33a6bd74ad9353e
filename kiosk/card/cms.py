"""A CMS SignedData (RFC 5652) whose signature is made by the card.

What the card signs is not the statement but the DER SET OF signed attributes: content type, digest of the statement,
signing time, and the signer's certificate by its digest (signing-certificate-v2, RFC 5035), so that no other
certificate of the same key can take its place. The card gets the digest of that set as a DigestInfo.

Which digest and which signature algorithm follow from the certificate's key, by one table. Today's cards have one row.
The answer is checked with the certificate's key before it goes anywhere: a card that signs nonsense is a card problem
here, not a refusal at the portal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kiosk.card.apdu import CardProblem

WHAT: Final = "signature"


def _check_rsa(public_key: Any, signature: bytes, digest_signed: bytes) -> None:
    assert isinstance(public_key, RSAPublicKey)
    public_key.verify(signature, digest_signed, padding.PKCS1v15(), hashes.SHA256())


@dataclass(frozen=True)
class Signer:
    """How keys of one kind sign."""

    digest: str
    signature: str
    check: Callable[[Any, bytes, bytes], None]  # (public key, signature, what was digested); raises InvalidSignature


# By the certificate's key algorithm. The next card may bring ECDSA P-384 with SHA-384 (my-number-card.md §5.5).
SIGNERS: Final = {"rsa": Signer("sha256", "sha256_rsa", _check_rsa)}


def signed_data(
    statement: bytes,
    certificate: bytes,
    sign: Callable[[bytes], bytes],
    signing_time: datetime | None = None,
) -> bytes:
    """Sign `statement` with the key of `certificate` (DER); `sign` turns a DER DigestInfo into a signature.

    Returns a DER ContentInfo with statement and certificate inside. `signing_time` defaults to now. Raises
    `CardProblem` for a certificate or a signature that cannot be used, and what `sign` raises.
    """
    signer_certificate, public_key, signer = _load(certificate)
    attributes = _signed_attributes(statement, signer_certificate, signer, signing_time or datetime.now(UTC))
    to_sign = attributes.dump()
    signature = sign(_digest_info(signer.digest, to_sign))
    try:
        signer.check(public_key, signature, to_sign)
    except InvalidSignature:
        raise CardProblem(WHAT, "the certificate's key did not make it") from None
    digest_algorithm = algos.DigestAlgorithm({"algorithm": signer.digest})
    signer_info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber(
                    {"issuer": signer_certificate.issuer, "serial_number": signer_certificate.serial_number}
                ),
            ),
            "digest_algorithm": digest_algorithm,
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": signer.signature},
            "signature": signature,
        }
    )
    content = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [digest_algorithm],
            "encap_content_info": {"content_type": "data", "content": statement},
            "certificates": [signer_certificate],
            "signer_infos": [signer_info],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


def _load(der: bytes) -> tuple[x509.Certificate, Any, Signer]:
    try:
        certificate = x509.Certificate.load(der, strict=True)
        algorithm = certificate.public_key.algorithm
        signer = SIGNERS.get(algorithm)
        public_key = load_der_public_key(certificate.public_key.dump()) if signer else None
    except Exception:  # as in certificate.py: the parsers fail in many ways and some quote what they read
        raise CardProblem("signature certificate", "malformed") from None
    if signer is None:
        raise CardProblem("signature certificate", f"this kiosk cannot sign with keys of the kind {algorithm}")
    return certificate, public_key, signer


def _signed_attributes(statement: bytes, certificate: x509.Certificate, signer: Signer, at: datetime) -> Any:
    certificate_id = tsp.ESSCertIDv2(
        {
            "hash_algorithm": {"algorithm": "sha256"},
            "cert_hash": hashlib.sha256(certificate.dump()).digest(),
            "issuer_serial": {
                "issuer": [x509.GeneralName("directory_name", certificate.issuer)],
                "serial_number": certificate.serial_number,
            },
        }
    )
    attributes: dict[str, Any] = {
        "content_type": "data",
        "message_digest": hashlib.new(signer.digest, statement).digest(),
        "signing_time": cms.Time({"utc_time": at.astimezone(UTC).replace(microsecond=0)}),
        "signing_certificate_v2": tsp.SigningCertificateV2({"certs": [certificate_id]}),
    }
    return cms.CMSAttributes([{"type": name, "values": [value]} for name, value in attributes.items()])


def _digest_info(algorithm: str, content: bytes) -> bytes:
    """DER DigestInfo with NULL parameters, as PKCS#1 v1.5 wants it (RFC 8017 §9.2): 51 bytes for SHA-256."""
    info = algos.DigestInfo(
        {
            "digest_algorithm": {"algorithm": algorithm, "parameters": core.Null()},
            "digest": hashlib.new(algorithm, content).digest(),
        }
    )
    return bytes(info.dump())
