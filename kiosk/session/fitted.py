"""What there is at this kiosk, as a flow may ask: the station's facts, what an operator has set, what is plugged in,
and how each of it stands now. Nothing here knows whether anybody is there.
"""

from __future__ import annotations

from kiosk.config.guidance import Guidance
from kiosk.config.kiosk import AsSet, Settings
from kiosk.hw.inputs import Inputs, inputs
from kiosk.ipc.caretaker import Listener
from kiosk.ipc.messages import DoorsStand
from kiosk.portal.client import PortalClient
from kiosk.session.devices import Devices


class Fitted:
    """Implements so much of `flows.asking.contract.Kiosk`, which says what each is. as_set: what an operator has set,
    of which `settings` may be less."""

    def __init__(self, settings: Settings, guidance: Guidance, devices: Devices, as_set: AsSet | None = None) -> None:
        self.as_set = as_set or AsSet(settings)
        self.guidance = guidance
        self._settings = settings
        self._devices = devices

    @property
    def portal(self) -> PortalClient:
        return self._devices.portal

    @property
    def caretaker(self) -> Listener:
        return self._devices.caretaker

    @property
    def doors(self) -> DoorsStand:
        return self._devices.doors

    @property
    def guidance_only(self) -> bool:
        return self._devices.guidance_only

    @property
    def safe_mode(self) -> bool:
        return self._devices.safe_for is not None

    @property
    def can_print(self) -> bool:
        return self._settings.printer.kind != "none"

    @property
    def can_sound(self) -> bool:
        return self._settings.voice.enabled

    @property
    def can_call(self) -> bool:
        return self._settings.alerts.kind != "none"

    @property
    def headphones_in(self) -> bool | None:
        return self._devices.jack.plugged if self._settings.voice.jack else None

    @property
    def keypad_in(self) -> bool | None:
        keypad = self._devices.aids.keypad
        return None if keypad is None else keypad.present

    @property
    def bell_in(self) -> bool | None:
        bell = self._devices.aids.bell
        return None if bell is None else bell.present

    @property
    def inputs(self) -> Inputs:
        return inputs()

    def look_again(self) -> None:
        self._devices.look_again()
