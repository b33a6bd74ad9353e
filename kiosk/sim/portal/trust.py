"""Whose certificates the sandbox believes: the trust anchors, and their lists of revoked certificates.

JPKI has one level: an anchor issues the signer's certificate itself (my-number-card.md §5.1). Generations of an
authority share one name, so the issuer is the anchor whose key has signed, not the one whose name fits. No path
building is needed, and cryptography's verifier, made for web servers, does not know JPKI's profile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kiosk.portal.model import Refusal
from kiosk.sim.portal.signature import Refused

T = TypeVar("T", bound=x509.ExtensionType)
Lists = Callable[[], Iterable[x509.CertificateRevocationList]]


class BadAnchor(Exception):
    """A file of an anchor or a revocation list that cannot be used. One line."""


class RevocationUnknown(Exception):
    """The issuer's list is out of date: nothing can be decided now."""


class Trust:
    """Anchors, and where their revocation lists come from: `lists` is asked at start, and again when one has aged.

    An anchor without any list is believed without asking for revocation; `unchecked` names those, for the start-up
    message. An anchor that had a list once always needs a current one.
    """

    def __init__(self, anchors: Iterable[x509.Certificate], lists: Lists = tuple) -> None:
        self._anchors = list(anchors)
        self._source = lists
        self._lock = threading.Lock()
        self._lists = [self._own(anchor, lists()) for anchor in self._anchors]

    @property
    def unchecked(self) -> list[x509.Certificate]:
        return [anchor for anchor, lists in zip(self._anchors, self._lists, strict=True) if not lists]

    def check(self, certificate: x509.Certificate, now: datetime | None = None) -> None:
        """Raises `Refused` with the first thing that is wrong, or `RevocationUnknown`."""
        now = now or datetime.now(UTC)
        place = next((place for place, anchor in enumerate(self._anchors) if issued(certificate, anchor)), None)
        if place is None:
            raise Refused(Refusal.CERTIFICATE_UNKNOWN)
        for each in (certificate, self._anchors[place]):
            if not each.not_valid_before_utc <= now <= each.not_valid_after_utc:
                raise Refused(Refusal.CERTIFICATE_EXPIRED)
        for revocations in self._current(place, now):
            if revocations.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
                raise Refused(Refusal.CERTIFICATE_REVOKED)

    def _current(self, place: int, now: datetime) -> list[x509.CertificateRevocationList]:
        with self._lock:
            if all(current(each, now) for each in self._lists[place]):
                return self._lists[place]
            fresh = self._own(self._anchors[place], self._source())
            if not fresh or not all(current(each, now) for each in fresh):
                raise RevocationUnknown
            self._lists[place] = fresh
            return fresh

    @staticmethod
    def _own(
        anchor: x509.Certificate, lists: Iterable[x509.CertificateRevocationList]
    ) -> list[x509.CertificateRevocationList]:
        return [each for each in lists if signed_list(each, anchor)]


def issued(certificate: x509.Certificate, anchor: x509.Certificate) -> bool:
    """Whether the anchor's key has signed this certificate, under the anchor's name and for its key identifier."""
    try:
        certificate.verify_directly_issued_by(anchor)
        identifier = _extension(certificate, x509.AuthorityKeyIdentifier)
        anchors = _extension(anchor, x509.SubjectKeyIdentifier)
        constraints = _extension(certificate, x509.BasicConstraints)
    except Exception:  # a stranger's certificate: whatever is odd about it, no anchor of ours has issued it
        return False
    if constraints is not None and constraints.ca:
        return False
    if identifier is None or identifier.key_identifier is None or anchors is None:
        return True  # nothing to compare
    return bool(identifier.key_identifier == anchors.digest)


def signed_list(revocations: x509.CertificateRevocationList, anchor: x509.Certificate) -> bool:
    key = anchor.public_key()
    return (
        isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        and revocations.issuer == anchor.subject
        and revocations.is_signature_valid(key)
    )


def current(revocations: x509.CertificateRevocationList, now: datetime) -> bool:
    until = revocations.next_update_utc
    return revocations.last_update_utc <= now and until is not None and now <= until


def _extension(certificate: x509.Certificate, kind: type[T]) -> T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def read_anchors(path: Path) -> list[x509.Certificate]:
    """The authorities of a PEM file. Raises `BadAnchor` that names the file."""
    try:
        anchors = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise BadAnchor(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise BadAnchor(f"{path}: no certificate in PEM form (BEGIN CERTIFICATE) in it") from None
    for anchor in anchors:
        try:
            constraints = _extension(anchor, x509.BasicConstraints)
            usage = _extension(anchor, x509.KeyUsage)
        except ValueError as error:
            raise BadAnchor(f"{path}: a certificate in it cannot be read ({error})") from None
        if constraints is None or not constraints.ca or (usage is not None and not usage.key_cert_sign):
            raise BadAnchor(
                f"{path}: {anchor.subject.rfc4514_string()} is not an authority (basicConstraints, keyUsage)"
            )
    return anchors


def read_list(path: Path) -> x509.CertificateRevocationList:
    """A revocation list in PEM or DER. Raises `BadAnchor` that names the file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadAnchor(f"{path}: cannot be read ({error.strerror})") from None
    try:
        return x509.load_pem_x509_crl(content) if content.startswith(b"-----") else x509.load_der_x509_crl(content)
    except ValueError:
        raise BadAnchor(f"{path}: not a revocation list in PEM or DER form") from None
