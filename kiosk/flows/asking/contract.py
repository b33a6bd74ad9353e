"""What a flow may ask of the machine it runs on. The session implements it; a flow knows nothing else of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kiosk.card.apdu import Card
from kiosk.card.pin import PinRule
from kiosk.config.guidance import Guidance
from kiosk.config.kiosk import AsSet
from kiosk.flows.asking.digits import Digits
from kiosk.flows.asking.screen import Screen
from kiosk.hw.device import NotPrinted, Printed
from kiosk.hw.inputs import Inputs
from kiosk.ipc.caretaker import Listener
from kiosk.ipc.messages import DoorsStand
from kiosk.ipc.proof import Proof, Unproven
from kiosk.portal.client import PortalClient
from kiosk.receipts.slips import NotLaidOut, Slip

if TYPE_CHECKING:
    from PIL.Image import Image


class Kiosk(Protocol):
    @property
    def portal(self) -> PortalClient: ...

    @property
    def guidance(self) -> Guidance:
        """The station's facts."""

    @property
    def caretaker(self) -> Listener:
        """Whom staff's acts are told, and who decides who they are. Nothing of a person is said to it."""

    @property
    def insertion(self) -> int:
        """Counts insertions at the slot: equal means the same card has stayed in."""

    @property
    def can_print(self) -> bool: ...

    @property
    def can_sound(self) -> bool: ...

    @property
    def headphones_in(self) -> bool | None:
        """Somebody's are in. None: there is no socket for them that is watched."""

    @property
    def keypad_in(self) -> bool | None:
        """The one that an operator has named is there. None: they have named none."""

    @property
    def bell_in(self) -> bool | None:
        """The bell can be heard. None: there is none."""

    @property
    def rings(self) -> int:
        """Counts how often the bell was pressed."""

    @property
    def inputs(self) -> Inputs:
        """What there is to touch and to press."""

    @property
    def can_call(self) -> bool:
        """There is something that brings a call to the staff."""

    @property
    def as_set(self) -> AsSet:
        """What an operator has set, also while it is not used."""

    @property
    def guidance_only(self) -> bool:
        """Nobody new is given more, for it cannot be (`safe_mode`) or the kiosk is outside its hours."""

    @property
    def safe_mode(self) -> bool:
        """Neither reader nor portal nor printer are used: the settings cannot be, or the starts with them failed."""

    @property
    def doors(self) -> DoorsStand:
        """Whether the kiosk is open to people."""

    def ask(self, screen: Screen) -> str:
        """Show the screen and wait for one of its answers.

        Raises the ends of `flows.asking.ends`, and CardPulled when `screen.needs_card` and the card goes.
        """

    def ask_pin(self, screen: Screen, rule: PinRule | Digits) -> bytearray | str:
        """Show a pad and collect one PIN, or one number, in the form `rule` wants.

        Returns the folded PIN, which the caller overwrites after use, or another of the screen's answers.
        Raises as `ask`.
        """

    def show(self, screen: Screen) -> None:
        """Show the screen and go on at once: something is being done."""

    def heed_leaving(self) -> None:
        """Raise Left when やめる was pressed meanwhile: called at the last moment before a point of no return."""

    def await_card(self, screen: Screen, newer_than: int | None = None) -> str | None:
        """Wait on `screen` until a card stands in the slot; None then, or the answer the person gave instead.

        newer_than: an insertion count; the card that was in then does not count. A card that does not answer shows
        as fact `mute` on the same screen. Raises the ends; gives up (CardGone) after the idle limit.
        """

    def card(self) -> Card:
        """The card in the slot, powered and held exclusively until it leaves or the visit ends. Raises CardLost.

        One that `was_reset` is powered up anew.
        """

    def look_again(self) -> None:
        """Ask the printer and the portal now, and report how every device is. Blocks until they have answered."""

    def prove(self, challenge: str) -> Proof | Unproven:
        """What runs on this machine, signed by its TPM. Blocks for seconds."""

    def lay_out(self, slip: Slip) -> Image | NotLaidOut:
        """The slip as the printer will print it, in the person's language. Screen `slip` shows the last one."""

    def print(self, picture: Image) -> Printed | NotPrinted:
        """Print what was laid out. Blocks until the printer has said how it went."""
