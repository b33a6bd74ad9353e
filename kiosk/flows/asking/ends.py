"""The ways a visit ends before its flow has returned. Each unwinds the flow; the session makes one clean end of all."""

from __future__ import annotations

from typing import ClassVar

from kiosk.ipc.messages import End


class VisitEnded(Exception):
    """The person's visit is over, or that of one of the staff. word: how that is told of (config/events.toml)."""

    word: ClassVar[End]


class Left(VisitEnded):
    """The person pressed やめる."""

    word = "left"


class TimedOut(VisitEnded):
    """Nobody touched anything, and nobody answered the warning."""

    word = "timed_out"


class CardGone(VisitEnded):
    """The card was taken out and not put back."""

    word = "card_gone"


class BrowserLost(VisitEnded):
    """The page has gone: nobody can see or stop what happens."""

    word = "browser_lost"


class Stopped(VisitEnded):
    """The kiosk itself is to end: nobody is waited for any more, for an answer or for a card."""

    word = "stopped"


class CardPulled(Exception):
    """The card left while a screen that needs it stood there. The flow decides what follows; not an end yet."""
