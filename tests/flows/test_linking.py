"""The eleven steps as a person meets them: each screen under the step of the manual, and every way out of it."""

from __future__ import annotations

from typing import Literal

import pytest
from msgspec.structs import replace

from kiosk.advice.outcomes import End
from kiosk.flows.asking.ends import Left
from kiosk.flows.asking.screen import Sound
from kiosk.flows.linking import STEPS, link
from kiosk.portal.client import PortalClient
from kiosk.portal.model import State
from kiosk.sim.card import VirtualCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.sandbox import Sandbox
from tests.flows.scripted import Answer, ScriptedKiosk, puts_in

PEOPLE = people()
TO_CARD = ("next", "next", "next", "next")
TO_CONFIRM = (*TO_CARD, "pin:1234")
AGREES = ("read_to_end", "tick", "next")
TO_SIGNATURE = (*TO_CONFIRM, "next", *AGREES)
WHOLE = (*TO_SIGNATURE, "pin:ABC123")


def linked(pki: Pki, sandbox: Sandbox, *answers: Answer, who: str = "excellent") -> tuple[bool, ScriptedKiosk]:
    """What `link` returns when somebody answers so, and the kiosk it happened at."""
    kiosk = ScriptedKiosk(*answers, card=VirtualCard(PEOPLE[who], pki), portal=PortalClient(sandbox.settings))
    return link(kiosk), kiosk


def stood(kiosk: ScriptedKiosk) -> list[tuple[str, int | None, object]]:
    """What stood there, one after another: name, step, and what is being done where something is."""
    return [(screen.name, screen.step, screen.facts.get("what")) for screen in kiosk.screens]


def test_a_linking_goes_by_the_steps_of_the_manual(pki: Pki, sandbox: Sandbox) -> None:
    done, kiosk = linked(pki, sandbox, *WHOLE, "finish")
    assert done
    assert stood(kiosk) == [
        ("licence", 1, None),
        ("contents", 2, None),
        ("consent", 3, None),
        ("sending", 3, "begin"),
        ("prepare", 4, None),
        ("pin", 5, None),
        ("reading", 6, "attributes"),
        ("confirm", 7, None),
        ("sending", 7, "attributes"),
        *[("terms", 8, None)] * 3,
        ("pin", 9, None),
        ("reading", 10, "signature"),
        ("sending", 10, "signature"),
        *[("linked", 11, None)] * 2,  # while it is printed, and after
    ]
    assert [step.number for step in STEPS] == list(range(1, 12))
    assert [step.number for step in STEPS if not step.asks] == [6, 10], "there is nothing to go back to"


def test_what_is_heard_is_a_card_that_is_read_and_how_it_ended(pki: Pki, sandbox: Sandbox) -> None:
    _, kiosk = linked(pki, sandbox, *WHOLE, "finish")
    heard = [(screen.name, screen.sound) for screen in kiosk.screens if screen.sound is not Sound.NONE]
    reads = ("reading", Sound.CARD_IN)
    assert heard == [reads, reads, ("linked", Sound.DONE), ("linked", Sound.PRINTED)]


def test_the_linked_licence_can_be_looked_at_and_is_on_no_slip(pki: Pki, sandbox: Sandbox) -> None:
    done, kiosk = linked(pki, sandbox, *WHOLE, "licence_page", "finish")
    assert done and kiosk.names[-1] == "licence_page"
    assert [slip.name() for slip in kiosk.slips] == ["linked"]


@pytest.mark.parametrize(
    "answers", [("back",), ("next", "back", "back"), (*TO_CARD[:3], "back", "back", "back", "back")]
)
def test_back_leads_one_question_back_and_from_the_first_home(
    pki: Pki, sandbox: Sandbox, answers: tuple[str, ...]
) -> None:
    done, kiosk = linked(pki, sandbox, *answers)
    assert not done and kiosk.names[-1] == "licence"


def test_back_from_the_attributes_asks_for_their_pin_again(pki: Pki, sandbox: Sandbox) -> None:
    _, kiosk = linked(pki, sandbox, *TO_CONFIRM, "back", "pin:1234", *WHOLE[len(TO_CONFIRM) :], "finish")
    assert kiosk.names[5:10] == ["pin", "reading", "confirm", "pin", "reading"]


def test_a_tick_can_be_taken_back_and_nothing_goes_on_without_it(pki: Pki, sandbox: Sandbox) -> None:
    _, kiosk = linked(
        pki, sandbox, *TO_CONFIRM, "next", "read_to_end", "tick", "tick", "tick", "next", "pin:ABC123", "finish"
    )
    terms = [(screen.facts["read"], screen.facts["ticked"]) for screen in kiosk.screens if screen.name == "terms"]
    assert terms == [(False, False), (True, False), (True, True), (True, False), (True, True)]
    offered = [{"tick", "next"}.intersection(screen.answers) for screen in kiosk.screens if screen.name == "terms"]
    assert offered == [set(), {"tick"}, {"tick", "next"}, {"tick"}, {"tick", "next"}]


def test_a_registered_phone_may_sign_in_the_place_of_the_card(pki: Pki, sandbox: Sandbox) -> None:
    phone = puts_in(VirtualCard(PEOPLE["phone"], pki, "phone"))
    done, kiosk = linked(pki, sandbox, *TO_SIGNATURE, "phone", phone, "pin:ABC123", "finish", who="phone")
    assert done
    assert stood(kiosk)[12:] == [
        ("phone", 9, None),
        ("set_card", 9, None),
        ("pin", 9, None),
        ("reading", 9, "phone"),
        ("sending", 9, "phone"),
        *[("linked", 11, None)] * 2,
    ]


@pytest.mark.parametrize(("state", "typed"), [("expired", ["pin:ABC123"]), ("none", [])])
def test_a_phones_certificate_that_cannot_be_used_is_not_told_as_the_cards(
    pki: Pki, sandbox: Sandbox, state: Literal["expired", "none"], typed: list[Answer]
) -> None:
    """The card's own may be as it should be: whoever is told of it would go to their municipality for nothing."""
    held = replace(PEOPLE["phone"].certificate, state=state)
    phone = puts_in(VirtualCard(replace(PEOPLE["phone"], certificate=held), pki, "phone"))
    _, kiosk = linked(pki, sandbox, *TO_SIGNATURE, "phone", phone, *typed, "finish", who="phone")
    assert kiosk.screens[-1].facts["end"] == End.PHONE_CERTIFICATE.value
    assert sandbox.held_count() == 0


def test_whoever_has_a_phone_may_use_the_card_all_the_same(pki: Pki, sandbox: Sandbox) -> None:
    done, kiosk = linked(pki, sandbox, *TO_SIGNATURE, "card", "pin:ABC123", "finish", who="phone")
    assert done and kiosk.names[12:15] == ["phone", "pin", "reading"]


def test_back_from_the_phone_is_back_to_the_question_and_from_there_to_the_terms(pki: Pki, sandbox: Sandbox) -> None:
    phone = puts_in(VirtualCard(PEOPLE["phone"], pki, "phone"))
    answers = (*TO_SIGNATURE, "phone", phone, "back", "back", *AGREES)
    card = puts_in(VirtualCard(PEOPLE["phone"], pki))
    _, kiosk = linked(pki, sandbox, *answers, "card", card, "pin:ABC123", "finish", who="phone")
    assert kiosk.names[12:20] == ["phone", "set_card", "pin", "phone", "terms", "terms", "terms", "phone"]
    assert kiosk.names[20:22] == ["set_card", "pin"], "it is the phone that lies there"


@pytest.mark.parametrize(
    ("answers", "states"),
    [
        ((*TO_CARD[:2], "refuse"), []),
        ((*TO_CONFIRM, "next", "refuse"), [State.CANCELLED]),
        (TO_CONFIRM, [State.CANCELLED]),
        (TO_SIGNATURE, [State.CANCELLED]),
    ],
    ids=["no consent", "no to the terms", "at the attributes", "at the signature"],
)
def test_whoever_refuses_or_leaves_has_nothing_left_at_the_portal(
    pki: Pki, sandbox: Sandbox, answers: tuple[str, ...], states: list[State]
) -> None:
    kiosk = ScriptedKiosk(*answers, card=VirtualCard(PEOPLE["excellent"], pki), portal=PortalClient(sandbox.settings))
    with pytest.raises(Left):
        link(kiosk)
    assert kiosk.names[-1] == "closing"
    assert ([each.state for each in sandbox.linkings._all()], sandbox.held_count()) == (states, 0)
