"""The portal misbehaves in every way it can, and the client says only what is true."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from kiosk.config.kiosk import Portal
from kiosk.portal.client import (
    PROBLEM,
    PortalBroken,
    PortalClient,
    PortalClosed,
    PortalRefused,
    PortalUnreachable,
    Sent,
    _problem,
)
from kiosk.portal.exchange import Answer
from kiosk.portal.model import Linking, Purpose, Refusal, State
from kiosk.sim.portal.faults import MALFORMED, Fault
from kiosk.sim.portal.sandbox import Sandbox
from tests.portal.conftest import Visitor

Visitors = Callable[..., Visitor]
NOWHERE = "https://127.0.0.1:9/v1"  # discard: nothing listens there


@pytest.fixture
def held(client: PortalClient, visitor: Visitors) -> tuple[Visitor, Linking]:
    guest, linking = visitor("excellent"), client.begin()
    client.hold(linking, guest.applicant)
    return guest, linking


def test_an_answer_lost_after_the_commit_is_asked_for(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Linking]
) -> None:
    guest, linking = held
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit")
    linked = client.submit(linking, guest.cms(linking))
    assert linked == client.state(linking).linked


def test_a_refusal_whose_answer_was_lost_is_asked_for(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    guest, linking = visitor("revoked"), client.begin()
    client.hold(linking, guest.applicant)
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit")
    with pytest.raises(PortalRefused) as refused:
        client.submit(linking, guest.cms(linking))
    assert refused.value.reason is Refusal.CERTIFICATE_REVOKED


def test_a_submission_lost_on_its_way_is_sent_again(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Linking]
) -> None:
    guest, linking = held
    sandbox.faults.switch_on(Fault.CUT, on="submit", times=1)
    assert client.submit(linking, guest.cms(linking)).reference


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.SERVER_ERROR])
def test_a_submission_that_never_arrives_is_cancelled_and_then_certainly_not_done(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Linking], fault: Fault
) -> None:
    guest, linking = held
    sandbox.faults.switch_on(fault, on="submit")
    with pytest.raises(PortalUnreachable) as unreachable:
        client.submit(linking, guest.cms(linking))
    assert unreachable.value.sent == "no"
    assert client.state(linking).state is State.CANCELLED
    assert sandbox.held_count() == 0


def test_only_a_portal_that_cannot_be_asked_either_leaves_it_unknown(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Linking]
) -> None:
    guest, linking = held
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit")
    sandbox.faults.switch_on(Fault.CUT, on="state")
    sandbox.faults.switch_on(Fault.SERVER_ERROR, on="cancel")
    with pytest.raises(PortalUnreachable) as unreachable:
        client.submit(linking, guest.cms(linking))
    assert unreachable.value.sent == "unknown"


ASKED_IN_VAIN = [(Fault.CUT, ""), (Fault.SERVER_ERROR, ""), (Fault.SLOW, "30"), (Fault.MALFORMED, "not_json")]


@pytest.mark.parametrize(("fault", "value"), ASKED_IN_VAIN)
def test_what_the_question_does_not_settle_cancelling_does_when_it_was_done(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Linking], fault: Fault, value: str
) -> None:
    guest, linking = held
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit")
    sandbox.faults.switch_on(fault, on="state", value=value)
    linked = client.submit(linking, guest.cms(linking))
    sandbox.faults.clear()
    assert linked == client.state(linking).linked


@pytest.mark.parametrize(("fault", "value"), ASKED_IN_VAIN)
def test_what_the_question_does_not_settle_cancelling_does_when_it_was_not_done(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Linking], fault: Fault, value: str
) -> None:
    guest, linking = held
    sandbox.faults.switch_on(Fault.SERVER_ERROR if fault is Fault.CUT else Fault.CUT, on="submit")
    sandbox.faults.switch_on(fault, on="state", value=value)
    with pytest.raises(PortalUnreachable) as unreachable:
        client.submit(linking, guest.cms(linking))
    assert unreachable.value.sent == "no"
    sandbox.faults.clear()
    assert (client.state(linking).state, sandbox.held_count()) == (State.CANCELLED, 0)


def test_a_refusal_that_cannot_be_asked_for_is_told_by_the_cancelling(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    guest, linking = visitor("revoked"), client.begin()
    client.hold(linking, guest.applicant)
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit")
    sandbox.faults.switch_on(Fault.CUT, on="state")
    with pytest.raises(PortalRefused) as refused:
        client.submit(linking, guest.cms(linking))
    assert refused.value.reason is Refusal.CERTIFICATE_REVOKED


def test_it_knows_whether_the_portal_may_be_holding_something(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    guest, linking = visitor("excellent"), client.begin()
    assert not client.holding
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="hold")
    with pytest.raises(PortalUnreachable):
        client.hold(linking, guest.applicant)
    sandbox.faults.clear()
    assert client.holding and sandbox.held_count() == 1
    client.cancel(linking)
    assert not client.holding
    guest.link(client)
    assert not client.holding
    with pytest.raises(PortalRefused):
        guest.link(client)  # a second time
    assert not client.holding


def test_it_knows_what_was_sent_last_and_how_that_ended_as_far_as_the_portal_has_said_so(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    guest, linking = visitor("excellent"), client.begin()
    assert client.last is None, "nothing was sent"
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="hold")
    with pytest.raises(PortalUnreachable):
        client.hold(linking, guest.applicant)
    assert client.last == Sent(Purpose.LINKING)
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="cancel")
    assert client.cancel(linking) is None and client.last == Sent(Purpose.LINKING)
    sandbox.faults.clear()
    client.cancel(linking)
    assert client.last == Sent(Purpose.LINKING, State.CANCELLED)
    guest.link(client)
    assert client.last == Sent(Purpose.LINKING, State.COMPLETED)
    with pytest.raises(PortalRefused):
        guest.link(client)  # a second time
    assert client.last == Sent(Purpose.LINKING), "linked it may be all the same"


def test_a_portal_that_has_forgotten_everything_leaves_it_unknown(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Linking]
) -> None:
    guest, linking = held
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit")
    signed = guest.cms(linking)
    find = sandbox.linkings.find

    def forgetful(owner: str, name: str) -> object:
        entry = find(owner, name)
        if entry is not None and entry.ended:
            sandbox.linkings.clear()
            return None
        return entry

    sandbox.linkings.find = forgetful  # type: ignore[assignment,method-assign]
    try:
        with pytest.raises(PortalUnreachable) as unreachable:
            client.submit(linking, signed)
    finally:
        del sandbox.linkings.find
    assert unreachable.value.sent == "unknown"


def test_a_slow_decision_is_waited_for_and_not_made_twice(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Linking]
) -> None:
    guest, linking = held
    sandbox.faults.switch_on(Fault.SLOW, on="submit", times=1, value="30")
    started = time.monotonic()
    assert client.submit(linking, guest.cms(linking)).reference
    assert time.monotonic() - started < 2.0 + 2.0


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_a_spoilt_answer_to_a_submission_is_asked_for(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Linking], kind: str
) -> None:
    guest, linking = held
    sandbox.faults.switch_on(Fault.MALFORMED, on="submit", value=kind)
    assert client.submit(linking, guest.cms(linking)) == client.state(linking).linked


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_every_hostile_answer_is_called_broken_and_nothing_of_it_is_repeated(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors, kind: str
) -> None:
    linking = client.begin()
    sandbox.faults.switch_on(Fault.MALFORMED, value=kind)
    calls: list[Callable[[], object]] = [
        client.begin,
        lambda: client.hold(linking, visitor("excellent").applicant),
        lambda: client.state(linking),
    ]
    for call in calls:
        with pytest.raises(PortalBroken) as broken:
            call()
        assert len(str(broken.value)) < 100
    assert client.reachable() is False
    assert client.cancel(linking) is None


def test_terms_whose_digest_does_not_fit_are_broken(client: PortalClient, sandbox: Sandbox) -> None:
    decisions = sandbox._decisions
    true = decisions.terms
    forged = msgspec.structs.replace(true)
    msgspec.structs.force_setattr(forged, "text", true.text + "。")
    decisions.terms = forged
    try:
        with pytest.raises(PortalBroken):
            client.begin()
    finally:
        decisions.terms = true


@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.TRICKLE])
def test_a_portal_that_dawdles_is_given_up_at_the_deadline(sandbox: Sandbox, settings: Portal, fault: Fault) -> None:
    sandbox.faults.switch_on(fault)
    started = time.monotonic()
    with pytest.raises(PortalUnreachable):
        PortalClient(msgspec.structs.replace(settings, timeout_seconds=0.7)).begin()
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.SERVER_ERROR, Fault.LOST_ANSWER])
def test_one_failure_of_begin_is_bridged_by_the_retry(client: PortalClient, sandbox: Sandbox, fault: Fault) -> None:
    sandbox.faults.switch_on(fault, times=1)
    assert client.begin().id


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.SERVER_ERROR, Fault.LOST_ANSWER])
def test_a_portal_that_keeps_failing_is_unreachable(client: PortalClient, sandbox: Sandbox, fault: Fault) -> None:
    sandbox.faults.switch_on(fault)
    with pytest.raises(PortalUnreachable):
        client.begin()
    assert client.reachable() is False


def test_a_portal_that_is_not_there_has_done_nothing(settings: Portal) -> None:
    client = PortalClient(msgspec.structs.replace(settings, url=NOWHERE))
    with pytest.raises(PortalUnreachable) as unreachable:
        client.begin()
    assert unreachable.value.sent == "no"
    assert client.reachable() is False


@pytest.mark.parametrize("takes", ["the name server", "every address"])
def test_a_portal_whose_name_leads_nowhere_for_long_is_given_up_at_the_deadline(
    settings: Portal, monkeypatch: pytest.MonkeyPatch, takes: str
) -> None:
    """A resolver knows no deadline, and where many addresses do not even refuse, each would have its own."""
    silent = socket.create_server(("0.0.0.0", 0), backlog=0)
    port = silent.getsockname()[1]
    held = [socket.socket() for _ in range(4)]
    for waiting in held:
        waiting.setblocking(False)
        waiting.connect_ex(("127.0.0.1", port))  # nobody takes them, and the kernel answers no more

    def resolve(*_: Any, **__: Any) -> list[Any]:
        if takes == "the name server":
            threading.Event().wait(20)
        return [(2, 1, 6, "", (f"127.0.0.{last}", port)) for last in range(1, 7)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url = f"https://portal.test:{port}/"
    client = PortalClient(msgspec.structs.replace(settings, url=url, timeout_seconds=1.0, retry_after_seconds=0.1))
    for asks, longest in ((client.begin, 1.0), (client.reachable, 2.0)):
        started = time.monotonic()
        try:
            assert asks() is False
        except PortalUnreachable as unreachable:
            assert unreachable.sent == "no"
        assert time.monotonic() - started < longest + 2.5, "and not as long as all of it would take: 6 s, 20 s"
    for each in (silent, *held):
        each.close()


def test_a_submission_to_a_portal_that_went_away_has_done_nothing(
    settings: Portal, held: tuple[Visitor, Linking]
) -> None:
    guest, linking = held
    away = PortalClient(msgspec.structs.replace(settings, url=NOWHERE))
    with pytest.raises(PortalUnreachable) as unreachable:
        away.submit(linking, guest.cms(linking))
    assert unreachable.value.sent == "no"
    assert away.cancel(linking) is None


def test_leaving_is_not_held_up_by_a_slow_portal(client: PortalClient, sandbox: Sandbox) -> None:
    linking = client.begin()
    sandbox.faults.switch_on(Fault.SLOW, on="cancel")
    started = time.monotonic()
    assert client.cancel(linking) is None
    assert time.monotonic() - started < 3


def test_a_closed_portal_says_when_it_opens(client: PortalClient, sandbox: Sandbox) -> None:
    assert client.reachable() is True
    sandbox.faults.switch_on(Fault.CLOSED, value="90")
    closed = client.reachable()
    assert isinstance(closed, PortalClosed)
    assert closed.opens_at is not None
    assert abs(datetime.now(UTC) - (closed.opens_at - timedelta(minutes=90))) < timedelta(seconds=30)
    with pytest.raises(PortalClosed):
        client.begin()


def closed(retry_after: str | None = None, **members: str) -> datetime | None:
    body = {"type": f"{PROBLEM}closed", **members}
    problem = _problem("status", Answer(503, "application/problem+json", retry_after, msgspec.json.encode(body)))
    assert isinstance(problem, PortalClosed)
    return problem.opens_at


def test_the_moment_of_opening_is_the_portals_own_or_what_it_asks_to_wait() -> None:
    soon = (datetime.now(UTC) + timedelta(hours=9)).replace(microsecond=0)
    assert closed(opens_at=soon.isoformat()) == soon
    assert closed("60", opens_at=soon.isoformat()) == soon
    waited = closed("3600")
    assert waited is not None and abs(waited - datetime.now(UTC) - timedelta(hours=1)) <= timedelta(seconds=31)
    assert (waited.second, waited.microsecond) == (0, 0), "asked again a moment later it is the same"
    assert closed() is None


@pytest.mark.parametrize("retry_after", ["", "-5", "1.5", "99999999", "Wed, 21 Oct 2026 07:28:00 GMT", "٣"])
def test_a_wait_that_is_no_number_of_seconds_or_too_long_names_no_moment(retry_after: str) -> None:
    assert closed(retry_after) is None


@pytest.mark.parametrize(
    "opens_at", ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2062-01-01T00:00:00Z"]
)
def test_an_opening_that_is_over_or_far_off_is_not_shown(opens_at: str) -> None:
    assert closed(opens_at=opens_at) is None


def test_a_portal_that_closes_before_the_submission_has_done_nothing(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Linking]
) -> None:
    guest, linking = held
    sandbox.faults.switch_on(Fault.CLOSED)
    with pytest.raises(PortalClosed):
        client.submit(linking, guest.cms(linking))
    assert client.state(linking).state is State.HELD  # answered although closed


def test_an_error_tells_nothing_of_the_person(client: PortalClient, sandbox: Sandbox, visitor: Visitors) -> None:
    guest = visitor("moved")
    with pytest.raises(PortalRefused) as refused:
        guest.link(client)
    assert guest.person.name not in repr(refused.value) + str(refused.value)
