"""Checks a submitted CMS SignedData against the statement it must hold (RFC 5652, narrowed by openapi.yaml).

What comes in may be anything. It is parsed to the end before anything is believed, and whatever cannot be parsed,
or is not exactly what the contract asks for, is `signature_invalid`.
"""

from __future__ import annotations

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kiosk.portal.model import Licence, Refusal

HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class Refused(Exception):
    """The portal's no. licence: of somebody who is linked already."""

    def __init__(self, reason: Refusal, licence: Licence | None = None) -> None:
        super().__init__(reason.value)
        self.reason, self.licence = reason, licence


def signer(signed_data: bytes, statement: bytes) -> x509.Certificate:
    """The certificate whose key has signed `statement`. Says nothing about who issued it. Raises `Refused`."""
    try:
        certificate = _signer(signed_data, statement)
    except Exception:  # a parser's complaint about hostile input: its kind does not matter, its words must not get out
        certificate = None
    if certificate is None:
        raise Refused(Refusal.SIGNATURE_INVALID)
    return certificate


def _signer(signed_data: bytes, statement: bytes) -> x509.Certificate | None:
    info = cms.ContentInfo.load(signed_data, strict=True)
    if info["content_type"].native != "signed_data":
        return None
    content = info["content"]
    [certificate_choice] = content["certificates"]
    [signer_info] = content["signer_infos"]
    certificate = x509.load_der_x509_certificate(certificate_choice.chosen.dump())
    algorithm = HASHES[signer_info["digest_algorithm"]["algorithm"].native]

    encapsulated = content["encap_content_info"]
    by_serial = signer_info["sid"].chosen
    attributes = {each["type"].native: list(each["values"]) for each in signer_info["signed_attrs"]}
    [content_type], [message_digest] = attributes["content_type"], attributes["message_digest"]
    if not (
        content["version"].native == signer_info["version"].native == "v1"
        and [each["algorithm"].native for each in content["digest_algorithms"]] == [algorithm.name]
        and signer_info["sid"].name == "issuer_and_serial_number"
        and by_serial["serial_number"].native == certificate.serial_number
        and by_serial["issuer"].dump() == certificate_choice.chosen.issuer.dump()
        and len(attributes) == len(signer_info["signed_attrs"])  # none twice
        and encapsulated["content_type"].native == content_type.native == "data"
        and encapsulated["content"].native == statement
        and message_digest.native == _digest(algorithm, statement)
    ):
        return None

    for value in attributes.get("signing_certificate_v2", []):  # RFC 5035: optional, but binding when it is there
        [named] = tsp.SigningCertificateV2.load(value.dump())["certs"]
        digest = HASHES[named["hash_algorithm"]["algorithm"].native]
        if named["cert_hash"].native != _digest(digest, certificate_choice.chosen.dump()):
            return None

    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    if not usage.content_commitment:  # nonRepudiation
        return None

    signature = signer_info["signature"].native
    # RFC 5652 §5.4: signed is the attributes' own encoding, with the tag of a SET OF instead of [0]
    signed = b"\x31" + signer_info["signed_attrs"].dump()[1:]
    kind = signer_info["signature_algorithm"].signature_algo
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
            key.verify(signature, signed, padding.PKCS1v15(), algorithm())
        elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
            key.verify(signature, signed, ec.ECDSA(algorithm()))
        else:
            return None
    except InvalidSignature:
        return None
    return certificate


def _digest(algorithm: type[hashes.HashAlgorithm], data: bytes) -> bytes:
    digest = hashes.Hash(algorithm())
    digest.update(data)
    return digest.finalize()
