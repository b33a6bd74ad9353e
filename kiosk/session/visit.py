"""One visit from the first touch to the last: attract, home, and the card given back. However it ends, it ends here.

One of the staff is no other kind of session: it begins at the same attract, by its corner, runs other flows
(kiosk/flows/staff), and ends in the same place. It is no visit, so it is not counted as one.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from enum import Enum, auto

from kiosk.flows import home
from kiosk.flows.asking.ends import VisitEnded
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.refusal import Stop, end_of, problem, tell
from kiosk.flows.staff import entrance
from kiosk.flows.staff.doors import told
from kiosk.hw.supervise import where
from kiosk.ipc.messages import End
from kiosk.session.answers import Choice
from kiosk.session.patience import Wait
from kiosk.session.preferences import Preferences
from kiosk.session.session import Session

log = logging.getLogger("kiosk.session")

START = "start"
OFFICER = "officer"  # a long press in the corner, or the keys that say the same (static/hold.js)
ATTRACT = Screen("attract", {}, (START, OFFICER))
LEFT_CARD = Screen("left_card", {}, (OFFICER,), sound=Sound.TAKE_CARD)


def run(session: Session) -> End:
    """The whole of it. Returns how it ended when the process may end; never raises."""
    who = None
    end: End = "finished"
    try:
        who = attract(session)
        match who:
            case Who.PERSON:
                session.begin()
                log.info("session begins")
                home.visit(session)
            case Who.OFFICER:
                session.begin_staff()
                log.info("session begins, of the staff")
                entrance.visit(session)
    except VisitEnded as ended:
        end = ended.word
    except Exception as error:  # the last line of defence: the person reads words, the log gets no values
        end = "problem"
        at = isinstance(error, Stop) and error.at  # a flow knew more of what it means, and where it came from
        log.error("%s", at or where(error))
        if who is not Who.OFFICER:
            with contextlib.suppress(Exception):  # the person has left, or there is no way to show even that
                tell(session, end_of(error, session.portal.last))
    log.info("session ends: %s", end)
    session.end()
    with contextlib.suppress(Exception):  # whatever cannot be shown: the process ends, and with it all it knows
        taken = give_card_back(session, end)
        session.show(Screen("closing", sound=Sound.CARD_OUT if taken else Sound.NONE))
    with contextlib.suppress(Exception):  # nobody waits for it any more
        session.course.ended(end)
    return end


def give_up(session: Session) -> None:
    """Its thread stands still. Whoever is served is told, from another thread, and the process may end."""
    if not session.in_use:
        session.give_up(Screen("closing"))
        return
    session.give_up(problem(session.guidance, session.portal.last))


class Who(Enum):
    """Who is there."""

    PERSON = auto()
    OFFICER = auto()  # or who would like to be one
    NOBODY = auto()  # but the kiosk has been opened, and the next session begins anew


def attract(session: Session) -> Who:
    """Until somebody is there: who touches the screen, wishes for something, puts a card in, or asks for the staff's
    door. While nobody's card is in, that is to be taken first. While the kiosk is closed, only the staff come in.
    Whoever has been before it is asked whether they still are, so that the next finds it as it was."""
    slot = session.slot
    while session.doors.serves and not slot.theirs:
        left, wait = slot.nobodys, _until_somebody(session)
        if left:
            answer = session.stand(LEFT_CARD, wait)
        else:
            taken = slot.seen_empty and session.view.screen.name == LEFT_CARD.name
            answer = session.stand(replace(ATTRACT, sound=Sound.CARD_OUT if taken else Sound.NONE), wait)
        wished = session.view.preferences != Preferences() or session.view.overlay == "language"
        if not left and (wished or answer == Choice(START)):
            return Who.PERSON
        if answer == Choice(OFFICER):
            return Who.OFFICER
    return Who.PERSON if session.doors.serves else closed(session)


def closed(session: Session) -> Who:
    """Until the kiosk is opened, or one of the staff is there."""
    while not session.doors.serves:
        place, card = session.guidance.licence_desk, session.slot.occupied
        screen = Screen("closed", {**told(session.doors), "place": place, "card": card}, (OFFICER,))
        if session.stand(screen, _until_somebody(session)) == Choice(OFFICER):
            return Who.OFFICER
    return Who.NOBODY


def _until_somebody(session: Session) -> Wait:
    """For ever; or for whoever has changed how it is shown, or laid something over it, as long as for a reader."""
    return Wait.ATTRACT if session.view.untouched else Wait.READING


def give_card_back(session: Session, end: End) -> bool:
    """Their card has no power from here on; the screen and its sound stay until it has gone. True: it has just gone."""
    session.slot.drop()
    session.lift()
    screen = Screen("take_card", {"end": end}, sound=Sound.TAKE_CARD)
    asked = False
    try:
        while session.slot.theirs:
            session.stand(screen, Wait.TAKE_CARD)
            asked = True
    except VisitEnded:  # nobody takes it, or nobody can see that it should be taken
        return False
    return asked and session.slot.seen_empty
