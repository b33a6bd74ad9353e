"""Round trips and bytes of what is asked of a card: kiosk, floor, OpenSC and pyjpki, over one virtual card.

All go through the real pcscd, one after another, and the card counts what reaches it. The kiosk asks for the tries
that are left before it takes a PIN, in every task, and in a linking for the mark by which it knows the same card again.
The floor is the shortest list of commands known to lead to the same data, without those questions
(my-number-card.md §7), played to the same card. The whole linking is walked in a kiosk of its own, from the first touch
to the page that says "linked".

Cards and readers differ in what they take. For each kind a linking stands beside its own floor: the commands of
somebody who knows beforehand what this card takes and how long its files are, and who asks for tries and mark, too.

OpenSC has no driver for the text application, so the four attributes and a linking are beyond it, and neither it nor
pyjpki looks at all three applications as the card check does. pyjpki is on no package index and states no licence: it
is measured when it, and pyasn1 that it needs, stand on PYTHONPATH.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench.table import Row
from bench.visitor import Visitor
from kiosk.card.apdu import SHORT_LE, Card
from kiosk.card.jpki import JpkiApplication
from kiosk.card.state import CardState
from kiosk.card.text import TextApplication
from kiosk.hw.device import ReaderState
from kiosk.hw.reader import PcscReader
from kiosk.sim.card import JPKI, LICENCE, TEXT, VirtualCard
from kiosk.sim.card.chip import Behaviour
from kiosk.sim.card.wire import VpcdCard
from kiosk.sim.people import Person, people
from kiosk.sim.pki import Pki
from tests.pcscd import PORT, Pcscd, missing
from tests.stage import Stage

WHO = "excellent"  # a card with extended length and short file identifiers; docs/card.md has the others
ATTRIBUTES, CERTIFICATE, SIGNATURE = "four attributes", "signature certificate", "signature"
LINKING, CHECK = "whole linking", "card check"
STATEMENT = b"what the person agrees to"
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420") + sha256(STATEMENT).digest()


KINDS = {
    "extended length, short identifiers": Behaviour(),
    "no extended length": Behaviour(extended_length=False),
    "T=0": Behaviour(t0=True),
    "no short identifiers": Behaviour(short_file_ids=False),
    "neither": Behaviour(extended_length=False, short_file_ids=False),
}


@dataclass(frozen=True)
class Cost:
    """What reached the card, and what it answered."""

    trips: int
    bytes: int

    def __str__(self) -> str:
        return f"{self.trips} round trips, {self.bytes} bytes"


Tool = dict[str, Callable[[], object]]  # what a program can do, by task


def rows(directory: Path, quick: bool) -> Iterator[Row]:
    if why := missing():
        yield Row("round trips at the card", f"not measured: {why}")
        return
    stage = Stage(directory, reader="pcsc")
    stage.vpcd_port = PORT
    chip = stage.card(WHO)
    beside = {"floor": floor(chip), "OpenSC": opensc(chip.person, directory), "pyjpki": pyjpki(chip.person)}
    with Pcscd(directory) as pcscd:
        pcscd.start()
        with VpcdCard("127.0.0.1", PORT, chip):
            with reader_with_card() as reader:
                ours = measured(kiosk(chip.person, reader), chip)
            others = {name: measured(tool, chip) if tool else None for name, tool in beside.items()}
        ours[LINKING] = whole_linking(stage)
    for task, cost in ours.items():
        for name, costs in others.items():
            if costs is None:
                yield Row(f"card: {task}", str(cost), f"{name}: not installed")
            elif task in costs:
                yield Row(f"card: {task}", str(cost), f"{name}: {costs[task]}", cost.trips / costs[task].trips)
            else:
                yield Row(f"card: {task}", str(cost), f"{name}: cannot")


def kinds(directory: Path, quick: bool) -> Iterator[Row]:
    for kind, cost, least in by_kind(Pki(directory)):
        yield Row(f"whole linking, {kind}", str(cost), f"its floor: {least}", cost.trips / least.trips)


def by_kind(pki: Pki) -> Iterator[tuple[str, Cost, Cost]]:
    """What a linking costs with each kind of card, and the least that it can cost with it."""
    for kind, behaviour in KINDS.items():
        chip = VirtualCard(people()[WHO], pki, behaviour=behaviour)
        chip.power_on()
        lengths = link(Card(chip.transmit), chip.person)
        ours = cost_so_far(chip)
        chip.power_off()
        chip.trace.clear()
        fewest(chip, *lengths)
        yield kind, ours, cost_so_far(chip)


def link(card: Card, person: Person) -> tuple[int, int]:
    """As the steps of a linking use a card. Returns how long what was read is: the four attributes, the certificate."""
    text = TextApplication.select(card)
    text.pin_tries()
    text.verify(bytearray(person.pins.text.encode()))
    text.read_attributes()
    jpki = JpkiApplication.select(card)
    jpki.mark()
    jpki.sign_pin_tries()
    jpki.verify_sign_pin(bytearray(person.pins.sign.encode()))
    certificate = jpki.sign_certificate()
    jpki.sign(DIGEST_INFO)
    return SHORT_LE, len(certificate)


def fewest(chip: VirtualCard, attributes: int, certificate: int) -> None:
    """The fewest commands of a linking with this card. The two lengths in bytes."""
    known = chip.behaviour

    def play(*command: int, data: bytes = b"") -> None:
        assert chip.transmit(bytes(command) + data)[-2] in (0x90, 0x63, 0x61)

    def file(ef: int) -> None:
        if not known.short_file_ids:
            play(0x00, 0xA4, 0x02, 0x0C, 0x02, *ef.to_bytes(2, "big"))

    def by(ef: int) -> int:
        return 0x80 | ef & 0x1F if known.short_file_ids else 0x80

    def begin(ef: int) -> int:
        return 0x80 | ef & 0x1F if known.short_file_ids else 0x00

    def verify(ef: int, pin: str) -> None:
        file(ef)
        play(0x00, 0x20, 0x00, by(ef))
        play(0x00, 0x20, 0x00, by(ef), len(pin), data=pin.encode())

    def read(ef: int, length: int) -> None:
        file(ef)
        if known.extended_length and not known.t0:
            return play(0x00, 0xB0, begin(ef), 0x00, 0x00, 0x00, 0x00)
        for offset in range(0, length, SHORT_LE):
            where = (begin(ef), 0) if offset == 0 else offset.to_bytes(2, "big")
            play(0x00, 0xB0, *where, min(length - offset, SHORT_LE) % SHORT_LE)

    play(0x00, 0xA4, 0x04, 0x0C, len(TEXT), data=TEXT)
    verify(0x11, chip.person.pins.text)
    read(0x02, attributes)
    play(0x00, 0xA4, 0x04, 0x0C, len(JPKI), data=JPKI)
    file(0x0A)
    play(0x00, 0xB0, begin(0x0A), 0x00, 0x00)
    verify(0x1B, chip.person.pins.sign)
    read(0x01, certificate)
    file(0x1A)
    play(0x80, 0x2A, 0x00, by(0x1A), len(DIGEST_INFO), data=DIGEST_INFO + b"\0")
    if known.t0:
        play(0x00, 0xC0, 0x00, 0x00, 0x00)


def measured(tool: Tool, chip: VirtualCard) -> dict[str, Cost]:
    """What each task costs, with a card that has just been put in: nothing selected, no PIN verified."""
    costs = {}
    for task, do in tool.items():
        chip.power_off()
        chip.trace.clear()
        do()
        costs[task] = cost_so_far(chip)
    return costs


def cost_so_far(chip: VirtualCard) -> Cost:
    return Cost(len(chip.trace), sum(exchange.sent + exchange.received for exchange in chip.trace))


def whole_linking(stage: Stage) -> Cost:
    """Walk a person through the eleven steps of a kiosk that is started for it."""
    chip = stage.card(WHO)
    keys = {pin: [f"key:{key}" for key in pin] for pin in (chip.person.pins.text, chip.person.pins.sign)}
    with stage, Visitor(stage.port) as visitor:
        visitor.touch("start", "link", "next", "next", "next", "next").finds("is-set-card")
        chip.trace.clear()
        stage.put_in(WHO)
        visitor.touch(*keys[chip.person.pins.text], "next").finds("is-confirm")
        visitor.touch("next", "read_to_end", "tick", "next")
        visitor.touch(*keys[chip.person.pins.sign], "next").finds("is-linked")
        return cost_so_far(chip)


# Who is measured


@contextmanager
def reader_with_card() -> Iterator[PcscReader]:
    """Our reader, once it sees the card."""
    there = threading.Event()
    reader = PcscReader()
    reader.start(lambda state: there.set() if state is ReaderState.CARD else None)
    try:
        assert there.wait(20), "the virtual card does not come up in pcscd"
        yield reader
    finally:
        reader.stop()


def kiosk(person: Person, reader: PcscReader) -> Tool:
    """Our card code over our reader, as the steps of a linking use them."""

    def with_card(do: Callable[[Card], object]) -> Callable[[], object]:
        def connected() -> object:
            connection = reader.connect()
            try:
                return do(Card(connection.transmit))
            finally:
                connection.close()

        return connected

    def text(card: Card) -> TextApplication:
        application = TextApplication.select(card)
        application.pin_tries()
        application.verify(bytearray(person.pins.text.encode()))
        return application

    def jpki(card: Card) -> JpkiApplication:
        application = JpkiApplication.select(card)
        application.sign_pin_tries()
        application.verify_sign_pin(bytearray(person.pins.sign.encode()))
        return application

    return {
        ATTRIBUTES: with_card(lambda card: text(card).read_attributes()),
        CERTIFICATE: with_card(lambda card: jpki(card).sign_certificate()),
        SIGNATURE: with_card(lambda card: jpki(card).sign(DIGEST_INFO)),
        CHECK: with_card(lambda card: CardState.read(JpkiApplication.select(card))),
    }


def floor(chip: VirtualCard) -> Tool:
    """The commands alone, in the forms of my-number-card.md §3 with extended length and short file identifiers."""

    def verify(reference: int, pin: str) -> bytes:
        return bytes((0x00, 0x20, 0x00, reference, len(pin))) + pin.encode()

    def select(application: bytes) -> bytes:
        return bytes((0x00, 0xA4, 0x04, 0x0C, len(application))) + application

    def read(file: int, length: bytes = b"\0\0\0") -> bytes:
        return bytes((0x00, 0xB0, 0x80 | file, 0x00)) + length

    def tries(reference: int) -> bytes:
        return bytes((0x00, 0x20, 0x00, reference))

    text = [select(TEXT), verify(0x91, chip.person.pins.text), read(0x02)]
    jpki = [select(JPKI), verify(0x9B, chip.person.pins.sign)]
    sign = b"\x80\x2a\x00\x9a\x33" + DIGEST_INFO + b"\x00"
    check = [
        *(select(JPKI), read(0x06, b"\x20"), read(0x08, b"\x02"), tries(0x9B), tries(0x98), read(0x0A)),
        *(select(TEXT), tries(0x91), select(LICENCE), read(0x1A, b"\x03"), tries(0x86)),
    ]

    def play(commands: list[bytes]) -> Callable[[], object]:
        def played() -> None:
            for command in commands:
                assert chip.transmit(command)[-2] in (0x90, 0x63)  # done, or the tries that are left

        return played

    lists = {
        ATTRIBUTES: text,
        CERTIFICATE: [*jpki, read(0x01)],
        SIGNATURE: [*jpki, sign],
        LINKING: [*text, *jpki, read(0x01), sign],
        CHECK: check,
    }
    return {task: play(commands) for task, commands in lists.items()}


def opensc(person: Person, directory: Path) -> Tool | None:
    """The cheapest of its own tools for each task. Most of what they send finds out which of many cards this is."""
    if not shutil.which("pkcs11-tool"):
        return None
    data, signature = directory / "statement", directory / "signature"
    data.write_bytes(STATEMENT)
    pin = ("--pin", person.pins.sign)
    read = ("pkcs15-tool", "--verify-pin", "--auth-id", "02", *pin, "--read-certificate", "02")
    token = ("--token-label", "JPKI (Digital Signature PIN)", "--login", *pin)
    key = ("--sign", "--id", "02", "--mechanism", "SHA256-RSA-PKCS", "-i", str(data), "-o", str(signature))
    return {
        CERTIFICATE: lambda: subprocess.run(read, check=True, capture_output=True, timeout=60),
        SIGNATURE: lambda: subprocess.run(("pkcs11-tool", *token, *key), check=True, capture_output=True, timeout=60),
    }


def pyjpki(person: Person) -> Tool | None:
    """As its README has it used, one connection for each task."""
    try:
        manager: Any = importlib.import_module("pyjpki").CardManager
    except ImportError:
        return None

    def attributes(card: Any) -> None:
        card.verify_pin(person.pins.text, pin_type="attr")
        card.read_personal_info()

    def certificate(card: Any) -> None:
        card.verify_pin(person.pins.sign, pin_type="sign")
        card.read_certificate("sign")

    def signature(card: Any) -> None:
        card.sign_data(STATEMENT, sign_type="sign", pin=person.pins.sign)

    def linking(card: Any) -> None:
        attributes(card)
        certificate(card)
        card.sign_data(STATEMENT, sign_type="sign")

    def connected(do: Callable[[Any], None]) -> Callable[[], object]:
        def done() -> None:
            with manager() as card:
                do(card)

        return done

    tasks = {ATTRIBUTES: attributes, CERTIFICATE: certificate, SIGNATURE: signature, LINKING: linking}
    return {task: connected(do) for task, do in tasks.items()}
