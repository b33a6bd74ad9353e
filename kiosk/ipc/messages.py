"""The messages to the caretaker and its answers. One message, one packet of JSON on a Unix socket (SOCK_SEQPACKET), one
answer. Who speaks is said by the kernel and never by a message.

    Tell       an event, from whoever may tell it (config/events.toml)          Taken, Denied
    Status     the caretaker is there; how the trail stands; is there staff?    Standing, Denied
    Admit      is this the passcode of this staff number?   Admitted, ChangeFirst, CardWanted, NotAdmitted, Denied
    Challenge  what is the staff's card to sign?                                Challenged, Denied
    ShowCard   it has signed; is it the card of this staff number?   Admitted, ChangeFirst, Taken, NotAdmitted, Denied
    Call, CallStands, EndCall       somebody wants the staff; how it stands; not any more   Calling, Taken, Denied
    AddStaff, RemoveStaff, PinCard, ListStaff   accounts, for root alone        Taken, Staff, Denied
    ChangePasscode   this one's own, by the one that it was            Taken, NotAdmitted, TooWeak, Denied
    ChoosePasscode   in place of the first one, and in they are                 Admitted, TooWeak, Denied
    Members    who is on the staff, for a supervisor                            Staff, MayNot, Denied
    ActOnMember   a supervisor adds or removes one, or gives a first passcode   FirstPasscode, Taken, NotAdmitted,
                                                                                MayNot, Denied
    Report     how a device or a program is (config/health.toml)                Taken, Denied
    Board      every check, as the staff see it                                 Rows
    LookAgain  judge now, and wait for nothing                                  Taken
    MarkSeen   staff have seen this for that reason, and need not see it again  Taken, Denied
    Doors      is the kiosk open?                                               DoorsStand
    CloseKiosk, OpenKiosk              by staff                                 DoorsStand, Denied
    Paper      how much is on the roll?                                         PaperStands
    Prints     what has become of the last print jobs                           PrintsStand
    PaperChanged                       staff have put in a new roll             PaperStands, Denied
    Levels, LevelsAre   how loud and how bright it is; from staff, from the screen's keeper     LevelsStand
    SetLevel   louder, brighter, or less, by staff                              LevelsStand, Denied
    Counters   what has been done here                                          Counted
    TriedOut   staff have tried a part out, and say how it is                   Taken, Denied
    MakeReport  of what this one has tried out since they came in               Reported, Denied
    Facts      what people are told, and when somebody made sure of it          FactsStand, Denied
    ConfirmFact   a supervisor has made sure of one, as it was shown            Taken, Denied
    Restarts   what can be started again here, and what has come of it          RestartsStand
    Restart    a part, or the machine, is to be started again, or switched off  RestartsStand, Denied
    Uploaded, DeskCertificate          of what goes to a desk, from root alone  Taken, Denied
    OfferTrail, TrailOffered   a supervisor wants it on a stick, or not any more; how that stands   TrailStands, Denied
    AskProof   of what runs on the machine, by staff (kiosk/ipc/proof.py)       Taken, Denied
    StaffLeft  staff have gone from the screen                                  Taken, Denied

Who acts as staff has been admitted not long ago (kiosk/caretaker/dispatch.py), else it is Denied.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from kiosk.config.events import FIELDS, Event
from kiosk.config.health import CHECKS, CheckName, Level, ReasonName
from kiosk.language.public import Public, PublicNumber

SOCKET = "caretaker.sock"  # in caretaker.runtime_directory
LONGEST = 4096  # bytes of a message

Number = Annotated[int, Meta(ge=1, le=999_999)]
Role = Literal["officer", "supervisor", "vendor"]
Passcode = Annotated[str, Meta(max_length=64)]
# Why a passcode may not be had. same: it is the one that it was.
Weakness = Literal["not_digits", "too_short", "too_long", "common", "pattern", "date", "staff_number", "same"]
SUPERVISING: tuple[Role, ...] = ("supervisor", "vendor")  # who sees to the staff's accounts, and takes the trail along
# give: a first passcode, in place of the one that they had.
MemberAct = Literal["add_officer", "add_supervisor", "give", "remove"]
# What there is against such an act. supervisor: it would show a supervisor's passcode to a vendor; vendor: no first
# passcode is made for one; there, nobody: has that number.
Objection = Literal["role", "oneself", "last_supervisor", "supervisor", "vendor", "there", "nobody", "full"]
# none: there is no call; sending: it is not known yet; sent: what carries it has taken it, and does not keep it back;
# acknowledged: one of the staff has said that they have seen it; unsent: nobody has heard of it.
CallState = Literal["none", "sending", "sent", "acknowledged", "unsent"]
Count = Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]
Times = Annotated[int, Meta(ge=1, le=1000)]
Moment = Annotated[int, Meta(ge=0, le=253_402_300_799)]  # seconds since 1970, UTC, to the end of the year 9999

ClosedFor = Literal["maintenance", "out_of_order", "paper", "no_staff", "other"]
CLOSED_FOR: tuple[ClosedFor, ...] = get_args(ClosedFor)
ShutFor = ClosedFor | Literal["hours"]  # by the staff, or by its hours
SHUT_FOR: tuple[ShutFor, ...] = (*CLOSED_FOR, "hours")
SafeFor = Literal["settings", "starts"]  # why there is guidance only (config/events.toml)
Part = Literal[
    "printer", "reader", "touch", "fingers", "keypad", "bell", "colours", "sound", "headphones", "portal", "caller"
]
Adjusted = Literal["volume", "brightness"]
Percent = Annotated[int, Meta(ge=0, le=100)]
PrintEvent = Literal["slip", "slip_failed", "tried_out", "readiness_reported", "paper_changed"]
Verdict = Literal["good", "bad"]
Restarted = Literal["browser", "server", "machine", "off"]  # off: the machine, and it stays so
# none: nothing was asked for; asked: it is under way; done: it has begun anew; failed: it has not, or may not be.
RestartState = Literal["none", "asked", "done", "failed"]
# none: nobody wants it; waits: for a stick; taken: one has it; over: none came; failed: it could not be laid ready.
TrailState = Literal["none", "waits", "taken", "over", "failed"]
Sent = Literal["trail", "journal"]  # what goes to a prefecture's desk
ReportNumber = Annotated[PublicNumber, Meta(ge=1, le=999_999)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
RESTARTED_BY: Mapping[Restarted, tuple[Role, ...]] = {  # one that is off needs a hand to come back
    "browser": ("officer", "supervisor", "vendor"),
    "server": ("officer", "supervisor", "vendor"),
    "machine": ("officer", "supervisor", "vendor"),
    "off": ("supervisor", "vendor"),
}
if TYPE_CHECKING:  # known from the table only when it has been read
    FactName = str
else:
    FactName = Literal[tuple(FIELDS["fact"].values)]
End = Literal["finished", "left", "timed_out", "card_gone", "browser_lost", "stopped", "problem"]


class Message(Struct, frozen=True, forbid_unknown_fields=True, tag_field="message", tag=str.lower):
    """Of either direction."""


class Tell(Message, frozen=True):
    """An event. untold: so many could not be told since the last that was taken. times: it was so that often in one
    visit, of which there are only counts; anything else happens once."""

    event: msgspec.Raw
    untold: Count = 0
    times: Times = 1


class Status(Message, frozen=True):
    """How is it?"""


class Call(Message, frozen=True):
    """Somebody at the kiosk wants the staff. Who says it once more has one call. trial: it is one of the staff, who
    wants to see whether it arrives."""

    trial: bool = False


class CallStands(Message, frozen=True):
    """How does the call stand? To be asked again and again: a call that nobody asks for is over."""


class EndCall(Message, frozen=True):
    """They have gone, or want nobody any more."""


class Secret(Message, frozen=True):
    """Bears a passcode, or has to do with a card: its repr says what it is, never what is in it."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Admit(Secret, frozen=True):
    """May this one in?"""

    staff: Number
    passcode: Passcode


class Challenge(Message, frozen=True):
    """Something for the card of this one to sign. Of what was given before nothing is taken any more."""

    staff: Number


class ShowCard(Secret, frozen=True):
    """The card of this one has signed what was given. certificate: of its key, DER."""

    staff: Number
    certificate: Annotated[bytes, Meta(max_length=2560)]
    signature: Annotated[bytes, Meta(max_length=256)]


class AddStaff(Secret, frozen=True):
    """Make an account."""

    staff: Number
    role: Role
    passcode: Passcode


class ChangePasscode(Secret, frozen=True):
    """This member of the staff, who is in, has another passcode from now on. A session may have been left open: so they
    say once more which it was, and that is a try like one at the door."""

    staff: Number
    passcode: Passcode
    new: Passcode


class ChoosePasscode(Secret, frozen=True):
    """This member of the staff, who came with a first passcode, takes one of their own."""

    staff: Number
    new: Passcode


class Members(Message, frozen=True):
    """Who is on the staff? This member of it asks."""

    staff: Number


class ActOnMember(Secret, frozen=True):
    """This member of the staff, who is in, does that with the account of another. A session may have been left open: so
    they say their own passcode once more, and that is a try like one at the door."""

    staff: Number
    passcode: Passcode
    member: Number
    act: MemberAct


class RemoveStaff(Message, frozen=True):
    """Remove one."""

    staff: Number


class PinCard(Secret, frozen=True):
    """From now on this one is let in with a card besides. card: SHA-256 of its certificate; None: with none."""

    staff: Number
    card: Digest | None


class ListStaff(Message, frozen=True):
    """Which are there?"""


class Calling(Message, frozen=True):
    """How the call stands."""

    call: CallState


def _in_the_table(check: str, reason: str) -> None:
    """Raises ValueError for what the table does not have."""
    if check not in CHECKS or reason not in CHECKS[check].reasons:
        raise ValueError("there is no such check or reason in the table")


class Report(Message, frozen=True):
    """How something is: a reason of its check. Raises ValueError for what the table does not have."""

    check: CheckName
    reason: ReasonName

    def __post_init__(self) -> None:
        _in_the_table(self.check, self.reason)


class Board(Message, frozen=True):
    """How does everything stand?"""


class LookAgain(Message, frozen=True):
    """Look now at what you look at yourself, and show what was reported last, without waiting whether it lasts."""


class MarkSeen(Message, frozen=True):
    """This member of the staff has seen that check stand there for that reason. Raises ValueError as Report does."""

    staff: Number
    check: CheckName
    reason: ReasonName

    def __post_init__(self) -> None:
        _in_the_table(self.check, self.reason)


class Doors(Message, frozen=True):
    """Is the kiosk open?"""


class CloseKiosk(Message, frozen=True):
    """Serve nobody new. until: when it opens again, by itself; None: when staff open it."""

    staff: Number
    reason: ClosedFor
    until: Moment | None = None


class OpenKiosk(Message, frozen=True):
    """Serve again."""

    staff: Number


class Paper(Message, frozen=True):
    """How much is on the roll?"""


class Prints(Message, frozen=True):
    """What has become of the last print jobs?"""


class Levels(Message, frozen=True):
    """How loud is the machine, and how bright its screen?"""


class LevelsAre(Message, frozen=True):
    """As they are, from the screen's keeper, which sets them as it is answered. None: the machine has no such thing."""

    volume: Percent | None
    brightness: Percent | None


class SetLevel(Message, frozen=True):
    """Louder or softer, brighter or darker."""

    staff: Number
    level: Adjusted
    percent: Percent


class PaperChanged(Message, frozen=True):
    """There is a new one."""

    staff: Number


class Counters(Message, frozen=True):
    """What has been done here?"""


class TriedOut(Message, frozen=True):
    """This member of the staff has tried a part of the kiosk out."""

    staff: Number
    part: Part
    verdict: Verdict


class MakeReport(Message, frozen=True):
    """Write down how the kiosk is, and what this member of the staff has said of its parts since they came in. offered:
    the trials that this machine has; the others it has not."""

    staff: Number
    offered: tuple[Part, ...]


class Facts(Message, frozen=True):
    """What are people told, and since when is it so?"""


class ConfirmFact(Message, frozen=True):
    """This member of the staff has made sure of that fact today. digest: of what it said when they did."""

    staff: Number
    fact: FactName
    digest: Digest


class Restarts(Message, frozen=True):
    """What can be started again from here, and what has come of the last that was asked for?"""


class Restart(Message, frozen=True):
    """This member of the staff wants it to begin anew, or to be off."""

    staff: Number
    what: Restarted


class OfferTrail(Message, frozen=True):
    """This member of the staff wants the trail on a stick, or not any more."""

    staff: Number
    wanted: bool


class TrailOffered(Message, frozen=True):
    """Has a stick taken it?"""


class AskProof(Message, frozen=True):
    """This member of the staff has the machine prove what runs on it."""

    staff: Number


class StaffLeft(Message, frozen=True):
    """This member of the staff acts here no more."""

    staff: Number
    end: End


class Uploaded(Message, frozen=True):
    """Everything in it that was written before that moment has left this machine."""

    what: Sent
    before: Moment


class DeskCertificate(Message, frozen=True):
    """The certificate by which this machine shows the desk who it is ends then."""

    ends: Moment


class Taken(Message, frozen=True):
    """It is done. An event stands on the disk, or is counted: as a visit, or among what the disk did not take."""


class Denied(Message, frozen=True):
    """It is not done. why: one line of ours. later: it may be, when it is said again some seconds later. anew: when who
    says it has been let in anew."""

    why: str
    later: bool = False
    anew: bool = False


class Standing(Message, frozen=True):
    """The trail's anchor, how many events the disk would not take, and whether anybody has an account, and a card.
    usable: False: the accounts are there, and cannot be read."""

    lines: int
    head: str
    unwritten: int
    staffed: bool
    cards: bool = False
    usable: bool = True


class Admitted(Message, frozen=True):
    """All that is asked of them is right."""

    role: Role


class NotAdmitted(Message, frozen=True):
    """It is not, or nobody is let in for so many seconds."""

    seconds: int


class TooWeak(Message, frozen=True):
    """This passcode may not be had."""

    why: Weakness


class ChangeFirst(Message, frozen=True):
    """All that is asked of them is right, and the passcode is one that was made for them: they are in once they have
    chosen another, and for nothing before."""


class FirstPasscode(Secret, frozen=True):
    """It was made now, to be told to its owner. Nobody has it once more."""

    passcode: Passcode


class MayNot(Message, frozen=True):
    """It is not done, for what there is against it."""

    why: Objection


class CardWanted(Message, frozen=True):
    """The passcode is right, and this one has to show a card besides."""


class Challenged(Secret, frozen=True):
    """What the card is to sign."""

    challenge: Annotated[bytes, Meta(max_length=64)]


class Staff(Message, frozen=True):
    """The accounts. cards: who is let in with a card besides; first: whose passcode was made for them, and not changed
    yet."""

    accounts: dict[int, Role]
    cards: tuple[int, ...] = ()
    first: tuple[int, ...] = ()


class Row(Struct, frozen=True):
    """One check. since: when it came to be shown so; seen: staff have seen it as it is."""

    check: CheckName
    level: Level
    reason: ReasonName
    since: Moment
    seen: bool


class Rows(Message, frozen=True):
    """The board, in the table's order. A check of which nothing is known yet is not on it."""

    rows: tuple[Row, ...]


class DoorsStand(Message, frozen=True):
    """reason: why it is closed, by staff or by its hours; None: it is open. until: when it opens by itself; None: when
    staff open it. guidance: whoever comes is guided all the same, and no more."""

    reason: ShutFor | None = None
    until: Moment | None = None
    guidance: bool = False

    @property
    def open(self) -> bool:
        return self.reason is None

    @property
    def serves(self) -> bool:
        """Whoever comes, with all or with guidance."""
        return self.open or self.guidance


class PaperStands(Message, frozen=True):
    """rolls: changed so far. printed: slips from this one, by the hour and so a little behind. left: slips, by what the
    rolls before it gave; None: not known yet."""

    rolls: int
    printed: int
    left: int | None


class LevelsStand(Message, frozen=True):
    """As staff have set them, or else as they are. None: the machine has no such thing."""

    volume: Percent | None = None
    brightness: Percent | None = None


class PrintRow(Struct, frozen=True):
    """A line of the print ledger. line: its number in the trail, which names the job. told: the event. fields: of it;
    of people's slips, which are counted, there are none. counts: of those, how often each result came, within so many
    hours before `at`."""

    line: Annotated[int, Meta(ge=1)]
    at: Moment
    told: PrintEvent
    fields: dict[str, str | int] = {}
    counts: dict[str, int] = {}
    hours: int = 0

    def __repr__(self) -> str:
        return f"<PrintRow {self.line} {self.told}>"


class PrintsStand(Message, frozen=True):
    """The newest first; which slip it was is not in it (docs/decisions/0022)."""

    rows: tuple[PrintRow, ...]


class Span(Struct, frozen=True):
    """What has been done within some time. visits: by how they ended; prints: by what came of them, "printed" among
    them (config/events.toml, `end` and `printed`); calls: for the staff; faults: by their event."""

    visits: dict[str, int] = {}
    prints: dict[str, int] = {}
    calls: int = 0
    faults: dict[str, int] = {}


class Counted(Message, frozen=True):
    """Today (Japan's), these seven days, and from `begun` on. Visits and prints come once an hour, and never before
    three can be told of together."""

    begun: Moment
    day: Span
    week: Span
    start: Span


class Reported(Message, frozen=True):
    """What stands on a report's slip. tried: a part that is not there this machine has not; no verdict: nobody has
    given one. ready: every part is good. problems: how many stand on the board all the same. image, settings,
    fingerprint: SHA-256, of the system's image (empty: the kiosk runs from none), of the settings file (empty: it
    cannot be read), and of the report. The counts are those since the start."""

    number: ReportNumber
    staff: PublicNumber
    role: Role
    tried: dict[Part, Verdict | None]
    ready: bool
    problems: PublicNumber
    version: Public
    image: Public
    settings: Public
    fingerprint: Public
    visits: PublicNumber
    prints: PublicNumber
    calls: PublicNumber
    faults: PublicNumber


class TrailStands(Message, frozen=True):
    """The trail on its way to a stick."""

    trail: TrailState


class RestartsStand(Message, frozen=True):
    """can: whether anything can be, here. what: was asked for last, by staff; None: nothing yet."""

    can: bool
    what: Restarted | None = None
    state: RestartState = "none"


class FactRow(Struct, frozen=True):
    """One fact. says: what it says, by key (kiosk.config.guidance). confirmed: when somebody last made sure of it; by:
    who of the staff, at the screen; None: whoever wrote the file. late: it is to be made sure of again."""

    fact: FactName
    says: dict[str, Any]
    source: str
    confirmed: datetime.date
    by: Number | None
    late: bool
    digest: str


class FactsStand(Message, frozen=True):
    """All of them, those that wait longest first."""

    facts: tuple[FactRow, ...]


Question = (
    Tell
    | Status
    | Admit
    | Challenge
    | ShowCard
    | AddStaff
    | ChangePasscode
    | ChoosePasscode
    | Members
    | ActOnMember
    | RemoveStaff
    | PinCard
    | ListStaff
    | Call
    | CallStands
    | EndCall
    | Report
    | Board
    | LookAgain
    | MarkSeen
    | Doors
    | CloseKiosk
    | OpenKiosk
    | Paper
    | Prints
    | Levels
    | LevelsAre
    | SetLevel
    | PaperChanged
    | Counters
    | TriedOut
    | MakeReport
    | Facts
    | ConfirmFact
    | Restarts
    | Restart
    | OfferTrail
    | TrailOffered
    | AskProof
    | StaffLeft
    | Uploaded
    | DeskCertificate
)
Answer = (
    Taken
    | Denied
    | Standing
    | Admitted
    | NotAdmitted
    | TooWeak
    | ChangeFirst
    | FirstPasscode
    | MayNot
    | CardWanted
    | Challenged
    | Staff
    | Calling
    | Rows
    | DoorsStand
    | PaperStands
    | PrintsStand
    | LevelsStand
    | Counted
    | Reported
    | FactsStand
    | RestartsStand
    | TrailStands
)

_questions, _answers = msgspec.json.Decoder(Question), msgspec.json.Decoder(Answer)


class NotAMessage(Exception):
    """These bytes are none of ours. The text holds nothing of them."""


def telling(told: Event, untold: int, times: int = 1) -> Tell:
    return Tell(msgspec.Raw(msgspec.json.encode(told)), untold, times)


def encode(message: Question | Answer) -> bytes:
    return msgspec.json.encode(message)


def question(data: bytes) -> Question:
    """Raises NotAMessage."""
    try:
        asked: Question = _questions.decode(data)
        return asked
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NotAMessage("this is no question of ours") from None


def answer(data: bytes) -> Answer:
    """Raises NotAMessage."""
    try:
        said: Answer = _answers.decode(data)
        return said
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NotAMessage("this is no answer of ours") from None
