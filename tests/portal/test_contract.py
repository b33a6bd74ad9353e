"""The contract, asked of the running sandbox without the kiosk's client between."""

from __future__ import annotations

import base64
import json
import re
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

from kiosk.config.kiosk import Portal
from kiosk.portal.begun import LIFETIME_SECONDS
from kiosk.portal.exchange import ANSWER_LIMIT
from kiosk.portal.model import FOREIGN, Linking, Offer, Purpose, Refusal, Release, Request, State, Terms
from kiosk.sim.portal.faults import Fault
from kiosk.sim.portal.problems import PROBLEM, STATUS
from kiosk.sim.portal.sandbox import Sandbox
from tests.portal.conftest import Visitor

CONTRACT = Path("kiosk/portal/openapi.yaml")
Visitors = Callable[..., Visitor]
LINKINGS, RELEASES = "/linkings", "/releases"
either = pytest.mark.parametrize(("path", "who"), [(LINKINGS, "excellent"), (RELEASES, "reobtained")])


class Kiosk:
    """Sends what it is told to."""

    def __init__(self, settings: Portal) -> None:
        self.base = settings.url
        self.http = urllib3.PoolManager(
            ca_certs=settings.ca_file, cert_file=settings.certificate_file, key_file=settings.key_file, retries=False
        )

    def send(self, method: str, path: str, body: object = None, key: str | None = None, **more: Any) -> Any:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        return self.http.request(method, self.base + path, body=content, headers=headers | more)

    def begin(self, path: str = LINKINGS) -> Request:
        made = self.send("POST", path).json()
        parts = made["id"], made["nonce"], Terms(**made["terms"]), made["expires"]
        return Release(*parts, made["scope"]) if path == RELEASES else Linking(*parts)


@pytest.fixture
def kiosk(settings: Portal) -> Kiosk:
    return Kiosk(settings)


def attributes(guest: Visitor) -> dict[str, str]:
    who = guest.applicant
    return {"name": who.name, "address": who.address, "birth_date": who.birth_date, "sex": who.sex}


def submission(guest: Visitor, linking: Request) -> dict[str, str]:
    return {"cms": base64.b64encode(guest.cms(linking)).decode(), "terms_sha256": linking.terms.sha256}


def kind(answer: Any) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status
    return str(problem["type"]).removeprefix(PROBLEM)


def test_contract_model_and_sandbox_name_the_same_refusals_states_and_problems() -> None:
    schemas = yaml.safe_load(CONTRACT.read_text("utf-8"))["components"]["schemas"]
    assert {each.removeprefix(PROBLEM) for each in schemas["Problem"]["properties"]["type"]["enum"]} == set(STATUS)
    assert {each.value for each in Refusal} <= set(STATUS)
    for purpose, refusals, state in (
        (Purpose.LINKING, "Refusal", "LinkingState"),
        (Purpose.RELEASE, "ReleaseRefusal", "ReleaseState"),
    ):
        own = set(Refusal) - FOREIGN[purpose] - {Refusal.EXPIRED}
        assert set(schemas[refusals]["enum"]) == {each.value for each in own}
        assert schemas[state]["properties"]["state"]["enum"] == [each.value for each in State]


def test_contract_and_page_name_what_a_portal_may_leave_out_and_since_when() -> None:
    contract = yaml.safe_load(CONTRACT.read_text("utf-8"))["info"]
    page = Path("docs/portal.md").read_text("utf-8")
    offers = [each.value for each in Offer]
    assert re.findall(r"^\| `(\w+)` \| (?:`/releases`|the state)", contract["description"], re.MULTILINE) == offers
    assert re.findall(r"^\| `(\w+)` \| the (?:same|state)", page, re.MULTILINE) == offers
    minor = contract["version"].rpartition(".")[0]
    assert f"Version {minor} adds" in page and f"Version {minor} of the contract" in Path("CHANGELOG.md").read_text(
        "utf-8"
    )


def test_what_the_contract_counts_the_kiosk_counts_the_same() -> None:
    words = " ".join(CONTRACT.read_text("utf-8").split())

    def said(sentence: str) -> set[int]:
        return {int(number) for number in re.findall(sentence, words)}

    assert said(r"ends by itself (\d+) minutes later") == {LIFETIME_SECONDS / 60}
    assert said(r"answers at most (\d+) KiB") == {ANSWER_LIMIT / 1024}
    assert said(r"The kiosk waits (\d+) seconds at most") == {Portal().timeout_seconds}


@either
def test_same_key_and_same_body_give_the_same_answer_and_do_it_once(
    kiosk: Kiosk, visitor: Visitors, path: str, who: str
) -> None:
    guest, key = visitor(who), str(uuid.uuid4())
    first, again = (kiosk.send("POST", path, key=key) for _ in range(2))
    assert (first.status, first.json()) == (201, again.json())

    linking = kiosk.begin(path)
    for _ in range(2):
        held = kiosk.send("PUT", f"{path}/{linking.id}/applicant", attributes(guest), key=key)
        assert (held.status, held.json()) == (200, {"phone_certificate": False})
    body = submission(guest, linking)
    answers = [kiosk.send("POST", f"{path}/{linking.id}/signature", body, key=key) for _ in range(2)]
    assert answers[0].status == answers[1].status == 200
    assert answers[0].json() == answers[1].json()
    other = kiosk.send("POST", f"{path}/{linking.id}/signature", body)
    assert (other.status, kind(other)) == (409, "linking_ended")


def test_a_refusal_is_repeated_under_its_key_too(kiosk: Kiosk, visitor: Visitors) -> None:
    guest, linking, key = visitor("no-licence"), kiosk.begin(), str(uuid.uuid4())
    kiosk.send("PUT", f"/linkings/{linking.id}/applicant", attributes(guest))
    body = submission(guest, linking)
    for _ in range(2):
        answer = kiosk.send("POST", f"/linkings/{linking.id}/signature", body, key=key)
        assert (answer.status, kind(answer)) == (422, "no_licence")


@either
def test_same_key_and_another_body_is_a_mismatch(kiosk: Kiosk, visitor: Visitors, path: str, who: str) -> None:
    linking, key = kiosk.begin(path), str(uuid.uuid4())
    kiosk.send("PUT", f"{path}/{linking.id}/applicant", attributes(visitor(who)), key=key)
    answer = kiosk.send("PUT", f"{path}/{linking.id}/applicant", attributes(visitor("both")), key=key)
    assert (answer.status, kind(answer)) == (422, "idempotency_mismatch")


@either
def test_many_submissions_at_once_under_one_key_link_once_and_agree(
    kiosk: Kiosk, visitor: Visitors, path: str, who: str
) -> None:
    guest, linking, key = visitor(who), kiosk.begin(path), str(uuid.uuid4())
    kiosk.send("PUT", f"{path}/{linking.id}/applicant", attributes(guest))
    body, answers = submission(guest, linking), []

    def send() -> None:
        answers.append(kiosk.send("POST", f"{path}/{linking.id}/signature", body, key=key))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json()["reference"] for answer in answers}) == 1


@either
def test_submission_and_cancellation_exclude_each_other(
    kiosk: Kiosk, sandbox: Sandbox, visitor: Visitors, path: str, who: str
) -> None:
    guest = visitor(who)
    for _ in range(4):
        sandbox.drivers.release_all()
        linking = kiosk.begin(path)
        answers: dict[str, Any] = {}
        kiosk.send("PUT", f"{path}/{linking.id}/applicant", attributes(guest))
        body = submission(guest, linking)

        def send(end: str, body: object, linking: Request = linking, answers: dict[str, Any] = answers) -> None:
            answers[end] = kiosk.send("POST", f"{path}/{linking.id}/{end}", body)

        threads = [
            threading.Thread(target=send, args=("signature", body)),
            threading.Thread(target=send, args=("cancellation", None)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = {200: "completed", 409: "cancelled"}[answers["signature"].status]
        assert answers["cancellation"].json()["state"] == expected
    assert sandbox.held_count() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"name":"x"}', 400),
        (b'{"name":"x","address":"x","birth_date":"19800101","sex":"male","my_number":"1"}', 400),
        (b"[" * 60_000, 400),
        (b" " * 70_000, 413),
    ],
)
def test_a_body_that_is_not_what_was_asked_for_is_malformed(kiosk: Kiosk, body: bytes, status: int) -> None:
    answer = kiosk.send("PUT", f"/linkings/{kiosk.begin().id}/applicant", body)
    assert (answer.status, kind(answer)) == (status, "malformed")


def test_only_json_is_taken(kiosk: Kiosk) -> None:
    answer = kiosk.send("PUT", f"/linkings/{kiosk.begin().id}/applicant", b"{}", **{"Content-Type": "text/plain"})
    assert (answer.status, kind(answer)) == (415, "malformed")


@either
def test_a_signature_before_there_is_data_is_not_taken_and_ends_nothing(
    kiosk: Kiosk, visitor: Visitors, path: str, who: str
) -> None:
    guest, linking = visitor(who), kiosk.begin(path)
    answer = kiosk.send("POST", f"{path}/{linking.id}/signature", submission(guest, linking))
    assert (answer.status, kind(answer)) == (409, "not_held")
    assert kiosk.send("GET", f"{path}/{linking.id}").json() == {"state": "begun", "applicant_data": "none"}


@either
def test_nothing_is_held_after_the_end_and_not_even_the_key_of_the_data_is_known(
    kiosk: Kiosk, sandbox: Sandbox, visitor: Visitors, path: str, who: str
) -> None:
    linking, key, body = kiosk.begin(path), str(uuid.uuid4()), attributes(visitor(who))
    kiosk.send("PUT", f"{path}/{linking.id}/applicant", body, key=key)
    kiosk.send("POST", f"{path}/{linking.id}/cancellation")
    answer = kiosk.send("PUT", f"{path}/{linking.id}/applicant", body, key=key)
    assert (answer.status, kind(answer)) == (409, "linking_ended")
    assert sandbox.held_count() == 0


def test_a_portal_of_the_older_version_answers_as_that_did(kiosk: Kiosk, sandbox: Sandbox, visitor: Visitors) -> None:
    sandbox.offer()
    assert kiosk.send("GET", "/status").json() == {"status": "open"}
    gone = kiosk.send("POST", RELEASES)
    assert (gone.status, kind(gone)) == (404, "not_found")
    guest, linking = visitor("linked"), kiosk.begin()
    kiosk.send("PUT", f"/linkings/{linking.id}/applicant", attributes(guest))
    refused = kiosk.send("POST", f"/linkings/{linking.id}/signature", submission(guest, linking))
    assert (refused.status, kind(refused)) == (409, "already_linked")
    state = kiosk.send("GET", f"/linkings/{linking.id}").json()
    assert state.keys() == {"state", "applicant_data", "erased_at", "refusal"}


def test_who_is_linked_already_is_shown_the_licence_and_no_number(
    kiosk: Kiosk, sandbox: Sandbox, visitor: Visitors
) -> None:
    guest, linking = visitor("linked"), kiosk.begin()
    kiosk.send("PUT", f"/linkings/{linking.id}/applicant", attributes(guest))
    kiosk.send("POST", f"/linkings/{linking.id}/signature", submission(guest, linking))
    state = kiosk.send("GET", f"/linkings/{linking.id}")
    assert {"expires", "renewal_from", "renewal_until", "online_lecture", "one_stop_address"} <= state.json()[
        "licence"
    ].keys()
    assert b"reference" not in state.data and b"linked_at" not in state.data


def test_a_closed_portal_says_how_long(kiosk: Kiosk, sandbox: Sandbox) -> None:
    sandbox.faults.switch_on(Fault.CLOSED, value="10")
    answer = kiosk.send("POST", "/linkings")
    assert (answer.status, kind(answer)) == (503, "closed")
    assert 540 < int(answer.headers["Retry-After"]) <= 600
