"""What the calls mean: the portal's decisions, in the order the contract's table gives them."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.portal.model import Applicant, Held, Licence, Linked, LinkedAt, Reference, Refusal, State, Terms
from kiosk.portal.statement import applicant_sha256, statement_of
from kiosk.sim.portal.certificate import holder
from kiosk.sim.portal.drivers import Drivers
from kiosk.sim.portal.linkings import Entry, Linkings
from kiosk.sim.portal.signature import Refused, signer
from kiosk.sim.portal.trust import Trust

TERMS = Path(__file__).with_name("terms.txt")
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like another


@dataclass
class Decisions:
    linkings: Linkings
    drivers: Drivers
    trust: Trust
    terms: Terms

    def begin(self, owner: str) -> Entry:
        return self.linkings.begin(owner, self.terms)

    def hold(self, entry: Entry, applicant: Applicant) -> Held:
        entry.hold(applicant)
        return Held(phone_certificate=self.drivers.phone_certificate(applicant))

    def submit(self, entry: Entry, cms: bytes, terms_sha256: str) -> Linked:
        """Decide, end the linking and erase. Raises `Refused`; `RevocationUnknown` leaves the linking as it is."""
        try:
            linked = Linked(Reference(reference()), LinkedAt(datetime.now(UTC)), self._decide(entry, cms, terms_sha256))
        except Refused as refused:
            entry.end(State.REFUSED, refusal=refused.reason)
            raise
        entry.end(State.COMPLETED, linked=linked)
        return linked

    def _decide(self, entry: Entry, cms: bytes, terms_sha256: str) -> Licence:
        applicant, linking = entry.applicant, entry.linking
        if applicant is None:
            raise ValueError("nothing is held")
        if terms_sha256 != self.terms.sha256:
            raise Refused(Refusal.TERMS_CHANGED)
        statement = statement_of(linking.id, linking.nonce, applicant_sha256(applicant), terms_sha256)
        certificate = signer(cms, statement)
        self.trust.check(certificate)
        person = holder(certificate)
        if person is None or not person.agrees_with(applicant):
            raise Refused(Refusal.ATTRIBUTES_DIFFER)
        return self.drivers.link(person)


def terms(version: int = 1) -> Terms:
    """The sandbox's terms of use. Every version has a text, and so a digest, of its own."""
    text = f"{TERMS.read_text('utf-8').rstrip()}\n\n（第{version}版）\n"
    return Terms(version=f"{version}.0", sha256=hashlib.sha256(text.encode()).hexdigest(), text=text)


def reference() -> str:
    """A new reference number: 40 random bits, in groups that can be read out."""
    letters = [secrets.choice(REFERENCE_ALPHABET) for _ in range(8)]
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"
