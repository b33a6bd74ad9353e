"""The virtual My Number Card: an invented person's card, or their phone, for any reader that speaks vpcd.

    python -m kiosk.sim.card --person excellent          # into the kiosk's own reader
    python -m kiosk.sim.card --person excellent --pcscd  # into pcscd, for any PC/SC program
    python -m kiosk.sim.card --piv rsa2048               # a PIV card of the staff's (piv.py)

`VirtualCard` puts a person's facts and keys into the files of my-number-card.md §2; `chip.py` answers the commands.
The card keeps its counters of PIN tries while the object lives, however often it is pulled out and put in.
"""

from __future__ import annotations

import argparse
import signal
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from kiosk.sim.card.chip import Application, Behaviour, Chip, Faults, File, KeyFile, Pin, PinFile
from kiosk.sim.card.contents import (
    ATTRIBUTES,
    attribute_fields,
    attributes_object,
    availability,
    card_verifiable_certificate,
    licence_information,
    licence_signature,
    my_number,
    my_number_object,
    number_b,
    text_signature_object,
    tlv,
    token_info,
)
from kiosk.sim.card.piv import ALGORITHMS, PIN, PivCard
from kiosk.sim.card.wire import VpcdCard
from kiosk.sim.people import MAX_TRIES, BadPeople, Person, people, read
from kiosk.sim.pki import DIRECTORY, BadKey, Device, Pki
from kiosk.sim.vpcd import KIOSK_PORT, PCSCD_PORT

JPKI = bytes.fromhex("D392F000260100000001")
TEXT = bytes.fromhex("D3921000310001010408")
LICENCE = bytes.fromhex("A0000002310600000000000000000000")

LABELS: dict[Device, str] = {"card": "JPKIAPICCTOKEN2", "phone": "JPKIAPGPSETOKEN"}
UNSET_LICENCE_PIN = b"****"

# Sizes of the files, larger than what stands in them, so that filler follows. Not measured on a card.
ATTRIBUTES_SIZE, CERTIFICATE_SIZE = 640, 2000


class VirtualCard(Chip):
    """One person's card or phone."""

    def __init__(
        self,
        person: Person,
        pki: Pki,
        device: Device = "card",
        behaviour: Behaviour | None = None,
        faults: Faults | None = None,
    ) -> None:
        super().__init__({}, _pins(person, device), behaviour or Behaviour())
        self.person, self.device = person, device
        self._pki = pki
        self.inflict(faults or Faults())

    def inflict(self, faults: Faults) -> None:
        super().inflict(faults)
        self.applications = self._contents()

    @property
    def my_number_was_read(self) -> bool:
        """Whether anybody ever read the file that holds the My Number. The kiosk must not."""
        return (TEXT, 0x0001) in self.was_read

    def _contents(self) -> dict[bytes, Application]:
        if self.device == "phone":
            return {JPKI: self._jpki()}
        contents = {JPKI: self._jpki(), TEXT: self._text()}
        if self.person.licence:
            contents[LICENCE] = self._licence()
        return contents

    def _certificate(self, der: bytes, *opened_by: str) -> File:
        if self.faults.truncated_certificate:
            return File(der[: len(der) // 2], opened_by=opened_by)
        return File(der, CERTIFICATE_SIZE, opened_by)

    def _jpki(self) -> Application:
        sign = self._pki.credential(self.person, "sign", self.device)
        auth = self._pki.credential(self.person, "auth", self.device)
        # A phone asks for the PIN before it shows the certificate that a card shows to everybody (§1).
        auth_opened_by = ("auth",) if self.device == "phone" else ()
        files: Application = {
            0x0002: self._certificate(self._pki.authority(self.device, "sign").der),
            0x0006: File(token_info(LABELS[self.device])),
            0x0008: File(availability(sign.certificate is not None, auth.certificate is not None)),
            0x000A: self._certificate(auth.certificate or b"", *auth_opened_by),
            0x000B: self._certificate(self._pki.authority(self.device, "auth").der),
            0x0017: KeyFile(auth.key, ("auth",)),
            0x0018: PinFile("auth"),
            0x001B: PinFile("sign"),
        }
        if sign.certificate is None:
            return files
        return {**files, 0x0001: self._certificate(sign.certificate, "sign"), 0x001A: KeyFile(sign.key, ("sign",))}

    def _text(self) -> Application:
        nonminimal = self.behaviour.nonminimal_lengths
        number = my_number_object(self.person)
        attributes = attribute_fields(self.person, nonminimal, self.faults)
        signer, issuer = self._pki.key("text-signer"), self._pki.key("text-ca")
        return {
            0x0001: File(number, opened_by=("text", "number_a")),
            0x0002: File(attributes_object(attributes, nonminimal), ATTRIBUTES_SIZE, ("text", "number_b")),
            0x0003: File(text_signature_object(number, attributes, signer), opened_by=("text", "number_a", "number_b")),
            0x0004: File(card_verifiable_certificate(signer.public_key(), issuer)),
            0x0011: PinFile("text"),
            0x0014: PinFile("number_a"),
            0x0015: PinFile("number_b"),
        }

    def _licence(self) -> Application:
        assert self.person.licence is not None
        information = licence_information(self.person.licence)
        signature = licence_signature(information, self._pki.key("licence-signer"))
        return {
            0x0006: PinFile("licence"),
            0x001A: File(tlv("C1", bytes((bool(self.person.pins.licence),)))),
            0x001B: File(information, 5845, ("licence",)),
            0x001C: File(signature, 584, ("licence",)),
        }


def _pins(person: Person, device: Device) -> dict[str, Pin]:
    """The PINs of a card. A 顔認証 card was given none, a person without a signature certificate none for it."""
    pins, tries = person.pins, person.tries
    found = {
        "auth": Pin(pins.auth.encode(), MAX_TRIES["auth"], tries.auth, given=not person.face),
        "sign": Pin(
            pins.sign.encode(),
            MAX_TRIES["sign"],
            tries.sign,
            given=not person.face and person.certificate.state != "none",
        ),
    }
    if device == "card":
        found |= {
            "text": Pin(pins.text.encode(), MAX_TRIES["text"], tries.text, given=not person.face),
            "number_a": Pin(my_number(person).encode(), 10, 10),
            "number_b": Pin(number_b(person).encode(), 10, 10),
            "licence": Pin(pins.licence.encode() or UNSET_LICENCE_PIN, MAX_TRIES["licence"], tries.licence),
        }
    return found


# -- the command line ------------------------------------------------------------------------------------------------


def hexadecimal(text: str) -> int:
    return int(text, 16)


def answer_at(text: str) -> tuple[int, bytes]:
    """`7=6F00`: to the seventh command answer 6F00."""
    number, _, answer = text.partition("=")
    return int(number), bytes.fromhex(answer)


# How a field of `Behaviour` or `Faults` is written on the command line, by its type
OPTIONS: dict[str, dict[str, Any]] = {
    "int": {"type": hexadecimal, "metavar": "HEX"},
    "int | None": {"type": int, "metavar": "N"},
    "str": {"choices": tuple(ATTRIBUTES)},
    "Mapping[int, bytes]": {"type": answer_at, "metavar": "N=HEX", "action": "append"},
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m kiosk.sim.card",
        description="A virtual My Number Card of an invented person. Being started is being put in; "
        "Ctrl-C pulls it out. Tries of PINs are counted while it runs.",
    )
    made.add_argument("--person", metavar="NAME", help="whose card; --list shows who there is")
    made.add_argument("--piv", choices=tuple(ALGORITHMS), help=f"instead: a PIV card of the staff's, its PIN {PIN}")
    made.add_argument("--list", action="store_true", help="show the people and their PINs, and end")
    made.add_argument("--device", choices=("card", "phone"), default="card", help="the card, or an Android phone")
    made.add_argument("--people", type=Path, metavar="FILE", help="more people, in the form of kiosk/sim/people.toml")
    made.add_argument("--pki", type=Path, default=DIRECTORY, metavar="DIR", help="where the keys are (%(default)s)")
    made.add_argument("--host", default="127.0.0.1", help="where the reader listens (%(default)s)")
    made.add_argument("--port", type=int, default=KIOSK_PORT, help="the kiosk's own reader is %(default)s")
    made.add_argument(
        "--pcscd", action="store_const", const=PCSCD_PORT, dest="port", help=f"pcscd's virtual reader, {PCSCD_PORT}"
    )
    made.add_argument("--trace", action="store_true", help="show each command's header and status word, never data")
    for title, kind in (("how the card speaks", Behaviour), ("how the card breaks", Faults)):
        group = made.add_argument_group(title)
        for switch in fields(kind):
            name, more = switch.name.replace("_", "-"), OPTIONS.get(str(switch.type))
            if more is None:  # a yes or no: only the one that is not so by itself can be asked for
                more = {"action": "store_false" if switch.default else "store_true", "dest": switch.name}
                name = f"no-{name}" if switch.default else name
            group.add_argument(f"--{name}", default=argparse.SUPPRESS, help=switch.metadata["help"], **more)
    return made


def show(persons: dict[str, Person]) -> None:
    for person in persons.values():
        pins = person.pins
        print(f"{person.key:13}{person.title}")
        print(f"{'':13}text {pins.text}  sign {pins.sign}  auth {pins.auth}  licence {pins.licence or 'not set'}")


class Traced:
    """A card that shows the headers of what it is asked."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self.power_on, self.power_off, self.reset = chip.power_on, chip.power_off, chip.reset

    @property
    def atr(self) -> bytes:
        return self._chip.atr

    def transmit(self, apdu: bytes) -> bytes:
        answer = self._chip.transmit(apdu)
        seen = self._chip.trace[-1]
        sizes = f"Lc={seen.lc}" + ("" if seen.le is None else f" Le={seen.le}")
        print(f"{seen.ins:02X} {seen.p1:02X} {seen.p2:02X} {sizes} -> {seen.sw:04X}, {seen.received} bytes", flush=True)
        return answer


def main(arguments: list[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    try:
        persons = people() | (read(asked.people) if asked.people else {})
    except BadPeople as error:
        print(error, file=sys.stderr)
        return 2
    if asked.list:
        show(persons)
        return 0
    if asked.piv is None and asked.person not in persons:
        print(
            f"--person {asked.person or 'NAME'}: nobody of that name; there are: {' '.join(persons)}", file=sys.stderr
        )
        return 2
    switches = vars(asked)
    switches["answers"] = dict(switches.get("answers", ()))
    if asked.piv is None and asked.device == "phone" and not persons[asked.person].phone:
        print(f"--device phone: {asked.person} has registered no phone", file=sys.stderr)
        return 2
    behaviour = {switch.name: switches[switch.name] for switch in fields(Behaviour) if switch.name in switches}
    faults = {switch.name: switches[switch.name] for switch in fields(Faults) if switch.name in switches}
    pki, says = Pki(asked.pki), (Behaviour(**behaviour), Faults(**faults))
    try:
        chip: Chip
        if asked.piv:
            chip = PivCard(pki.staff_card(asked.piv), behaviour=says[0], faults=says[1])
            whose = f"PIV card, its certificate in {pki.staff_certificate(asked.piv)},"
        else:
            chip = VirtualCard(persons[asked.person], pki, asked.device, *says)
            whose = f"{asked.device} of {asked.person!r}"
    except (OSError, BadKey) as error:
        print(f"--pki {asked.pki}: {error}", file=sys.stderr)
        return 2
    card = VpcdCard(asked.host, asked.port, Traced(chip) if asked.trace else chip)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: card.close())
    print(f"{whose} for the reader at {asked.host}:{asked.port}; Ctrl-C pulls it out")
    card.start()
    card.wait_out()
    card.close()
    return 0
