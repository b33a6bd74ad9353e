"""How one person wants the kiosk to show and say things. A new session is a new process, and has the defaults again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiosk.language.languages import JAPANESE, Language
from kiosk.session.answers import Wish

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

    def after(self, wish: Wish | Language) -> Preferences:
        """What they are once this has been wished."""
        match wish:
            case Language():
                return replace(self, language=wish)
            case Wish.SIZE:
                return replace(self, large=not self.large)
            case Wish.CONTRAST:
                return replace(self, contrast=not self.contrast)
            case Wish.REACH:
                return replace(self, reach=not self.reach)
            case Wish.LOUDER:
                return replace(self, volume=min(self.volume + 1, LOUDEST))
            case Wish.SOFTER:
                return replace(self, volume=max(self.volume - 1, 0))
            case Wish.LISTEN | Wish.REPEAT:
                return replace(self, listening=True, turn=self.turn + 1)
            case Wish.HUSH:
                return replace(self, listening=False)
            case Wish.LANGUAGES:
                return self
