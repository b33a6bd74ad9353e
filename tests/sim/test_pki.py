"""The invented people's certificates are what JPKI's are, and OpenSSL agrees with what is said of them."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from kiosk.sim.people import people
from kiosk.sim.pki import ORGANISATION, BadKey, Pki, era_date, substitute_flags

PEOPLE = people()


def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def trust(pki: Pki, tmp_path: Path) -> list[str]:
    """What `openssl verify` is given: anchors and lists of revoked certificates."""
    anchors, revoked = tmp_path / "anchors.pem", tmp_path / "revoked.pem"
    anchors.write_bytes(b"".join(anchor.public_bytes(Encoding.PEM) for anchor in pki.anchors))
    revoked.write_bytes(b"".join(crl.public_bytes(Encoding.PEM) for crl in pki.revocations(PEOPLE.values())))
    return ["-CAfile", str(anchors), "-CRLfile", str(revoked), "-crl_check", "-x509_strict"]


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("excellent", ": OK"),
        ("next", ": OK"),
        ("unknown-kind", ": OK"),
        ("kana", ": OK"),
        ("day-unknown", ": OK"),
        ("moved", ": OK"),
        ("expired", "has expired"),
        ("revoked", "certificate revoked"),
    ],
)
def test_openssl_judges_each_signature_certificate_as_the_table_says(
    pki: Pki,
    trust: list[str],
    tmp_path: Path,
    key: str,
    verdict: str,
) -> None:
    certificate = tmp_path / "certificate.der"
    certificate.write_bytes(pki.credential(PEOPLE[key], "sign").certificate or b"")
    result = openssl("verify", *trust, str(certificate))
    assert verdict in result.stdout + result.stderr


def test_the_phones_certificate_chains_to_the_phones_authority(
    pki: Pki,
    trust: list[str],
    tmp_path: Path,
) -> None:
    certificate = tmp_path / "certificate.der"
    certificate.write_bytes(pki.credential(PEOPLE["phone"], "sign", "phone").certificate or b"")
    assert "OK" in openssl("verify", *trust, str(certificate)).stdout


def test_a_signature_certificate_has_the_fields_of_jpkis_profile(pki: Pki, tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.der"
    certificate.write_bytes(pki.credential(PEOPLE["substitute"], "sign").certificate or b"")
    text = openssl("x509", "-in", str(certificate), "-noout", "-text", "-nameopt", "utf8,sep_comma_plus").stdout
    assert "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation" in text
    assert "X509v3 Certificate Policies: critical\n                Policy: 1.2.392.200149.8.5.1.1.20" in text
    assert "OCSP - URI:http://ocsp.invalid/" in text
    assert "OU = CRL Distribution Points, OU = Kyoto-fu, CN = Kyoto-shi CRLDP" in text or "CN=Kyoto-shi CRLDP" in text
    assert "X509v3 Issuer Alternative Name" in text and "X509v3 Subject Key Identifier" in text
    assert re.search(r"Serial Number: \d+ \(0x[0-9a-f]{7,8}\)", text)
    parsed = x509.load_der_x509_certificate(certificate.read_bytes())
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = [(name.type_id.dotted_string[-1], name.value) for name in names if isinstance(name, x509.OtherName)]
    assert [number for number, _ in found] == list("143526")
    values = {number: value[-int(value[1]) :].decode() for number, value in found if value[1] < 0x80}
    assert values == {"1": "吉窪　志津江", "4": "319540314", "3": "2", "2": "100000", "6": "0" * 9 + "1" + "0" * 87}
    assert all(value[0] == 0x0C for _, value in found)  # UTF8String


def test_an_authentication_certificate_says_who_its_municipality_is_and_nothing_more(pki: Pki) -> None:
    person = PEOPLE["excellent"]
    der = pki.credential(person, "auth").certificate or b""
    for fact in (person.name, person.address, person.birth_date):
        assert fact.encode() not in der
    assert len(x509.load_der_x509_certificate(der).subject.rfc4514_string().removeprefix("CN=").split(",")[0]) == 23


def test_nobody_can_take_our_authorities_for_jpkis(pki: Pki) -> None:
    assert all(ORGANISATION in anchor.subject.rfc4514_string() and "TEST" in ORGANISATION for anchor in pki.anchors)


def test_keys_are_readable_by_their_owner_alone(pki: Pki, tmp_path: Path) -> None:
    own = Pki(tmp_path / "state" / "pki")
    own.key("any")
    assert (tmp_path / "state" / "pki").stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "state" / "pki").iterdir()] == [0o600]


def test_a_key_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "any.key.pem").write_text("no key")
    with pytest.raises(BadKey, match=r"any\.key\.pem"):
        Pki(tmp_path).key("any")


def test_two_processes_over_one_directory_issue_the_same_certificates(pki: Pki) -> None:
    other = Pki(pki.directory)
    assert other.anchors == pki.anchors
    for key in ("excellent", "phone"):
        assert other.credential(PEOPLE[key], "sign").certificate == pki.credential(PEOPLE[key], "sign").certificate


def test_in_another_year_everything_is_still_valid(pki: Pki, tmp_path: Path) -> None:
    then = date.today().replace(year=date.today().year + 3, day=1)
    later = Pki(pki.directory, then)
    for person in people(then).values():
        der = later.credential(person, "sign").certificate
        if der:
            until = x509.load_der_x509_certificate(der).not_valid_after_utc.date()
            assert (until > then) is (person.certificate.state != "expired")
    assert later.anchors == pki.anchors
    assert later.revocations([])[0].next_update_utc


def test_an_authority_near_its_end_is_renewed_with_the_same_key(tmp_path: Path) -> None:
    directory = tmp_path / "pki"
    old = Pki(directory).authority("card", "sign").certificate
    then = date.today().replace(year=date.today().year + 10, day=1)
    new = Pki(directory, then).authority("card", "sign").certificate
    assert new != old and new.public_key() == old.public_key() and new.not_valid_after_utc.year >= then.year + 6


def test_who_moves_gets_another_certificate_from_the_same_key(pki: Pki) -> None:
    person = PEOPLE["excellent"]
    moved = replace(person, address="大阪府")
    before, after = (pki.credential(who, "sign") for who in (person, moved))
    assert before.certificate != after.certificate and before.key is after.key


@pytest.mark.parametrize(
    ("birth_date", "era"),
    [("19120729", "1"), ("19120730", "2"), ("19261224", "2"), ("19261225", "3"), ("19890107", "3"), ("19890108", "4"),
     ("20190430", "4"), ("20190501", "5"), ("18600101", "0")],
)  # fmt: skip
def test_an_era_begins_on_its_day(birth_date: str, era: str) -> None:
    assert era_date(birth_date) == era + birth_date


def test_only_characters_jpki_cannot_write_are_flagged() -> None:
    assert substitute_flags("𠮷田　花子", "吉田　花子") == "10000"
    assert substitute_flags("大阪府堺市", "兵庫県神戸") == "00000"
    assert substitute_flags("東京都", "東京都三鷹市") == "000000"
