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
from kiosk.portal.model import FOREIGN, Linking, Purpose, Refusal, State, Terms
from kiosk.sim.portal.faults import Fault
from kiosk.sim.portal.problems import PROBLEM, STATUS
from kiosk.sim.portal.sandbox import Sandbox
from tests.portal.conftest import Visitor

CONTRACT = Path("kiosk/portal/openapi.yaml")
Visitors = Callable[..., Visitor]


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

    def begin(self) -> Linking:
        made = self.send("POST", "/linkings").json()
        return Linking(made["id"], made["nonce"], Terms(**made["terms"]), made["expires"])


@pytest.fixture
def kiosk(settings: Portal) -> Kiosk:
    return Kiosk(settings)


def attributes(guest: Visitor) -> dict[str, str]:
    who = guest.applicant
    return {"name": who.name, "address": who.address, "birth_date": who.birth_date, "sex": who.sex}


def submission(guest: Visitor, linking: Linking) -> dict[str, str]:
    return {"cms": base64.b64encode(guest.cms(linking)).decode(), "terms_sha256": linking.terms.sha256}


def kind(answer: Any) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status
    return str(problem["type"]).removeprefix(PROBLEM)


def test_contract_model_and_sandbox_name_the_same_refusals_states_and_problems() -> None:
    schemas = yaml.safe_load(CONTRACT.read_text("utf-8"))["components"]["schemas"]
    assert {each.removeprefix(PROBLEM) for each in schemas["Problem"]["properties"]["type"]["enum"]} == set(STATUS)
    for purpose, refusals, state in (
        (Purpose.LINKING, "Refusal", "LinkingState"),
        (Purpose.RELEASE, "ReleaseRefusal", "ReleaseState"),
    ):
        own = set(Refusal) - FOREIGN[purpose] - {Refusal.EXPIRED}
        assert set(schemas[refusals]["enum"]) == {each.value for each in own}
        assert schemas[state]["properties"]["state"]["enum"] == [each.value for each in State]


def test_what_the_contract_counts_the_kiosk_counts_the_same() -> None:
    words = " ".join(CONTRACT.read_text("utf-8").split())

    def said(sentence: str) -> set[int]:
        return {int(number) for number in re.findall(sentence, words)}

    assert said(r"ends by itself (\d+) minutes later") == {LIFETIME_SECONDS / 60}
    assert said(r"answers at most (\d+) KiB") == {ANSWER_LIMIT / 1024}
    assert said(r"The kiosk waits (\d+) seconds at most") == {Portal().timeout_seconds}


def test_same_key_and_same_body_give_the_same_answer_and_do_it_once(kiosk: Kiosk, visitor: Visitors) -> None:
    guest, key = visitor("excellent"), str(uuid.uuid4())
    first, again = (kiosk.send("POST", "/linkings", key=key) for _ in range(2))
    assert (first.status, first.json()) == (201, again.json())

    linking = kiosk.begin()
    for _ in range(2):
        held = kiosk.send("PUT", f"/linkings/{linking.id}/applicant", attributes(guest), key=key)
        assert (held.status, held.json()) == (200, {"phone_certificate": False})
    body = submission(guest, linking)
    answers = [kiosk.send("POST", f"/linkings/{linking.id}/signature", body, key=key) for _ in range(2)]
    assert answers[0].status == answers[1].status == 200
    assert answers[0].json() == answers[1].json()
    other = kiosk.send("POST", f"/linkings/{linking.id}/signature", body)
    assert (other.status, kind(other)) == (409, "linking_ended")


def test_a_refusal_is_repeated_under_its_key_too(kiosk: Kiosk, visitor: Visitors) -> None:
    guest, linking, key = visitor("no-licence"), kiosk.begin(), str(uuid.uuid4())
    kiosk.send("PUT", f"/linkings/{linking.id}/applicant", attributes(guest))
    body = submission(guest, linking)
    for _ in range(2):
        answer = kiosk.send("POST", f"/linkings/{linking.id}/signature", body, key=key)
        assert (answer.status, kind(answer)) == (422, "no_licence")


def test_same_key_and_another_body_is_a_mismatch(kiosk: Kiosk, visitor: Visitors) -> None:
    linking, key = kiosk.begin(), str(uuid.uuid4())
    kiosk.send("PUT", f"/linkings/{linking.id}/applicant", attributes(visitor("excellent")), key=key)
    answer = kiosk.send("PUT", f"/linkings/{linking.id}/applicant", attributes(visitor("both")), key=key)
    assert (answer.status, kind(answer)) == (422, "idempotency_mismatch")


def test_many_submissions_at_once_under_one_key_link_once_and_agree(kiosk: Kiosk, visitor: Visitors) -> None:
    guest, linking, key = visitor("excellent"), kiosk.begin(), str(uuid.uuid4())
    kiosk.send("PUT", f"/linkings/{linking.id}/applicant", attributes(guest))
    body, answers = submission(guest, linking), []

    def send() -> None:
        answers.append(kiosk.send("POST", f"/linkings/{linking.id}/signature", body, key=key))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json()["reference"] for answer in answers}) == 1


def test_submission_and_cancellation_exclude_each_other(kiosk: Kiosk, sandbox: Sandbox, visitor: Visitors) -> None:
    guest = visitor("excellent")
    for _ in range(4):
        sandbox.drivers.release_all()
        linking = kiosk.begin()
        answers: dict[str, Any] = {}
        kiosk.send("PUT", f"/linkings/{linking.id}/applicant", attributes(guest))
        body = submission(guest, linking)

        def send(path: str, body: object, linking: Linking = linking, answers: dict[str, Any] = answers) -> None:
            answers[path] = kiosk.send("POST", f"/linkings/{linking.id}/{path}", body)

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


def test_a_signature_before_there_is_data_is_not_taken_and_ends_nothing(kiosk: Kiosk, visitor: Visitors) -> None:
    guest, linking = visitor("excellent"), kiosk.begin()
    answer = kiosk.send("POST", f"/linkings/{linking.id}/signature", submission(guest, linking))
    assert (answer.status, kind(answer)) == (409, "not_held")
    assert kiosk.send("GET", f"/linkings/{linking.id}").json() == {"state": "begun", "applicant_data": "none"}


def test_nothing_is_held_after_the_end_and_not_even_the_key_of_the_data_is_known(
    kiosk: Kiosk, sandbox: Sandbox, visitor: Visitors
) -> None:
    linking, key, body = kiosk.begin(), str(uuid.uuid4()), attributes(visitor("excellent"))
    kiosk.send("PUT", f"/linkings/{linking.id}/applicant", body, key=key)
    kiosk.send("POST", f"/linkings/{linking.id}/cancellation")
    answer = kiosk.send("PUT", f"/linkings/{linking.id}/applicant", body, key=key)
    assert (answer.status, kind(answer)) == (409, "linking_ended")
    assert sandbox.held_count() == 0


def test_a_closed_portal_says_how_long(kiosk: Kiosk, sandbox: Sandbox) -> None:
    sandbox.faults.switch_on(Fault.CLOSED, value="10")
    answer = kiosk.send("POST", "/linkings")
    assert (answer.status, kind(answer)) == (503, "closed")
    assert 540 < int(answer.headers["Retry-After"]) <= 600
