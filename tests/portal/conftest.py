"""One sandbox for all tests of a module, brought back to its beginning after each; and people who can sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from kiosk.card.cms import signed_data
from kiosk.config.kiosk import Portal
from kiosk.portal.client import PortalClient
from kiosk.portal.model import Applicant, Linked, Released, Request, Sex
from kiosk.portal.statement import statement
from kiosk.sim.people import Person, people
from kiosk.sim.pki import Device, Pki
from kiosk.sim.portal.sandbox import Sandbox, world
from tests.keys import KEYS

SEX: dict[int, Sex] = {1: "male", 2: "female", 3: "unknown"}


def raw_sign(key: RSAPrivateKey, digest_info: bytes) -> bytes:
    """What a card does with COMPUTE DIGITAL SIGNATURE: PKCS#1 v1.5 padding around what it is given."""
    numbers = key.private_numbers()
    size = key.key_size // 8
    padded = b"\x00\x01" + b"\xff" * (size - 3 - len(digest_info)) + b"\x00" + digest_info
    return pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n).to_bytes(size)


@dataclass
class Visitor:
    """A person of the table at a kiosk, with a card or a phone that signs."""

    person: Person
    pki: Pki = field(repr=False)
    device: Device = "card"

    @property
    def applicant(self) -> Applicant:
        who = self.person
        return Applicant(name=who.name, address=who.address, birth_date=who.birth_date, sex=SEX[who.sex])

    def sign(self, content: bytes) -> bytes:
        credential = self.pki.credential(self.person, "sign", self.device)
        assert credential.certificate is not None
        return signed_data(
            content, credential.certificate, lambda info, _: raw_sign(cast(RSAPrivateKey, credential.key), info)
        )

    def cms(self, request: Request) -> bytes:
        return self.sign(statement(request, self.applicant))

    def link(self, client: PortalClient) -> Linked:
        linking = client.begin()
        client.hold(linking, self.applicant)
        return client.submit(linking, self.cms(linking))

    def release(self, client: PortalClient) -> Released:
        release = client.begin_release()
        client.hold(release, self.applicant)
        return client.submit(release, self.cms(release))


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki(KEYS)


@pytest.fixture(scope="session")
def portal_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("portal")


@pytest.fixture(scope="session")
def running(pki: Pki, portal_directory: Path) -> Iterator[Sandbox]:
    with Sandbox(*world(pki), directory=portal_directory) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.reset()


@pytest.fixture
def visitor(pki: Pki) -> Callable[..., Visitor]:
    table = people()

    def make(key: str, device: Device = "card") -> Visitor:
        return Visitor(table[key], pki, device)

    return make


@pytest.fixture
def settings(sandbox: Sandbox) -> Portal:
    """As a kiosk's, but not patient: nobody waits in a test."""
    return msgspec.structs.replace(
        sandbox.settings, timeout_seconds=2.0, connect_timeout_seconds=1.0, retry_after_seconds=0.1
    )


@pytest.fixture
def client(settings: Portal) -> PortalClient:
    return PortalClient(settings)
