"""One of the staff, or who would like to be one: in by the corner with number and passcode, through what is behind the
door, and out again. Played like a visit, with the same strikes and the same invariants."""

from __future__ import annotations

from tests.wild.keeper import PASSCODE, STAFF, WRONG
from tests.wild.walker import AT_ONCE, SOON, Walker

CORNER = "officer"  # what the long press says
NUMBER_NOW = '<div class="is-now"><dt>職員番号'
BEGINNINGS = ("attract", "closed", "left_card")  # which have the corner
MOST_GUESSES = 7  # then they go
BACK = ("back", "finish", "next", "good", "bad")


class Officer(Walker):
    def _act(self) -> None:
        name, offered = self._visitor.name, self._visitor.offered
        alone = self._visit.goal == "stays and walks off"
        if name in BEGINNINGS:
            self._say(CORNER)
        elif name == "staff_entrance":
            tired = len(self.seen.passcodes) == MOST_GUESSES
            self._watch(SOON) if tired or "next" not in offered else self._enters()
        elif alone or name == "closing":
            self._watch(SOON)
        elif "stay" in offered:
            self._say("stay")
        elif self._chance.random() < self._visit.stray:
            self._stray(offered)
        elif self._wanted and self._wanted[0] in offered:
            self._say(self._wanted.pop(0))
        elif back := next((each for each in BACK if each in offered), None):
            self._say(back)
        else:
            self._watch(SOON)

    def _enters(self) -> None:
        if NUMBER_NOW in self._visitor.html:
            self._keys(str(STAFF))
        else:
            guesses = self._visit.goal == "guesses" or self._chance.random() < self._visit.wrong
            passcode = WRONG if guesses else PASSCODE
            self._keys(passcode)
            self.seen.passcodes.append(passcode)
        self._say("next")

    def _keys(self, digits: str) -> None:
        """From an empty field."""
        self._visitor.say("clear")
        for digit in digits:
            self._visitor.say(f"key:{digit}")
        while self._visitor.watch(AT_ONCE):
            self._look()
