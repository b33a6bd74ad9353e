"""The ways a visit ends before its flow has returned. Each unwinds the flow; the session makes one clean end of all."""


class VisitEnded(Exception):
    """The person's visit is over."""


class Left(VisitEnded):
    """The person pressed やめる."""


class TimedOut(VisitEnded):
    """Nobody touched anything, and nobody answered the warning."""


class CardGone(VisitEnded):
    """The card was taken out and not put back."""


class BrowserLost(VisitEnded):
    """The page has gone: nobody can see or stop what happens."""


class Stopped(VisitEnded):
    """The kiosk itself is to end: nobody is waited for any more, for an answer or for a card."""


class CardPulled(Exception):
    """The card left while a screen that needs it stood there. The flow decides what follows; not an end yet."""
