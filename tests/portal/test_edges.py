"""The client, its one way out replaced: what each call sends, and what each kind of answer means at its edges."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.config.kiosk import Portal
from kiosk.portal import client as client_file
from kiosk.portal.client import BRIEF_SECONDS, LONGEST_CLOSURE, PortalClient
from kiosk.portal.errors import PortalBroken, PortalClosed, PortalRefused, PortalUnreachable
from kiosk.portal.exchange import Answer, Deadline, NoAnswer, NotSent
from kiosk.portal.model import Applicant, Linking, Refusal, State, Terms

TERMS = Terms("1", hashlib.sha256(b"text").hexdigest(), "text")
LINKING = Linking("linking-0123456789", "n" * 22, TERMS, datetime(2030, 1, 1, tzinfo=UTC))
APPLICANT = Applicant("見本　花子", "東京都見本区", "19860709", "female")
SETTINGS = Portal(retry_after_seconds=0.1)


class Wire:
    """In the place of `exchange`: keeps what goes out, and answers with what it is given, the last again and again."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, bytes | None, dict[str, str]]] = []
        self.left: list[float] = []

    def __call__(
        self,
        settings: Portal,
        context: object,
        deadline: Deadline,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        self.sent.append((method, path, body, headers or {}))
        self.left.append(deadline.left)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def good(body: bytes = b"nonsense") -> Answer:
    return Answer(200, "application/json", None, body)


def problem(status: int, reason: str = "", retry_after: str | None = None) -> Answer:
    body = b'{"type": "tag:kiosk.invalid,2026:' + reason.encode() + b'"}'
    return Answer(status, "application/problem+json", retry_after, body)


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch) -> Callable[[Wire], PortalClient]:
    def over(wire: Wire) -> PortalClient:
        monkeypatch.setattr(client_file, "exchange", wire)
        monkeypatch.setattr(client_file, "tls_context", lambda settings: object())
        return PortalClient(SETTINGS)

    return over


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("text", True),
        ("a text of words", True),
        ("第一条　\n第二条", True),
        *((f"a{chr(code)}b", code == 10) for code in range(32)),
    ],
)
def test_terms_are_lines_of_words_and_their_digest_is_theirs(text: str, fits: bool) -> None:
    digest = hashlib.sha256(text.encode()).hexdigest()
    with nullcontext() if fits else pytest.raises(ValueError, match="control characters"):
        assert Terms("1", digest, text).text == text
    with pytest.raises(ValueError, match="digest"):
        Terms("1", digest, f"{text}。")


PATH = f"/linkings/{LINKING.id}"
CALLS = [
    ("begin", lambda portal: portal.begin(), "POST", "/linkings", True),
    ("hold", lambda portal: portal.hold(LINKING, APPLICANT), "PUT", f"{PATH}/applicant", True),
    ("state", lambda portal: portal.state(LINKING), "GET", PATH, False),
]


@pytest.mark.parametrize(("name", "call", "method", "path", "key"), CALLS, ids=lambda value: str(value)[:20])
def test_each_call_goes_where_the_contract_says_and_names_itself_when_the_answer_is_none(
    over: Callable[[Wire], PortalClient],
    name: str,
    call: Callable[[PortalClient], object],
    method: str,
    path: str,
    key: bool,
) -> None:
    wire = Wire(good())
    with pytest.raises(PortalBroken) as caught:
        call(over(wire))
    assert caught.value.call == name
    assert str(caught.value) == f"the portal's answer to {name} does not follow the contract"
    (sent,) = wire.sent
    assert sent[:2] == (method, path)
    assert ("Idempotency-Key" in sent[3]) is key
    assert ("Content-Type" in sent[3]) is (sent[2] is not None)


def test_what_is_repeated_carries_the_same_key(over: Callable[[Wire], PortalClient]) -> None:
    wire = Wire(NoAnswer())
    with pytest.raises(PortalUnreachable) as caught:
        over(wire).begin()
    first, second = (sent[3]["Idempotency-Key"] for sent in wire.sent)
    assert first == second and len(first) == 36
    assert caught.value.sent == "unknown"


@pytest.mark.parametrize(
    "call", [*(call for _, call, *_ in CALLS), lambda portal: portal.submit(LINKING, b"cms")], ids=[*"bhs", "submit"]
)
def test_it_waits_between_two_tries_and_after_the_last_nobody_waits_any_more(
    over: Callable[[Wire], PortalClient], monkeypatch: pytest.MonkeyPatch, call: Callable[[PortalClient], object]
) -> None:
    wire, waited = Wire(NotSent()), []
    monkeypatch.setattr("kiosk.portal.client.time.sleep", lambda seconds: waited.append((len(wire.sent), seconds)))
    with pytest.raises(PortalUnreachable):
        call(over(wire))
    assert len(wire.sent) == 2
    assert waited == [(1, SETTINGS.retry_after_seconds)]


def not_now(status: int, kind: str, retry_after: str | None = None) -> Answer:
    body = b"{}" if kind == "application/json" else b'{"type": 7}' if kind == "application/problem+json" else b"<html>"
    return Answer(status, kind, retry_after, body)


@pytest.mark.parametrize("call", [call for _, call, *_ in CALLS], ids=[*"bhs"])
@pytest.mark.parametrize("kind", ["application/problem+json", "application/json", "text/html", ""])
@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_portal_that_cannot_just_now_is_asked_once_more_and_then_cannot_be_reached(
    over: Callable[[Wire], PortalClient],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    kind: str,
    call: Callable[[PortalClient], object],
) -> None:
    monkeypatch.setattr("kiosk.portal.client.time.sleep", lambda seconds: None)
    wire = Wire(not_now(status, kind))
    with pytest.raises(PortalUnreachable) as caught:
        call(over(wire))
    first, second = wire.sent
    assert first == second and caught.value.sent == "unknown"
    with pytest.raises(PortalBroken):  # the second answer counts
        call(over(Wire(not_now(status, kind), good())))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
@pytest.mark.parametrize(
    ("asks", "waits"),
    [
        ("0", 0.1),
        ("1", 1),
        ("9", 9),
        ("11", 0.1),
        ("86400", 0.1),
        ("9" * 400, 0.1),
        ("-1", 0.1),
        ("x", 0.1),
        (None, 0.1),
    ],
)
def test_it_waits_as_long_as_the_portal_asks_when_that_leaves_as_long_for_the_answer(
    over: Callable[[Wire], PortalClient], monkeypatch: pytest.MonkeyPatch, status: int, asks: str | None, waits: float
) -> None:
    waited = list[float]()
    monkeypatch.setattr("kiosk.portal.client.time.sleep", waited.append)
    with pytest.raises(PortalUnreachable):
        over(Wire(not_now(status, "text/html", asks))).begin()
    assert waited == [waits] and SETTINGS.timeout_seconds == 20


@pytest.mark.parametrize("state", ["begun", "held"])
def test_a_portal_that_has_not_ended_what_it_was_to_cancel_leaves_it_unknown(
    over: Callable[[Wire], PortalClient], state: str
) -> None:
    still = good(b'{"state": "%s", "applicant_data": "held"}' % state.encode())
    with pytest.raises(PortalUnreachable) as caught:
        over(Wire(NoAnswer(), NoAnswer(), NoAnswer(), still)).submit(LINKING, b"cms")
    assert caught.value.sent == "unknown"
    assert over(Wire(still)).cancel(LINKING) is None


@pytest.mark.parametrize(("answers", "sent"), [((NotSent(),), "no"), ((NotSent(), NoAnswer()), "unknown")])
def test_whether_the_portal_may_have_acted_is_known(
    over: Callable[[Wire], PortalClient], answers: tuple[Exception, ...], sent: str
) -> None:
    with pytest.raises(PortalUnreachable) as caught:
        over(Wire(*answers)).begin()
    assert caught.value.sent == sent


@pytest.mark.parametrize(
    ("seconds", "wait"),
    [
        ("60", timedelta(minutes=1)),
        (str(30 * 86400 - 60), timedelta(days=30, minutes=-1)),
        (str(30 * 86400 + 60), None),
        ("99999999", None),
        ("999999999", None),
        ("-1", None),
        ("٣", None),
        ("1.5", None),
        ("", None),
        (None, None),
    ],
)
def test_a_closed_portal_opens_when_its_retry_after_says_so_within_a_month(
    over: Callable[[Wire], PortalClient], seconds: str | None, wait: timedelta | None
) -> None:
    assert timedelta(days=30) == LONGEST_CLOSURE
    with pytest.raises(PortalClosed) as caught:
        over(Wire(problem(503, "closed", seconds))).begin()
    if wait is None:
        assert caught.value.opens_at is None
    else:
        assert caught.value.opens_at is not None
        assert abs(datetime.now(UTC) - (caught.value.opens_at - wait)) < timedelta(seconds=31), "to the minute"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "opens_at",
    ['""', '"2026-11-28T08:30:00"', '"tomorrow"', "7", "null", "[]", '{"at": 1}', '"0001-01-01T00:00:00+14:00"'],
)
def test_a_closed_portal_is_closed_whatever_it_says_of_its_opening(
    over: Callable[[Wire], PortalClient], opens_at: str, status: int
) -> None:
    body = b'{"type": "tag:kiosk.invalid,2026:closed", "opens_at": %s}' % opens_at.encode()
    with pytest.raises(PortalClosed) as caught:
        over(Wire(Answer(status, "application/problem+json", None, body))).begin()
    assert caught.value.opens_at is None


@pytest.mark.parametrize("end", [datetime.min, datetime(1, 1, 20), datetime(9999, 12, 31, 23, 59, 59)])
def test_a_certificate_may_end_where_the_calendar_does(over: Callable[[Wire], PortalClient], end: datetime) -> None:
    wire = Wire(replace(good(), ends=end.replace(tzinfo=UTC)))
    client = over(wire)
    with pytest.raises(PortalBroken):
        client.begin()
    assert client.certificate(datetime.now(UTC)) == ("ended" if end.year == 1 else "lasting")


@pytest.mark.parametrize("reason", list(Refusal), ids=lambda reason: reason.value)
def test_every_reason_of_the_contract_is_a_refusal_when_it_comes_as_one(
    over: Callable[[Wire], PortalClient], reason: Refusal
) -> None:
    with pytest.raises(PortalRefused) as caught:
        over(Wire(problem(409, reason.value))).begin()
    assert caught.value.reason is reason
    with pytest.raises(PortalBroken):
        over(Wire(problem(399, reason.value))).begin()
    with pytest.raises(PortalUnreachable):  # a server that fails says nothing about what was done
        over(Wire(problem(500, reason.value))).begin()


@pytest.mark.parametrize("body", [b"nonsense", b'{"type": "about:blank"}'], ids=["unreadable", "no reason of ours"])
@pytest.mark.parametrize(("status", "end"), [(499, PortalBroken), (500, PortalUnreachable), (599, PortalUnreachable)])
def test_a_server_that_fails_is_away_and_one_that_speaks_otherwise_is_broken(
    over: Callable[[Wire], PortalClient], status: int, end: type[Exception], body: bytes
) -> None:
    with pytest.raises(end):
        over(Wire(Answer(status, "application/problem+json", None, body))).begin()


def test_a_linking_that_the_portal_does_not_know_has_expired(over: Callable[[Wire], PortalClient]) -> None:
    with pytest.raises(PortalRefused) as caught:
        over(Wire(problem(404, "linking_unknown"))).state(LINKING)
    assert caught.value.reason is Refusal.EXPIRED
    assert over(Wire(problem(404, "linking_unknown"))).cancel(LINKING) is State.EXPIRED


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, "application/problem+json", None, b'{"type": "about:blank"}'),
        Answer(400, "application/problem+json", None, b"nonsense"),
        Answer(400, "text/html", None, b"closed"),
        Answer(300, "application/json", None, b"{}"),
        Answer(200, "text/html", None, b"{}"),
        Answer(200, "application/json", None, None),
    ],
)
def test_an_answer_outside_of_the_contract_is_broken(over: Callable[[Wire], PortalClient], answer: Answer) -> None:
    with pytest.raises(PortalBroken) as caught:
        over(Wire(answer)).begin()
    assert caught.value.call == "begin"


def test_a_person_who_leaves_waits_for_the_portal_for_a_few_seconds_only(
    over: Callable[[Wire], PortalClient],
) -> None:
    wire = Wire(NotSent())
    assert over(wire).cancel(LINKING) is None
    assert over(wire).reachable() is False
    assert all(4 < left <= BRIEF_SECONDS == 5 for left in wire.left)
    with pytest.raises(PortalUnreachable):
        over(wire).begin()
    assert wire.left[-1] > 15


def test_the_home_screen_is_told_open_closed_or_away(over: Callable[[Wire], PortalClient]) -> None:
    assert over(Wire(good(b'{"status": "open"}'))).reachable() is True
    assert isinstance(over(Wire(problem(503, "closed"))).reachable(), PortalClosed)
    assert over(Wire(good(b'{"status": "asleep"}'))).reachable() is False


def test_the_portals_certificate_counts_as_the_last_answer_bore_it(over: Callable[[Wire], PortalClient]) -> None:
    first, then = (datetime(year, 1, 1, tzinfo=UTC) for year in (2031, 2033))
    answers = (replace(good(b'{"status": "open"}'), ends=ends) for ends in (first, then))
    portal = over(Wire(*answers))
    for ends in (first, then):
        assert portal.reachable() is True
        assert portal.ends == ends


def test_an_address_whose_port_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"portal\.url: https://portal\.example:99999: .*; correct it"):
        PortalClient(Portal(url="https://portal.example:99999")).check()


def test_settings_that_lead_nowhere_are_complained_of_once_and_nothing_is_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    portal = PortalClient(Portal(retry_after_seconds=0.1))
    assert portal.reachable() is False
    assert portal.reachable() is False
    assert [record.getMessage() for record in caplog.records] == [
        "portal.ca_file, portal.certificate_file and portal.key_file must be set to reach the portal; "
        "its operator gives you the three files"
    ]
