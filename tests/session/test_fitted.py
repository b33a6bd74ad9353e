"""What a flow hears of this kiosk, whatever it has: without a session, and without a device."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from msgspec import structs

from kiosk.config import guidance
from kiosk.config.kiosk import Alerts, AsSet, Printer, Voice
from kiosk.session import fitted
from kiosk.session.devices import Devices
from kiosk.session.fitted import Fitted
from tests.session.world import SETTINGS

FACTS = guidance.load()


@pytest.mark.parametrize("plugged", [True, False])
@pytest.mark.parametrize("has", [True, False])
def test_what_an_operator_has_set_is_there_and_what_not_is_not(has: bool, plugged: bool) -> None:
    settings = structs.replace(
        SETTINGS,
        printer=SETTINGS.printer if has else Printer(),
        voice=Voice(enabled=has, jack="/dev/input/jack" if has else None),
        alerts=Alerts(kind="alertmanager" if has else "none"),
    )
    jack, safe_for = SimpleNamespace(plugged=plugged), "starts" if has else None
    devices = SimpleNamespace(jack=jack, safe_for=safe_for, guidance_only=has)
    there = Fitted(settings, FACTS, cast(Devices, devices))
    assert [there.can_print, there.can_call, there.can_sound, there.guidance_only, there.safe_mode] == [has] * 5
    assert there.headphones_in is (plugged if has else None)
    assert (there.guidance, there.as_set) == (FACTS, AsSet(settings)), "all of it is used"


@pytest.mark.parametrize("present", [True, False])
def test_of_what_can_be_felt_it_is_said_whether_it_is_there_and_nothing_of_what_nobody_has_named(present: bool) -> None:
    aid = SimpleNamespace(present=present)
    for bell, keypad in ((None, None), (aid, None), (None, aid)):
        devices = SimpleNamespace(aids=SimpleNamespace(bell=bell, keypad=keypad))
        there = Fitted(SETTINGS, FACTS, cast(Devices, devices))
        assert (there.bell_in, there.keypad_in) == (present if bell else None, present if keypad else None)


def test_how_the_devices_stand_is_asked_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    devices = SimpleNamespace(portal="portal", caretaker="caretaker", doors="shut", look_again=lambda: looks.append(""))
    there = Fitted(SETTINGS, FACTS, cast(Devices, devices))
    assert [cast(str, each) for each in (there.portal, there.caretaker, there.doors)] == ["portal", "caretaker", "shut"]
    devices.doors = "open"
    assert cast(str, there.doors) == "open"
    there.look_again()
    assert looks == [""]
    monkeypatch.setattr(fitted, "inputs", lambda: "what Linux lists")
    assert cast(str, there.inputs) == "what Linux lists"
