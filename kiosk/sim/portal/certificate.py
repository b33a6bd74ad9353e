"""Who a signature certificate says its holder is, and whether that agrees with something else.

subjectAltName holds six UTF8Strings as otherName, 1.2.392.200149.8.5.5.x (my-number-card.md §5.3): 1 name, 2 flags of
the name, 3 sex, 4 era digit and date of birth, 5 address, 6 flags of the address. A flag of 1 marks a character that
stands for another which the certificate cannot hold; it agrees with any one character, and flagged kana, in which a
character's reading may be written, agree with one or more characters, at most as many as they are. Flags may be fewer
than the characters, not more. Variation selectors are ignored: they choose a shape of the character before them and
cannot be in a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from asn1crypto.core import UTF8String
from cryptography import x509

from kiosk.portal.model import Applicant, Sex

ARC = "1.2.392.200149.8.5.5."
SEX: dict[str, Sex] = {"1": "male", "2": "female"}


@dataclass(frozen=True)
class Holder:
    name: str = field(repr=False)
    name_flags: str = field(repr=False)
    address: str = field(repr=False)
    address_flags: str = field(repr=False)
    birth_date: str = field(repr=False)  # YYYYMMDD
    sex: Sex = field(repr=False)

    def agrees_with(self, applicant: Applicant) -> bool:
        return (
            agrees(applicant.name, self.name, self.name_flags)
            and agrees(applicant.address, self.address, self.address_flags)
            and applicant.birth_date == self.birth_date
            and applicant.sex == self.sex
        )


def holder(certificate: x509.Certificate) -> Holder | None:
    """The holder's four attributes; None for a certificate that does not state them all."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        values = {
            other.type_id.dotted_string.removeprefix(ARC): str(UTF8String.load(other.value, strict=True).native)
            for other in names
            if isinstance(other, x509.OtherName) and other.type_id.dotted_string.startswith(ARC)
        }
        return Holder(
            name=values["1"],
            name_flags=values.get("2", ""),
            address=values["5"],
            address_flags=values.get("6", ""),
            birth_date=values["4"][1:],
            sex=SEX.get(values["3"], "unknown"),
        )
    except Exception:  # the certificate is a stranger's until its chain has been checked, and may hold anything
        return None


def agrees(text: str, stated: str, flags: str) -> bool:
    """Whether `text` is what the certificate states, character for character, but for the flagged ones."""
    text = "".join(character for character in text if not _selects_variation(character))
    if text == stated:
        return True
    if len(flags) > len(stated):
        return False
    ends = [True] + [False] * len(text)  # ends[n]: what is stated so far can be the first n characters of the text
    in_run = [False] * (len(text) + 1)  # the same, the last of them standing for a flagged kana
    for place, character in enumerate(stated):
        flagged = flags[place : place + 1] == "1"
        met = [False] + [ends[n] and (flagged or text[n] == character) for n in range(len(text))]
        run = [met[n] or in_run[n] for n in range(len(text) + 1)] if flagged and _is_kana(character) else []
        ends, in_run = (run, run) if run else (met, [False] * len(met))
    return ends[-1]


def _is_kana(character: str) -> bool:
    return "\u3041" <= character <= "\u3096" or "\u30a1" <= character <= "\u30fa" or character == "\u30fc"


def _selects_variation(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
