"""What is looked for of a person, in every form in which a program is likely to hold it."""

from __future__ import annotations

from asn1crypto.x509 import Certificate

from kiosk.language.dates import wareki
from kiosk.sim.people import Person
from kiosk.sim.pki import Pki
from tests.forgetting.memory import forms, raw_forms


def markers(person: Person, pki: Pki) -> dict[str, set[bytes]]:
    """By what each is of: name, address, PINs, … of somebody with this card."""
    certificate = pki.credential(person, "sign").certificate
    assert certificate is not None and person.pins is not None and person.licence is not None
    serial = Certificate.load(certificate).serial_number
    return {
        "name": forms(person.name) | forms(person.name.partition("　")[0] + "　"),
        "address": forms(person.address) | forms(person.address[3:11]),
        "birth date": forms(person.birth_date) | forms(wareki(person.birth_date)),
        "signature PIN": forms(person.pins.sign),
        # four digits stand everywhere by chance: what is looked for is the command that carries them to the card
        "text PIN": raw_forms(bytes.fromhex("0020009104") + person.pins.text.encode()),
        "typed keys": forms('"answer":"key:'),
        "licence number": forms(person.licence.number),
        "certificate serial": forms(f"{serial:08X}") | raw_forms(b"\x02\x04" + serial.to_bytes(4, "big")),
    }
