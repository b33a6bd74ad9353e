"""Check my card: every kind of card tells what it can do and what to do next, and nobody pays a try for it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from dataclasses import fields

import pytest

from kiosk.advice import pins
from kiosk.advice.outcomes import OUTCOMES, End, Outcome
from kiosk.card.apdu import Card
from kiosk.card.application import Application
from kiosk.card.jpki import JpkiApplication, TokenKind
from kiosk.card.licence import LicenceApplication
from kiosk.card.pin import Tries
from kiosk.card.state import CardState, Part
from kiosk.card.text import TextApplication
from kiosk.config.guidance import load
from kiosk.config.kiosk import Station
from kiosk.flows import card_check
from kiosk.flows.asking.screen import Screen
from kiosk.flows.card_check import check_card, plan
from kiosk.flows.refusal import tell
from kiosk.receipts.slips import OutcomeSlip, TodoSlip
from kiosk.receipts.text import public_text
from kiosk.sim.card import Behaviour, Faults, VirtualCard
from kiosk.sim.people import Person, people
from kiosk.sim.pki import Device, Pki
from tests.flows.scripted import ScriptedKiosk
from tests.keys import KEYS
from tests.web.sight import Sight

PEOPLE = people()
FACTS = load()


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(KEYS)


def state_of(card: VirtualCard) -> CardState:
    card.power_on()
    card.trace.clear()
    return CardState.read(JpkiApplication.select(Card(card.transmit)))


def spent(card: VirtualCard) -> dict[str, int]:
    return {name: pin.left for name, pin in card.pins.items()}


@pytest.fixture(params=sorted(PEOPLE))
def card(request: pytest.FixtureRequest, pki: Pki) -> VirtualCard:
    return VirtualCard(PEOPLE[request.param], pki)


def result(kiosk: ScriptedKiosk) -> Screen:
    return next(screen for screen in kiosk.screens if screen.name == "check_result" and screen.answers)


def told(kiosk: ScriptedKiosk) -> TodoSlip:
    [slip] = kiosk.slips
    assert isinstance(slip, TodoSlip)
    return slip


# What the card is asked


def test_everybodys_card_says_what_the_table_of_people_says(card: VirtualCard) -> None:
    person, state = card.person, state_of(card)
    assert state.kind is TokenKind.CARD
    assert state.sign_certificate is (person.certificate.state != "none")
    assert (state.licence is not None) is (person.licence is not None)
    assert state.pinless is person.face
    if not person.face:
        assert state.text_pin == Tries(person.tries.text, blocked=not person.tries.text)
        assert state.auth_pin == Tries(person.tries.auth, blocked=not person.tries.auth)
        if person.certificate.state != "none":
            assert state.sign_pin == Tries(person.tries.sign, blocked=not person.tries.sign)
    if state.licence:
        assert state.licence.pin_set is bool(person.pins.licence)
        assert state.licence.pin == Tries(10, blocked=False)
    assert state.auth_until is not None and state.auth_until.date() > datetime.date(2020, 1, 1)


def test_nobody_pays_a_try_and_nothing_personal_is_read(card: VirtualCard) -> None:
    before = spent(card)
    state_of(card)
    assert spent(card) == before
    assert not card.my_number_was_read
    assert all(exchange.lc <= 16 for exchange in card.trace), "no command carries more than an AID"


def test_a_card_is_asked_eleven_times_and_a_phone_five(pki: Pki) -> None:
    card = VirtualCard(PEOPLE["excellent"], pki)
    state_of(card)
    phone = VirtualCard(PEOPLE["phone"], pki, "phone")
    state_of(phone)
    without = VirtualCard(PEOPLE["no-licence"], pki)
    state_of(without)
    assert (len(card.trace), len(phone.trace), len(without.trace)) == (11, 5, 9)


@pytest.mark.parametrize("switch", [each.name for each in fields(Behaviour) if isinstance(each.default, bool)])
@pytest.mark.parametrize("who", ["excellent", "first", "no-licence"])
def test_a_card_that_speaks_otherwise_says_the_same(pki: Pki, who: str, switch: str) -> None:
    otherwise = Behaviour(**{switch: not getattr(Behaviour(), switch)})
    usual = state_of(VirtualCard(PEOPLE[who], pki))
    assert state_of(VirtualCard(PEOPLE[who], pki, "card", otherwise)) == usual


@pytest.mark.parametrize("blocked_as", [0x63C0, 0x6983, 0x6984])
def test_a_locked_pin_is_locked_however_the_card_says_it(pki: Pki, blocked_as: int) -> None:
    state = state_of(VirtualCard(PEOPLE["sign-locked"], pki, "card", Behaviour(blocked_as=blocked_as)))
    assert state.sign_pin == Tries(0, blocked=True)


@pytest.mark.parametrize("absent", [False, True], ids=["locked", "absent"])
def test_a_card_without_pins_is_known_however_it_answers(pki: Pki, absent: bool) -> None:
    state = state_of(VirtualCard(PEOPLE["face"], pki, "card", Behaviour(unset_pin_absent=absent)))
    child = state_of(VirtualCard(PEOPLE["child"], pki, "card", Behaviour(unset_pin_absent=absent)))
    assert (state.pinless, child.pinless) == (True, False)


def test_a_phone_shows_neither_its_certificates_nor_a_licence(pki: Pki) -> None:
    state = state_of(VirtualCard(PEOPLE["phone"], pki, "phone"))
    assert (state.kind, state.auth_until, state.text_pin, state.licence) == (TokenKind.ANDROID, None, None, None)


def test_the_end_of_a_certificate_stands_in_no_repr(pki: Pki) -> None:
    state = state_of(VirtualCard(PEOPLE["excellent"], pki))
    assert state.auth_until is not None and str(state.auth_until.year) not in repr(state)


# What the person is told


@pytest.mark.parametrize("device", ["card", "phone"])
def test_everybody_gets_one_page_and_one_slip(pki: Pki, device: Device) -> None:
    for person in PEOPLE.values():
        if device == "phone" and not person.phone:
            continue
        kiosk = ScriptedKiosk("finish", card=VirtualCard(person, pki, device))
        assert check_card(kiosk)
        assert kiosk.names == ["reading", "check_result", "check_result"], person.key
        assert len(kiosk.slips) == 1


def wheres(kiosk: ScriptedKiosk) -> list[str]:
    return [todo.where for todo in told(kiosk).todo]


@pytest.mark.parametrize(
    ("who", "where"),
    [
        ("excellent", []),
        ("last-try", []),
        ("sign-locked", [FACTS.municipality.name]),
        ("child", [FACTS.municipality.name, FACTS.licence_desk.name]),
        ("face", [FACTS.municipality.name]),
        ("no-licence", [FACTS.licence_desk.name]),
        ("first", []),
    ],
)
def test_each_is_sent_where_it_can_be_mended_and_nowhere_in_vain(pki: Pki, who: str, where: list[str]) -> None:
    kiosk = ScriptedKiosk("finish", card=VirtualCard(PEOPLE[who], pki))
    check_card(kiosk)
    assert wheres(kiosk) == where


def test_linking_is_offered_only_to_cards_that_could(pki: Pki) -> None:
    able = set()
    for key, person in PEOPLE.items():
        kiosk = ScriptedKiosk("finish", card=VirtualCard(person, pki))
        check_card(kiosk)
        if result(kiosk).facts["linkable"]:
            able.add(key)
    # Whether a certificate is revoked, expired or of an old address is not known without its PIN.
    assert able == set(PEOPLE) - {"sign-locked", "child", "face", "no-licence"}


def test_the_slip_and_its_code_say_nothing_about_whose_card_it_was(card: VirtualCard) -> None:
    kiosk = ScriptedKiosk("finish", card=card)
    check_card(kiosk)
    until = result(kiosk).facts["until"]
    assert isinstance(until, datetime.date)
    text = repr(dataclasses.asdict(told(kiosk))) + public_text(kiosk.slips[0], Station(name="見本警察署"))
    person = card.person
    for words in (person.name, person.address, person.birth_date, str(until.year), f"{until.month}月{until.day}日"):
        assert words not in text


def test_the_locked_pins_are_named(pki: Pki) -> None:
    kiosk = ScriptedKiosk("finish", card=VirtualCard(PEOPLE["sign-locked"], pki))
    check_card(kiosk)
    [todo] = told(kiosk).todo
    assert todo.say == (("署名用の６〜16文字の暗証番号", "署名用電子証明書の暗証番号"),)


def test_an_ended_log_in_certificate_is_said_and_sent_to_be_renewed(pki: Pki) -> None:
    state = state_of(VirtualCard(PEOPLE["excellent"], pki))
    ended = CardState(**{**vars(state), "auth_until": datetime.datetime(2024, 5, 3, tzinfo=datetime.UTC)})
    before, after = plan(FACTS, state), plan(FACTS, ended)
    assert [todo.text for todo in after.todo] == ["ログイン用の証明書を更新します"]
    assert set(before.can) - set(after.can) == {"マイナポータルにログインする（ログイン用の暗証番号）"}


def test_whatever_is_said_to_be_possible_has_what_was_not_looked_into_beside_it(pki: Pki) -> None:
    whole, phone = state_of(VirtualCard(PEOPLE["excellent"], pki)), state_of(VirtualCard(PEOPLE["phone"], pki, "phone"))
    locked = Tries(0, blocked=True)
    for state, words in (
        (whole, "証明書の失効と、署名用の証明書の期限は、しらべていません。"),
        (dataclasses.replace(whole, sign_pin=locked), "証明書の失効と、署名用の証明書の期限は、しらべていません。"),
        (dataclasses.replace(whole, auth_pin=locked), "証明書の失効と、署名用の証明書の期限は、しらべていません。"),
        (dataclasses.replace(whole, sign_certificate=False), "証明書の失効は、しらべていません。"),
        (phone, "スマートフォンの証明書の期限がすぎていないか、失効していないかは、しらべていません。"),
        (
            dataclasses.replace(phone, sign_pin=locked),
            "スマートフォンの証明書の期限がすぎていないか、失効していないかは、しらべていません。",
        ),
    ):
        assert plan(FACTS, state).know == (words,)
        shown = Sight("", card_check.result(FACTS, state)).html()
        assert "失効は、しらべていません" in shown
    assert plan(FACTS, dataclasses.replace(whole, sign_pin=locked, auth_pin=locked)).know == ()


def test_who_renews_the_log_in_certificate_asks_about_the_other_one_that_is_there(pki: Pki) -> None:
    state = dataclasses.replace(
        state_of(VirtualCard(PEOPLE["excellent"], pki)), auth_until=datetime.datetime(2024, 5, 3, tzinfo=datetime.UTC)
    )
    for certificate, asks in ((True, True), (None, True), (False, False)):
        todo = plan(FACTS, dataclasses.replace(state, sign_certificate=certificate)).todo
        assert any("署名用の証明書の期限も、聞きます。" in each.notes for each in todo) == asks


def test_a_look_at_a_card_says_nothing_of_a_link_when_it_fails(pki: Pki) -> None:
    for end in (End.CARD_PROBLEM, End.LICENCE_PIN_LOCKED):
        kiosk = ScriptedKiosk("finish")
        assert tell(kiosk, end, purpose=None)
        [slip], outcome = kiosk.slips, kiosk.screens[-1].facts["outcome"]
        assert isinstance(slip, OutcomeSlip)
        assert isinstance(outcome, Outcome)
        assert slip.meaning == outcome.meaning
        assert slip.meaning in OUTCOMES[end].meaning and "連携" not in slip.meaning


@pytest.mark.parametrize("year", [1, 9999])
def test_a_certificate_that_ends_where_the_calendar_does_is_shown_with_that_day(pki: Pki, year: int) -> None:
    state = state_of(VirtualCard(PEOPLE["excellent"], pki))
    end = datetime.datetime(year, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
    shown = card_check.result(FACTS, CardState(**{**vars(state), "auth_until": end}))
    assert shown.facts["until"] == (end.date() if year == 9999 else datetime.date(2, 1, 1))


# Cards that are none, break or go


class Lacking(VirtualCard):
    """One object of it answers so for good, by whatever way it is asked for."""

    def __init__(self, person: Person, pki: Pki, application: type[Application], ef: int, answer: bytes) -> None:
        super().__init__(person, pki)
        self.lacking, self.ef, self.says = application.AID, ef, answer
        self.at: tuple[bytes, int | None] = (b"", None)

    def transmit(self, apdu: bytes) -> bytes:
        answer = super().transmit(apdu)
        match apdu[1], apdu[2]:
            case 0xA4, 0x04:
                self.at = (apdu[5 : 5 + apdu[4]], None)
            case 0xA4, _:
                self.at = (self.at[0], int.from_bytes(apdu[5:7], "big"))
            case 0xB0 | 0x20 as ins, _ if self.at[0] == self.lacking and len(apdu) < 8:
                short = apdu[2] if ins == 0xB0 else apdu[3]
                named = short & 0x1F if short & 0x80 and short != 0x80 else self.at[1]
                if named == self.ef & 0x1F:
                    return self.says
        return answer


NOTHING = {"6281", "6581", "6985", "6A81", "6D00", "6F00"}
NO_CERTIFICATE = {"3003020100", "3000", "3080", "3083", "3085", "308400000000", "ff" * 256, "00" * 256}
OBJECTS: dict[str, tuple[type[Application], int, set[Part]]] = {
    "token label": (JpkiApplication, 0x0006, set()),
    "availability": (JpkiApplication, 0x0008, set()),
    "certificate": (JpkiApplication, 0x000A, {Part.AUTH_UNTIL}),
    "signature PIN": (JpkiApplication, 0x001B, {Part.SIGN_PIN}),
    "log-in PIN": (JpkiApplication, 0x0018, {Part.AUTH_PIN}),
    "text PIN": (TextApplication, 0x0011, {Part.TEXT_PIN}),
    "licence PIN setting": (LicenceApplication, 0x001A, {Part.LICENCE_PIN_SET}),
    "licence PIN": (LicenceApplication, 0x0006, {Part.LICENCE_PIN}),
}
ROWS = {"kind": "token label", "sign_certificate": "availability"}  # what is None, or not known, besides


@pytest.mark.parametrize("word", sorted(NOTHING))
@pytest.mark.parametrize("what", OBJECTS)
def test_one_object_that_cannot_be_read_keeps_nothing_else_from_being_told(pki: Pki, what: str, word: str) -> None:
    application, ef, unread = OBJECTS[what]
    usual = vars(state_of(VirtualCard(PEOPLE["excellent"], pki)))
    card = Lacking(PEOPLE["excellent"], pki, application, ef, bytes.fromhex(word))
    state = state_of(card)
    assert state.unread == unread
    other = {name for name, value in vars(state).items() if value != usual[name]} - {"unread"}
    names = {part.value.replace("licence_pin_set", "licence").replace("licence_pin", "licence") for part in unread}
    assert other <= names | {"kind", "sign_certificate"} and bool(other) == bool(names or what in ROWS.values())
    kiosk = ScriptedKiosk("finish", card=card)
    assert check_card(kiosk)
    assert kiosk.names[-1] == "check_result" and len(kiosk.slips) == 1
    html = Sight("lacking", kiosk.screens[-1]).html()
    assert ("わかりません" in html) is bool(unread)
    assert not unread or "なおすところはありませんでした" not in html


@pytest.mark.parametrize("begins", sorted(NO_CERTIFICATE))
def test_a_certificate_that_is_none_leaves_its_end_unread_and_all_else_told(pki: Pki, begins: str) -> None:
    answer = bytes.fromhex(begins).ljust(256, b"\0") + b"\x90\x00"
    card = Lacking(PEOPLE["excellent"], pki, JpkiApplication, 0x000A, answer)
    state, usual = state_of(card), state_of(VirtualCard(PEOPLE["excellent"], pki))
    assert state == dataclasses.replace(usual, auth_until=None, unread=frozenset({Part.AUTH_UNTIL}))
    assert "マイナポータルにログインする（ログイン用の暗証番号）" not in plan(FACTS, state).can


@pytest.mark.parametrize("word", ["6985", "6283", "6D00"])
def test_a_licence_application_that_cannot_be_selected_is_not_said_to_be_absent(pki: Pki, word: str) -> None:
    class Shut(VirtualCard):
        def transmit(self, apdu: bytes) -> bytes:
            answer = super().transmit(apdu)
            return bytes.fromhex(word) if LicenceApplication.AID in apdu else answer

    state = state_of(Shut(PEOPLE["excellent"], pki))
    if word == "6283":  # a warning: it is selected
        assert state.licence is not None
        return
    assert state.licence is None and state.unread == {Part.LICENCE}
    assert FACTS.licence_desk.name not in [todo.where for todo in plan(FACTS, state).todo]


@pytest.mark.parametrize("faults", [Faults(garbage=True), Faults(truncated_certificate=True)], ids=["noise", "cut off"])
def test_a_card_that_talks_nonsense_is_told_of_as_far_as_it_can_be_and_no_crash(pki: Pki, faults: Faults) -> None:
    kiosk = ScriptedKiosk("finish", card=VirtualCard(PEOPLE["excellent"], pki, faults=faults))
    assert check_card(kiosk)
    assert kiosk.names[-1] == "check_result"
    state = kiosk.screens[-1].facts["state"]
    assert isinstance(state, CardState) and state.unread and state.text_pin == Tries(3, False)


def test_a_card_that_cannot_be_trusted_to_name_itself_is_not_believed_about_its_certificates(pki: Pki) -> None:
    state = state_of(VirtualCard(PEOPLE["no-licence"], pki, faults=Faults(garbage=True)))
    assert (state.kind, state.sign_certificate) == (TokenKind.UNKNOWN, None)


def pulls(kiosk: ScriptedKiosk) -> str:
    kiosk.take_out()
    return "finish"


@pytest.mark.parametrize("at", range(1, 12))
def test_a_card_pulled_while_it_is_read_is_asked_for_again(pki: Pki, at: int) -> None:
    broken = VirtualCard(PEOPLE["excellent"], pki, faults=Faults(pull_at=at))

    def puts_back(kiosk: ScriptedKiosk) -> str:
        broken.inflict(Faults())
        kiosk.put_in(broken)
        return "put in"

    kiosk = ScriptedKiosk(puts_back, "finish", card=broken)
    assert check_card(kiosk)
    asked = next(screen for screen in kiosk.screens if screen.name == "set_card")
    assert asked.facts["fault"] == "removed"
    assert kiosk.names[-1] == "check_result"


def test_taking_the_card_from_the_result_ends_the_visit(pki: Pki) -> None:
    kiosk = ScriptedKiosk(pulls, card=VirtualCard(PEOPLE["excellent"], pki))
    assert check_card(kiosk)
    assert kiosk.names[-1] == "check_result"


# The licence behind its PIN


@pytest.fixture
def drivers_card(pki: Pki) -> Iterator[VirtualCard]:
    yield VirtualCard(PEOPLE["both"], pki)


def test_the_licence_is_shown_after_a_warning_and_never_printed(drivers_card: VirtualCard) -> None:
    kiosk = ScriptedKiosk("licence", "yes", "pin:2468", "finish", card=drivers_card)
    assert check_card(kiosk)
    warning = next(screen for screen in kiosk.screens if screen.name == "check_warn")
    assert warning.facts == {"pin": pins.LICENCE, "remaining": 10, "most": 10}
    shown = kiosk.screens[-1]
    assert shown.name == "check_licence" and shown.needs_card
    licence = shown.facts["licence"]
    assert (licence.colour, licence.categories, licence.conditions) == ("青", ("準中型",), ("眼鏡等",))  # type: ignore[attr-defined]
    assert len(kiosk.slips) == 1, "only the slip of the check"


def test_a_wrong_licence_pin_is_told_with_the_tries_left(drivers_card: VirtualCard) -> None:
    kiosk = ScriptedKiosk("licence", "yes", "pin:1111", "pin:2468", "back", "finish", card=drivers_card)
    assert check_card(kiosk)
    _, wrong = [screen for screen in kiosk.screens if screen.name == "pin"]
    assert (wrong.facts["fault"], wrong.facts["remaining"], wrong.facts["most"]) == ("wrong", 9, 10)
    assert drivers_card.pins["licence"].left == 10, "the right one has given all tries back"
    assert kiosk.names[-2:] == ["check_licence", "check_result"]


def test_the_last_try_is_never_spent_without_a_yes(drivers_card: VirtualCard) -> None:
    drivers_card.pins["licence"].left = 1
    kiosk = ScriptedKiosk("licence", "yes", "back", "finish", card=drivers_card)
    assert check_card(kiosk)
    assert [name for name in kiosk.names if name in ("last_try", "pin")] == ["last_try"]
    assert drivers_card.pins["licence"].left == 1


def test_a_licence_pin_locked_by_the_entry_sends_to_the_police(drivers_card: VirtualCard) -> None:
    drivers_card.pins["licence"].left = 1
    kiosk = ScriptedKiosk("licence", "yes", "yes", "pin:1111", "finish", card=drivers_card)
    assert check_card(kiosk)
    outcome = kiosk.screens[-1].facts
    assert outcome["end"] == "licence_pin_locked"
    assert [todo.where for todo in outcome["outcome"].todo] == [FACTS.licence_desk.name]  # type: ignore[attr-defined]


def test_a_locked_licence_pin_is_not_offered(drivers_card: VirtualCard) -> None:
    drivers_card.pins["licence"].left = 0
    kiosk = ScriptedKiosk("finish", card=drivers_card)
    check_card(kiosk)
    assert "licence" not in result(kiosk).answers
    assert wheres(kiosk) == [FACTS.licence_desk.name]


def test_a_licence_without_a_pin_is_shown_without_asking_for_one(pki: Pki) -> None:
    kiosk = ScriptedKiosk("licence", "finish", card=VirtualCard(PEOPLE["first"], pki))
    assert check_card(kiosk)
    assert kiosk.names[-2:] == ["reading", "check_licence"]
    assert not {"check_warn", "pin"} & set(kiosk.names)


def test_the_pin_is_overwritten_whatever_happens(drivers_card: VirtualCard, monkeypatch: pytest.MonkeyPatch) -> None:
    typed: list[bytearray] = []
    original = ScriptedKiosk.ask_pin

    def keep(self: ScriptedKiosk, *rest: object) -> bytearray | str:
        answer = original(self, *rest)  # type: ignore[arg-type]
        if isinstance(answer, bytearray):
            typed.append(answer)
        return answer

    monkeypatch.setattr(ScriptedKiosk, "ask_pin", keep)
    check_card(ScriptedKiosk("licence", "yes", "pin:1111", "pin:2468", "finish", card=drivers_card))
    assert len(typed) == 2 and all(pin == b"" for pin in typed)


def test_taking_the_card_out_at_the_pin_ends_the_visit(drivers_card: VirtualCard) -> None:
    def pulls_here(kiosk: ScriptedKiosk) -> str:
        kiosk.take_out()
        return "yes"

    kiosk = ScriptedKiosk("licence", pulls_here, card=drivers_card)
    assert check_card(kiosk)
    assert kiosk.names[-1] == "check_warn"
