"""Who may say what, and what is answered. Bytes in, bytes out: the socket is the service's (services/caretaker.py).

    server     tells and reports what the tables let it; asks for the status, the overview (board, doors, paper, …),
               whether a passcode and a card are right; calls the staff; acts for staff who were let in
    browser    tells and reports what the tables let it; says how loud and how bright it is
    root       everything that may be asked; tells and reports what the tables let it
    anybody    else is not heard at all

A speaker that says too much is not heard for the rest: BURST at once and then one in EVERY_SECONDS, for each kind of
speaker by itself, so that a session gone wild takes no room from the others and fills no disk. How many were too many
is written down.

An act of staff (`Act`, `Own`) bears a staff number, and it is one that was let in here not long ago: a session that has
gone wild can claim nobody's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol, get_args

from kiosk.caretaker.alerts import Alerts
from kiosk.caretaker.doors import NotPlanned
from kiosk.caretaker.facts import NotConfirmed
from kiosk.caretaker.finished import TAKEN, FinishedAnswers
from kiosk.caretaker.levels import NotSet
from kiosk.caretaker.overview import Overview
from kiosk.caretaker.passcodes import Admitted as IsRight
from kiosk.caretaker.passcodes import Changed, HalfAdmitted, NotDone, Passcodes, Refused, ToChange
from kiosk.caretaker.readiness import NotReported
from kiosk.caretaker.record import Record
from kiosk.caretaker.restarts import NotRestarted
from kiosk.caretaker.restarts import Restarts as Starter
from kiosk.caretaker.trail_to_stick import TrailToStick
from kiosk.config.events import EVENTS, NotAnEvent, Speaker, decode, event
from kiosk.config.health import CHECKS
from kiosk.ipc.messages import (
    SUPERVISING,
    ActOnMember,
    AddStaff,
    Admit,
    Admitted,
    Answer,
    AskProof,
    Board,
    Call,
    Calling,
    CallStands,
    CardWanted,
    Challenge,
    Challenged,
    ChangeFirst,
    ChangePasscode,
    ChoosePasscode,
    CloseKiosk,
    ConfirmFact,
    Counters,
    Denied,
    DeskCertificate,
    Doors,
    EndCall,
    Facts,
    FirstPasscode,
    Levels,
    LevelsAre,
    ListStaff,
    LookAgain,
    MakeReport,
    MarkSeen,
    MayNot,
    Members,
    NotAdmitted,
    NotAMessage,
    Objection,
    OfferTrail,
    OpenKiosk,
    Paper,
    PaperChanged,
    Part,
    PinCard,
    Prints,
    Question,
    RemoveStaff,
    Report,
    Restart,
    Restarts,
    Role,
    Rows,
    SetLevel,
    ShowCard,
    StaffLeft,
    Standing,
    Status,
    Taken,
    Tell,
    TooWeak,
    TrailOffered,
    TriedOut,
    Uploaded,
    Verdict,
    Weakness,
    encode,
    question,
)

BURST = 60
EVERY_SECONDS = 5.0  # a day of it is 17,280 lines, some four megabytes

ADMITTED_SECONDS = 3600.0  # from letting in, or the last act, to when the number has to be let in anew
CHOOSE_SECONDS = 900.0  # from a first passcode that was right to one of their own

Act = (  # of one of the staff, in the room
    MarkSeen
    | CloseKiosk
    | OpenKiosk
    | PaperChanged
    | SetLevel
    | TriedOut
    | MakeReport
    | ConfirmFact
    | Restart
    | OfferTrail
    | AskProof
)
Own = StaffLeft | ChangePasscode | ActOnMember | Members  # of one of the staff: what is about themselves and the others
ByRoot = AddStaff | RemoveStaff | PinCard | Uploaded | DeskCertificate
DOOR = frozenset({Admit, Challenge, ShowCard})
CALLS = frozenset({Call, CallStands, EndCall})
LOOKS = frozenset(
    {Status, Board, LookAgain, Doors, Paper, Prints, Levels, Counters, Facts, Restarts, Members, TrailOffered}
)
ACTS = frozenset({*get_args(Act), *get_args(Own), ChoosePasscode}) - {Members}
WRITES = (LookAgain, ShowCard, *ACTS)  # what may add a line to the trail each time it is asked
ASKS: dict[Speaker, frozenset[type]] = {
    "server": frozenset({Tell, Report, *DOOR, *CALLS, *LOOKS, *ACTS}),
    "browser": frozenset({Tell, Report, LevelsAre}),
    "root": frozenset({Tell, Report, *DOOR, *get_args(ByRoot), ListStaff, *LOOKS, *ACTS}),
}


class NotIn(NotDone):
    """Who acts has not been let in, or not lately."""


class Anchored(Protocol):
    """How the trail stands."""

    def __call__(self) -> tuple[int, str]: ...


class Bucket:
    """So much may be said now: full at first, one more every EVERY_SECONDS."""

    def __init__(self, now: float) -> None:
        self._left, self._then = float(BURST), now

    def takes(self, now: float) -> bool:
        self._left = min(BURST, self._left + (now - self._then) / EVERY_SECONDS)
        self._then = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Dispatcher:
    """now: monotonic seconds. For one thread."""

    def __init__(
        self,
        record: Record,
        passcodes: Passcodes,
        overview: Overview,
        anchored: Anchored,
        alerts: Alerts,
        restarts: Starter,
        trail_to_stick: TrailToStick,
        answers: FinishedAnswers,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._record, self._passcodes, self._overview, self._anchored = record, passcodes, overview, anchored
        self._alerts, self._restarts, self._trail_to_stick, self._now = alerts, restarts, trail_to_stick, now
        self._answers = answers
        self._admitted: dict[int, float] = {}  # until when, by staff number
        self._choosing: dict[int, float] = {}  # until when, by the staff number whose first passcode was right
        self._tried: dict[int, dict[Part, Verdict]] = {}  # since they were let in, by staff number
        self._buckets = {speaker: Bucket(now()) for speaker in ASKS}
        self._acts = Bucket(now())  # of its own: a flood of faults keeps no officer from closing the kiosk

    def hear(self, data: bytes, who: frozenset[Speaker]) -> bytes:
        """The answer to a message of this speaker."""
        return encode(self._answer(data, who))

    def turn(self) -> None:
        """To be called about once a second."""
        self._passcodes.end_vendors()
        self._alerts.turn()
        self._overview.turn()
        self._restarts.turn()
        self._trail_to_stick.turn()
        self._record.turn()

    def _answer(self, data: bytes, who: frozenset[Speaker]) -> Answer:
        try:
            asked = question(data)
        except NotAMessage as error:
            return Denied(str(error))
        if not any(type(asked) in ASKS.get(speaker, ()) for speaker in who):
            return Denied("this is not for you to ask")
        if isinstance(asked, Tell | Report):  # what is only asked says of no part that it is at work
            for speaker in who:
                self._overview.hears(speaker)
        if isinstance(asked, Tell):
            return self._hear(asked, who)
        if isinstance(asked, Report):
            return self._note(asked, who)
        if isinstance(asked, WRITES) and not self._acts.takes(self._now()):
            return Denied("too much is asked", later=True)
        return self._serve(asked)

    def _hear(self, telling: Tell, who: frozenset[Speaker]) -> Answer:
        try:
            told = decode(telling.event)
        except NotAnEvent as error:
            return Denied(str(error))
        speaker = next((each for each in EVENTS[told.name].by if each in who and each in self._buckets), None)
        if speaker is None:
            return Denied(f"{told.name}: this is not for you to tell")
        if telling.untold:
            self._record.missed(speaker, "away", telling.untold)
        if not self._record.is_news(told):
            return Taken()
        if not self._buckets[speaker].takes(self._now()):
            self._record.missed(speaker, "flood")
            return Denied("too much is told", later=True)
        if told == TAKEN:
            self._answers.tell()
            return Taken()
        self._record.tell(told, telling.times)
        if told.name == "trail_taken":
            self._trail_to_stick.taken()
        return Taken()

    def _note(self, report: Report, who: frozenset[Speaker]) -> Answer:
        if CHECKS[report.check].by not in who:
            return Denied(f"{report.check}: this is not for you to report")
        self._overview.report(report.check, report.reason)
        self._restarts.lives(CHECKS[report.check].by)
        if report.check == "reader":
            self._restarts.reader_is(report.reason)
        return Taken()

    def _acting(self, staff: int) -> Role:
        """The role of one who acts. Raises NotIn."""
        role, now = self._passcodes.accounts.get(staff), self._now()
        if role is None or now >= self._admitted.get(staff, now):
            raise NotIn("this staff number was not let in here, or not lately")
        self._admitted[staff] = now + ADMITTED_SECONDS
        return role

    def _serve(self, asked: Question) -> Answer:
        try:
            if (looked_up := self.LOOKED_UP.get(type(asked))) is not None:
                return looked_up(self)
            if isinstance(asked, Act):
                return self._done(asked, self._acting(asked.staff))
            if isinstance(asked, Own):
                return self._of_staff(asked, self._acting(asked.staff))
            if isinstance(asked, ByRoot):
                return self._by_root(asked)
            return self._anybodys(asked)
        except (NotDone, NotPlanned, NotConfirmed, NotReported, NotRestarted, NotSet) as error:
            return Denied(str(error), anew=isinstance(error, NotIn))

    def _done(self, asked: Act, role: Role) -> Answer:
        """An act of one of the staff, who are in."""
        overview, staff = self._overview, asked.staff
        match asked:
            case MarkSeen(check=check, reason=reason):
                overview.board.mark(staff, role, check, reason)
            case CloseKiosk(reason=shut_for, until=until):
                overview.doors.close(staff, role, shut_for, until)
                return overview.doors.stand
            case OpenKiosk():
                overview.doors.open(staff, role)
                return overview.doors.stand
            case PaperChanged():
                overview.roll.changed(staff, role)
                return overview.roll.stands
            case SetLevel(level=level, percent=percent):
                overview.levels.set(staff, role, level, percent)
                return overview.levels.stand
            case TriedOut(part=part, verdict=verdict):
                self._record.tell(event("tried_out", staff=staff, role=role, part=part, verdict=verdict))
                self._tried.setdefault(staff, {})[part] = verdict
            case MakeReport(offered=offered):
                tried = self._tried.get(staff, {})
                found = {part: tried.get(part) for part in offered}
                return overview.report_readiness(staff, role, found, self._anchored())
            case ConfirmFact(fact=fact, digest=digest):
                overview.confirm(staff, role, fact, digest)
            case Restart(what=what):
                self._restarts.ask(staff, role, what)
                return self._restarts.stand
            case OfferTrail(wanted=wanted):
                return self._offer(staff, role, wanted)
            case AskProof():
                self._record.tell(event("proof_asked", staff=staff, role=role))
        return Taken()

    def _of_staff(self, asked: Own, role: Role) -> Answer:
        """Of their own account and the others', from one of the staff, who are in."""
        match asked:
            case StaffLeft(staff=staff, end=end):
                self._trail_to_stick.withdraw()
                del self._admitted[staff]
                self._tried.pop(staff, None)
                self._record.tell(event("staff_left", staff=staff, role=role, end=end))
                return Taken()
            case ChangePasscode(staff=staff, passcode=passcode, new=new):
                return self._changed(self._passcodes.change(staff, passcode, new))
            case ActOnMember(staff=staff, passcode=passcode, member=member, act=act):
                return self._done_with(member, self._passcodes.act(staff, passcode, member, act))
            case Members():
                return self._passcodes.staff if role in SUPERVISING else MayNot("role")

    def _by_root(self, asked: ByRoot) -> Answer:
        match asked:
            case AddStaff(staff=staff, role=role, passcode=passcode):
                self._passcodes.add(staff, role, passcode)
                self._admitted.pop(staff, None)  # of who had the number before
            case RemoveStaff(staff=staff):
                self._passcodes.remove(staff)
            case PinCard(staff=staff, card=card):
                self._passcodes.pin(staff, card)
            case Uploaded(what=what, before=before):
                self._overview.upload_progress.told(what, before)
            case DeskCertificate(ends=ends):
                self._overview.upload_progress.certificate(ends)
        return Taken()

    def _anybodys(self, asked: Question) -> Answer:
        """From whoever would like to come in, and from the machine itself."""
        match asked:
            case Admit(staff=staff, passcode=passcode):
                answer = self._passcodes.check(staff, passcode)
                return CardWanted() if isinstance(answer, HalfAdmitted) else self._entered(staff, answer)
            case Challenge(staff=staff):
                return Challenged(self._passcodes.challenge(staff))
            case ShowCard(staff=staff, certificate=certificate, signature=signature):
                shown = self._passcodes.show(staff, certificate, signature)
                return Taken() if isinstance(shown, HalfAdmitted) else self._entered(staff, shown)
            case ChoosePasscode(staff=staff, new=new):
                return self._chosen(staff, new)
            case Call(trial=trial):
                return self._call(trial)
            case EndCall():
                self._alerts.end()
            case LookAgain():
                self._overview.again()
            case LevelsAre(volume=volume, brightness=brightness):
                return self._overview.levels.are(volume, brightness)
        return Taken()

    def _stands(self) -> Answer:
        lines, head = self._anchored()
        staffed, cards = bool(self._passcodes.accounts), bool(self._passcodes.with_card)
        return Standing(lines, head, self._record.unwritten, staffed, cards, self._passcodes.usable)

    def _offer(self, staff: int, role: Role, wanted: bool) -> Answer:
        if role not in SUPERVISING:
            return Denied("this is not for this role")
        if not wanted:
            self._trail_to_stick.withdraw()
            return self._trail_to_stick.stands
        self._record.tell(event("trail_offered", staff=staff, role=role))  # and so it is in what they take along
        self._trail_to_stick.offer()
        return self._trail_to_stick.stands

    def _changed(self, answer: Changed | Weakness | Refused) -> Answer:
        match answer:
            case Changed():
                return Taken()
            case Refused(seconds=seconds):
                return NotAdmitted(seconds)
        return TooWeak(answer)

    def _chosen(self, staff: int, new: str) -> Answer:
        now = self._now()
        if now >= self._choosing.get(staff, now):
            raise NotIn("the first passcode of this staff number was not shown here, or not lately")
        answer = self._passcodes.choose(staff, new)
        if not isinstance(answer, IsRight):
            return TooWeak(answer)
        del self._choosing[staff]
        return self._entered(staff, answer)

    def _done_with(self, member: int, answer: FirstPasscode | Changed | Objection | Refused) -> Answer:
        match answer:
            case FirstPasscode() | Changed():
                self._admitted.pop(member, None)  # whoever is in by the passcode before
                self._choosing.pop(member, None)
                return answer if isinstance(answer, FirstPasscode) else Taken()
            case Refused(seconds=seconds):
                return NotAdmitted(seconds)
        return MayNot(answer)

    def _entered(self, staff: int, answer: IsRight | ToChange | Refused) -> Answer:
        if isinstance(answer, ToChange):
            self._choosing[staff] = self._now() + CHOOSE_SECONDS
            return ChangeFirst()
        if not isinstance(answer, IsRight):
            return NotAdmitted(answer.seconds)
        self._admitted[staff] = self._now() + ADMITTED_SECONDS
        self._tried.pop(staff, None)
        self._alerts.end()  # somebody has come
        return Admitted(answer.role)

    def _call(self, trial: bool) -> Answer:
        new = self._alerts.can_call and not self._alerts.calling
        if new and not self._buckets["server"].takes(self._now()):
            return Denied("too much is called", later=True)
        return Calling(self._alerts.call(trial))

    LOOKED_UP: ClassVar[Mapping[type, Callable[[Dispatcher], Answer]]] = {  # what is only looked at
        Status: _stands,
        Board: lambda self: Rows(self._overview.board.rows),
        Doors: lambda self: self._overview.doors.stand,
        Paper: lambda self: self._overview.roll.stands,
        Prints: lambda self: self._overview.prints,
        Levels: lambda self: self._overview.levels.stand,
        Counters: lambda self: self._overview.counters.counted,
        Facts: lambda self: self._overview.facts.stand,
        Restarts: lambda self: self._restarts.stand,
        TrailOffered: lambda self: self._trail_to_stick.stands,
        CallStands: lambda self: Calling(self._alerts.stands()),
        ListStaff: lambda self: self._passcodes.staff,
    }
