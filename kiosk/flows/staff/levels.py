"""How loud the machine is and how bright its screen, where it has something to set. It changes within a second or two:
the screen's keeper does it (kiosk/services/browser.py)."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked
from kiosk.ipc.caretaker import STAFF_SECONDS, Away
from kiosk.ipc.messages import Adjusted, Levels, LevelsStand, Percent, SetLevel

STEP = 10
LEAST, MOST = 10, 100  # never silent for who needs the voice, nor dark
KNOBS: Mapping[str, tuple[Adjusted, int]] = {
    "volume_down": ("volume", -STEP),
    "volume_up": ("volume", STEP),
    "brightness_down": ("brightness", -STEP),
    "brightness_up": ("brightness", STEP),
}


def there(kiosk: Kiosk) -> bool:
    """The machine has one of the two, as far as anybody says so."""
    try:
        stand = kiosk.caretaker.ask(Levels(), STAFF_SECONDS)
    except Away:
        return False
    return isinstance(stand, LevelsStand) and stand != LevelsStand()


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until it is loud and bright enough."""
    stand = asked(kiosk, Levels())
    while isinstance(stand, LevelsStand):
        after = {name: moved(stand, *knob) for name, knob in KNOBS.items()}
        ways = [name for name, percent in after.items() if percent is not None]
        answer = kiosk.ask(Screen("staff_levels", {"stand": stand}, (*ways, "back"), staff="room"))
        if answer == "back":
            return
        level, percent = KNOBS[answer][0], after[answer]
        assert percent is not None
        stand = asked(kiosk, SetLevel(officer.staff, level, percent))


def moved(stand: LevelsStand, level: Adjusted, by: int) -> Percent | None:
    """A level one step further; None: there is none, or it does not go further."""
    now = stand.volume if level == "volume" else stand.brightness
    if now is None:
        return None
    after = min(max(round((now + by) / STEP) * STEP, LEAST), MOST)
    return after if (after - now) * by > 0 else None
