"""Every one of the invented people reaches the page that is theirs, and takes the paper that belongs to it."""

from __future__ import annotations

import msgspec
import pytest

from kiosk.advice.outcomes import End
from kiosk.sim.card import JPKI, VirtualCard
from kiosk.sim.card.chip import Behaviour, Faults, File
from kiosk.sim.card.contents import availability
from kiosk.sim.people import CertificateFacts, people
from tests.e2e.conftest import Kiosk
from tests.e2e.person import OUTCOMES, PINS, WRONG, Person
from tests.e2e.slips import is_slip_of
from tests.whole import few

ENDS = {  # who: through which step they come, and how it ends
    "face": (4, End.NO_PINS),
    "sign-locked": (8, End.SIGN_PIN_LOCKED),
    "child": (8, End.CERTIFICATE_ABSENT),
    "expired": (9, End.CERTIFICATE_EXPIRED),
    "revoked": (9, End.CERTIFICATE_REVOKED),
    "moved": (9, End.ATTRIBUTES_DIFFER),
    "no-licence": (9, End.NO_LICENCE),
    "unknown-kind": (9, End.CARD_KIND_UNKNOWN),
}
LINKED = ("substitute", "violation", "first", "next", "kana", "day-unknown")
ELSEWHERE = {"excellent", "both", "last-try", "phone", "linked", "reobtained"}  # test_linking, test_release, and below


def test_everybody_of_the_table_is_met_here() -> None:
    assert set(people()) == {*ENDS, *LINKED, *ELSEWHERE}


# One for each step and each sort of page. The others end in the same way with other words, which the look of the
# screens, the slips and the walks of tests/session have as well.
@pytest.mark.parametrize("who", few(["face", "moved"], of=ENDS))
def test_whoever_cannot_be_linked_is_told_where_to_go_and_has_it_on_paper(
    person: Person, kiosk: Kiosk, who: str
) -> None:
    through, end = ENDS[who]
    person.who = who
    person.walks_through(through)
    ends_with(person, kiosk, end)


def ends_with(person: Person, kiosk: Kiosk, end: End) -> None:
    """This page, with the same words on paper if it sends elsewhere, and nothing held or linked."""
    person.is_sent_away_with(end)
    if OUTCOMES[end].slip:
        person.reads("印刷しました")
        [slip] = kiosk.printer.slips
        assert is_slip_of(slip.image, kiosk, end)
    else:
        assert person.offers("finish")
        assert kiosk.printer.slips == []
    assert kiosk.portal.held_count() == 0
    assert all(entry.ended and entry.linked is None for entry in kiosk.portal.linkings._all())


# Those who cannot renew yet; test_linking has one who can. The others' names and licences: tests/web and tests/flows.
@pytest.mark.parametrize("who", few(["next"], of=LINKED))
def test_a_licence_of_any_kind_is_linked_and_the_page_promises_no_more_than_there_is(
    person: Person, kiosk: Kiosk, who: str
) -> None:
    licence = kiosk.people[who].licence
    assert licence is not None
    person.who = who
    person.walks_to(11)
    person.touches("licence_page")
    person.sees("licence_page")
    lecture, one_stop = (each.inner_text() for each in person.page.locator(".service").all())
    assert ("いま受けられます" in lecture) == (licence.category in ("優良", "一般") and licence.renewal_open)
    assert ("更新できる期間になると" in lecture) == (licence.category in ("優良", "一般") and not licence.renewal_open)
    assert ("先に市区町村か警察署" in one_stop) == (licence.holding == "card_only")


# -- the last try


def test_before_the_last_try_is_spent_the_person_hears_what_it_means_and_says_yes(person: Person) -> None:
    person.who = "last-try"
    person.walks_through(4)
    person.sees("last_try", 5)
    assert not person.offers("key:1")
    person.touches("back")
    person.sees("prepare", 4)
    person.goes_on()
    person.sees("last_try", 5)
    assert person.tries_on_card == (1, 5)
    person.touches("yes")
    person.sees("pin", 5)
    assert person.tries == 1
    person.enters(PINS.text)
    person.sees("confirm", 7)
    assert person.tries_on_card == (3, 5)


def test_the_last_try_spent_wrongly_locks_and_says_where_it_is_unlocked(person: Person, kiosk: Kiosk) -> None:
    person.who = "last-try"
    person.walks_through(4)
    person.sees("last_try", 5)
    person.touches("yes")
    person.sees("pin", 5)
    person.enters(WRONG.text)
    person.is_sent_away_with(End.TEXT_PIN_LOCKED)
    assert person.tries_on_card == (0, 5)
    ends_with(person, kiosk, End.TEXT_PIN_LOCKED)


# -- cards that lack something, in the ways in which cards say so


# Each of these ways is in tests/flows, in test_card_in_hand.py or test_card_check.py.
WITHOUT_PINS = (Behaviour(blocked_as=0x6984), Behaviour(unset_pin_absent=True))
WITHOUT_CERTIFICATE = (Behaviour(), Behaviour(unset_pin_absent=True))


@pytest.mark.parametrize("behaviour", few(WITHOUT_PINS[:1], of=WITHOUT_PINS), ids=repr)
def test_a_card_without_pins_is_known_however_it_says_so(person: Person, kiosk: Kiosk, behaviour: Behaviour) -> None:
    kiosk.card("face", behaviour=behaviour)
    person.who = "face"
    person.walks_through(4)
    ends_with(person, kiosk, End.NO_PINS)


@pytest.mark.parametrize("behaviour", few(WITHOUT_CERTIFICATE[1:], of=WITHOUT_CERTIFICATE), ids=repr)
def test_a_grown_up_without_a_certificate_is_sent_to_have_one_issued(
    person: Person, kiosk: Kiosk, behaviour: Behaviour
) -> None:
    somebody = msgspec.structs.replace(kiosk.people["excellent"], certificate=CertificateFacts(state="none"))
    kiosk.cards["excellent", "card"] = VirtualCard(somebody, kiosk.pki, behaviour=behaviour)
    person.walks_through(8)
    ends_with(person, kiosk, End.CERTIFICATE_ABSENT)


def test_a_certificate_file_that_holds_only_filler_is_no_certificate(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(5)
    files = dict(person.card.applications[JPKI])
    files |= {0x0001: File(b"", 2000, ("sign",)), 0x0008: File(availability(sign=False, auth=True))}
    person.card.applications = {**person.card.applications, JPKI: files}
    for step in range(5, 10):
        person.does(step)
    ends_with(person, kiosk, End.CERTIFICATE_ABSENT)


# -- the phone


def test_a_phone_signs_in_the_cards_place(person: Person, kiosk: Kiosk) -> None:
    person.who = "phone"
    person.walks_through(8)
    person.sees("phone", 9)
    person.presses("スマートフォンで電子署名する")
    person.sees("set_card", 9)
    person.takes_out()
    phone = person.puts_in(device="phone")
    person.sees("pin", 9)
    person.types(PINS.sign)
    person.presses("電子署名する")
    person.sees("linked", 11)
    assert [each.ins for each in phone.trace if each.ins == 0x2A] == [0x2A]
    assert [each.ins for each in person.card.trace if each.ins == 0x2A] == []
    assert kiosk.portal.held_count() == 0
    person.finishes()  # whoever has signed with the phone is asked to take that
    assert len(kiosk.printer.slips) == 1


def test_whoever_has_a_phone_may_use_the_card_all_the_same(person: Person) -> None:
    person.who = "phone"
    person.walks_through(8)
    person.sees("phone", 9)
    person.presses("お手元のカードを利用する")
    person.does(9)
    person.sees("linked", 11)


def test_whoever_has_begun_with_the_phone_may_still_turn_to_the_card(person: Person) -> None:
    person.who = "phone"
    person.walks_through(8)
    person.sees("phone", 9)
    person.touches("phone")
    person.sees("set_card", 9)
    person.takes_out()
    phone = person.puts_in(device="phone")
    person.sees("pin", 9)
    person.presses("お手元のカードを利用する")
    person.sees("set_card", 9)
    person.puts_in()
    person.does(9)
    person.sees("linked", 11)
    assert 0x2A not in [each.ins for each in phone.trace]


def test_back_from_the_phones_pin_leads_to_the_choice(person: Person) -> None:
    person.who = "phone"
    person.walks_through(8)
    person.sees("phone", 9)
    person.touches("phone")
    person.sees("set_card", 9)
    person.takes_out()
    person.puts_in(device="phone")
    person.sees("pin", 9)
    person.touches("back")
    person.sees("phone", 9)


@pytest.mark.parametrize("pull_at", few([4], of=[2, 3, 4, 5, 6]))  # label, tries, VERIFY, certificate, signature
def test_a_phone_taken_away_half_way_is_asked_for_again(person: Person, pull_at: int) -> None:
    person.who = "phone"
    person.walks_through(8)
    person.sees("phone", 9)
    person.touches("phone")
    person.sees("set_card", 9)
    person.takes_out()
    phone = person.puts_in(device="phone", faults=Faults(pull_at=pull_at))
    if pull_at > 3:  # before, the phone has gone when its PIN would be asked for
        person.does(9)
    person.reads("スマートフォンが離れました")
    person.puts_in(device="phone")
    person.does(9)
    person.sees("linked", 11)
    assert phone.pins["sign"].left == 5


def test_a_card_in_the_phones_place_is_told_apart(person: Person) -> None:
    person.who = "phone"
    person.walks_through(8)
    person.sees("phone", 9)
    person.touches("phone")
    person.sees("set_card", 9)
    person.takes_out()
    person.puts_in()
    person.reads("スマートフォンの証明書を読めません")
