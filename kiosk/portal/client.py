"""The kiosk's side of the contract in `openapi.yaml`.

These rules carry it:

- What is safe to repeat is repeated once, with the same idempotency key, and both tries share one deadline.
  A server's failure (5xx), or that it could not just now (408, 425, 429), says nothing about what was done, so it
  counts as no answer; how long to wait is its to say, as far as our deadline lets it.
- What was answered is only believed when it is exactly what the contract allows (`model.py`); else `PortalBroken`.
- After a submission without a usable answer the portal is *asked*. "held" means that nothing was decided, so the same
  submission goes out once more; if that is lost too, or the question is, cancelling settles it, because the portal lets
  only one of the two win and says which. `PortalUnreachable(sent="unknown")` remains for a portal that answers nothing
  at all.
- A linking and a release are one request with two purposes; what holds for the one holds for the other.
- What was begun is on record (`begun.py`) until it is known to be over, so that whoever comes after us can end it. That
  is safe whatever had become of it: cancelling undoes nothing that was completed, and asking to begin once more under
  the same key only tells which request that was.
"""

from __future__ import annotations

import base64
import logging
import ssl
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeVar, overload
from urllib.parse import urlsplit

import msgspec

from kiosk.config.certificate import end_of
from kiosk.config.kiosk import Portal
from kiosk.portal.begun import Begun, Entry
from kiosk.portal.errors import (
    APART_SECONDS,
    ENDS_SOON,
    IllTimed,
    Lasts,
    Misconfigured,
    PortalBroken,
    PortalClosed,
    PortalError,
    PortalRefused,
    PortalUnreachable,
)
from kiosk.portal.exchange import Answer, Deadline, NoAnswer, NotSent, exchange, tls_context
from kiosk.portal.model import (
    FOREIGN,
    Applicant,
    Held,
    Licence,
    Linked,
    Linking,
    LinkingState,
    Moment,
    Offer,
    OpensAt,
    Purpose,
    Refusal,
    Release,
    Released,
    ReleaseState,
    Request,
    RequestState,
    State,
    Status,
)

__all__ = ["PortalBroken", "PortalClient", "PortalClosed", "PortalError", "PortalRefused", "PortalUnreachable"]

PROBLEM = "tag:kiosk.invalid,2026:"  # what every problem's type begins with
BRIEF_SECONDS = 5.0  # to cancel, since a person who leaves does not wait for the portal; and to ask whether it is open
SETTLE_AGAIN_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)  # after which what was left is tried again; then the last
LONGEST_CLOSURE = timedelta(days=30)  # an opening beyond that is not worth showing

log = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R", bound=Request)


class Problem(msgspec.Struct, frozen=True):
    """An answer that is not 2xx (RFC 9457). The title is not read: it is not ours to show."""

    type: str
    opens_at: object = None  # a Moment, if it is one; it is closed all the same


class Sent(NamedTuple):
    """What attributes were sent for, and how that has ended, as far as the portal has said so."""

    purpose: Purpose
    ended: State | None = None


class PortalClient:
    """One session's talk with the portal. Opens nothing before its first call, so it may be made before the fork.

    Every call is bounded in time by `portal.timeout_seconds` (submit: twice that, and the time to cancel) and raises
    one of the errors of `portal.errors`, nothing else. begun: where it stands what is not over yet.
    """

    def __init__(self, settings: Portal, begun: Begun | None = None) -> None:
        self._settings = settings
        self._begun = begun or Begun()
        self._tls: ssl.SSLContext | None = None
        self.misconfigured = False  # the settings cannot lead to the portal, as of the last call
        self._complaint = ""  # the last that was said to the operator
        self.ill_timed: IllTimed | None = None  # why the last call that got no connection got none, if it is the clock
        self.offers: frozenset[Offer] = frozenset()  # what the portal does beyond linking, as of its last status
        self._own_end: datetime | None = None
        self._its_end: datetime | None = None
        self.holding = False  # attributes were sent, to be held, and what they were sent for has not been ended by us
        self.last: Sent | None = None  # by this session; None: nothing was sent
        self.ahead: float | None = None  # s, of this machine's clock before the portal's, as of its last answer

    def check(self) -> None:
        """Raise `Misconfigured` when these settings cannot lead to the portal. No network."""
        try:
            _ = urlsplit(self._settings.url).port
        except ValueError as error:
            raise Misconfigured(f"portal.url: {self._settings.url}: {error}", "correct it") from None
        self._tls = tls_context(self._settings)
        self._own_end = end_of(self._settings.certificate_file or "")

    @property
    def ends(self) -> datetime | None:
        """When the first of the two certificates ends, the portal's and the kiosk's, as far as they were seen."""
        return min((each for each in (self._own_end, self._its_end) if each is not None), default=None)

    def certificate(self, now: datetime) -> Lasts | None:
        """How long that is; None: nothing is known yet."""
        if self.ends is None:
            return None
        return "ended" if now >= self.ends else "ends_soon" if self.ends - now <= ENDS_SOON else "lasting"

    def begin(self) -> Linking:
        """Begin a linking: its id, its nonce, the terms in force and when it ends by itself."""
        return self._begin_on_record(Linking)

    def begin_release(self) -> Release:
        """Begin a release: as a linking, and what it can release."""
        return self._begin_on_record(Release)

    def hold(self, request: Request, applicant: Applicant) -> Held:
        """Send the four attributes, to be held until the request ends."""
        self.holding, self.last = True, Sent(request.purpose)
        body = msgspec.json.encode(applicant)
        call = _Call("hold", "PUT", f"{_path(request.purpose, request.id)}/applicant", body, _key())
        return _decode("hold", Held, self._repeat(call))

    @overload
    def submit(self, request: Linking, cms: bytes) -> Linked: ...

    @overload
    def submit(self, request: Release, cms: bytes) -> Released: ...

    def submit(self, request: Request, cms: bytes) -> Linked | Released:
        """Send the signature (DER of `card.cms.signed_data` over `portal.statement.statement`) and get what was done.

        A lost answer is asked for, never guessed: PortalUnreachable(sent="unknown") only when asking failed too.
        """
        try:
            done = self._submit(request, cms)
        except PortalRefused as refused:
            self._ended(request)
            if refused.reason in FOREIGN[request.purpose]:
                raise PortalBroken("submit") from None
            raise
        self._knows(request, State.COMPLETED)
        self._ended(request)
        return done

    def _submit(self, request: Request, cms: bytes) -> Linked | Released:
        body = msgspec.json.encode({"cms": base64.b64encode(cms).decode(), "terms_sha256": request.terms.sha256})
        call = _Call("submit", "POST", f"{_path(request.purpose, request.id)}/signature", body, _key())
        deadline = Deadline(self._settings.timeout_seconds)
        for last in (False, True):
            try:
                return _decode("submit", _DONE[request.purpose], self._once(call, deadline))
            except NotSent:
                if last:
                    raise PortalUnreachable("no") from None
            except (NoAnswer, PortalBroken):
                break
            self._pause(deadline)
        return self._settle(request, call)

    @overload
    def state(self, request: Linking) -> LinkingState: ...

    @overload
    def state(self, request: Release) -> ReleaseState: ...

    def state(self, request: Request) -> RequestState:
        """How it stands."""
        return self._ask(request, Deadline(self._settings.timeout_seconds))

    def linked_licence(self, linking: Linking) -> Licence | None:
        """What a portal shows of the licence of somebody it has refused as linked already. None: it shows nothing."""
        if Offer.LINKED_LICENCE not in self.offers:
            return None
        try:
            return self._ask(linking, self._brief()).licence
        except PortalError:
            return None

    def cancel(self, request: Request) -> State | None:
        """End it and have the applicant data erased. Best effort within a few seconds; never raises.

        Returns how it has ended, as the portal says: it may have been completed before. None: not confirmed.
        """
        self.holding = False
        ended = self._end(request.purpose, request.id)
        if ended:
            self._knows(request, ended)
            self._ended(request)
        return ended

    def left(self) -> list[Entry]:
        """What was begun, by whomever, and is not known to be over."""
        return self._begun.left()

    def settle(self, left: Iterable[Entry]) -> list[Entry]:
        """Cancel these, once. Returns those that are not known to be over now. Never raises."""
        return [still for entry in left if (still := self._settle_entry(entry)) is not None]

    def settle_all(self, left: list[Entry], pause: Callable[[float], object] = time.sleep) -> None:
        """Cancel these, again and again while the portal is away, until the portal has ended them by itself."""
        tries = 0
        while left := [entry for entry in self.settle(left) if not self._begun.is_past(entry)]:
            pause(SETTLE_AGAIN_SECONDS[min(tries, len(SETTLE_AGAIN_SECONDS) - 1)])
            tries += 1

    def reachable(self) -> bool | PortalClosed:
        """For the home screen: True when open, PortalClosed (returned, not raised) when closed, False otherwise."""
        try:
            status = _decode("status", Status, self._repeat(_Call("status", "GET", "/status"), self._brief()))
        except PortalClosed as closed:
            return closed
        except PortalError:
            return False
        self.offers = status.known
        return True

    def _settle(self, request: Request, submission: _Call) -> Linked | Released:
        """Find out what became of a submission whose answer was lost."""
        log.warning("the answer to submit was lost: asking the portal how it stands")
        deadline = Deadline(self._settings.timeout_seconds)
        self._pause(deadline)
        state: RequestState | None = None
        with suppress(PortalError):  # closed, or forgotten, says nothing about what happened before
            state = self._ask(request, deadline)
        if state is not None and state.state in _OPEN:
            with suppress(NotSent, NoAnswer, PortalBroken, PortalClosed):
                return _decode("submit", _DONE[request.purpose], self._once(submission, deadline))
        if state is None or state.state in _OPEN:
            try:
                state = self._cancel(request.purpose, request.id)
            except PortalError:
                raise PortalUnreachable("unknown") from None
        match state.state:
            case State.COMPLETED if state.done is not None:
                return state.done
            case State.REFUSED if state.refusal is not None:
                raise PortalRefused(state.refusal)
            case State.EXPIRED:
                raise PortalRefused(Refusal.EXPIRED)
            case State.CANCELLED:
                raise PortalUnreachable("no")
        raise PortalUnreachable("unknown")

    def _knows(self, request: Request, ended: State) -> None:
        if self.last is not None and self.last.purpose is request.purpose:
            self.last = Sent(request.purpose, ended)

    def _ended(self, request: Request) -> None:
        self.holding = False
        self._begun.ended(request.purpose, request.id)

    @overload
    def _ask(self, request: Linking, deadline: Deadline) -> LinkingState: ...

    @overload
    def _ask(self, request: Request, deadline: Deadline) -> RequestState: ...

    def _ask(self, request: Request, deadline: Deadline) -> RequestState:
        call = _Call("state", "GET", _path(request.purpose, request.id))
        return _decode("state", _STATE[request.purpose], self._repeat(call, deadline))

    def _begin_on_record(self, kind: type[R]) -> R:
        key = _key()
        entry = self._begun.asked(key, kind.purpose)
        try:
            request = self._begin(kind, key)
        except PortalUnreachable as error:
            if error.sent == "no":
                self._begun.over(entry)
            raise
        self._begun.named(entry, request.id)
        return request

    def _begin(self, kind: type[R], key: str, deadline: Deadline | None = None) -> R:
        return _decode("begin", kind, self._repeat(_Call("begin", "POST", _path(kind.purpose), key=key), deadline))

    def _settle_entry(self, entry: Entry) -> Entry | None:
        """None when it is over now."""
        if entry.asked:
            try:
                begun = self._begin(_KIND[entry.purpose], entry.word, self._brief())
                entry = self._begun.named(entry, begun.id)
            except PortalError:
                return entry
        if not self._end(entry.purpose, entry.word):
            return entry
        self._begun.over(entry)
        log.warning("what an earlier session had begun at the portal is over")
        return None

    def _end(self, purpose: Purpose, id: str) -> State | None:
        """Cancel it. Returns how it has ended, as the portal says; None: it has not said so."""
        try:
            state = self._cancel(purpose, id).state
        except PortalRefused:
            return State.EXPIRED  # the portal no longer knows it
        except PortalError:
            return None
        return None if state in _OPEN else state

    def _cancel(self, purpose: Purpose, id: str) -> RequestState:
        call = _Call("cancel", "POST", f"{_path(purpose, id)}/cancellation", key=_key())
        return _decode("cancel", _STATE[purpose], self._repeat(call, self._brief()))

    def _repeat(self, call: _Call, deadline: Deadline | None = None) -> bytes:
        """Send what is safe to send again, at most twice."""
        deadline = deadline or Deadline(self._settings.timeout_seconds)
        sent: Literal["no", "unknown"] = "no"
        for last in (False, True):
            after: int | None = None
            try:
                return self._once(call, deadline)
            except NotSent:
                pass
            except NoAnswer as lost:
                sent, after = "unknown", lost.retry_after
            if not last:
                self._pause(deadline, after)
        raise PortalUnreachable(sent)

    def _once(self, call: _Call, deadline: Deadline) -> bytes:
        """One exchange. Returns the body of a 2xx; raises NotSent, NoAnswer, or what the problem says."""
        if self._tls is None:
            try:
                self.check()
            except Misconfigured as error:
                self.misconfigured = True
                self._complain(str(error))
                raise PortalUnreachable("no") from None
        assert self._tls is not None
        self.misconfigured = False
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        try:
            answer = exchange(self._settings, self._tls, deadline, call.method, call.path, call.body, headers)
        except NotSent as lost:
            self.ill_timed = lost.ill_timed
            if lost.ill_timed is not None:
                self._complain(_WRONG_CLOCK[lost.ill_timed])
            raise
        self.ill_timed = None
        self._compare(answer.date)
        self._its_end = answer.ends
        if 200 <= answer.status < 300 and answer.content_type == "application/json" and answer.body is not None:
            return answer.body
        raise _problem(call.name, answer)

    def _compare(self, date: datetime | None) -> None:
        """Hold the portal's clock against this machine's."""
        if date is None:
            return
        self.ahead = (datetime.now(UTC) - date).total_seconds()
        if abs(self.ahead) > APART_SECONDS:
            side = "ahead of" if self.ahead > 0 else "behind"
            self._complain(f"this machine's clock is {abs(self.ahead) / 60:.0f} minutes {side} the portal's: set it")

    def _complain(self, words: str) -> None:
        """Tell the operator: the portal is asked every few seconds, and once is enough to read."""
        if words != self._complaint:
            self._complaint = words
            log.error("%s", words)

    def _brief(self) -> Deadline:
        return Deadline(min(BRIEF_SECONDS, self._settings.timeout_seconds))

    def _pause(self, deadline: Deadline, after: int | None = None) -> None:
        """after: what the portal asks for. Heeded when it leaves as long again for the answer."""
        seconds = self._settings.retry_after_seconds
        if after is not None and seconds < after <= deadline.left / 2:
            seconds = after
        time.sleep(min(seconds, deadline.left))


class _Call(msgspec.Struct, frozen=True):
    name: str
    method: str
    path: str
    body: bytes | None = None
    key: str | None = None

    def __repr__(self) -> str:
        return f"<{self.name}>"


_KIND: dict[Purpose, type[Request]] = {Purpose.LINKING: Linking, Purpose.RELEASE: Release}
_OPEN = (State.BEGUN, State.HELD)
_DONE: dict[Purpose, type[Linked] | type[Released]] = {Purpose.LINKING: Linked, Purpose.RELEASE: Released}
_STATE: dict[Purpose, type[LinkingState] | type[ReleaseState]] = {
    Purpose.LINKING: LinkingState,
    Purpose.RELEASE: ReleaseState,
}


def _path(purpose: Purpose, id: str = "") -> str:
    """Where all of that purpose are, or the one of that id."""
    return f"/{purpose.value}s/{id}" if id else f"/{purpose.value}s"


def _key() -> str:
    return str(uuid.uuid4())


def _decode(call: str, kind: type[T], body: bytes) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise PortalBroken(call) from None  # the decoder's own words may quote the answer


def _problem(call: str, answer: Answer) -> Exception:
    """What an answer other than a good one means."""
    problem, fails = Problem(""), _fails(answer)
    if answer.content_type == "application/problem+json" and answer.body is not None:
        try:
            problem = _decode(call, Problem, answer.body)
        except PortalBroken as broken:
            return fails or broken
    reason = problem.type.removeprefix(PROBLEM) if problem.type.startswith(PROBLEM) else ""
    if reason == "closed":
        return PortalClosed(_worth_showing(_moment(problem.opens_at)) or _worth_showing(_after(answer.retry_after)))
    if fails is not None:
        return fails
    if reason == "linking_unknown":
        return PortalRefused(Refusal.EXPIRED)
    if reason in _REFUSALS and answer.status >= 400:
        return PortalRefused(Refusal(reason))
    return PortalBroken(call)


def _fails(answer: Answer) -> NoAnswer | None:
    """It has not done it, or perhaps has; either way another time may be better."""
    if answer.status >= 500 or answer.status in _NOT_NOW:
        return NoAnswer(_seconds(answer.retry_after))
    return None


_NOT_NOW = (408, 425, 429)  # too slow, too early, too many
_WRONG_CLOCK = {
    IllTimed.NOT_YET: "this machine's clock is before the day on which the portal's certificate begins: set it",
    IllTimed.NO_MORE: "the portal's certificate has ended, or this machine's clock is ahead: set it, if it is",
}
_REFUSALS = {each.value for each in Refusal}


def _seconds(text: str | None) -> int | None:
    """A Retry-After in seconds; None when it is a date, or nothing."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 8 else None


def _moment(written: object) -> datetime | None:
    try:
        return msgspec.convert(written, Moment)
    except msgspec.ValidationError:
        return None


def _after(text: str | None) -> datetime | None:
    """The moment a Retry-After in seconds names, to the nearest minute: asked again, it should name the same. None when
    it names none, or one that is too far."""
    seconds = _seconds(text)
    if seconds is None or timedelta(seconds=seconds) > LONGEST_CLOSURE:
        return None
    return (datetime.now(UTC) + timedelta(seconds=seconds + 30)).replace(second=0, microsecond=0)


def _worth_showing(opens_at: datetime | None) -> OpensAt | None:
    """The moment, if it is yet to come and not too far; what else a portal may say helps nobody."""
    now = datetime.now(UTC)
    return OpensAt(opens_at) if opens_at is not None and now < opens_at <= now + LONGEST_CLOSURE else None
