"""How one person wants the kiosk to show and say things. A new session is a new process, and has the defaults again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiosk.languages import JAPANESE, Language, shipped

LOUDEST = 4


@dataclass(frozen=True)
class Preferences:
    """large: text of 36 px and more. contrast: light on black. reach: whatever can be touched in the lower half, for
    people who sit. volume: 0 is silent, LOUDEST the loudest. listening: the screens are heard, too; turn: counts how
    often a screen was asked to be said from its beginning."""

    language: Language = JAPANESE
    large: bool = False
    contrast: bool = False
    reach: bool = False
    volume: int = 2
    listening: bool = False
    turn: int = 0

    def after(self, answer: str) -> Preferences:
        """What they are once a helper has been touched; unchanged when the answer is about something else."""
        match answer.split(":"):
            case ["size"]:
                return replace(self, large=not self.large)
            case ["contrast"]:
                return replace(self, contrast=not self.contrast)
            case ["reach"]:
                return replace(self, reach=not self.reach)
            case ["louder"]:
                return replace(self, volume=min(self.volume + 1, LOUDEST))
            case ["softer"]:
                return replace(self, volume=max(self.volume - 1, 0))
            case ["listen" | "repeat"]:
                return replace(self, listening=True, turn=self.turn + 1)
            case ["hush"]:
                return replace(self, listening=False)
            case ["lang", code]:
                return replace(self, language={each.code: each for each in shipped()}.get(code, self.language))
        return self

    @property
    def look(self) -> str:
        """The classes that dress a screen so."""
        wanted = {"is-large": self.large, "in-contrast": self.contrast, "in-reach": self.reach}
        return " ".join(name for name, on in wanted.items() if on)
