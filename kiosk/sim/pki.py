"""The authorities behind the virtual cards: JPKI's certificate profile, under names that cannot be taken for JPKI's.

Theory of operation. Only what cannot be made again is kept on disk: private keys, and the self-signed certificate of
each authority. Everything else follows from them and from the table of people each time it is asked for. A
certificate's serial number is drawn from its key and its dates from this year, so two processes over one directory
issue the same bytes, nothing goes stale when a person's row changes, and nothing has to be renewed: a leaf is issued
on 1 April of last year and ends, as JPKI's do, on the fifth birthday after that.

Profiles: my-number-card.md §5.1 (authorities), §5.2 (user authentication), §5.3 (digital signature), §5.4 (life).
Differences from the real thing, all on purpose: the organisation is `ORGANISATION`, the addresses do not resolve,
one list of revoked certificates serves all municipalities, and the authorities live 20 years. The names of the real
authorities for phones were not at hand; ours are invented.

The keys protect nothing and nobody. They are kept readable by their owner alone all the same.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Literal

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from kiosk.config.certificate import UNUSABLE
from kiosk.sim.people import JAPAN, KeyKind, Person, today_in_japan

Device = Literal["card", "phone"]
Purpose = Literal["sign", "auth"]

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

DIRECTORY = Path("var/pki")
ORGANISATION = "JPKI-TEST VIRTUAL CARD"
AGENCY = "Invented for tests, not issued by J-LIS"
UNITS: dict[tuple[Device, Purpose], str] = {
    ("card", "sign"): "JPKI for digital signature",
    ("card", "auth"): "JPKI for user authentication",
    ("phone", "sign"): "JPKI for digital signature on a phone",
    ("phone", "auth"): "JPKI for user authentication on a phone",
}
POLICIES: dict[Purpose, str] = {"sign": "1.2.392.200149.8.5.1.1.20", "auth": "1.2.392.200149.8.5.1.3.30"}
STATEMENT_OF_PRACTICE = "http://cps.invalid/cps.html"
STATUS_RESPONDER = "http://ocsp.invalid/"

# subjectAltName of a signature certificate, 1.2.392.200149.8.5.5.x, in the order seen on cards
ATTRIBUTE_ARC = "1.2.392.200149.8.5.5."
ERAS = ((2019, 5, 1, "5"), (1989, 1, 8, "4"), (1926, 12, 25, "3"), (1912, 7, 30, "2"), (1868, 1, 25, "1"))

AUTHORITY_YEARS = 20  # of which 8 lie before it is made, so that expired certificates lie within
LONGEST_LEAF = timedelta(days=6 * 366)


@dataclass(frozen=True)
class Authority:
    key: rsa.RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Credential:
    """A person's key pair for one purpose on one device."""

    key: PrivateKey = field(repr=False)
    certificate: bytes | None = field(repr=False)  # DER; None when none was issued


class BadKey(Exception):
    """A key file that cannot be used; the text names it."""


class Pki:
    """Everything that signs in the invented world, kept in one directory; made there when it is not yet."""

    def __init__(self, directory: Path = DIRECTORY, today: date | None = None) -> None:
        self.directory = directory
        self._today = today or today_in_japan()
        self._keys: dict[str, PrivateKey] = {}
        self._authorities: dict[tuple[Device, Purpose], Authority] = {}

    # -- what a verifier needs -------------------------------------------------------------------------------------

    @cached_property
    def anchors(self) -> list[x509.Certificate]:
        """The authorities a verifier of signatures trusts: for cards and for phones."""
        return [self.authority("card", "sign").certificate, self.authority("phone", "sign").certificate]

    def revocations(self, people: Iterable[Person]) -> list[x509.CertificateRevocationList]:
        """One list for each of `anchors`. The revoked people of the table stand on the first. Good for a week."""
        revoked = [
            self.credential(person, "sign").key.public_key()
            for person in people
            if person.certificate.state == "revoked"
        ]
        return [
            self._revocations(self.authority("card", "sign"), revoked),
            self._revocations(self.authority("phone", "sign"), []),
        ]

    # -- what a card holds -----------------------------------------------------------------------------------------

    def authority(self, device: Device, purpose: Purpose) -> Authority:
        if (known := self._authorities.get((device, purpose))) is None:
            key = self.key(f"{device}-{purpose}-ca")
            known = self._authorities[device, purpose] = Authority(key, self._authority(device, purpose, key))
        return known

    def credential(self, person: Person, purpose: Purpose, device: Device = "card") -> Credential:
        """The person's key and certificate; without a certificate where the person has none for signatures."""
        kind: KeyKind = person.certificate.key if purpose == "sign" and device == "card" else "rsa2048"
        name = f"{device}-{purpose}-{person.key}"
        key = self.key(name) if kind == "rsa2048" else self._key(f"{name}.{kind}", kind)
        if purpose == "sign" and person.certificate.state == "none":
            return Credential(key, None)
        return Credential(key, self._issue(person, device, purpose, key.public_key()))

    def staff_card(self, kind: KeyKind = "rsa2048") -> Credential:
        """The key and the certificate of a member of the staff's PIV card; the certificate is also put beside the keys
        (`staff_certificate`), for whoever pins it. It is the same every time: signed with RSA, from fixed dates."""
        key = self.key("staff-card") if kind == "rsa2048" else self._key(f"staff-card.{kind}", kind)
        public, name = key.public_key(), staff_name("Invented member of the staff")
        certificate = (
            x509.CertificateBuilder(staff_name("Staff cards"), name, public, serial_number(public))
            .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2056, 1, 1, tzinfo=UTC))
            .add_extension(key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(self.key("staff-card-ca"), hashes.SHA256())
        )
        self._keep(self.staff_certificate(kind), certificate.public_bytes(Encoding.PEM))
        return Credential(key, certificate.public_bytes(Encoding.DER))

    def staff_certificate(self, kind: KeyKind) -> Path:
        return self.directory / f"staff-card.{kind}.pem"

    def key(self, name: str) -> rsa.RSAPrivateKey:
        """The RSA-2048 key of that name, made when first asked for."""
        key = self._key(name, "rsa2048")
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    def _key(self, name: str, kind: KeyKind) -> PrivateKey:
        if name not in self._keys:
            path = self.directory / f"{name}.key.pem"
            if not path.exists():
                new = generate(kind)
                self._keep(path, new.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            try:
                key = load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
            except UNUSABLE:
                key = None
            if not isinstance(key, PrivateKey) or kind_of(key) != kind:
                raise BadKey(f"{path}: not a key of the kind {kind}; remove the file to have a new one made")
            self._keys[name] = key
        return self._keys[name]

    # -- making ----------------------------------------------------------------------------------------------------

    def _keep(self, path: Path, content: bytes, replace: bool = False) -> None:
        """Write whole or not at all; of two processes that write at once the first wins, unless told to replace."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self.directory)  # mode 0600
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
            if replace:
                os.replace(temporary, path)
            else:
                with contextlib.suppress(FileExistsError):
                    os.link(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def _authority(self, device: Device, purpose: Purpose, key: rsa.RSAPrivateKey) -> x509.Certificate:
        path = self.directory / f"{device}-{purpose}-ca.pem"
        for attempt in (False, True):
            with contextlib.suppress(FileNotFoundError):
                certificate = x509.load_pem_x509_certificate(path.read_bytes())
                lasts_until = certificate.not_valid_after_utc - LONGEST_LEAF
                if certificate.public_key() == key.public_key() and lasts_until.date() > self._today:
                    return certificate
            made = self._self_signed(UNITS[device, purpose], key)
            self._keep(path, made.public_bytes(Encoding.PEM), replace=attempt or path.exists())
        return x509.load_pem_x509_certificate(path.read_bytes())

    def _self_signed(self, unit: str, key: rsa.RSAPrivateKey) -> x509.Certificate:
        name, public = authority_name(unit), key.public_key()
        since = datetime(self._today.year - 8, 1, 1, tzinfo=UTC)
        identifier = x509.SubjectKeyIdentifier.from_public_key(public)
        builder = (
            x509.CertificateBuilder(name, name, public, serial_number(public))
            .not_valid_before(since)
            .not_valid_after(since.replace(year=since.year + AUTHORITY_YEARS))
            .add_extension(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(identifier, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        )
        return builder.sign(key, hashes.SHA256())

    def _issue(self, person: Person, device: Device, purpose: Purpose, public: PublicKey) -> bytes:
        issuer, unit = self.authority(device, purpose), UNITS[device, purpose]
        serial = serial_number(public)
        since, until = self._life(person)
        identifier = x509.SubjectKeyIdentifier.from_public_key(issuer.key.public_key())
        builder = (
            x509.CertificateBuilder(issuer.certificate.subject, subject_name(person, purpose, serial), public, serial)
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(key_usage(digital_signature=True, content_commitment=purpose == "sign"), critical=True)
            .add_extension(
                x509.CertificatePolicies(
                    [x509.PolicyInformation(x509.ObjectIdentifier(POLICIES[purpose]), [STATEMENT_OF_PRACTICE])]
                ),
                critical=True,
            )
        )
        if purpose == "sign":
            builder = builder.add_extension(x509.SubjectAlternativeName(attributes(person)), critical=False)
        else:
            client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
            builder = builder.add_extension(client, critical=False)
        builder = (
            builder.add_extension(x509.IssuerAlternativeName([x509.DirectoryName(japanese_name(purpose))]), False)
            .add_extension(x509.CRLDistributionPoints([distribution_point(person, unit)]), critical=False)
            .add_extension(
                x509.AuthorityInformationAccess(
                    [
                        x509.AccessDescription(
                            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(STATUS_RESPONDER)
                        )
                    ]
                ),
                critical=False,
            )
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _life(self, person: Person) -> tuple[datetime, datetime]:
        """From the day of issue to the end, in Japan, of the fifth birthday after it."""
        issued = date(self._today.year - (7 if person.certificate.state == "expired" else 1), 4, 1)
        birthday = person.birthday
        first = issued.year if (birthday.month, birthday.day) > (4, 1) else issued.year + 1
        last = date(first + 4, birthday.month, min(birthday.day, 28) if birthday.month == 2 else birthday.day)
        return datetime.combine(issued, time(), JAPAN), datetime.combine(last, time(23, 59, 59), JAPAN)

    def _revocations(self, issuer: Authority, revoked: list[PublicKey]) -> x509.CertificateRevocationList:
        now = datetime.combine(self._today, time(), UTC) - timedelta(days=1)
        identifier = x509.SubjectKeyIdentifier.from_public_key(issuer.key.public_key())
        builder = (
            x509.CertificateRevocationListBuilder(issuer.certificate.subject, now, now + timedelta(days=8))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
            .add_extension(x509.CRLNumber(self._today.toordinal()), critical=False)
        )
        for public in revoked:
            entry = x509.RevokedCertificateBuilder(serial_number(public), now - timedelta(days=30))
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.affiliation_changed), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(issuer.key, hashes.SHA256())


CURVES: dict[str, type[ec.EllipticCurve]] = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}


def generate(kind: KeyKind) -> PrivateKey:
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind]())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa")))


def kind_of(key: PrivateKey) -> str:
    match key:
        case rsa.RSAPrivateKey():
            return f"rsa{key.key_size}"
        case ec.EllipticCurvePrivateKey():
            return f"p{key.key_size}"
    return "ed25519"


def serial_number(public: PublicKey) -> int:
    """Four bytes, as JPKI's are, positive, and always the same for one key."""
    digest = sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF | 0x01000000


def name_of(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def authority_name(unit: str) -> x509.Name:
    kind = NameOID.ORGANIZATIONAL_UNIT_NAME
    return name_of(
        (NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, ORGANISATION), (kind, unit), (kind, AGENCY)
    )


def staff_name(common: str) -> x509.Name:
    return name_of(
        (NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, ORGANISATION), (NameOID.COMMON_NAME, common)
    )


def japanese_name(purpose: Purpose) -> x509.Name:
    """The issuerAltName: the authority's name in Japanese."""
    kind = NameOID.ORGANIZATIONAL_UNIT_NAME
    unit = {"sign": "公的個人認証サービス署名用", "auth": "公的個人認証サービス利用者証明用"}[purpose]
    return name_of(
        (NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, "公的個人認証サービス（試験用）"), (kind, unit)
    )


def subject_name(person: Person, purpose: Purpose, serial: int) -> x509.Name:
    """For signatures the municipality and a number, for authentication nothing but an opaque id of 23 characters."""
    if purpose == "auth":
        return name_of((NameOID.COUNTRY_NAME, "JP"), (NameOID.COMMON_NAME, f"TEST{serial:019d}"))
    prefecture, municipality = person.place
    return name_of(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.LOCALITY_NAME, prefecture),
        (NameOID.LOCALITY_NAME, municipality),
        (NameOID.COMMON_NAME, f"TEST{serial:018d}"),
    )


def attributes(person: Person) -> list[x509.GeneralName]:
    """The subjectAltName of a signature certificate: name, sex, birth date, address and the flags of substitutes."""
    values = {
        1: person.certificate_name,
        4: era_date(person.birth_date),
        3: str(person.sex),
        5: person.certificate_address,
        2: person.certificate.name_flags or substitute_flags(person.name, person.certificate_name),
        6: substitute_flags(person.address, person.certificate_address),
    }
    return [
        x509.OtherName(x509.ObjectIdentifier(f"{ATTRIBUTE_ARC}{number}"), core.UTF8String(value).dump())
        for number, value in values.items()
    ]


def era_date(birth_date: str) -> str:
    """The era's digit before the Gregorian date: 1 明治, 2 大正, 3 昭和, 4 平成, 5 令和, 0 unknown."""
    day = int(birth_date[:4]), int(birth_date[4:6]), int(birth_date[6:])
    return next((era for *since, era in ERAS if day >= tuple(since)), "0") + birth_date


def substitute_flags(on_card: str, in_certificate: str) -> str:
    """One 0 or 1 per character of the certificate's text: 1 where it stands in for one that JPKI cannot write.

    Certificates know JIS X 0208 and the supplementary kanji of JIS X 0212 (§5.3), together what EUC-JP encodes.
    """
    if len(on_card) != len(in_certificate):
        return "0" * len(in_certificate)
    return "".join(
        "1" if theirs != ours and not theirs.encode("euc_jp", "ignore") else "0"
        for theirs, ours in zip(on_card, in_certificate, strict=True)
    )


def distribution_point(person: Person, unit: str) -> x509.DistributionPoint:
    kind, (prefecture, municipality) = NameOID.ORGANIZATIONAL_UNIT_NAME, person.place
    name = name_of(
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, ORGANISATION),
        (kind, unit),
        (kind, "CRL Distribution Points"),
        (kind, prefecture),
        (NameOID.COMMON_NAME, f"{municipality} CRLDP"),
    )
    return x509.DistributionPoint([x509.DirectoryName(name)], None, None, None)


def key_usage(
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
