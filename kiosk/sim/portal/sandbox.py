"""The sandbox portal as an object: start it, hold its switches, look at what it holds.

with Sandbox(records=…, trust=…) as sandbox:
    client = PortalClient(sandbox.settings)
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit", times=1)
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from kiosk.config.kiosk import Portal
from kiosk.portal.model import Offer
from kiosk.sim.people import Person, people
from kiosk.sim.pki import Pki
from kiosk.sim.portal import tls
from kiosk.sim.portal.app import BASE, make_app
from kiosk.sim.portal.decisions import Decisions, terms
from kiosk.sim.portal.drivers import Drivers
from kiosk.sim.portal.faults import Fault, Faults
from kiosk.sim.portal.records import Record, read_records, record_of
from kiosk.sim.portal.requests import LIFETIME, Requests
from kiosk.sim.portal.server import Server
from kiosk.sim.portal.trust import Trust, read_anchors, read_list


class Sandbox:
    """Listens from the moment it is made (so that a taken port is known at once), serves from `start`.

    directory: where its TLS files are kept. port 0: any free one.
    """

    def __init__(
        self,
        records: Iterable[Record],
        trust: Trust,
        directory: Path = tls.DIRECTORY,
        port: int = 0,
        lifetime: timedelta = LIFETIME,
    ) -> None:
        self.files = tls.tls_files(directory)
        self.faults = Faults()
        self.trust = trust
        self.drivers = Drivers(records)
        self.linkings, self.releases = Requests(lifetime), Requests(lifetime)
        self._decisions = Decisions(self.linkings, self.releases, self.drivers, trust, terms())
        self._contexts = {
            name: self.files.server_context(name) for name in ("server", "stranger", "other_name", "expired", "not_yet")
        }
        self._server = Server(port, make_app(self._decisions, self.faults), self._context)

    @property
    def settings(self) -> Portal:
        """What kiosk.toml's [portal] must say to reach it."""
        return Portal(
            url=f"https://127.0.0.1:{self._server.port}{BASE}",
            ca_file=str(self.files.ca.absolute()),
            certificate_file=str(self.files.certificate("kiosk").absolute()),
            key_file=str(self.files.key("kiosk").absolute()),
        )

    def announcement(self) -> list[str]:
        """What to print at start: where it is, how to reach it, and what it does not check."""
        portal = self.settings
        lines = [
            f"sandbox portal  {portal.url}",
            f"  ca_file          = {portal.ca_file}",
            f"  certificate_file = {portal.certificate_file}",
            f"  key_file         = {portal.key_file}",
        ]
        for anchor in self.trust.unchecked:
            lines.append(f"  revocation is NOT checked for {anchor.subject.rfc4514_string()}: no --crl of it was given")
        return lines

    def held_count(self) -> int:
        """How many applicants' data it holds now."""
        return self.linkings.held_count() + self.releases.held_count()

    @property
    def offers(self) -> frozenset[Offer]:
        """What it does beyond linking."""
        return self._decisions.offers

    @property
    def scope(self) -> Literal["lapsed", "any"]:
        """Which links it releases."""
        return self._decisions.scope

    def offer(self, *offers: Offer, scope: Literal["lapsed", "any"] = "lapsed") -> None:
        """Do these beyond linking, and nothing else; without any it is a portal of version 1.0 of the contract."""
        self._decisions.offers, self._decisions.scope = frozenset(offers), scope

    def change_terms(self) -> None:
        """Put a new version of the terms in force: what was begun before answers `terms_changed`."""
        self._decisions.terms = terms(int(self._decisions.terms.version.partition(".")[0]) + 1)

    def reset(self) -> None:
        """As after a restart: no faults, no requests, all is offered, nobody linked who was not at the start."""
        self.faults.clear()
        self.offer(*Offer)
        self.linkings.clear()
        self.releases.clear()
        self.drivers.release_all()

    def start(self) -> None:
        self.linkings.start()
        self.releases.start()
        self._server.start()

    def stop(self) -> None:
        self.faults.clear()  # wakes what is being kept slow
        self.linkings.stop()
        self.releases.stop()
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _context(self) -> ssl.SSLContext:
        return self._contexts[self.faults.strikes(Fault.WRONG_CERTIFICATE) or "server"]


def world(
    pki: Pki,
    anchor_files: Iterable[Path] = (),
    list_files: Iterable[Path] = (),
    record_files: Iterable[Path] = (),
) -> tuple[list[Record], Trust]:
    """Whom the sandbox knows and believes: the invented people and their authorities, and those of the files.

    Raises `BadAnchor`, `BadRecords`: one line that names the file and what is wrong in it.
    """
    table: list[Person] = list(people().values())
    invented = filter(None, (record_of(person) for person in table))
    records = [*invented, *(record for path in record_files for record in read_records(path))]
    anchors = [*pki.anchors, *(anchor for path in anchor_files for anchor in read_anchors(path))]
    paths = list(list_files)
    return records, Trust(anchors, lambda: [*pki.revocations(table), *(read_list(path) for path in paths)])
