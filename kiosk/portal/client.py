"""The kiosk's side of the contract in `openapi.yaml`.

Three rules carry it:

- What is safe to repeat is repeated once, with the same idempotency key, and both tries share one deadline.
  A server's failure (5xx) says nothing about what was done, so it counts as no answer.
- What was answered is only believed when it is exactly what the contract allows (`model.py`); else `PortalBroken`.
- After a submission without a usable answer the portal is *asked*. "held" means that nothing was decided, so the same
  submission goes out once more; if that is lost too, cancelling settles it, because the portal lets only one of the two
  win and says which. `PortalUnreachable(sent="unknown")` remains for a portal that answers nothing at all.
"""

from __future__ import annotations

import base64
import logging
import ssl
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from kiosk.config.kiosk import Portal
from kiosk.portal.errors import Misconfigured, PortalBroken, PortalClosed, PortalError, PortalRefused, PortalUnreachable
from kiosk.portal.exchange import Answer, Deadline, NoAnswer, NotSent, exchange, tls_context
from kiosk.portal.model import Applicant, Held, Linked, Linking, LinkingState, Moment, OpensAt, Refusal, State, Status

__all__ = ["PortalBroken", "PortalClient", "PortalClosed", "PortalError", "PortalRefused", "PortalUnreachable"]

PROBLEM = "tag:kiosk.invalid,2026:"  # what every problem's type begins with
BRIEF_SECONDS = 5.0  # to cancel, since a person who leaves does not wait for the portal; and to ask whether it is open
LONGEST_CLOSURE = timedelta(days=30)  # an opening beyond that is not worth showing

log = logging.getLogger(__name__)
T = TypeVar("T")


class Problem(msgspec.Struct, frozen=True):
    """An answer that is not 2xx (RFC 9457). The title is not read: it is not ours to show."""

    type: str
    opens_at: Moment | None = None


class PortalClient:
    """One session's talk with the portal. Opens nothing before its first call, so it may be made before the fork.

    Every call is bounded in time by `portal.timeout_seconds` (submit: twice that, and the time to cancel) and raises
    one of the errors of `portal.errors`, nothing else.
    """

    def __init__(self, settings: Portal) -> None:
        self._settings = settings
        self._tls: ssl.SSLContext | None = None
        self._complaint = ""  # the last that was said of the settings

    def check(self) -> None:
        """Raise `Misconfigured` when these settings cannot lead to the portal. No network."""
        try:
            _ = urlsplit(self._settings.url).port
        except ValueError as error:
            raise Misconfigured(f"portal.url: {self._settings.url}: {error}", "correct it") from None
        self._tls = tls_context(self._settings)

    def begin(self) -> Linking:
        """Begin a linking: its id, its nonce, the terms in force and when it ends by itself."""
        return _decode("begin", Linking, self._repeat(_Call("begin", "POST", "/linkings", key=_key())))

    def hold(self, linking: Linking, applicant: Applicant) -> Held:
        """Send the four attributes, to be held until the linking ends."""
        body = msgspec.json.encode(applicant)
        call = _Call("hold", "PUT", f"/linkings/{linking.id}/applicant", body, _key())
        return _decode("hold", Held, self._repeat(call))

    def submit(self, linking: Linking, cms: bytes) -> Linked:
        """Send the signature (DER of `card.cms.signed_data` over `portal.statement.statement`) and get the link.

        A lost answer is asked for, never guessed: PortalUnreachable(sent="unknown") only when asking failed too.
        """
        body = msgspec.json.encode({"cms": base64.b64encode(cms).decode(), "terms_sha256": linking.terms.sha256})
        call = _Call("submit", "POST", f"/linkings/{linking.id}/signature", body, _key())
        deadline = Deadline(self._settings.timeout_seconds)
        for last in (False, True):
            try:
                return _decode("submit", Linked, self._once(call, deadline))
            except NotSent:
                if last:
                    raise PortalUnreachable("no") from None
            except (NoAnswer, PortalBroken):
                break
            self._pause(deadline)
        return self._settle(linking, call)

    def state(self, linking: Linking) -> LinkingState:
        """How it stands."""
        return self._ask(linking, Deadline(self._settings.timeout_seconds))

    def cancel(self, linking: Linking) -> State | None:
        """End it and have the applicant data erased. Best effort within a few seconds; never raises.

        Returns how it has ended, as the portal says: it may have been completed before. None: not confirmed.
        """
        try:
            return self._cancel(linking).state
        except PortalRefused:
            return State.EXPIRED  # the portal no longer knows it
        except PortalError:
            return None

    def reachable(self) -> bool | PortalClosed:
        """For the home screen: True when open, PortalClosed (returned, not raised) when closed, False otherwise."""
        try:
            _decode("status", Status, self._repeat(_Call("status", "GET", "/status"), self._brief()))
        except PortalClosed as closed:
            return closed
        except PortalError:
            return False
        return True

    def _settle(self, linking: Linking, submission: _Call) -> Linked:
        """Find out what became of a submission whose answer was lost."""
        log.warning("the answer to submit was lost: asking the portal how it stands")
        deadline = Deadline(self._settings.timeout_seconds)
        self._pause(deadline)
        try:
            state = self._ask(linking, deadline)
        except PortalError:  # closed, or forgotten, says nothing about what happened before
            raise PortalUnreachable("unknown") from None
        if state.state in (State.BEGUN, State.HELD):
            try:
                return _decode("submit", Linked, self._once(submission, deadline))
            except (NotSent, NoAnswer, PortalBroken, PortalClosed):
                pass
            try:
                state = self._cancel(linking)
            except PortalError:
                raise PortalUnreachable("unknown") from None
        match state.state:
            case State.COMPLETED if state.linked is not None:
                return state.linked
            case State.REFUSED if state.refusal is not None:
                raise PortalRefused(state.refusal)
            case State.EXPIRED:
                raise PortalRefused(Refusal.EXPIRED)
            case State.CANCELLED:
                raise PortalUnreachable("no")
        raise PortalUnreachable("unknown")

    def _ask(self, linking: Linking, deadline: Deadline) -> LinkingState:
        return _decode("state", LinkingState, self._repeat(_Call("state", "GET", f"/linkings/{linking.id}"), deadline))

    def _cancel(self, linking: Linking) -> LinkingState:
        call = _Call("cancel", "POST", f"/linkings/{linking.id}/cancellation", key=_key())
        return _decode("cancel", LinkingState, self._repeat(call, self._brief()))

    def _repeat(self, call: _Call, deadline: Deadline | None = None) -> bytes:
        """Send what is safe to send again, at most twice."""
        deadline = deadline or Deadline(self._settings.timeout_seconds)
        sent: Literal["no", "unknown"] = "no"
        for last in (False, True):
            try:
                return self._once(call, deadline)
            except NotSent:
                pass
            except NoAnswer:
                sent = "unknown"
            if not last:
                self._pause(deadline)
        raise PortalUnreachable(sent)

    def _once(self, call: _Call, deadline: Deadline) -> bytes:
        """One exchange. Returns the body of a 2xx; raises NotSent, NoAnswer, or what the problem says."""
        if self._tls is None:
            try:
                self.check()
            except Misconfigured as error:
                if str(error) != self._complaint:  # asked every few seconds: once is enough to read
                    self._complaint = str(error)
                    log.error("%s", error)
                raise PortalUnreachable("no") from None
        assert self._tls is not None
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        answer = exchange(self._settings, self._tls, deadline, call.method, call.path, call.body, headers)
        if 200 <= answer.status < 300 and answer.content_type == "application/json" and answer.body is not None:
            return answer.body
        raise _problem(call.name, answer)

    def _brief(self) -> Deadline:
        return Deadline(min(BRIEF_SECONDS, self._settings.timeout_seconds))

    def _pause(self, deadline: Deadline) -> None:
        time.sleep(min(self._settings.retry_after_seconds, deadline.left))


class _Call(msgspec.Struct, frozen=True):
    name: str
    method: str
    path: str
    body: bytes | None = None
    key: str | None = None

    def __repr__(self) -> str:
        return f"<{self.name}>"


def _key() -> str:
    return str(uuid.uuid4())


def _decode(call: str, kind: type[T], body: bytes) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise PortalBroken(call) from None  # the decoder's own words may quote the answer


def _problem(call: str, answer: Answer) -> Exception:
    """What an answer other than a good one means."""
    problem = Problem("")
    if answer.content_type == "application/problem+json" and answer.body is not None:
        try:
            problem = _decode(call, Problem, answer.body)
        except PortalBroken as broken:
            return NoAnswer() if answer.status >= 500 else broken
    reason = problem.type.removeprefix(PROBLEM) if problem.type.startswith(PROBLEM) else ""
    if reason == "closed":
        return PortalClosed(_worth_showing(problem.opens_at) or _worth_showing(_after(answer.retry_after)))
    if answer.status >= 500:
        return NoAnswer()
    if reason == "linking_unknown":
        return PortalRefused(Refusal.EXPIRED)
    if reason in _REFUSALS and answer.status >= 400:
        return PortalRefused(Refusal(reason))
    return PortalBroken(call)


_REFUSALS = {each.value for each in Refusal}


def _after(seconds: str | None) -> datetime | None:
    """The moment a Retry-After in seconds names, to the minute: asked again, it should name the same."""
    if seconds is None or not seconds.isascii() or not seconds.isdigit() or len(seconds) > 8:
        return None
    return (datetime.now(UTC) + timedelta(seconds=int(seconds) + 30)).replace(second=0, microsecond=0)


def _worth_showing(opens_at: datetime | None) -> OpensAt | None:
    """The moment, if it is yet to come and not too far; what else a portal may say helps nobody."""
    now = datetime.now(UTC)
    return OpensAt(opens_at) if opens_at is not None and now < opens_at <= now + LONGEST_CLOSURE else None
