"""What the person signs: one canonical JSON object that ties a request to its applicant data and its terms.

RFC 8785 (JSON Canonicalization Scheme) for the only values that occur here, strings: members sorted, no white space,
UTF-8, escapes only where JSON demands them. Two sides that build the statement from the same facts get the same bytes.

    {"applicant_sha256":"…","linking":"…","nonce":"…","purpose":"licence-linking/1","terms_sha256":"…"}

`purpose` keeps a signature given here from being worth anything in another protocol, or for another purpose: that of a
release is `licence-release/1`, and its id stands as `release` in the place of `linking`. `applicant_sha256` is SHA-256
over the canonical JSON of the four attributes; digests are lower-case hexadecimal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from kiosk.portal.model import Applicant, Purpose, Request


def canonical(members: Mapping[str, str]) -> bytes:
    """RFC 8785 bytes of a flat object of strings with ASCII names. A lone surrogate raises UnicodeEncodeError."""
    return json.dumps(dict(members), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def applicant_sha256(applicant: Applicant) -> str:
    """The digest by which the statement names the four attributes."""
    members = {
        "address": applicant.address,
        "birth_date": applicant.birth_date,
        "name": applicant.name,
        "sex": applicant.sex,
    }
    return hashlib.sha256(canonical(members)).hexdigest()


def statement(request: Request, applicant: Applicant) -> bytes:
    """The bytes to sign: `card.cms.signed_data(statement(request, applicant), certificate, sign)`."""
    return statement_of(request.purpose, request.id, request.nonce, applicant_sha256(applicant), request.terms.sha256)


def statement_of(purpose: Purpose, request: str, nonce: str, applicant: str, terms: str) -> bytes:
    """The same from its parts: what it is for, the request's id, its nonce, and the two digests."""
    return canonical(
        {
            "applicant_sha256": applicant,
            purpose.value: request,
            "nonce": nonce,
            "purpose": f"licence-{purpose.value}/1",
            "terms_sha256": terms,
        }
    )
