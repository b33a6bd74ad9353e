"""The signature certificate: whose it is, until when, and whether it says the same as the card's face (§5.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from kiosk.card.text import Attributes, Sex


class Era(Enum):
    """The era digit before a birth date."""

    UNKNOWN = "0"
    MEIJI = "1"
    TAISHO = "2"
    SHOWA = "3"
    HEISEI = "4"
    REIWA = "5"


class Field(Enum):
    """The four attributes by name, to say which of them differ."""

    NAME = "name"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    SEX = "sex"


@dataclass(frozen=True)
class SignatureCertificate:
    """What the kiosk needs of the certificate."""

    serial: int = field(repr=False)
    issuer: str
    not_before: datetime
    not_after: datetime
    name: str = field(repr=False)
    address: str = field(repr=False)
    birth_date: str = field(repr=False)  # YYYYMMDD, Gregorian, with 00 for a part that is not known
    birth_era: Era = field(repr=False)
    sex: Sex = field(repr=False)
    name_substitutes: str = field(repr=False)  # one 0 or 1 per character; 1: stands for a character outside the set
    address_substitutes: str = field(repr=False)

    @classmethod
    def parse(cls, der: bytes) -> SignatureCertificate:
        """Decode. Raises `CardProblem`."""
        raise NotImplementedError

    def matches(self, attributes: Attributes) -> frozenset[Field]:
        """The attributes in which the certificate differs from the card's face; empty when it says the same."""
        raise NotImplementedError
