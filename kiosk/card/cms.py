"""A CMS SignedData (RFC 5652) whose signature is made by the card.

What the card signs is not the statement but the DER SET OF signed attributes: content type, digest of the statement,
signing time, and the signer's certificate by its digest (signing-certificate-v2, RFC 5035), so that no other
certificate of the same key can take its place.

How a key signs follows from its kind, by one table, `SIGNERS`: which digest, what of it the card is given, and how what
it answers is written in CMS. Today's cards have one row of it, RSA-2048, where the card pads a DigestInfo as it is. The
others are ours, for the card that is announced (ECDSA on P-384, my-number-card.md §5.5); no specification of it is
public. They lean on what cards elsewhere do: an ECDSA key is given the bare digest and answers r and s, either one
after the other or as DER; the certificate's key tells which. RSA keys that are longer sign as today's does.

The answer is checked with the certificate's key before it goes anywhere: a card that signs nonsense is a card problem
here, not a refusal at the portal. A card of a kind that is in no row, or of a row that no card has proven and which
will not sign so, has nothing wrong with it: `KindUnknown`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import algos, cms, core, keys, tsp, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kiosk.card.apdu import SHORT_LE, CardProblem, KindUnknown

WHAT: Final = "signature"
HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class Rsa:
    """PKCS#1 v1.5 (RFC 8017 §8.2)."""

    @staticmethod
    def to_sign(digest: str, content: bytes) -> bytes:
        """DER DigestInfo with NULL parameters (RFC 8017 §9.2): 51 bytes for SHA-256."""
        algorithm = {"algorithm": digest, "parameters": core.Null()}
        info = algos.DigestInfo({"digest_algorithm": algorithm, "digest": hashlib.new(digest, content).digest()})
        return bytes(info.dump())

    @staticmethod
    def written(answer: bytes, size: int) -> Iterator[bytes]:
        yield answer

    @staticmethod
    def check(key: Any, signature: bytes, content: bytes, digest: str) -> None:
        key.verify(signature, content, padding.PKCS1v15(), HASHES[digest])


class Ecdsa:
    """ECDSA; in CMS a signature is the DER of r and s (RFC 5753)."""

    @staticmethod
    def to_sign(digest: str, content: bytes) -> bytes:
        return hashlib.new(digest, content).digest()

    @staticmethod
    def written(answer: bytes, size: int) -> Iterator[bytes]:
        """What the answer may mean: r and s of `size` bytes each, or DER already."""
        if len(answer) == 2 * size:
            yield encode_dss_signature(int.from_bytes(answer[:size], "big"), int.from_bytes(answer[size:], "big"))
        try:
            yield encode_dss_signature(*decode_dss_signature(answer))
        except ValueError:
            return

    @staticmethod
    def check(key: Any, signature: bytes, content: bytes, digest: str) -> None:
        key.verify(signature, content, ec.ECDSA(HASHES[digest]))


@dataclass(frozen=True)
class Signer:
    """How keys of one kind sign. size: bytes of the modulus, or of r and of s. proven: cards are known to sign so."""

    scheme: type[Rsa | Ecdsa]
    digest: str
    algorithm: str  # as asn1crypto calls it in the SignerInfo
    size: int
    proven: bool = False


SIGNERS: Final = {
    "rsa 2048": Signer(Rsa, "sha256", "sha256_rsa", 256, proven=True),
    "rsa 3072": Signer(Rsa, "sha256", "sha256_rsa", 384),
    "rsa 4096": Signer(Rsa, "sha256", "sha256_rsa", 512),
    "secp256r1": Signer(Ecdsa, "sha256", "sha256_ecdsa", 32),
    "secp384r1": Signer(Ecdsa, "sha384", "sha384_ecdsa", 48),
    "secp521r1": Signer(Ecdsa, "sha512", "sha512_ecdsa", 66),
}


def signed_data(
    statement: bytes,
    certificate: bytes,
    sign: Callable[[bytes, int], bytes],
    signing_time: datetime | None = None,
) -> bytes:
    """Sign `statement` with the key of `certificate` (DER); `sign` is given what the card signs, and the most bytes it
    can answer.

    Returns a DER ContentInfo with statement and certificate inside. `signing_time` defaults to now. Raises
    `CardProblem` for a certificate or a signature that cannot be used, `KindUnknown`, and what `sign` raises.
    """
    signer_certificate, public_key, signer = _load(certificate)
    attributes = _signed_attributes(statement, signer_certificate, signer, signing_time or datetime.now(UTC))
    to_sign = attributes.dump()
    try:
        signature = _signature(signer, public_key, to_sign, sign)
    except CardProblem as problem:
        if signer.proven:
            raise
        raise KindUnknown(f"no card is known to sign with a key of this kind; {problem}") from None
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
            "signature_algorithm": {"algorithm": signer.algorithm},
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
        kind = _kind(certificate.public_key)
        signer = SIGNERS.get(kind)
        public_key = load_der_public_key(certificate.public_key.dump()) if signer else None
    except Exception:  # as in certificate.py: the parsers fail in many ways and some quote what they read
        raise CardProblem("signature certificate", "malformed") from None
    if signer is None:
        raise KindUnknown(f"signature certificate: this kiosk cannot sign with keys of the kind {kind}")
    return certificate, public_key, signer


def _kind(key: Any) -> str:
    """The row of `SIGNERS`: algorithm and bits, or the curve by its name."""
    algorithm = core.Sequence.load(key.dump())[0][0].dotted  # asn1crypto parses no key of an algorithm it cannot name
    match keys.PublicKeyAlgorithmId.map(algorithm):
        case "ec":
            form, curve = key.curve
            return str(curve) if form == "named" else "ec"
        case "rsa":
            return f"rsa {key.bit_size}"
        case other:
            return str(other)


def _signature(signer: Signer, public_key: Any, to_sign: bytes, sign: Callable[[bytes, int], bytes]) -> bytes:
    """The signature as CMS writes it, checked. Raises `CardProblem`."""
    answer = sign(signer.scheme.to_sign(signer.digest, to_sign), max(signer.size, SHORT_LE))
    for signature in signer.scheme.written(answer, signer.size):
        try:
            signer.scheme.check(public_key, signature, to_sign, signer.digest)
        except InvalidSignature:
            continue
        return signature
    raise CardProblem(WHAT, "the certificate's key did not make it")


def _signed_attributes(statement: bytes, certificate: x509.Certificate, signer: Signer, at: datetime) -> Any:
    certificate_id = tsp.ESSCertIDv2(
        {
            "hash_algorithm": {"algorithm": signer.digest},
            "cert_hash": hashlib.new(signer.digest, certificate.dump()).digest(),
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
