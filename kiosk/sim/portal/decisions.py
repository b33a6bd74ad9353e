"""What the calls mean: the portal's decisions, in the order the contract's table gives them."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from kiosk.portal.model import (
    Applicant,
    Held,
    Linked,
    LinkedAt,
    Linking,
    Offer,
    Reference,
    Refusal,
    Release,
    Released,
    ReleasedAt,
    Request,
    State,
    Terms,
)
from kiosk.portal.statement import applicant_sha256, statement_of
from kiosk.sim.portal.certificate import Holder, holder
from kiosk.sim.portal.drivers import Drivers
from kiosk.sim.portal.requests import Entry, Requests
from kiosk.sim.portal.signature import Refused, signer
from kiosk.sim.portal.trust import Trust

TERMS = Path(__file__).with_name("terms.txt")
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like another


@dataclass
class Decisions:
    """offers: what this portal does beyond linking (a portal of version 1.0: nothing). scope: what it releases."""

    linkings: Requests
    releases: Requests
    drivers: Drivers
    trust: Trust
    terms: Terms
    offers: frozenset[Offer] = frozenset(Offer)
    scope: Literal["lapsed", "any"] = "lapsed"

    def begin(self, owner: str) -> Entry:
        return self.linkings.begin(owner, lambda id, nonce, expires: Linking(id, nonce, self.terms, expires))

    def begin_release(self, owner: str) -> Entry:
        return self.releases.begin(
            owner, lambda id, nonce, expires: Release(id, nonce, self.terms, expires, self.scope)
        )

    def hold(self, entry: Entry, applicant: Applicant) -> Held:
        entry.hold(applicant)
        return Held(phone_certificate=self.drivers.phone_certificate(applicant))

    def submit(self, entry: Entry, cms: bytes, terms_sha256: str) -> Linked | Released:
        """Decide, end the request and erase. Raises `Refused`; `RevocationUnknown` leaves the request as it is."""
        try:
            done = self._do(entry.request, self._who(entry, cms, terms_sha256))
        except Refused as refused:
            shown = refused.licence if Offer.LINKED_LICENCE in self.offers else None
            entry.end(State.REFUSED, refusal=refused.reason, licence=shown)
            raise
        entry.end(State.COMPLETED, done)
        return done

    def _do(self, request: Request, person: Holder) -> Linked | Released:
        number, moment = Reference(reference()), datetime.now(UTC)
        if isinstance(request, Release):
            return Released(number, ReleasedAt(moment), self.drivers.release(person, request.scope == "any"))
        return Linked(number, LinkedAt(moment), self.drivers.link(person))

    def _who(self, entry: Entry, cms: bytes, terms_sha256: str) -> Holder:
        """Who has signed it, when all is as it must be."""
        applicant, request = entry.applicant, entry.request
        if applicant is None:
            raise ValueError("nothing is held")
        if terms_sha256 != self.terms.sha256:
            raise Refused(Refusal.TERMS_CHANGED)
        statement = statement_of(request.purpose, request.id, request.nonce, applicant_sha256(applicant), terms_sha256)
        certificate = signer(cms, statement)
        self.trust.check(certificate)
        person = holder(certificate)
        if person is None or not person.agrees_with(applicant):
            raise Refused(Refusal.ATTRIBUTES_DIFFER)
        return person


def terms(version: int = 1) -> Terms:
    """The sandbox's terms of use. Every version has a text, and so a digest, of its own."""
    text = f"{TERMS.read_text('utf-8').rstrip()}\n\n（第{version}版）\n"
    return Terms(version=f"{version}.0", sha256=hashlib.sha256(text.encode()).hexdigest(), text=text)


def reference() -> str:
    """A new reference number: 40 random bits, in groups that can be read out."""
    letters = [secrets.choice(REFERENCE_ALPHABET) for _ in range(8)]
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"
