"""A linking from begin to its end: what is answered, and what is left of the applicant."""

from __future__ import annotations

import hashlib
import itertools
import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.portal.client import PortalClient, PortalRefused
from kiosk.portal.model import Applicant, Purpose, Refusal, State
from kiosk.portal.statement import applicant_sha256, canonical, statement, statement_of
from kiosk.sim.pki import Pki
from kiosk.sim.portal.sandbox import Sandbox, world
from kiosk.sim.portal.signature import Refused, signer
from kiosk.sim.portal.trust import Trust
from tests.portal.conftest import Visitor
from tests.stage import until

Visitors = Callable[..., Visitor]
CONTRACT = Path("kiosk/portal/openapi.yaml")


def test_a_person_is_linked_and_sees_their_licence(client: PortalClient, visitor: Visitors) -> None:
    linked = visitor("excellent").link(client)
    assert linked.licence.colour == "gold"
    assert linked.licence.category == "excellent"
    assert linked.licence.holding == "card_only"
    assert linked.licence.renewal_from < linked.licence.renewal_until == linked.licence.expires


@pytest.mark.parametrize(
    ("who", "lecture", "one_stop"),
    [("excellent", True, True), ("both", True, False), ("violation", False, False), ("first", False, True)],
)
def test_lecture_is_for_excellent_and_general_and_one_stop_for_those_with_the_card_only(
    client: PortalClient, visitor: Visitors, who: str, lecture: bool, one_stop: bool
) -> None:
    licence = visitor(who).link(client).licence
    assert (licence.online_lecture, licence.one_stop_address) == (lecture, one_stop)


def test_substitute_characters_and_a_long_address_agree_with_the_card(client: PortalClient, visitor: Visitors) -> None:
    assert visitor("substitute").link(client).reference


def test_a_phone_can_sign_for_someone_who_has_registered_one(client: PortalClient, visitor: Visitors) -> None:
    phone = visitor("phone", "phone")
    linking = client.begin()
    assert client.hold(linking, phone.applicant).phone_certificate
    assert client.submit(linking, phone.cms(linking)).reference


def test_signing_with_a_phone_is_not_offered_to_others(client: PortalClient, visitor: Visitors) -> None:
    assert not client.hold(client.begin(), visitor("excellent").applicant).phone_certificate


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("linked", Refusal.ALREADY_LINKED),
        ("no-licence", Refusal.NO_LICENCE),
        ("moved", Refusal.ATTRIBUTES_DIFFER),
        ("expired", Refusal.CERTIFICATE_EXPIRED),
        ("revoked", Refusal.CERTIFICATE_REVOKED),
        ("reobtained", Refusal.RELEASE_FIRST),
    ],
)
def test_each_person_who_cannot_be_linked_hears_why(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors, who: str, reason: Refusal
) -> None:
    guest, linking = visitor(who), client.begin()
    client.hold(linking, guest.applicant)
    with pytest.raises(PortalRefused) as refused:
        client.submit(linking, guest.cms(linking))
    assert refused.value.reason is reason
    state = client.state(linking)
    assert (state.state, state.refusal, state.applicant_data) == (State.REFUSED, reason, "erased")
    assert sandbox.held_count() == 0


def test_nobody_is_linked_twice(client: PortalClient, visitor: Visitors) -> None:
    visitor("excellent").link(client)
    with pytest.raises(PortalRefused) as refused:
        visitor("excellent").link(client)
    assert refused.value.reason is Refusal.ALREADY_LINKED


def test_a_certificate_of_a_strange_authority_is_unknown(
    client: PortalClient, visitor: Visitors, tmp_path: Path
) -> None:
    impostor = Visitor(visitor("excellent").person, Pki(tmp_path))  # same names throughout, other keys
    with pytest.raises(PortalRefused) as refused:
        impostor.link(client)
    assert refused.value.reason is Refusal.CERTIFICATE_UNKNOWN


def test_terms_that_changed_after_they_were_agreed_to_stop_the_linking(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    guest, linking = visitor("excellent"), client.begin()
    client.hold(linking, guest.applicant)
    sandbox.change_terms()
    with pytest.raises(PortalRefused) as refused:
        client.submit(linking, guest.cms(linking))
    assert refused.value.reason is Refusal.TERMS_CHANGED
    assert client.begin().terms.version != linking.terms.version
    assert guest.link(client).reference


def test_a_signature_for_one_linking_is_worth_nothing_in_another(client: PortalClient, visitor: Visitors) -> None:
    guest, first, second = visitor("excellent"), client.begin(), client.begin()
    client.hold(second, guest.applicant)
    with pytest.raises(PortalRefused) as refused:
        client.submit(second, guest.cms(first))
    assert refused.value.reason is Refusal.SIGNATURE_INVALID


def test_data_changed_after_signing_is_noticed(client: PortalClient, visitor: Visitors) -> None:
    guest, linking = visitor("excellent"), client.begin()
    signed = guest.cms(linking)
    client.hold(linking, visitor("both").applicant)
    with pytest.raises(PortalRefused) as refused:
        client.submit(linking, signed)
    assert refused.value.reason is Refusal.SIGNATURE_INVALID


def test_no_part_of_what_was_signed_can_be_changed(pki: Pki, visitor: Visitors) -> None:
    content = b'{"purpose":"licence-linking/1"}'
    signed, trust = visitor("excellent").sign(content), Trust(pki.anchors)
    trust.check(signer(signed, content))
    digest = signed.index(hashlib.sha256(content).digest())
    regions = [range(signed.index(content), signed.index(content) + len(content)), range(digest, digest + 32)]
    regions += [range(100, 1600, 7), range(len(signed) - 256, len(signed), 5)]  # the certificate, the signature
    for place in itertools.chain(*regions):
        spoilt = bytearray(signed)
        spoilt[place] ^= 1
        with pytest.raises(Refused):
            trust.check(signer(bytes(spoilt), content))


@pytest.mark.parametrize("junk", [b"\x30\x80", b"\x00" * 5000, b"\x30\x84\xff\xff\xff\xff", b"\x30" * 9000])
def test_junk_for_a_signature_is_refused_as_such(client: PortalClient, visitor: Visitors, junk: bytes) -> None:
    linking = client.begin()
    client.hold(linking, visitor("excellent").applicant)
    with pytest.raises(PortalRefused) as refused:
        client.submit(linking, junk)
    assert refused.value.reason is Refusal.SIGNATURE_INVALID


def test_openssl_accepts_what_is_submitted(client: PortalClient, pki: Pki, visitor: Visitors, tmp_path: Path) -> None:
    guest, linking = visitor("excellent"), client.begin()
    (tmp_path / "cms.der").write_bytes(guest.cms(linking))
    (tmp_path / "ca.pem").write_bytes(pki.authority("card", "sign").certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "cms.der", "-CAfile", "ca.pem"]
    verified = subprocess.run([*command, "-purpose", "any"], cwd=tmp_path, capture_output=True, timeout=20)
    assert verified.returncode == 0, verified.stderr.decode()
    assert verified.stdout == statement(linking, guest.applicant)


def test_data_is_held_between_hold_and_completion_and_not_longer(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    guest, linking = visitor("excellent"), client.begin()
    assert (client.state(linking).applicant_data, sandbox.held_count()) == ("none", 0)
    client.hold(linking, guest.applicant)
    assert (client.state(linking).applicant_data, sandbox.held_count()) == ("held", 1)
    linked = client.submit(linking, guest.cms(linking))
    state = client.state(linking)
    assert (state.state, state.applicant_data, sandbox.held_count()) == (State.COMPLETED, "erased", 0)
    assert state.linked == linked
    assert state.erased_at is not None


def test_cancelling_erases(client: PortalClient, sandbox: Sandbox, visitor: Visitors) -> None:
    linking = client.begin()
    client.hold(linking, visitor("excellent").applicant)
    assert client.cancel(linking) is State.CANCELLED
    state = client.state(linking)
    assert (state.state, state.applicant_data, sandbox.held_count()) == (State.CANCELLED, "erased", 0)


def test_cancelling_undoes_nothing(client: PortalClient, visitor: Visitors) -> None:
    guest, linking = visitor("excellent"), client.begin()
    client.hold(linking, guest.applicant)
    client.submit(linking, guest.cms(linking))
    assert client.cancel(linking) is State.COMPLETED
    assert client.state(linking).state is State.COMPLETED


def test_data_is_erased_when_the_time_is_over_although_nobody_asks(
    pki: Pki, portal_directory: Path, visitor: Visitors
) -> None:
    guest = visitor("excellent")
    with Sandbox(*world(pki), directory=portal_directory, lifetime=timedelta(seconds=1)) as brief:
        client = PortalClient(brief.settings)
        linking = client.begin()
        client.hold(linking, guest.applicant)
        assert brief.held_count() == 1
        until(lambda: brief.held_count() == 0, seconds=3)
        state = client.state(linking)
        assert (state.state, state.applicant_data) == (State.EXPIRED, "erased")
        with pytest.raises(PortalRefused) as refused:
            client.submit(linking, guest.cms(linking))
        assert refused.value.reason is Refusal.EXPIRED


def test_a_portal_that_has_forgotten_a_linking_counts_as_expired(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    linking = client.begin()
    sandbox.reset()
    with pytest.raises(PortalRefused) as refused:
        client.hold(linking, visitor("excellent").applicant)
    assert refused.value.reason is Refusal.EXPIRED
    assert client.cancel(linking) is State.EXPIRED


def test_the_statement_is_to_the_byte_what_the_contract_says() -> None:
    """Kiosk and sandbox share the code: an integrator has the text."""
    who = Applicant(name="見本　太郎", address="東京都千代田区霞が関２－１－２", birth_date="19800401", sex="male")
    attributes = '{"address":"東京都千代田区霞が関２－１－２","birth_date":"19800401","name":"見本　太郎","sex":"male"}'
    digest = hashlib.sha256(attributes.encode()).hexdigest()
    assert applicant_sha256(who) == digest
    written = re.findall(r'^ +(\{"applicant_sha256":.*\})$', CONTRACT.read_text("utf-8"), re.MULTILINE)
    assert written == [statement_of(purpose, "…", "…", "…", "…").decode() for purpose in Purpose]


def test_the_statement_is_canonical_json() -> None:
    assert canonical({"b": "𠮷\n\u007f", "a": '"\\/\u0001é'}) == (
        b'{"a":"\\"\\\\/\\u0001\xc3\xa9","b":"\xf0\xa0\xae\xb7\\n\x7f"}'
    )


def test_nothing_of_the_person_is_in_a_repr(client: PortalClient, visitor: Visitors) -> None:
    guest = visitor("excellent")
    linked = guest.link(client)
    shown = repr((guest.applicant, linked, linked.licence))
    assert guest.person.name not in shown
    assert guest.person.birth_date not in shown
    assert linked.reference not in shown
