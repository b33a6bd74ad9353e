"""Somebody links their licence in the machine: a card in the USB reader, a finger on the screen, the portal over the
network, the slip out of the printer. What they have given by then (typed keys, PINs, name, address, birth date,
certificate, the number on their slip and the slip itself) stands in the machine's memory at each step, and nowhere in
it two seconds after attract; nor on its disk.
"""

from __future__ import annotations

import base64
import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from kiosk.sim.card import VirtualCard
from kiosk.sim.card.chip import Behaviour
from kiosk.sim.card.wire import Chip
from kiosk.sim.people import Person as Somebody
from kiosk.sim.people import Pins, people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.sandbox import Sandbox, world
from kiosk.sim.printer import VirtualPrinter
from tests.appliance.built import comes_to_attract
from tests.appliance.held import Held
from tests.appliance.machine import HOST, NO_PORTS, Machine, running, wait_for
from tests.appliance.parts.start import started
from tests.appliance.person import PATIENCE_SECONDS, NotSeen, Person
from tests.appliance.ram import found, nothing, places
from tests.appliance.report import Enough, Report
from tests.appliance.vscard import Slot
from tests.appliance.well import well
from tests.e2e.look.gallery import WAYS, gallery
from tests.forgetting import slip
from tests.forgetting.person import markers
from tests.web.sight import SETTINGS as SHOWN

WHO = "excellent"
PINS = Pins(text="7391", sign="Q7XK29ZP")
READ = {"name", "address", "birth date"}  # off the card in step 6, and kept for as long as they are there
HERE = {  # what the memory has to hold then, so that the search is seen to find: all that they have given until there
    "step 5, the text PIN is typed": {"typed keys"},
    "step 6, the text PIN is on its way": {"typed keys", "text PIN"},
    "step 7, they see who they are": {"typed keys", *READ},
    "step 9, the signature PIN is typed": {"typed keys", "signature PIN", *READ},
    "step 10, the signature PIN is on its way": {"typed keys", "signature PIN", *READ},
    "step 11, linked, and the slip is printed": {"certificate serial", "receipt number", "slip", *READ},
}
BROUGHT_SECONDS = 50.0  # less than a kiosk waits for an answer: then what it was not brought for still stands there
TYPED_SECONDS = 5.0  # until the last key has come to the pad, without hardware virtualisation
FORGOTTEN_SECONDS = 2.0
STATION = SHOWN.station  # as on the pictures by which a screen is known
SETTINGS = f"""
[station]
name = "{STATION.name}"
desk = "{STATION.desk}"
telephone = "{STATION.telephone}"
[printer]
%s
[portal]
url = "https://{HOST}/%s/"
ca_file = "/etc/kiosk/portal-ca.pem"
certificate_file = "/etc/kiosk/client.pem"
key_file = "/etc/kiosk/client.key"
[session]
browser_lost_seconds = 60.0
%s
"""
NETWORK_PRINTER = f'kind = "network"\nhost = "{HOST}"'


Plugs = Callable[[Machine, VirtualPrinter], None]
Remembered = Callable[[Callable[[], None]], set[str]]  # what the memory holds; done once that is written down


def none(machine: Machine, printer: VirtualPrinter) -> None: ...


class Holds(Protocol):
    """A reader's slot."""

    def put_in(self, chip: Chip) -> None: ...

    def take_out(self) -> None: ...


@dataclass(frozen=True)
class Before:
    """Somebody before the machine, and what is around it. wanted: what is looked for of them."""

    machine: Machine
    somebody: Person
    slot: Slot
    portal: Sandbox
    printer: VirtualPrinter
    pki: Pki
    wanted: dict[str, set[bytes]]

    def card(self) -> VirtualCard:
        return VirtualCard(_who(), self.pki, behaviour=Behaviour(t0=True))

    def remembered(self, then: Callable[[], None] = nothing) -> set[str]:
        return found(self.machine, self.wanted, then)

    def took_a_slip(self) -> None:
        """From here on what is personal on the last one is looked for, too."""
        for name, forms in on_the_slip(self.printer, self.portal).items():
            self.wanted.setdefault(name, set()).update(forms)


def run(machine: Machine, report: Report) -> None:
    with before(machine, report) as there:
        held = there.remembered()
        report(not held, f"before the visit the memory holds none of it{_list(held)}")
        link(there.somebody, there.slot, there.card(), there.remembered, report, there.took_a_slip)
        leave(there.somebody, there.slot)
        is_forgotten(there, report, "two seconds after attract")
        report(there.portal.held_count() == 0, "nor does the portal hold anything that is open")
        well(machine.run, report)


@contextlib.contextmanager
def before(
    machine: Machine,
    report: Report,
    printer_is: str = NETWORK_PRINTER,
    plugs: Plugs = none,
    kept: bool = True,
    more: str = "",
    ports: Mapping[int, int] = NO_PORTS,
) -> Iterator[Before]:
    """The machine that stood at attract, with the station's settings, at attract again; its disk is looked through at
    the end. What somebody waited for and did not see is said to the report. printer_is: its lines in the settings.
    plugs: what is plugged in first. kept: the one that stood there as `start` left it, else it is there and starts.
    more, ports: of the settings, and of what stands outside."""
    enough: Enough | None = None
    if kept:
        machine.like(started(machine))
    pki = Pki(machine.folder / "pki")
    wanted = needles(pki)
    shipped = places(machine.disk, wanted)  # the image has the people of its demonstration, whose names these are
    with around(pki, machine.folder) as (portal, printer):
        with running(machine, kept=kept, ports={443: port(portal), 9100: printer.port, **ports}), gallery() as pages:
            slot = Slot(machine.slot)
            somebody = Person(machine, pages.page(WAYS[0]))
            try:
                if not kept:
                    comes_to_attract(machine, report)
                plugs(machine, printer)
                settle(machine, portal, report, printer_is, more)
                somebody.sees("attract", 1800)
                yield Before(machine, somebody, slot, portal, printer, pki, wanted)
            except NotSeen as why:
                report(False, str(why))
                machine.picture().save(machine.folder / "stood.png", compress_level=1)
                machine.keep_journal("journal")
            except Enough as why:
                enough = why
            finally:
                slot.close()
        new = {name for name, _ in places(machine.disk, wanted) - shipped}
        report(not new, f"the disk, byte for byte, holds nothing of them that it did not hold before{_list(new)}")
    for name, seconds in somebody.took.items():
        report.figure(f"until the screen {name}", f"{seconds:.1f} s")
    if enough is not None:
        report.stands()
        raise enough


def is_forgotten(there: Before, report: Report, when: str) -> None:
    time.sleep(FORGOTTEN_SECONDS)
    after = there.remembered()
    report(not after, f"{when} the memory holds nothing of them{_list(after)}")


def needles(pki: Pki) -> dict[str, set[bytes]]:
    """What is looked for of somebody."""
    return markers(_who(), pki)


def on_the_slip(printer: VirtualPrinter, portal: Sandbox) -> dict[str, set[bytes]]:
    """What is personal on the last slip. Raises NotSeen."""
    linked = portal.linkings._all()[-1].linked
    if linked is None or not printer.wait_for_slips(1, PATIENCE_SECONDS):
        raise NotSeen("no slip has come")
    return slip.markers(printer.slips[-1].image, linked.reference)


def link(
    somebody: Person,
    slot: Holds,
    card: Chip,
    remembered: Remembered,
    report: Report,
    took_a_slip: Callable[[], None] = nothing,
) -> None:
    """The eleven steps, to the screen that says it is done. took_a_slip: done once it is printed."""
    chip = Held(card)
    confirm(somebody, slot, chip, remembered, report)
    to_the_sign_pin(somebody)
    somebody.sees("sign_pin")
    somebody.types(PINS.sign)
    time.sleep(TYPED_SECONDS)
    holds("step 9, the signature PIN is typed", remembered, report)
    somebody.touches("next")
    is_brought(chip, "signature PIN")
    holds("step 10, the signature PIN is on its way", remembered, report, chip.let_go)
    somebody.sees("linked_printed")
    took_a_slip()
    holds("step 11, linked, and the slip is printed", remembered, report)


def confirm(somebody: Person, slot: Holds, chip: Held, remembered: Remembered, report: Report) -> None:
    """As far as the screen that shows who they are."""
    to_the_text_pin(somebody, slot, chip)
    somebody.types(PINS.text)
    time.sleep(TYPED_SECONDS)
    holds("step 5, the text PIN is typed", remembered, report)
    somebody.touches("next")
    is_brought(chip, "text PIN")
    holds("step 6, the text PIN is on its way", remembered, report, chip.let_go)
    shown_who(somebody)
    holds("step 7, they see who they are", remembered, report)


def to_the_text_pin(somebody: Person, slot: Holds, chip: Chip) -> None:
    """From attract to the screen that wants the first PIN."""
    somebody.touches("start")
    somebody.sees("home")
    somebody.touches("link")
    for name in ("step_1_licence", "step_2_contents", "step_3_consent", "step_4_prepare"):
        somebody.sees(name)
        somebody.touches("next")
    somebody.sees("set_card_first")
    slot.put_in(chip)
    somebody.sees("text_pin")


def text_pin_on_its_way(there: Before) -> Held:
    """From attract to the first PIN, which the card is brought; it answers when it is let go. Raises NotSeen."""
    chip = Held(there.card())
    to_the_text_pin(there.somebody, there.slot, chip)
    there.somebody.types(PINS.text)
    there.somebody.touches("next")
    is_brought(chip, "PIN")
    return chip


def is_brought(chip: Held, pin: str) -> None:
    """Raises NotSeen."""
    if not chip.is_brought_a_pin(BROUGHT_SECONDS):
        raise NotSeen(f"no {pin} has come to the card")


def shown_who(somebody: Person) -> None:
    """The screen that shows who they are."""
    somebody.sees("step_7_confirm_excellent")


def to_the_sign_pin(somebody: Person) -> None:
    """From the screen that shows who they are to the one that wants the second PIN."""
    somebody.touches("next")
    somebody.sees("step_8_terms_unread")
    somebody.reads_to_the_end("step_8_terms_unread", "step_8_terms_read")
    somebody.touches("tick")
    somebody.sees("step_8_terms_ticked")
    somebody.touches("next")


def holds(when: str, remembered: Remembered, report: Report, then: Callable[[], None] = nothing) -> None:
    """What of HERE has to stand in the memory by now. then: done once that is written down."""
    there = remembered(then)
    lacks = HERE[when] - there
    but = f", but not {', '.join(sorted(lacks))}" if lacks else ""
    report(not lacks, f"at {when}, the memory holds {', '.join(sorted(there))}{but}")


def leave(somebody: Person, slot: Holds) -> None:
    """To attract."""
    somebody.touches("finish")
    somebody.sees("take_card")
    slot.take_out()
    somebody.sees("attract")


def _who() -> Somebody:
    return msgspec.structs.replace(people()[WHO], pins=PINS)


@contextlib.contextmanager
def around(pki: Pki, folder: Path) -> Iterator[tuple[Sandbox, VirtualPrinter]]:
    """The portal and the printer, on this machine."""
    portal, printer = Sandbox(*world(pki), directory=folder / "tls"), VirtualPrinter(port=0)
    portal.start()
    printer.start()
    try:
        yield portal, printer
    finally:
        printer.stop()
        portal.stop()


def settle(
    machine: Machine, portal: Sandbox, report: Report, printer_is: str = NETWORK_PRINTER, more: str = ""
) -> None:
    """The machine's settings and certificates, which stay, and the server anew with them."""
    reached = portal.settings
    base = reached.url.split("/", 3)[3].strip("/")
    files = {
        "kiosk.toml": (SETTINGS % (printer_is, base, more)).encode(),
        "portal-ca.pem": Path(reached.ca_file or "").read_bytes(),
        "client.pem": Path(reached.certificate_file or "").read_bytes(),
        "client.key": Path(reached.key_file or "").read_bytes(),
    }
    for name, content in files.items():
        machine.run(f"echo {base64.b64encode(content).decode()} | base64 -d >/etc/kiosk/{name}")
    machine.set_clock()
    machine.run("chgrp kiosk /etc/kiosk/client.key && chmod 640 /etc/kiosk/client.key && sync")
    code, said = machine.run("systemctl restart kiosk-server kiosk-caretaker", 900)
    report(code == 0, f"the server starts with the station's settings{': ' * bool(said)}{said.strip()}")
    came = wait_for(
        lambda: re.search("^has +portal ", machine.run("kiosk check", 300)[1], re.MULTILINE) is not None, 900
    )
    report(came is not None, "the machine reaches the portal")


def port(portal: Sandbox) -> int:
    """Where it listens on this machine."""
    return int(portal.settings.url.split(":")[2].split("/")[0])


def _list(names: set[str]) -> str:
    return f": {', '.join(sorted(names))}" if names else ""
