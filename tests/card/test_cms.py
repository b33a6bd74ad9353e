"""The SignedData, judged by the openssl program."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from asn1crypto import cms, tsp
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.card.apdu import CardLost, CardProblem
from kiosk.card.cms import signed_data

from .pki import NOW, ca, elliptic, signer

STATEMENT = "linking 42 — 連携".encode()


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
        signed_data(STATEMENT, signer().der, lambda digest_info: nonsense)


def test_a_key_of_a_kind_we_cannot_use_is_refused_before_the_card_is_asked() -> None:
    with pytest.raises(CardProblem, match="cannot sign with keys of the kind ec"):
        signed_data(STATEMENT, elliptic(), lambda digest_info: pytest.fail("asked"))


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"\x30\x82\x07\x00", b"garbage"])
def test_a_malformed_certificate_is_refused_before_the_card_is_asked(der: bytes) -> None:
    with pytest.raises(CardProblem, match="signature certificate: malformed"):
        signed_data(STATEMENT, der, lambda digest_info: pytest.fail("asked"))


def test_a_card_lost_while_signing_stays_lost() -> None:
    def pulled(digest_info: bytes) -> bytes:
        raise CardLost("nothing answers")

    with pytest.raises(CardLost):
        signed_data(STATEMENT, signer().der, pulled)
