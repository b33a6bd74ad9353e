"""The signature certificate: whose it is, until when, and whether it says the same as the card's face.

The person stands in the subjectAltName as otherNames of UTF8String under 1.2.392.200149.8.5.5 (my-number-card.md §5.3),
in no particular order. Only what is needed is decoded: chain and revocation are the portal's to judge.

**Substitute characters.** The certificate knows fewer characters than the residence record. One that it lacks is
replaced, and the flags beside the name and the address (one 0 or 1 per character) say where. A flagged position
therefore matches any one character of the card's face. How it is read may stand there instead (よし田 for 𱍐田): a run
of flagged kana matches one or more characters, at most as many as it has. One character is one code point with the
variation selectors and voicing marks that follow it, so 𠮷 is one, and so is 葛 with its selector. Nothing is folded:
both texts come from the same residence record in the same width, so a difference is a difference. The flags count the
certificate's characters; where they are fewer, what is left has none (11 beside よし田), and where they are more they
count something else and are not honoured. What of this is not known for sure stands in docs/card.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final

from asn1crypto import x509

from kiosk.card.apdu import CardProblem
from kiosk.card.text import Attributes, AttributeUnusable, Field, Sex, date, printable, sex

WHAT: Final = "signature certificate"
_OID: Final = "1.2.392.200149.8.5.5."
NAME_OID, NAME_SUBSTITUTES_OID, SEX_OID, BIRTH_DATE_OID, ADDRESS_OID, ADDRESS_SUBSTITUTES_OID = (
    f"{_OID}{n}" for n in range(1, 7)
)


class Era(Enum):
    """The digit before a birth date."""

    UNKNOWN = "0"
    MEIJI = "1"
    TAISHO = "2"
    SHOWA = "3"
    HEISEI = "4"
    REIWA = "5"


@dataclass(frozen=True)
class SignatureCertificate:
    """What the kiosk needs of the certificate."""

    serial: int = field(repr=False)
    issuer: str = field(repr=False)
    not_before: datetime = field(repr=False)
    not_after: datetime = field(repr=False)  # a birthday
    name: str = field(repr=False)
    address: str = field(repr=False)
    birth_date: str = field(repr=False)  # YYYYMMDD, Gregorian, with 00 for a part that is not known
    birth_era: Era = field(repr=False)
    sex: Sex = field(repr=False)
    name_substitutes: str = field(repr=False)  # one 0 or 1 per character; 1: stands for a character it lacks
    address_substitutes: str = field(repr=False)

    @classmethod
    def parse(cls, der: bytes) -> SignatureCertificate:
        """Decode. Raises `CardProblem`, which says what is wrong but not what stood there."""
        try:
            certificate = x509.Certificate.load(der, strict=True)
            validity = certificate["tbs_certificate"]["validity"]
            not_before, not_after = (validity[end].native for end in ("not_before", "not_after"))
            serial, issuer = certificate.serial_number, certificate.issuer.human_friendly
            names = _other_names(certificate)
        except CardProblem:
            raise
        except Exception:  # asn1crypto parses lazily and fails in many ways, some of which quote what they read
            raise CardProblem(WHAT, "malformed") from None
        birth = _required(names, BIRTH_DATE_OID, Field.BIRTH_DATE)
        try:
            era = Era(birth[:1])
        except ValueError:
            raise AttributeUnusable(WHAT, Field.BIRTH_DATE, "has an era that is not one of its codes") from None
        return cls(
            serial=serial,
            issuer=issuer,
            not_before=not_before,
            not_after=not_after,
            name=_required(names, NAME_OID, Field.NAME),
            address=_required(names, ADDRESS_OID, Field.ADDRESS),
            birth_date=date(birth[1:], WHAT),
            birth_era=era,
            sex=sex(_required(names, SEX_OID, Field.SEX), WHAT),
            name_substitutes=names.get(NAME_SUBSTITUTES_OID, ""),
            address_substitutes=names.get(ADDRESS_SUBSTITUTES_OID, ""),
        )

    def matches(self, attributes: Attributes) -> frozenset[Field]:
        """The attributes in which the certificate differs from the card's face; empty when it says the same."""
        same = {
            Field.NAME: _same(self.name, self.name_substitutes, attributes.name),
            Field.ADDRESS: _same(self.address, self.address_substitutes, attributes.address),
            Field.BIRTH_DATE: self.birth_date == attributes.birth_date,
            Field.SEX: self.sex is attributes.sex,
        }
        return frozenset(name for name, is_same in same.items() if not is_same)


def not_after(der: bytes, what: str) -> datetime:
    """The end of any certificate's validity. Raises `CardProblem`, which calls it `what`."""
    try:
        end: datetime = x509.Certificate.load(der, strict=True)["tbs_certificate"]["validity"]["not_after"].native
    except Exception:  # as above
        raise CardProblem(what, "malformed") from None
    return end


def _other_names(certificate: Any) -> dict[str, str]:
    alternative = certificate.subject_alt_name_value
    if alternative is None:
        raise CardProblem(WHAT, "it names nobody (no subjectAltName)")
    found: dict[str, str] = {}
    for name in alternative:
        if name.name == "other_name":
            value = name.chosen["value"].native
            if isinstance(value, str):
                found.setdefault(name.chosen["type_id"].dotted, value)
    return found


def _required(names: dict[str, str], oid: str, field: Field) -> str:
    text = names.get(oid, "")
    if not printable(text):
        raise AttributeUnusable(WHAT, field, "is missing, empty or holds control characters")
    return text


_CHARACTER: Final = re.compile(
    "(?s:.)[\ufe00-\ufe0f\U000e0100-\U000e01ef\u3099\u309a]*"  # a code point, variation selectors, voicing marks
)
_KANA: Final = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc][\u3099\u309a]*")


def _same(certified: str, substitutes: str, on_card: str) -> bool:
    """Whether the certificate's text stands for the card's (see the head of this file)."""
    if certified == on_card:
        return True
    ours, theirs = _CHARACTER.findall(certified), _CHARACTER.findall(on_card)
    if len(substitutes) > len(ours):
        return False
    flagged = [flag == "1" for flag in substitutes.ljust(len(ours), "0")]
    read = [flag and _KANA.fullmatch(character) is not None for character, flag in zip(ours, flagged, strict=True)]
    reached = {0}  # how many of the card's characters those before `at` can stand for
    at = 0
    while at < len(ours):
        if read[at]:
            run = [*read[at:], False].index(False)
            reached = {n + more for n in reached for more in range(1, run + 1)}
        else:
            run = 1
            reached = {n + 1 for n in reached if n < len(theirs) and (flagged[at] or ours[at] == theirs[n])}
        at += run
    return len(theirs) in reached
