"""The SignedData, judged by the openssl program."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, tsp
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.card.apdu import CardLost, CardProblem, KindUnknown
from kiosk.card.cms import signed_data
from kiosk.sim.people import KeyKind

from .pki import NOW, ca, certified, signer

STATEMENT = "linking 42 — 連携".encode()
UNKNOWN_KEYS = [
    ed25519.Ed25519PrivateKey.generate(),
    ed448.Ed448PrivateKey.generate(),
    ec.generate_private_key(ec.SECP256K1()),
    ec.generate_private_key(ec.BrainpoolP384R1()),
    rsa.generate_private_key(65537, 1024),
]


def openssl(tmp_path: Path, signed: bytes, *more: str) -> subprocess.CompletedProcess[bytes]:
    (tmp_path / "ca.pem").write_bytes(ca().public_bytes(Encoding.PEM))
    (tmp_path / "signed.der").write_bytes(signed)
    command = "openssl cms -verify -binary -inform DER -in signed.der -CAfile ca.pem"
    return subprocess.run([*command.split(), *more], cwd=tmp_path, capture_output=True, timeout=30)


def test_openssl_accepts_the_signature_and_gives_back_the_statement(tmp_path: Path) -> None:
    someone = signer()
    verified = openssl(tmp_path, signed_data(STATEMENT, someone.der, someone.sign))
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout == STATEMENT


def test_openssl_finds_the_certificate_bound_into_the_signature(tmp_path: Path) -> None:
    someone = signer()
    verified = openssl(tmp_path, signed_data(STATEMENT, someone.der, someone.sign), "-cades")
    assert verified.returncode == 0, verified.stderr


def test_openssl_refuses_a_statement_changed_afterwards(tmp_path: Path) -> None:
    someone = signer()
    signed = signed_data(STATEMENT, someone.der, someone.sign)
    verified = openssl(tmp_path, signed.replace(b"linking 42", b"linking 43"))
    assert verified.returncode != 0


def test_what_is_signed_names_content_digest_time_and_certificate() -> None:
    someone = signer()
    content = cms.ContentInfo.load(signed_data(STATEMENT, someone.der, someone.sign), strict=True)["content"]
    assert content["version"].native == "v1"
    assert content["encap_content_info"]["content"].native == STATEMENT
    assert [c.chosen.dump() for c in content["certificates"]] == [someone.der]
    (info,) = content["signer_infos"]
    assert info["digest_algorithm"]["algorithm"].native == "sha256"
    assert info["signature_algorithm"]["algorithm"].native == "sha256_rsa"
    found = {a["type"].native: a["values"] for a in info["signed_attrs"]}
    assert set(found) == {"content_type", "message_digest", "signing_time", "signing_certificate_v2"}
    assert found["content_type"].native == ["data"]
    assert found["message_digest"].native == [sha256(STATEMENT).digest()]
    assert NOW <= found["signing_time"].native[0] <= datetime.now(UTC)
    (certificate_id,) = tsp.SigningCertificateV2.load(found["signing_certificate_v2"][0].dump())["certs"]
    assert certificate_id["cert_hash"].native == sha256(someone.der).digest()
    assert certificate_id["issuer_serial"]["serial_number"].native == 0x0ABCDEF1


def test_a_given_time_is_the_signing_time() -> None:
    someone = signer()
    at = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
    first, second = (signed_data(STATEMENT, someone.der, someone.sign, at) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("nonsense", [b"", b"\x00" * 256, b"\xff" * 256, b"\x01" * 255, b"\x01" * 300])
def test_a_card_that_signs_nonsense_is_a_card_problem(nonsense: bytes) -> None:
    with pytest.raises(CardProblem, match="signature: the certificate's key did not make it"):
        signed_data(STATEMENT, signer().der, lambda to_sign, length: nonsense)


# Keys that today's cards do not have


@pytest.mark.parametrize("der", [False, True], ids=["r and s", "DER"])
@pytest.mark.parametrize(
    ("kind", "digest", "given", "most"),
    [("p256", "sha256", 32, 256), ("p384", "sha384", 48, 256), ("p521", "sha512", 64, 256)],
)
def test_openssl_accepts_what_an_elliptic_card_signs(
    tmp_path: Path, kind: KeyKind, digest: str, given: int, most: int, der: bool
) -> None:
    someone = signer(kind=kind, der=der)
    signed = signed_data(STATEMENT, someone.der, someone.sign)
    assert someone.asked == [(given, most)], "a bare digest"
    verified = openssl(tmp_path, signed, "-cades")
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout == STATEMENT
    (info,) = cms.ContentInfo.load(signed, strict=True)["content"]["signer_infos"]
    assert info["digest_algorithm"]["algorithm"].native == digest
    assert info["signature_algorithm"]["algorithm"].native == f"{digest}_ecdsa"
    assert openssl(tmp_path, signed.replace(b"linking 42", b"linking 43")).returncode != 0


@pytest.mark.parametrize(("kind", "most"), [("rsa3072", 384), ("rsa4096", 512)])
def test_openssl_accepts_what_a_card_with_a_longer_key_signs(tmp_path: Path, kind: KeyKind, most: int) -> None:
    someone = signer(kind=kind)
    verified = openssl(tmp_path, signed_data(STATEMENT, someone.der, someone.sign), "-cades")
    assert verified.returncode == 0, verified.stderr
    assert someone.asked == [(51, most)], "a DigestInfo"


@pytest.mark.parametrize("key", UNKNOWN_KEYS, ids=lambda key: type(key).__name__)
def test_a_kind_of_key_in_no_row_is_said_to_be_unknown_before_the_card_is_asked(key: Any) -> None:
    with pytest.raises(KindUnknown, match="cannot sign with keys of the kind"):
        signed_data(STATEMENT, certified(key.public_key()), lambda to_sign, length: pytest.fail("asked"))


def test_an_algorithm_without_a_name_is_said_to_be_unknown() -> None:
    named = certified(ed25519.Ed25519PrivateKey.generate().public_key())
    oid, nameless = bytes.fromhex("06032B6570"), bytes.fromhex("06032B657F")  # 1.3.101.112, .127
    with pytest.raises(KindUnknown, match=r"of the kind 1\.3\.101\.127"):
        signed_data(STATEMENT, named.replace(oid, nameless), lambda to_sign, length: pytest.fail("asked"))


@pytest.mark.parametrize("nonsense", [b"", bytes(96), b"\xff" * 96, b"\x30\x06\x02\x01\x00\x02\x01\x00", bytes(104)])
def test_a_card_that_signs_in_a_way_no_card_has_proven_has_nothing_wrong_with_it(nonsense: bytes) -> None:
    with pytest.raises(KindUnknown):
        signed_data(STATEMENT, signer(kind="p384").der, lambda to_sign, length: nonsense)


def test_a_card_that_refuses_the_digest_of_such_a_key_has_nothing_wrong_with_it() -> None:
    def refuses(to_sign: bytes, length: int) -> bytes:
        raise CardProblem("COMPUTE DIGITAL SIGNATURE", status_word=0x6A80)

    with pytest.raises(KindUnknown, match="6A80"):
        signed_data(STATEMENT, signer(kind="p384").der, refuses)
    with pytest.raises(CardProblem, match="6A80"):
        signed_data(STATEMENT, signer().der, refuses)


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"\x30\x82\x07\x00", b"garbage"])
def test_a_malformed_certificate_is_refused_before_the_card_is_asked(der: bytes) -> None:
    with pytest.raises(CardProblem, match="signature certificate: malformed"):
        signed_data(STATEMENT, der, lambda to_sign, length: pytest.fail("asked"))


def test_a_card_lost_while_signing_stays_lost() -> None:
    def pulled(to_sign: bytes, length: int) -> bytes:
        raise CardLost("nothing answers")

    with pytest.raises(CardLost):
        signed_data(STATEMENT, signer().der, pulled)
