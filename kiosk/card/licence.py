"""The licence application (マイナ免許証): its presence, its PIN, and the licence data behind it (my-number-card.md §2.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.card.application import Application
from kiosk.card.pin import Tries


@dataclass(frozen=True)
class Licence:
    """What the chip says of the licence. It holds no name, address or birth date."""

    expiry: str = field(repr=False)  # YYYYMMDD
    colour: str | None = field(repr=False)
    number: str | None = field(repr=False)
    categories: tuple[str, ...] = field(repr=False)
    conditions: tuple[str, ...] = field(repr=False)


class LicenceApplication(Application):
    NAME = "licence application"
    AID = bytes.fromhex("A0000002310600000000000000000000")

    def pin_is_set(self) -> bool:
        """Whether the holder has set a PIN; without one, `verify(None)` opens the data."""
        raise NotImplementedError

    def pin_tries(self) -> Tries:
        """Tries left of the licence PIN; costs none."""
        raise NotImplementedError

    def verify(self, pin: bytearray | None) -> None:
        """Present the PIN, once; None presents the default of a licence without one."""
        raise NotImplementedError

    def read_licence(self) -> Licence:
        """Read and decode the licence information. Needs `verify` before."""
        raise NotImplementedError

    def read_signature(self) -> bytes:
        """The electronic signature over the licence information, undecoded. Needs `verify` before."""
        raise NotImplementedError
