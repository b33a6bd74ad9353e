"""Cards that reset themselves, and one of the announced kind, link through the real pcscd, as in memory in flows/."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.card.apdu import Card
from kiosk.flows.card_check import check_card
from kiosk.flows.linking import link
from kiosk.hw.device import Connection, ReaderState
from kiosk.hw.reader import PcscReader
from kiosk.portal.client import PortalClient
from kiosk.sim.card import Behaviour, Faults, VirtualCard
from kiosk.sim.card.wire import VpcdCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.sandbox import Sandbox, world
from tests.flows.willing import WillingKiosk
from tests.pcscd import PORT, Pcscd, pcscd, wait_for

__all__ = ["pcscd"]

pytestmark = pytest.mark.timeout(120)


class PcscKiosk(WillingKiosk):
    """The willing person's kiosk, with the real reader: powered as `kiosk.session` does it."""

    connection: Connection | None = None

    def __init__(self, card: VirtualCard, reader: PcscReader, portal: PortalClient | None = None) -> None:
        super().__init__(card, portal)
        self._reader = reader

    def card(self) -> Card:
        if self._card is None or self._card.was_reset or self._card_insertion != self.insertion:
            self.close()
            self.connection = self._reader.connect()
            self._card, self._card_insertion = Card(self.connection.transmit), self.insertion
        return self._card

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()


@pytest.fixture
def sandbox(pki: Pki, tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(*world(pki), directory=tmp_path / "tls") as running:
        yield running


@pytest.fixture
def reader(pcscd: Pcscd) -> Iterator[PcscReader]:
    reader = PcscReader()
    reader.start(lambda state: None)
    yield reader
    reader.stop()


def meets(card: VirtualCard, reader: PcscReader, portal: PortalClient | None = None) -> PcscKiosk:
    wait_for(lambda: reader.state is ReaderState.CARD, "no card at the reader")
    card.inflict(card.faults)  # what pcscd has asked of it does not count
    return PcscKiosk(card, reader, portal)


@pytest.mark.parametrize("at", [2, 3, 4, 6, 8, 9, 10])
def test_a_card_that_loses_power_links_through_pcscd(pki: Pki, sandbox: Sandbox, reader: PcscReader, at: int) -> None:
    chip = VirtualCard(people()["excellent"], pki, faults=Faults(reset_at=at))
    with closing(VpcdCard("127.0.0.1", PORT, chip).start()):
        kiosk = meets(chip, reader, PortalClient(sandbox.settings))
        with closing(kiosk):
            assert link(kiosk) and kiosk.names[-1] == "linked"
    assert len(kiosk.typed) == 2 + (at in (4, 9, 10))
    assert all(pin.left == pin.most for pin in chip.pins.values())


@pytest.mark.parametrize("at", [5, 16])
def test_a_card_that_loses_power_is_checked_through_pcscd(pki: Pki, reader: PcscReader, at: int) -> None:
    chip = VirtualCard(people()["excellent"], pki, faults=Faults(reset_at=at))
    with closing(VpcdCard("127.0.0.1", PORT, chip).start()):
        kiosk = meets(chip, reader)
        with closing(kiosk):
            assert check_card(kiosk) and kiosk.names[-1] == "check_licence"


@pytest.mark.parametrize("der", [False, True], ids=["r and s", "DER"])
def test_a_card_with_a_key_on_p_384_links_through_pcscd(
    pki: Pki, sandbox: Sandbox, reader: PcscReader, der: bool
) -> None:
    chip = VirtualCard(people()["next"], pki, behaviour=Behaviour(ecdsa_der=der, read_as=0x6200))
    with closing(VpcdCard("127.0.0.1", PORT, chip).start()):
        kiosk = meets(chip, reader, PortalClient(sandbox.settings))
        with closing(kiosk):
            assert link(kiosk) and kiosk.names[-1] == "linked"
