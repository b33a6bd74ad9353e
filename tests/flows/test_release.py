"""A former link that stands in the way is released where it turns up, and linking goes on from there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple

import msgspec
import pytest
from msgspec.structs import replace

from kiosk.advice.outcomes import OUTCOMES, REFUSALS, End, of_a_release
from kiosk.config import guidance
from kiosk.config.kiosk import Portal
from kiosk.flows.asking.ends import Left
from kiosk.flows.asking.screen import Screen
from kiosk.flows.benefits import benefits
from kiosk.flows.linking import link
from kiosk.flows.refusal import ENDS, Stop
from kiosk.portal.client import PortalClient
from kiosk.portal.model import FOREIGN, Offer, Purpose, Release, Released, State
from kiosk.receipts.slips import AlreadyLinkedSlip, OutcomeSlip, ReleasedSlip
from kiosk.sim.card import VirtualCard
from kiosk.sim.card.chip import Faults
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.faults import Fault
from kiosk.sim.portal.sandbox import Sandbox
from tests.flows.scripted import Answer, ScriptedKiosk, puts_in
from tests.flows.willing import WillingKiosk

PEOPLE = people()
FACTS = guidance.load()
AGREES = ("read_to_end", "tick", "next")
READS = ("next", "pin:1234", "next")  # the card is ready, its four digits, the attributes are right
SIGNS = ("pin:ABC123",)
LINKS = ("next", "next", "next", *READS, *AGREES, *SIGNS)
RELEASES = ("next", *SIGNS)
GOES_ON = ("next", *AGREES, *SIGNS)  # with the linking that was refused
LINKS_TOO = ("next", "next", "next", "next", *AGREES, *SIGNS)  # contents, consent and attributes come first
Flow = Callable[[ScriptedKiosk], bool]


@pytest.fixture
def settings(sandbox: Sandbox) -> Portal:
    return msgspec.structs.replace(
        sandbox.settings, timeout_seconds=2.0, connect_timeout_seconds=1.0, retry_after_seconds=0.05
    )


@pytest.fixture
def at_home(settings: Portal) -> PortalClient:
    """As the home screen leaves it: it has heard what the portal does."""
    client = PortalClient(settings)
    assert client.reachable() is True
    return client


def kiosk_of(pki: Pki, portal: PortalClient, *answers: Answer, who: str = "reobtained") -> ScriptedKiosk:
    return ScriptedKiosk(*answers, card=VirtualCard(PEOPLE[who], pki), portal=portal)


def states(sandbox: Sandbox) -> tuple[list[State], list[State]]:
    """Of the linkings and of the releases; and nothing is held of anybody any more."""
    assert sandbox.held_count() == 0
    return [each.state for each in sandbox.linkings._all()], [each.state for each in sandbox.releases._all()]


def end_of(kiosk: ScriptedKiosk) -> object:
    return kiosk.screens[-1].facts["end"]


def released(sandbox: Sandbox) -> Released:
    [entry] = sandbox.releases._all()
    assert entry.released is not None
    return entry.released


# -- as it should go


def test_it_is_released_and_linking_goes_on_from_the_terms(pki: Pki, sandbox: Sandbox, at_home: PortalClient) -> None:
    kiosk = kiosk_of(pki, at_home, *LINKS, *RELEASES, *GOES_ON, "finish")
    assert link(kiosk)
    assert states(sandbox) == ([State.REFUSED, State.COMPLETED], [State.COMPLETED])
    after = kiosk.names[kiosk.names.index("release") :]
    shown = list(dict.fromkeys(after))
    begun = [screen.facts["sent"] for screen in kiosk.screens if screen.facts.get("what") == "begin"]
    assert begun == [False, True, True], "nothing is said not to have been sent that was"
    told = [screen.facts["resent"] for screen in kiosk.screens if screen.name == "released"]
    assert told and all(told), "what is sent for the linking, too, is said before"
    assert shown == ["release", "sending", "pin", "reading", "released", "terms", "linked"]
    assert after.count("pin") == 2 and kiosk.names.count("confirm") == 1, "nothing is read a second time"
    assert [slip.name() for slip in kiosk.slips] == ["released", "linked"]
    [former, _] = kiosk.slips
    done = released(sandbox)
    assert isinstance(former, ReleasedSlip)
    assert (former.reference, former.released_at, former.lapsed) == (done.reference, done.released_at, True)


def test_the_screens_of_a_release_are_no_steps_of_linking(pki: Pki, at_home: PortalClient) -> None:
    kiosk = kiosk_of(pki, at_home, *LINKS, *RELEASES, *GOES_ON, "finish")
    link(kiosk)
    place = kiosk.names.index("release")
    steps = [screen.step for screen in kiosk.screens[place : kiosk.names.index("released")]]
    assert set(steps) == {None}
    resumed = [screen.step for screen in kiosk.screens[kiosk.names.index("released") :] if screen.step]
    assert resumed == sorted(resumed) and resumed[0] == 3 and resumed[-1] == 11


def test_the_tries_are_shown_before_the_pin_and_the_last_is_not_spent_unasked(pki: Pki, at_home: PortalClient) -> None:
    wrong = ("pin:WRONG1",) * 4
    kiosk = kiosk_of(pki, at_home, *LINKS, "next", *wrong, "yes", *SIGNS, "finish")
    assert link(kiosk)
    place = kiosk.names.index("release")
    tries = [screen.facts["remaining"] for screen in kiosk.screens[place:] if screen.name in ("pin", "last_try")]
    assert tries == [5, 4, 3, 2, 1, 1]


def test_who_has_released_may_leave_the_linking_for_later(pki: Pki, sandbox: Sandbox, at_home: PortalClient) -> None:
    kiosk = kiosk_of(pki, at_home, *LINKS, *RELEASES, "finish")
    assert link(kiosk)
    assert states(sandbox) == ([State.REFUSED], [State.COMPLETED])
    assert [slip.name() for slip in kiosk.slips] == ["released"]


def test_from_home_all_of_it_is_done_and_then_linked(pki: Pki, sandbox: Sandbox, at_home: PortalClient) -> None:
    kiosk = kiosk_of(pki, at_home, "release", "next", *READS, *AGREES, *SIGNS, *LINKS_TOO, "finish")
    assert benefits(kiosk)
    assert states(sandbox) == ([State.COMPLETED], [State.COMPLETED])
    shown = list(dict.fromkeys(kiosk.names[kiosk.names.index("released") :]))
    assert shown == ["released", "contents", "consent", "sending", "confirm", "terms", "pin", "reading", "linked"]
    assert [screen.facts["resent"] for screen in kiosk.screens if screen.name == "released"][-1] is False
    sent = [screen.facts["purpose"] for screen in kiosk.screens if screen.name == "confirm"]
    assert sent == ["release", "linking"], "nothing is sent that was not agreed to be sent for it"
    assert [screen.facts["what"] for screen in kiosk.screens if screen.name == "reading"].count("attributes") == 1


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        (("back",), []),
        (("next", "refuse"), []),
        (("next", "next"), [State.CANCELLED]),
        (("next", "next", "back", "back", "back"), [State.CANCELLED]),
    ],
    ids=["at the contents", "at the consent", "at the attributes", "back from there"],
)
def test_who_has_released_from_home_is_asked_before_anything_is_sent_for_a_linking(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, answers: tuple[str, ...], left: list[State]
) -> None:
    kiosk = kiosk_of(pki, at_home, "release", "next", *READS, *AGREES, *SIGNS, "next", *answers)
    with suppress(Left):
        assert not benefits(kiosk)
    assert states(sandbox) == (left, [State.COMPLETED])
    assert all(entry.erased_at is None for entry in sandbox.linkings._all()), "nothing of the person was sent for it"


def test_a_link_in_force_is_released_where_the_operator_allows_it(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient
) -> None:
    sandbox.offer(*Offer, scope="any")
    kiosk = kiosk_of(pki, at_home, "release", "next", *READS, *AGREES, *SIGNS, "finish", who="linked")
    assert benefits(kiosk)
    [consent] = [screen for screen in kiosk.screens if screen.name == "release"]
    assert consent.facts["scope"] == "any"
    assert not released(sandbox).lapsed
    [slip] = kiosk.slips
    assert isinstance(slip, ReleasedSlip) and not slip.lapsed


# -- refused, left, and what a portal may leave out


def test_who_would_rather_not_hears_what_was_said_before_and_all_is_as_it_was(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient
) -> None:
    kiosk = kiosk_of(pki, at_home, *LINKS, "refuse", "finish")
    assert link(kiosk)
    assert end_of(kiosk) == End.RELEASE_FIRST.value
    assert states(sandbox) == ([State.REFUSED], [State.CANCELLED])
    assert sandbox.releases._all()[0].erased_at is None, "nothing of the person was sent for it"


def test_who_goes_back_to_the_consent_before_anything_was_sent_is_not_told_that_something_was(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient
) -> None:
    kiosk = kiosk_of(pki, at_home, "release", "next", *READS[:-1], "back", "back", "back", "back")
    assert not benefits(kiosk)
    first, again = (screen for screen in kiosk.screens if screen.name == "release")
    assert again == first and not again.facts["known"]
    assert states(sandbox) == ([], [State.CANCELLED])


def test_back_from_it_is_back_home(pki: Pki, sandbox: Sandbox, at_home: PortalClient) -> None:
    kiosk = kiosk_of(pki, at_home, "release", "back")
    assert not benefits(kiosk)
    assert states(sandbox) == ([], [State.CANCELLED])


@pytest.mark.parametrize("offers", [(), (Offer.LINKED_LICENCE,)], ids=["older version", "does not offer it"])
def test_where_the_portal_cannot_the_page_says_what_it_said(
    pki: Pki, sandbox: Sandbox, settings: Portal, offers: tuple[Offer, ...]
) -> None:
    sandbox.offer(*offers)
    client = PortalClient(settings)
    assert client.reachable() is True
    kiosk = kiosk_of(pki, client, *LINKS, "finish")
    assert link(kiosk)
    assert "release" not in kiosk.names
    assert kiosk.screens[-1].facts["outcome"] == OUTCOMES[End.RELEASE_FIRST].told(FACTS)
    assert states(sandbox) == ([State.REFUSED], [])


def test_a_portal_that_can_no_more_is_not_believed_to_have(pki: Pki, sandbox: Sandbox, at_home: PortalClient) -> None:
    """It was of the newer version when the home screen asked."""
    sandbox.offer()
    kiosk = kiosk_of(pki, at_home, *LINKS, "finish")
    assert link(kiosk)
    assert end_of(kiosk) == End.PORTAL_BROKEN.value
    assert states(sandbox) == ([State.REFUSED], [])


@pytest.mark.parametrize("count", range(len(RELEASES)), ids=["at the consent", "at the PIN"])
def test_who_leaves_on_the_way_has_released_nothing(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, count: int
) -> None:
    kiosk = kiosk_of(pki, at_home, *LINKS, *RELEASES[:count])
    with pytest.raises(Left):
        link(kiosk)
    assert kiosk.names[-1] == "closing"
    assert states(sandbox) == ([State.REFUSED], [State.CANCELLED])


FROM_HOME = ("release", "next", *READS, *AGREES, *SIGNS)


@pytest.mark.parametrize("count", range(2, len(FROM_HOME)))
def test_who_leaves_at_any_step_of_a_release_from_home_has_released_nothing(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, count: int
) -> None:
    kiosk = kiosk_of(pki, at_home, *FROM_HOME[:count])
    with pytest.raises(Left):
        benefits(kiosk)
    assert kiosk.names[-1] == "closing"
    assert states(sandbox) == ([], [State.CANCELLED])


def test_who_leaves_after_it_has_released_and_linked_nothing(pki: Pki, sandbox: Sandbox, at_home: PortalClient) -> None:
    kiosk = kiosk_of(pki, at_home, *LINKS, *RELEASES, "next", "refuse")
    with pytest.raises(Left):
        link(kiosk)
    assert states(sandbox) == ([State.REFUSED, State.CANCELLED], [State.COMPLETED])


# -- what goes wrong at the portal


def fails(sandbox: Sandbox, fault: Fault | None) -> Answer:
    """The answer of somebody who agrees, while something breaks at the portal: other terms, or a fault."""

    def agree(_: ScriptedKiosk) -> str:
        if fault is None:
            sandbox.change_terms()
        else:
            sandbox.faults.switch_on(fault, on="submit_release")
        return "next"

    return agree


@pytest.mark.parametrize(
    ("fault", "end", "left"),
    [
        (Fault.CLOSED, End.PORTAL_CLOSED, State.CANCELLED),
        (Fault.CUT, End.PORTAL_UNREACHABLE, State.CANCELLED),
        (None, End.TERMS_CHANGED, State.REFUSED),
    ],
    ids=["closed", "never arrives", "other terms"],
)
def test_what_was_not_released_is_said_not_to_be(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, fault: Fault | None, end: End, left: State
) -> None:
    kiosk = kiosk_of(pki, at_home, *LINKS, fails(sandbox, fault), *SIGNS, "finish")
    assert link(kiosk)
    assert (end_of(kiosk), states(sandbox)) == (end.value, ([State.REFUSED], [left]))
    outcome = of_a_release(OUTCOMES[end]).told(FACTS)
    assert kiosk.screens[-1].facts["outcome"] == outcome and "解除" in outcome.meaning


def test_terms_that_changed_after_the_refused_linking_are_read_before_the_release(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was agreed to earlier in the visit counts for those very terms only."""
    begin = at_home.begin_release

    def changed() -> Release:
        sandbox.change_terms()
        return begin()

    monkeypatch.setattr(at_home, "begin_release", changed)
    kiosk = kiosk_of(pki, at_home, *LINKS, "next", *AGREES, *SIGNS, *GOES_ON, "finish")
    assert link(kiosk)
    terms = [screen.facts["terms"] for screen in kiosk.screens if screen.name == "terms"]
    former, *new = dict.fromkeys(terms)
    assert len(new) == 1 and terms == [former] * 3 + new * 6
    assert states(sandbox) == ([State.REFUSED, State.COMPLETED], [State.COMPLETED])


def test_terms_that_changed_after_the_release_are_those_that_the_linking_is_signed_for(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient
) -> None:
    def goes_on(_: ScriptedKiosk) -> str:
        sandbox.change_terms()
        return "next"

    kiosk = kiosk_of(pki, at_home, *LINKS, *RELEASES, goes_on, *GOES_ON[1:], "finish")
    assert link(kiosk)
    assert states(sandbox) == ([State.REFUSED, State.COMPLETED], [State.COMPLETED])


@pytest.mark.parametrize("at", ["the consent", "the terms"])
def test_a_release_that_timed_out_is_said_to_have_ended_and_nothing_is_released(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, at: str
) -> None:
    """Before the attributes are sent, and before the signature is."""

    def waits(_: ScriptedKiosk) -> str:
        [entry] = sandbox.releases._all()
        entry.end(State.EXPIRED)
        return "next"

    whole = {"the consent": ("release", waits, *READS), "the terms": (*FROM_HOME[:-2], waits, *SIGNS)}
    kiosk = kiosk_of(pki, at_home, *whole[at], "finish")
    assert benefits(kiosk)
    assert (end_of(kiosk), states(sandbox)) == (End.LINKING_EXPIRED.value, ([], [State.EXPIRED]))
    outcome = kiosk.screens[-1].facts["outcome"]
    assert (
        outcome == of_a_release(OUTCOMES[End.LINKING_EXPIRED]).told(FACTS) and "解除されていません" in outcome.meaning
    )


def test_who_is_to_begin_again_because_of_other_terms_comes_home(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient
) -> None:
    kiosk = kiosk_of(pki, at_home, *LINKS, fails(sandbox, None), *SIGNS, "again")
    assert not link(kiosk)
    assert states(sandbox) == ([State.REFUSED], [State.REFUSED])


def test_an_answer_lost_after_the_release_is_asked_for_and_linking_goes_on(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient
) -> None:
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit_release")
    kiosk = kiosk_of(pki, at_home, *LINKS, *RELEASES, *GOES_ON, "finish")
    assert link(kiosk)
    assert states(sandbox) == ([State.REFUSED, State.COMPLETED], [State.COMPLETED])


def test_one_that_cannot_be_asked_for_is_called_uncertain_and_nothing_is_guessed(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient
) -> None:
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit_release")
    kiosk = kiosk_of(pki, at_home, *LINKS, *RELEASES, "finish")
    sandbox.faults.switch_on(Fault.MALFORMED, on="state_release")
    sandbox.faults.switch_on(Fault.CUT, on="cancel_release")
    assert link(kiosk)
    assert end_of(kiosk) == End.RELEASE_UNCERTAIN.value
    [slip] = kiosk.slips
    assert isinstance(slip, OutcomeSlip) and slip.heading == OUTCOMES[End.RELEASE_UNCERTAIN].heading


def test_a_portal_that_says_released_and_is_not_is_not_asked_for_ever(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.drivers, "release", lambda holder, any_link: True)
    kiosk = kiosk_of(pki, at_home, *LINKS, *RELEASES, *GOES_ON, "finish")
    assert link(kiosk)
    assert end_of(kiosk) == End.RELEASE_NOT_SEEN.value
    assert kiosk.names.count("release") == 1
    assert [slip.name() for slip in kiosk.slips] == ["released", "outcome"]


def test_a_portal_that_says_released_of_the_link_in_force_and_is_not_is_told_as_it_answers_last(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.offer(*Offer, scope="any")
    monkeypatch.setattr(sandbox.drivers, "release", lambda holder, any_link: False)
    kiosk = kiosk_of(pki, at_home, *FROM_HOME, *LINKS_TOO, "finish", who="linked")
    assert benefits(kiosk)
    assert kiosk.names.count("release") == 1
    assert kiosk.screens[-1].name == "linked" and kiosk.screens[-1].facts["linked"] is None, "it is linked still"
    assert [slip.name() for slip in kiosk.slips] == ["released", "already_linked"]


def test_a_portal_that_releases_more_than_it_had_offered_is_quoted_as_it_says(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was to release a lapsed licence's link, and says that it was the one in force: nobody is told otherwise."""
    monkeypatch.setattr(sandbox.drivers, "release", lambda holder, any_link: False)
    kiosk = kiosk_of(pki, at_home, *FROM_HOME, "finish", who="linked")
    assert benefits(kiosk)
    [scope] = [screen.facts["scope"] for screen in kiosk.screens if screen.name == "release"]
    told = kiosk.screens[-1].facts["released"]
    [slip] = kiosk.slips
    assert isinstance(told, Released) and isinstance(slip, ReleasedSlip)
    assert (scope, told.lapsed, slip.lapsed) == ("lapsed", False, False)


@pytest.mark.parametrize(
    ("who", "end"),
    [("linked", End.RELEASE_NOT_HERE), ("excellent", End.NOT_LINKED), ("revoked", End.CERTIFICATE_REVOKED)],
)
def test_each_refusal_has_its_page_and_nothing_is_changed(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, who: str, end: End
) -> None:
    kiosk = kiosk_of(pki, at_home, "release", "next", *READS, *AGREES, *SIGNS, "finish", who=who)
    assert benefits(kiosk)
    assert (end_of(kiosk), states(sandbox)) == (end.value, ([], [State.REFUSED]))


def test_two_kiosks_at_once_for_one_person_release_once(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, settings: Portal
) -> None:
    def elsewhere(_: ScriptedKiosk) -> str:
        other = kiosk_of(pki, at_home, "release", "next", *READS, *AGREES, *SIGNS, "finish")
        assert benefits(other)
        return "next"

    kiosk = kiosk_of(pki, at_home, *LINKS, elsewhere, *SIGNS, "finish")
    assert link(kiosk)
    assert end_of(kiosk) == End.NOT_LINKED.value
    assert sorted(state.value for state in states(sandbox)[1]) == ["completed", "refused"]


# -- what goes wrong with the card


def pulls(answer: str) -> Answer:
    """The answer of somebody who takes the card out and puts it back."""

    def pull(kiosk: ScriptedKiosk) -> str:
        card = kiosk.slot
        assert card is not None
        kiosk.take_out()
        kiosk._answers.insert(0, puts_in(card))
        return answer

    return pull


def test_a_card_taken_out_at_the_consent_is_waited_for(pki: Pki, sandbox: Sandbox, at_home: PortalClient) -> None:
    kiosk = kiosk_of(pki, at_home, *LINKS, pulls("next"), *RELEASES, *GOES_ON, "finish")
    assert link(kiosk)
    place = kiosk.names.index("release")
    assert kiosk.names[place : place + 3] == ["release", "set_card", "release"]
    assert states(sandbox) == ([State.REFUSED, State.COMPLETED], [State.COMPLETED])


def test_another_persons_card_signs_nothing(pki: Pki, sandbox: Sandbox, at_home: PortalClient) -> None:
    other, own = VirtualCard(PEOPLE["both"], pki), puts_in(VirtualCard(PEOPLE["reobtained"], pki))

    def change(kiosk: ScriptedKiosk) -> str:
        kiosk.take_out()
        kiosk.put_in(other)
        return "next"

    kiosk = kiosk_of(pki, at_home, *LINKS, change, own, *RELEASES, "finish")
    assert link(kiosk)
    assert [screen.facts["fault"] for screen in kiosk.screens if screen.name == "set_card"][-1] == "other_card"
    assert all(each.ins != 0x20 for each in other.trace), "none of its PINs was asked for"
    assert states(sandbox) == ([State.REFUSED], [State.COMPLETED])


class Releasing(WillingKiosk):
    """Somebody who has what stands in the way of their link released."""

    def _would(self, screen: Screen) -> str:
        return "release" if screen.name == "benefits" else super()._would(screen)


class WithAnother(Releasing):
    """Somebody in whose place another's card is put in once, at one of the screens, and who puts theirs back."""

    def __init__(self, card: VirtualCard, portal: PortalClient, other: VirtualCard, at: tuple[str, int]) -> None:
        super().__init__(card, portal)
        self.own, self.other, self.at = card, other, at
        self.seen: Counter[str] = Counter()

    def ask(self, screen: Screen) -> str:
        self.seen[screen.name] += 1
        if (screen.name, self.seen[screen.name]) == self.at:
            if self.slot is not None:
                self.take_out()
            self.put_in(self.other)
        return super().ask(screen)

    def await_card(self, screen: Screen, newer_than: int | None = None) -> str | None:
        if screen.facts["fault"] == "other_card":
            self.show(screen)
            if self.slot is not None:
                self.take_out()
            self.put_in(self.own)
        return super().await_card(screen, newer_than)


PLACES = {  # the screens from the consent to a release on, and how often they had come when another's card comes
    link: [("release", 1), ("pin", 3), ("released", 1), ("terms", 4), ("terms", 6), ("pin", 4)],
    benefits: [
        *(("confirm", 1), ("terms", 1), ("terms", 3), ("pin", 2), ("released", 1)),
        *(("contents", 1), ("consent", 1), ("confirm", 2), ("terms", 4), ("pin", 3)),
    ],
}


@pytest.mark.parametrize(
    ("flow", "at"),
    [(flow, at) for flow, places in PLACES.items() for at in places],
    ids=lambda each: each.__name__ if callable(each) else "-".join(map(str, each)),
)
def test_another_persons_card_put_in_at_any_screen_is_noticed_before_anything_is_asked_of_it(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, flow: Flow, at: tuple[str, int]
) -> None:
    other = VirtualCard(PEOPLE["both"], pki)
    kiosk = WithAnother(VirtualCard(PEOPLE["reobtained"], pki), at_home, other, at)
    assert flow(kiosk)
    assert kiosk.seen[at[0]] >= at[1], "the place was come to"
    assert "other_card" in [screen.facts["fault"] for screen in kiosk.screens if screen.name == "set_card"]
    assert all(each.ins != 0x20 for each in other.trace), "none of its PINs was asked for"
    assert kiosk.names[-1] == "linked"
    refused = [State.REFUSED] if flow is link else []
    assert states(sandbox) == ([*refused, State.COMPLETED], [State.COMPLETED])


class PutsBack(Releasing):
    """Somebody whose card is pulled at one of the release's commands, and who puts it back when asked."""

    def __init__(self, card: VirtualCard, portal: PortalClient, at: int | None) -> None:
        super().__init__(card, portal)
        self.own, self.at = card, at
        self.commands: list[int] = []  # how many the card had heard at the consent, and when all was done

    def ask(self, screen: Screen) -> str:
        if screen.name == "release":
            self.commands.append(len(self.own.trace))
            if self.at is not None:
                self.own.inflict(Faults(pull_at=self.at))
        return super().ask(screen)

    def show(self, screen: Screen) -> None:
        if screen.name == "linked":
            self.commands.append(len(self.own.trace))
        super().show(screen)

    def await_card(self, screen: Screen, newer_than: int | None = None) -> str | None:
        if self.slot is None:
            self.show(screen)
            self.put_in(self.own)
        return super().await_card(screen, newer_than)


COMMANDS: dict[Flow, int] = {
    link: 12,
    benefits: 16,
}  # of a card, from the consent to a release until the new licence is linked


@pytest.mark.parametrize("flow", COMMANDS, ids=lambda flow: flow.__name__)
def test_a_release_and_the_linking_after_it_take_so_many_commands_of_a_card(
    pki: Pki, at_home: PortalClient, flow: Flow
) -> None:
    kiosk = PutsBack(VirtualCard(PEOPLE["reobtained"], pki), at_home, None)
    assert flow(kiosk)
    consent, done = kiosk.commands
    assert done - consent == COMMANDS[flow]


@pytest.mark.parametrize(
    ("flow", "at"),
    [(flow, at) for flow, count in COMMANDS.items() for at in range(1, count + 1)],
    ids=lambda each: each.__name__ if callable(each) else str(each),
)
def test_a_card_pulled_at_any_command_of_it_releases_and_links_once_it_is_back(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, flow: Flow, at: int
) -> None:
    card = VirtualCard(PEOPLE["reobtained"], pki)
    kiosk = PutsBack(card, at_home, at)
    assert flow(kiosk)
    assert kiosk.names[-1] == "linked"
    assert "set_card" in kiosk.names[kiosk.names.index("release") :]
    refused = [State.REFUSED] if flow is link else []
    assert states(sandbox) == ([*refused, State.COMPLETED], [State.COMPLETED])
    assert all(pin.left == pin.most for pin in card.pins.values())


# -- signed with the phone


@pytest.fixture
def former(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody has a former link, also who has a phone that signs."""
    records = [replace(record, link="release_first") for record in sandbox.drivers._records]
    monkeypatch.setattr(sandbox.drivers, "_records", records)


def holds_phone(pki: Pki) -> Answer:
    """The answer of somebody who takes the card out and holds the phone to the reader."""

    def hold(kiosk: ScriptedKiosk) -> str:
        if kiosk.slot is not None:
            kiosk.take_out()
        kiosk.put_in(VirtualCard(PEOPLE["phone"], pki, "phone"))
        return "put in"

    return hold


@pytest.mark.usefixtures("former")
def test_a_phone_that_stays_signs_once_and_again_and_once_more(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient
) -> None:
    first, again = ("phone", holds_phone(pki), *SIGNS), ("phone", *SIGNS)
    kiosk = kiosk_of(pki, at_home, *LINKS[:-1], *first, "next", *again, "next", *AGREES, *again, "finish", who="phone")
    assert link(kiosk)
    assert states(sandbox) == ([State.REFUSED, State.COMPLETED], [State.COMPLETED])
    assert [screen.facts["fault"] for screen in kiosk.screens if screen.name == "set_card"] == [""]


def lifts(answer: str) -> Answer:
    """The answer of somebody who takes the phone away, since the card is not needed any more."""

    def lift(kiosk: ScriptedKiosk) -> str:
        kiosk.take_out()
        return answer

    return lift


@pytest.mark.usefixtures("former")
@pytest.mark.parametrize("at", ["release", "released", "terms", "phone"])
def test_who_lifts_the_phone_that_has_signed_is_not_sent_for_the_card(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, at: str
) -> None:
    gone = {"release": lifts("next"), "released": "next", "terms": "read_to_end", "phone": "phone"}
    usual = {"release": "next", "released": "next", "terms": "read_to_end", "phone": "phone"}
    if at != "release":
        gone = {**usual, at: lifts(usual[at])}
    signs = (holds_phone(pki), *SIGNS)
    second = signs if at == "release" else SIGNS
    third = SIGNS if at == "release" else signs
    kiosk = kiosk_of(
        pki,
        at_home,
        *(*LINKS[:-1], "phone", *signs),
        *(gone["release"], "phone", *second, gone["released"]),
        *(gone["terms"], *AGREES[1:], gone["phone"], *third, "finish"),
        who="phone",
    )
    assert link(kiosk)
    assert states(sandbox) == ([State.REFUSED, State.COMPLETED], [State.COMPLETED])
    asked = [screen.facts for screen in kiosk.screens if screen.name == "set_card"]
    assert all(facts["kind"] == "phone" for facts in asked), "the card is not asked for"
    said = [screen.facts["phone"] for screen in kiosk.screens if "phone" in screen.facts]
    assert said[0] is False and all(said[1:]), "nobody is told to leave the card in"


# -- what nobody foresaw


@pytest.mark.parametrize(
    ("at", "end", "left"),
    [
        ("release", End.PROBLEM_NOT_RELEASED, State.CANCELLED),
        ("pin", End.PROBLEM_NOT_RELEASED, State.CANCELLED),
        ("released", End.PROBLEM_RELEASED, State.COMPLETED),
    ],
)
def test_a_failure_of_the_kiosk_says_what_the_portal_has(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient, at: str, end: End, left: State
) -> None:
    class Failing(ScriptedKiosk):
        def _fail(self, name: str) -> None:
            if name == at and (at == "release" or "release" in self.names):
                raise ValueError

        def ask(self, screen):  # type: ignore[no-untyped-def]
            self._fail(screen.name)
            return super().ask(screen)

    kiosk = Failing(*LINKS, *RELEASES, card=VirtualCard(PEOPLE["reobtained"], pki), portal=at_home)
    with pytest.raises(Stop) as stop:
        link(kiosk)
    assert (stop.value.end, states(sandbox)) == (end, ([State.REFUSED], [left]))


# -- linked already


def test_who_is_linked_already_is_shown_what_it_gives_and_nothing_is_linked(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient
) -> None:
    kiosk = kiosk_of(pki, at_home, "already", *LINKS[2:], "licence_page", "finish", who="linked")
    assert link(kiosk)
    assert "contents" not in kiosk.names, "a touch less"
    assert kiosk.names[-2:] == ["linked", "licence_page"]
    assert kiosk.screens[-2].facts["linked"] is None
    [slip] = kiosk.slips
    assert isinstance(slip, AlreadyLinkedSlip) and slip.can
    assert states(sandbox) == ([State.REFUSED], [])


def test_back_from_there_leads_through_the_contents_to_the_first_screen(pki: Pki, at_home: PortalClient) -> None:
    kiosk = kiosk_of(pki, at_home, "already", "back", "back", "back")
    assert not link(kiosk)
    assert kiosk.names == ["licence", "consent", "contents", "licence"]


def test_a_portal_that_does_not_show_it_leaves_the_page_as_it_was(
    pki: Pki, sandbox: Sandbox, at_home: PortalClient
) -> None:
    sandbox.offer(Offer.RELEASE)
    kiosk = kiosk_of(pki, at_home, *LINKS, "finish", who="linked")
    assert link(kiosk)
    assert end_of(kiosk) == End.ALREADY_LINKED.value


def test_no_sentence_that_a_release_has_from_a_linking_speaks_of_linking() -> None:
    """But where it says that the link was not released."""
    foreign = {REFUSALS[each] for each in FOREIGN[Purpose.RELEASE]} | {End.RELEASE_NOT_SEEN}
    own = {REFUSALS[each] for each in FOREIGN[Purpose.LINKING]}
    ends = {purpose: set(astuple(ENDS[purpose])) for purpose in Purpose}
    shared = set(End) - foreign - own - ends[Purpose.LINKING] - ends[Purpose.RELEASE]
    assert {End.TEXT_PIN_LOCKED, End.PORTAL_CLOSED, End.NAME_UNUSABLE, End.KIOSK_PROBLEM} <= shared
    said = [
        (end, sentence)
        for end in shared
        for outcome in (of_a_release(OUTCOMES[end]),)
        for sentence in (outcome.heading, outcome.happened, outcome.meaning, *map(str, outcome.todo))
    ]
    assert [each for each in said if re.search("連携(?!は解除されていません)", each[1])] == []
