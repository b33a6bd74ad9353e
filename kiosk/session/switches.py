"""A trembling finger, a key that is held down or a wet panel: what changes all of the glass changes it once.

Time is monotonic seconds, and is given in. The page's thread alone asks.
"""

from __future__ import annotations

import math

from kiosk.language.languages import Language
from kiosk.session.answers import Wish

SWITCHES = (Wish.SIZE, Wish.CONTRAST, Wish.REACH)
SWITCH_BOUNCE_SECONDS = 0.5  # so that nothing flashes more than once a second (WCAG 2.3.1 allows three)


class Switches:
    def __init__(self) -> None:
        self._pressed: dict[Wish | Language, float] = {}  # when each was last

    def bounces(self, wish: Wish | Language, now: float) -> bool:
        """It was pressed, and that is only the press before once more. Any other wish never is."""
        before, self._pressed[wish] = self._pressed.get(wish, -math.inf), now
        return wish in SWITCHES and now - before < SWITCH_BOUNCE_SECONDS
