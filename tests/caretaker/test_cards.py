"""A card besides the passcode: only the pinned one, only for what was given just now, and no way round either."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kiosk.caretaker import cards
from kiosk.caretaker.cards import CHALLENGE_SECONDS, NotACard, fingerprint
from kiosk.caretaker.passcode_waits import FREE
from kiosk.caretaker.passcodes import HALF_SECONDS, Admitted, HalfAdmitted, NotDone, Refused, ToChange, hashed
from kiosk.ipc.appointed import Appointed, Appointment, Member
from kiosk.sim.people import KeyKind, people
from kiosk.sim.pki import Credential, Pki
from tests.caretaker.hashes import CHEAP
from tests.caretaker.test_passcodes import GOOD, OTHER, WRONG, Desk
from tests.certificates import odd
from tests.keys import KEYS

CHIEF = 7


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(KEYS)


def certificate_of(credential: Credential) -> bytes:
    assert credential.certificate is not None
    return credential.certificate


def signed(credential: Credential, message: bytes) -> bytes:
    if isinstance(credential.key, rsa.RSAPrivateKey):
        return credential.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    assert isinstance(credential.key, ec.EllipticCurvePrivateKey)
    digest = hashes.SHA384() if credential.key.key_size == 384 else hashes.SHA256()
    return credential.key.sign(message, ec.ECDSA(digest))


def shows(desk: Desk, credential: Credential, number: int = CHIEF) -> Admitted | ToChange | HalfAdmitted | Refused:
    signature = signed(credential, desk.staff.challenge(number))
    return desk.staff.show(number, certificate_of(credential), signature)


@pytest.fixture
def desk(tmp_path: Path, pki: Pki) -> Desk:
    """An officer, and a supervisor who needs a card."""
    desk = Desk(tmp_path)
    desk.staff.add(12, "officer", GOOD)
    desk.staff.add(CHIEF, "supervisor", OTHER)
    desk.staff.pin(CHIEF, fingerprint(certificate_of(pki.staff_card("p256"))))
    desk.told.clear()
    return desk


@pytest.mark.parametrize("kind", ["rsa2048", "p256", "p384"])
@pytest.mark.parametrize("order", [("passcode", "card"), ("card", "passcode")], ids=" then ".join)
def test_passcode_and_card_in_either_order_admit(desk: Desk, pki: Pki, kind: KeyKind, order: tuple[str, str]) -> None:
    credential = pki.staff_card(kind)
    desk.staff.pin(CHIEF, fingerprint(certificate_of(credential)))
    desk.told.clear()
    acts: dict[str, Callable[[], object]] = {
        "passcode": lambda: desk.staff.check(CHIEF, OTHER),
        "card": lambda: shows(desk, credential),
    }
    assert [acts[each]() for each in order] == [HalfAdmitted(), Admitted("supervisor")]
    assert [(each.name, dict(each.fields)) for each in desk.told] == [
        ("staff_admitted", {"staff": CHIEF, "role": "supervisor"})
    ]
    assert desk.staff.check(CHIEF, OTHER) == HalfAdmitted(), "and all begins anew"


def test_it_is_off_until_it_is_pinned_holds_after_a_start_and_goes_again(desk: Desk, pki: Pki) -> None:
    assert desk.staff.check(12, GOOD) == Admitted("officer")
    desk.start()
    assert list(desk.staff.with_card) == [CHIEF] and desk.staff.check(CHIEF, OTHER) == HalfAdmitted()
    desk.staff.pin(CHIEF, None)
    assert not desk.staff.with_card and desk.staff.check(CHIEF, OTHER) == Admitted("supervisor")
    assert [each.name for each in desk.told if each.name.startswith("card")] == ["card_unpinned"]


@pytest.mark.parametrize("way", ["the command line", "the screen"])
def test_whoever_is_removed_has_no_card_any_more_and_that_is_told(desk: Desk, way: str) -> None:
    desk.staff.add(8, "supervisor", GOOD)
    desk.told.clear()
    for number in (CHIEF, 12):
        if way == "the screen":
            desk.staff.act(8, GOOD, number, "remove")
        else:
            desk.staff.remove(number)
    assert [each.name for each in desk.told] == [
        "card_unpinned",
        *["member_removed" if way == "the screen" else "staff_removed"] * 2,
    ]
    assert desk.told[0].fields == {"staff": CHIEF, "role": "supervisor"}
    desk.start()
    assert not desk.staff.with_card


def appoints(desk: Desk, number: str, role: Appointment, removed: tuple[int, ...] = ()) -> None:
    members = {} if CHIEF in removed else {CHIEF: Member(role, hashed(GOOD, CHEAP))}
    desk.told.clear()
    desk.staff.appoint(Appointed(number, members, removed))


def test_another_passcode_by_a_signed_file_takes_no_card_off(desk: Desk, pki: Pki) -> None:
    appoints(desk, "1", "supervisor")
    assert list(desk.staff.with_card) == [CHIEF] and "card_unpinned" not in [each.name for each in desk.told]
    assert desk.staff.check(CHIEF, GOOD) == HalfAdmitted()
    desk.start()
    assert shows(desk, pki.staff_card("p256")) == HalfAdmitted()
    assert desk.staff.check(CHIEF, GOOD) == Admitted("supervisor")


@pytest.mark.parametrize("removed", [(), (CHIEF,)], ids=["another role", "removed"])
def test_a_card_that_goes_with_a_signed_file_is_told(desk: Desk, removed: tuple[int, ...]) -> None:
    appoints(desk, "1", "officer", removed)
    assert not desk.staff.with_card
    assert [(each.name, each.fields["staff"]) for each in desk.told][:2] == [
        ("card_unpinned", CHIEF),
        ("staff_removed", CHIEF),
    ]
    assert desk.told[0].fields["role"] == "supervisor"
    if not removed:
        appoints(desk, "2", "supervisor")
        assert desk.staff.check(CHIEF, GOOD) == Admitted("supervisor"), "who was an officer meanwhile had no card"


def test_a_card_is_for_a_supervisor_who_is_there(desk: Desk) -> None:
    with pytest.raises(NotDone, match="a card is for a supervisor; staff number 12 is officer"):
        desk.staff.pin(12, "0" * 64)
    with pytest.raises(NotDone, match="there is no staff number 99"):
        desk.staff.pin(99, "0" * 64)


def test_no_card_but_the_pinned_one_is_taken_and_a_refusal_is_told_and_costs_no_try(desk: Desk, pki: Pki) -> None:
    pinned, other = pki.staff_card("p256"), pki.staff_card("p384")
    assert shows(desk, other) == Refused(0)
    assert shows(desk, pinned, 12) == Refused(0), "an officer has none"
    assert shows(desk, pinned, 99) == Refused(0), "nor has who is not there"
    mixed = signed(other, desk.staff.challenge(CHIEF))
    assert desk.staff.show(CHIEF, certificate_of(pinned), mixed) == Refused(0)
    assert [(each.name, each.fields["staff"]) for each in desk.told] == [
        ("card_refused", number) for number in (CHIEF, 12, 0, CHIEF)
    ]
    assert desk.staff.check(CHIEF, OTHER) == HalfAdmitted() and desk.staff.check(12, GOOD) == Admitted("officer")


def test_what_was_signed_holds_for_one_number_once_and_for_a_minute(desk: Desk, pki: Pki) -> None:
    credential = pki.staff_card("p256")
    certificate = certificate_of(credential)
    desk.staff.add(8, "supervisor", GOOD + "7")
    desk.staff.pin(8, fingerprint(certificate))

    challenge = desk.staff.challenge(CHIEF)
    assert desk.staff.show(8, certificate, signed(credential, challenge)) == Refused(0), "it was for another"
    signature = signed(credential, desk.staff.challenge(CHIEF))
    assert desk.staff.show(CHIEF, certificate, signature) == HalfAdmitted()
    assert desk.staff.show(CHIEF, certificate, signature) == Refused(0), "it is spent"
    old = desk.staff.challenge(CHIEF)
    desk.staff.challenge(CHIEF)
    assert desk.staff.show(CHIEF, certificate, signed(credential, old)) == Refused(0), "there was a newer one"
    late = signed(credential, desk.staff.challenge(CHIEF))
    desk.passes(CHALLENGE_SECONDS)
    assert desk.staff.show(CHIEF, certificate, late) == Refused(0)
    assert len({desk.staff.challenge(CHIEF) for _ in range(8)}) == 8


@pytest.mark.parametrize("first", ["passcode", "card"])
def test_the_second_has_to_follow_soon_and_for_the_same_number(desk: Desk, pki: Pki, first: str) -> None:
    credential = pki.staff_card("p256")

    def one(what: str) -> object:
        return desk.staff.check(CHIEF, OTHER) if what == "passcode" else shows(desk, credential)

    second = "card" if first == "passcode" else "passcode"
    assert one(first) == HalfAdmitted()
    desk.passes(HALF_SECONDS)
    assert one(second) == HalfAdmitted(), "the first is forgotten, and this is one"
    desk.staff.check(12, GOOD)
    assert one(first) == HalfAdmitted(), "somebody else was there meanwhile"


def test_a_wrong_passcode_after_the_card_begins_it_all_anew(desk: Desk, pki: Pki) -> None:
    assert shows(desk, pki.staff_card("p256")) == HalfAdmitted()
    assert desk.staff.check(CHIEF, WRONG) == Refused(0)
    assert desk.staff.check(CHIEF, OTHER) == HalfAdmitted(), "the card is to be shown again"


def test_whoever_has_shown_a_card_waits_for_nobodys_wrong_passcodes(desk: Desk, pki: Pki) -> None:
    for _ in range(FREE):
        desk.staff.check(CHIEF, WRONG)
    assert desk.staff.check(CHIEF, OTHER) == Refused(15) and desk.staff.check(12, GOOD) == Refused(15)
    assert shows(desk, pki.staff_card("p256")) == HalfAdmitted()
    assert desk.staff.check(CHIEF, OTHER) == Admitted("supervisor")
    assert desk.staff.check(12, GOOD) == Admitted("officer"), "and that ends the waits, as any entry does"


def test_tries_behind_a_card_have_counts_of_their_own_that_outlive_a_start(desk: Desk, pki: Pki) -> None:
    credential, waits = pki.staff_card("p256"), []
    for _ in range(FREE + 2):
        assert shows(desk, credential) == HalfAdmitted()
        refused = desk.staff.check(CHIEF, WRONG)
        assert isinstance(refused, Refused)
        waits.append(refused.seconds)
        assert desk.staff.check(12, GOOD) == Admitted("officer"), "nobody else waits for it"
        if refused.seconds:
            shows(desk, credential)
            assert desk.staff.check(CHIEF, OTHER) == Refused(refused.seconds)
        desk.passes(refused.seconds)
    assert waits == [0, 0, 0, 0, 15, 30, 60]
    desk.start()
    assert shows(desk, credential) == HalfAdmitted()
    assert desk.staff.check(CHIEF, OTHER) == Refused(60)


def test_a_right_passcode_without_its_card_is_a_try(desk: Desk) -> None:
    """Or whoever knows one, and has no card, could try others' for ever."""
    for _ in range(FREE - 1):
        assert desk.staff.check(CHIEF, OTHER) == HalfAdmitted()
    assert desk.staff.check(12, WRONG) == Refused(15)


def test_what_is_no_certificate_or_has_another_key_cannot_be_pinned(pki: Pki) -> None:
    pem = pki.staff_certificate("p384")
    der = certificate_of(pki.staff_card("p384"))
    assert cards.read(pem.read_bytes()) == cards.read(der)
    other = pki.credential(people()["unknown-kind"], "sign").certificate
    assert other is not None
    for data in (b"", b"-----BEGIN CERTIFICATE-----", der[:-1], other):
        with pytest.raises(NotACard):
            cards.read(data)


def test_nothing_that_a_wild_session_shows_is_taken_or_ends_anything(desk: Desk, pki: Pki) -> None:
    certificate = certificate_of(pki.staff_card("p256"))
    for shown in (b"\x30", b"\xff" * 2560, *odd(certificate).values()):
        for signature in (b"", b"\x30\x00", b"\xff" * 256):
            desk.staff.challenge(CHIEF)
            assert desk.staff.show(CHIEF, shown, signature) == Refused(0)


def test_what_cannot_be_parsed_is_refused_even_where_it_is_pinned(desk: Desk, pki: Pki) -> None:
    for name, certificate in odd(certificate_of(pki.staff_card("p256"))).items():
        with pytest.raises(NotACard):
            cards.read(certificate)
        desk.staff.pin(CHIEF, fingerprint(certificate))
        signature = signed(pki.staff_card("p256"), desk.staff.challenge(CHIEF))
        assert desk.staff.show(CHIEF, certificate, signature) == Refused(0), name


def test_nothing_but_the_pinned_certificate_is_parsed_and_the_challenge_is_spent_by_any(
    desk: Desk, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = pki.staff_card("p256")
    signature = signed(pinned, desk.staff.challenge(CHIEF))
    with monkeypatch.context() as guarded:
        guarded.delattr(x509, "load_der_x509_certificate")
        assert desk.staff.show(CHIEF, certificate_of(pki.staff_card("p384")), signature) == Refused(0)
    assert desk.staff.show(CHIEF, certificate_of(pinned), signature) == Refused(0)
