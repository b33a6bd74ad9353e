"""The staff's card at their door: its tries are shown, none is spent unasked, and taking it out loses nothing."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.flows.staff import card, entrance
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.messages import (
    Admit,
    Admitted,
    Answer,
    CardWanted,
    Challenge,
    Challenged,
    ChangeFirst,
    ChoosePasscode,
    Denied,
    NotAdmitted,
    ShowCard,
    Standing,
    Status,
    Taken,
)
from kiosk.sim.card import Faults, VirtualCard
from kiosk.sim.card.piv import PIN, PivCard
from kiosk.sim.people import people
from kiosk.sim.pki import Credential, Pki
from tests.certificates import odd
from tests.flows.office import PASSCODE, ScriptedCaretaker
from tests.flows.scripted import Answer as Done
from tests.flows.scripted import ScriptedKiosk, puts_in

CHIEF, CHALLENGE = 7, b"what the caretaker gives"
RIGHT, WRONG = f"pin:{PIN}", "pin:000000"


def office(*shown: Answer, admit: tuple[Answer, ...] = ()) -> ScriptedCaretaker:
    standing = Standing(1, "0", 0, staffed=True, cards=True)
    return ScriptedCaretaker(
        {
            Status: [standing],
            Admit: admit or [CardWanted()],
            Challenge: [Challenged(CHALLENGE)],
            ShowCard: shown or [Admitted("supervisor")],
        }
    )


def at_the_reader(*answers: Done, caretaker: ScriptedCaretaker | None = None) -> tuple[object, ScriptedKiosk]:
    kiosk = ScriptedKiosk(*answers, caretaker=caretaker or office())
    return card.show(kiosk, CHIEF), kiosk


def faults(kiosk: ScriptedKiosk, name: str = "staff_card") -> list[object]:
    return [screen.facts["fault"] for screen in kiosk.screens if screen.name == name]


@pytest.fixture
def chip(pki: Pki) -> PivCard:
    return PivCard(pki.staff_card("p256"))


def test_the_card_signs_what_the_caretaker_gives_and_forgets_its_pin(chip: PivCard) -> None:
    shown, kiosk = at_the_reader(puts_in(chip), RIGHT)
    assert shown == Admitted("supervisor")
    assert isinstance(kiosk.caretaker, ScriptedCaretaker)
    given, signed = kiosk.caretaker.asked
    assert given == Challenge(CHIEF) and isinstance(signed, ShowCard)
    key = x509.load_der_x509_certificate(signed.certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signed.signature, CHALLENGE, ec.ECDSA(hashes.SHA256()))
    assert not chip.pins["piv"].verified
    assert kiosk.names == ["staff_card", "staff_card_pin", "staff_busy"]
    assert kiosk.screens[1].facts == {"remaining": 3, "fault": ""} and kiosk.screens[1].needs_card


def test_a_wrong_pin_is_said_with_what_is_left_and_the_last_try_wants_a_yes(chip: PivCard) -> None:
    shown, kiosk = at_the_reader(puts_in(chip), WRONG, WRONG, "back")
    assert shown is None and chip.pins["piv"].left == 1
    pads = [screen.facts for screen in kiosk.screens if screen.name == "staff_card_pin"]
    assert pads == [{"remaining": 3, "fault": ""}, {"remaining": 2, "fault": "wrong"}]
    assert kiosk.names[-1] == "staff_card_last"
    shown, kiosk = at_the_reader(puts_in(chip), "yes", RIGHT)
    assert shown == Admitted("supervisor") and chip.pins["piv"].left == 3


@pytest.mark.parametrize("safe_mode", [False, True])
def test_where_no_card_can_be_used_it_is_said_so(safe_mode: bool) -> None:
    kiosk = ScriptedKiosk("back", caretaker=office(), safe_mode=safe_mode)
    assert card.show(kiosk, CHIEF) is None and kiosk.screens[0].facts["safe_mode"] is safe_mode


def test_a_locked_card_is_never_asked_for_its_pin(chip: PivCard) -> None:
    chip.pins["piv"].left = 0
    shown, kiosk = at_the_reader(puts_in(chip), "back")
    assert shown is None and faults(kiosk) == ["", "locked"] and "staff_card_pin" not in kiosk.names


def test_a_card_that_is_none_of_these_is_said_to_be_and_another_may_be_put_in(pki: Pki, chip: PivCard) -> None:
    persons = VirtualCard(people()["excellent"], pki)
    empty = PivCard(Credential(pki.staff_card("p256").key, None))
    unknown = PivCard(Credential(chip._key, pki.credential(people()["unknown-kind"], "sign").certificate))
    shown, kiosk = at_the_reader(puts_in(persons), puts_in(empty), puts_in(unknown), puts_in(chip), RIGHT)
    assert shown == Admitted("supervisor")
    assert faults(kiosk) == ["", "other", "empty", "unknown"]
    assert not persons.was_read, "nothing is read of a person's card"


def test_a_certificate_that_nobody_can_parse_ends_no_session(pki: Pki, chip: PivCard) -> None:
    ours = pki.staff_card("p256")
    assert ours.certificate is not None
    for what in ("rubbish", "version 2", "unknown key"):
        broken = PivCard(Credential(ours.key, odd(ours.certificate)[what]))
        shown, kiosk = at_the_reader(puts_in(broken), puts_in(chip), RIGHT)
        assert shown == Admitted("supervisor") and faults(kiosk)[1:] == ["broken"], what


def test_one_that_is_pulled_at_any_command_is_asked_for_again_and_nothing_is_lost(pki: Pki, chip: PivCard) -> None:
    at_the_reader(puts_in(chip), RIGHT)
    for at in range(1, len(chip.trace) + 1):
        pulled = PivCard(pki.staff_card("p256"), faults=Faults(pull_at=at))
        typed: list[Done] = [RIGHT] if [each.sent for each in chip.trace][:at].count(13) else []
        shown, kiosk = at_the_reader(puts_in(pulled), *typed, puts_in(chip), RIGHT)
        assert shown == Admitted("supervisor") and faults(kiosk) == ["", "removed"], at


def test_one_that_is_pulled_at_the_pad_is_asked_for_again(chip: PivCard) -> None:
    def pulls(kiosk: ScriptedKiosk) -> str:
        kiosk.take_out()
        return "back"  # too late

    shown, kiosk = at_the_reader(puts_in(chip), pulls, puts_in(chip), RIGHT)
    assert shown == Admitted("supervisor") and faults(kiosk) == ["", "removed"] and chip.pins["piv"].left == 3


def test_one_that_resets_itself_has_its_pin_typed_again_without_being_taken_out(pki: Pki, chip: PivCard) -> None:
    at_the_reader(puts_in(chip), RIGHT)
    at = [each.ins for each in chip.trace].index(0x87) + 1
    shaky = PivCard(pki.staff_card("p256"), faults=Faults(reset_at=at))
    shown, kiosk = at_the_reader(puts_in(shaky), RIGHT, RIGHT)
    assert shown == Admitted("supervisor") and faults(kiosk, "staff_card_pin") == ["", "reset"]


def test_one_that_the_caretaker_does_not_take_or_cannot_is_asked_for_again(chip: PivCard) -> None:
    caretaker = office(NotAdmitted(0), Taken())
    shown, kiosk = at_the_reader(puts_in(chip), RIGHT, puts_in(chip), RIGHT, caretaker=caretaker)
    assert shown == Taken() and faults(kiosk) == ["", "refused"]
    away = ScriptedCaretaker({Challenge: ()})
    shown, kiosk = at_the_reader(puts_in(chip), RIGHT, "back", caretaker=away)
    assert shown is None and faults(kiosk) == ["", "away"]


@pytest.mark.parametrize(("denied", "says"), [(Denied("later", later=True), "later"), (Denied("no"), "away")])
@pytest.mark.parametrize("question", [Challenge, ShowCard])
def test_one_who_is_to_wait_a_little_is_told_so(question: type, denied: Denied, says: str, chip: PivCard) -> None:
    given: list[Answer] = [Challenged(CHALLENGE)] * 2
    admitted: list[Answer] = [Admitted("supervisor")]
    first = [denied, given[0]] if question is Challenge else given
    then = admitted if question is Challenge else [denied, *admitted]
    caretaker = ScriptedCaretaker({Challenge: first, ShowCard: then})
    shown, kiosk = at_the_reader(puts_in(chip), RIGHT, puts_in(chip), RIGHT, caretaker=caretaker)
    assert shown == Admitted("supervisor") and faults(kiosk) == ["", says]


# At the door


def test_a_right_passcode_that_wants_a_card_leads_to_it(chip: PivCard) -> None:
    kiosk = ScriptedKiosk("pin:7", f"pin:{PASSCODE}", puts_in(chip), RIGHT, caretaker=office())
    assert entrance.enter(kiosk) == Officer(CHIEF, "supervisor")
    assert kiosk.names == ["staff_entrance"] * 3 + ["staff_card", "staff_card_pin", "staff_busy"]


def test_while_no_passcode_is_taken_a_card_comes_first_and_the_passcode_after(chip: PivCard) -> None:
    caretaker = office(Taken(), admit=(NotAdmitted(900), Admitted("supervisor")))
    answers = ("pin:7", f"pin:{PASSCODE}", "card", puts_in(chip), RIGHT, f"pin:{PASSCODE}")
    kiosk = ScriptedKiosk(*answers, caretaker=caretaker)
    assert entrance.enter(kiosk) == Officer(CHIEF, "supervisor")
    pads = [screen.facts["fault"] for screen in kiosk.screens if screen.facts.get("asks") == "passcode"]
    assert pads == ["", "wait", "card_taken"]


@pytest.mark.parametrize("card_first", [True, False])
def test_a_first_passcode_is_changed_before_they_are_in_whichever_of_the_two_came_first(
    chip: PivCard, card_first: bool
) -> None:
    caretaker = office(Taken(), admit=(ChangeFirst(),)) if card_first else office(ChangeFirst())
    caretaker.answers_to(ChoosePasscode, Admitted("supervisor"))
    passcode, shown = f"pin:{PASSCODE}", (puts_in(chip), RIGHT)
    both = ("card", *shown, passcode) if card_first else (passcode, *shown)
    kiosk = ScriptedKiosk("pin:7", *both, "pin:60417293", "pin:60417293", caretaker=caretaker)
    assert entrance.enter(kiosk) == Officer(CHIEF, "supervisor")
    assert kiosk.names[-3:] == ["staff_passcode"] * 3 and ChoosePasscode(CHIEF, "60417293") in caretaker.asked


def test_where_nobody_has_a_card_none_is_offered() -> None:
    kiosk = ScriptedKiosk("pin:7", "back", "back", caretaker=ScriptedCaretaker())
    assert entrance.enter(kiosk) is None and all("card" not in screen.answers for screen in kiosk.screens)
