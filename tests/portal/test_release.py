"""A release of a link: begun, agreed to, signed and decided as a linking is, and what a portal may leave out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk.config.kiosk import Portal
from kiosk.portal.begun import Begun
from kiosk.portal.client import PortalBroken, PortalClient, PortalRefused, PortalUnreachable
from kiosk.portal.model import Linking, LinkingState, Offer, Refusal, Release, State
from kiosk.portal.statement import statement
from kiosk.sim.pki import Pki
from kiosk.sim.portal.faults import MALFORMED, Fault
from kiosk.sim.portal.sandbox import Sandbox, world
from kiosk.sim.portal.signature import Refused
from tests.portal.conftest import Visitor
from tests.stage import until

Visitors = Callable[..., Visitor]


@pytest.fixture
def held(client: PortalClient, visitor: Visitors) -> tuple[Visitor, Release]:
    guest, release = visitor("reobtained"), client.begin_release()
    client.hold(release, guest.applicant)
    return guest, release


def refusal(client: PortalClient, release: Release, cms: bytes) -> Refusal:
    with pytest.raises(PortalRefused) as refused:
        client.submit(release, cms)
    return refused.value.reason


def is_linked(client: PortalClient, guest: Visitor) -> bool:
    """Whether the portal takes this person for linked, of old or now."""
    linking = client.begin()
    client.hold(linking, guest.applicant)
    try:
        client.submit(linking, guest.cms(linking))
    except PortalRefused as refused:
        return refused.reason in (Refusal.RELEASE_FIRST, Refusal.ALREADY_LINKED)
    return False


# -- released, and refused


def test_who_has_released_the_former_link_can_be_linked(client: PortalClient, visitor: Visitors) -> None:
    guest = visitor("reobtained")
    assert guest.release(client).lapsed
    assert guest.link(client).licence.colour == "blue"


def test_a_link_in_force_is_not_touched_where_only_lapsed_ones_are_released(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    guest, release = visitor("linked"), client.begin_release()
    client.hold(release, guest.applicant)
    assert release.scope == "lapsed"
    assert refusal(client, release, guest.cms(release)) is Refusal.RELEASE_NOT_HERE
    state = client.state(release)
    assert (state.state, state.applicant_data, sandbox.held_count()) == (State.REFUSED, "erased", 0)
    assert is_linked(client, guest)


def test_any_link_is_released_where_the_operator_allows_it_and_is_said_not_to_be_a_lapsed_one(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    sandbox.offer(*Offer, scope="any")
    guest = visitor("linked")
    assert not guest.release(client).lapsed
    assert guest.link(client).reference


def test_of_two_links_the_lapsed_one_goes_first(client: PortalClient, sandbox: Sandbox, visitor: Visitors) -> None:
    sandbox.offer(*Offer, scope="any")
    assert visitor("reobtained").release(client).lapsed


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("excellent", Refusal.NOT_LINKED),
        ("no-licence", Refusal.NOT_LINKED),
        ("moved", Refusal.ATTRIBUTES_DIFFER),
        ("expired", Refusal.CERTIFICATE_EXPIRED),
        ("revoked", Refusal.CERTIFICATE_REVOKED),
    ],
)
def test_each_person_whose_link_is_not_released_hears_why(
    client: PortalClient, visitor: Visitors, who: str, reason: Refusal
) -> None:
    guest, release = visitor(who), client.begin_release()
    client.hold(release, guest.applicant)
    assert refusal(client, release, guest.cms(release)) is reason


def test_what_is_released_is_released_once(client: PortalClient, visitor: Visitors) -> None:
    guest = visitor("reobtained")
    guest.release(client)
    release = client.begin_release()
    client.hold(release, guest.applicant)
    assert refusal(client, release, guest.cms(release)) is Refusal.NOT_LINKED


@pytest.mark.parametrize(
    ("who", "loser"),
    [("reobtained", Refusal.NOT_LINKED), ("excellent", Refusal.ALREADY_LINKED)],
    ids=["release", "link"],
)
def test_two_kiosks_at_the_same_moment_for_one_person_do_it_once(
    settings: Portal, sandbox: Sandbox, visitor: Visitors, who: str, loser: Refusal
) -> None:
    guest = visitor(who)
    other = replace(
        settings,
        certificate_file=str(sandbox.files.certificate("other_kiosk")),
        key_file=str(sandbox.files.key("other_kiosk")),
    )
    for _ in range(4):
        sandbox.drivers.release_all()
        together, ends = threading.Barrier(2), list[object]()

        def comes(at: Portal, together: threading.Barrier = together, ends: list[object] = ends) -> None:
            client = PortalClient(at)
            request: Linking | Release = client.begin() if who == "excellent" else client.begin_release()
            client.hold(request, guest.applicant)
            cms = guest.cms(request)
            together.wait(timeout=10)
            try:
                ends.append(client.submit(request, cms).reference)
            except PortalRefused as refused:
                ends.append(refused.reason)

        kiosks = [threading.Thread(target=comes, args=(at,)) for at in (settings, other)]
        for each in kiosks:
            each.start()
        for each in kiosks:
            each.join()
        assert len(ends) == 2 and ends.count(loser) == 1, ends
    assert sandbox.held_count() == 0


def test_other_terms_stop_it(client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Release]) -> None:
    guest, release = held
    sandbox.change_terms()
    assert refusal(client, release, guest.cms(release)) is Refusal.TERMS_CHANGED
    assert is_linked(client, guest)


# -- the statement


def test_the_statement_names_its_purpose_and_what_it_is_for(
    client: PortalClient, held: tuple[Visitor, Release]
) -> None:
    guest, release = held
    signed = json.loads(statement(release, guest.applicant))
    assert (signed["purpose"], signed["release"], "linking" in signed) == ("licence-release/1", release.id, False)
    assert list(signed) == sorted(signed)


def test_a_signature_for_one_purpose_is_worth_nothing_for_the_other(client: PortalClient, visitor: Visitors) -> None:
    guest, linking, release = visitor("reobtained"), client.begin(), client.begin_release()
    same = Linking(release.id, release.nonce, release.terms, release.expires)  # all but the purpose is the release's
    client.hold(release, guest.applicant)
    assert refusal(client, release, guest.cms(same)) is Refusal.SIGNATURE_INVALID
    client.hold(linking, guest.applicant)
    with pytest.raises(PortalRefused) as refused:
        client.submit(linking, guest.cms(Release(linking.id, linking.nonce, linking.terms, linking.expires, "lapsed")))
    assert refused.value.reason is Refusal.SIGNATURE_INVALID


def test_neither_is_known_under_the_path_of_the_other(client: PortalClient, held: tuple[Visitor, Release]) -> None:
    _, release = held
    with pytest.raises(PortalRefused) as refused:
        client.state(Linking(release.id, release.nonce, release.terms, release.expires))
    assert refused.value.reason is Refusal.EXPIRED
    assert client.state(release).state is State.HELD


# -- ends, and what is erased


def test_cancelling_erases_and_the_link_stays(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Release]
) -> None:
    guest, release = held
    assert client.cancel(release) is State.CANCELLED
    assert (client.state(release).applicant_data, sandbox.held_count()) == ("erased", 0)
    assert is_linked(client, guest)


def test_cancelling_undoes_no_release(client: PortalClient, held: tuple[Visitor, Release]) -> None:
    guest, release = held
    released = client.submit(release, guest.cms(release))
    assert client.cancel(release) is State.COMPLETED
    state = client.state(release)
    assert (state.released, state.applicant_data) == (released, "erased")


def test_it_ends_by_itself_and_the_data_goes(pki: Pki, portal_directory: Path, visitor: Visitors) -> None:
    with Sandbox(*world(pki), directory=portal_directory, lifetime=timedelta(seconds=0.2)) as brief:
        client = PortalClient(brief.settings)
        release = client.begin_release()
        client.hold(release, visitor("reobtained").applicant)
        until(lambda: brief.held_count() == 0, seconds=3)
        assert client.state(release).state is State.EXPIRED


def test_what_a_killed_session_leaves_is_ended_by_the_next(
    settings: Portal, sandbox: Sandbox, visitor: Visitors, tmp_path: Path
) -> None:
    killed = PortalClient(settings, Begun(tmp_path))
    release = killed.begin_release()
    killed.hold(release, visitor("reobtained").applicant)
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="begin_release")
    with pytest.raises(PortalUnreachable):
        killed.begin_release()
    sandbox.faults.clear()
    named, unnamed = sorted(
        (path.name for path in tmp_path.iterdir()), key=lambda name: name.startswith("release.begin")
    )
    assert named == f"release.{release.id}" and unnamed.startswith("release.begin.")
    successor = PortalClient(settings, Begun(tmp_path))
    assert successor.settle(successor.left()) == []
    assert {entry.state for entry in sandbox.releases._all()} == {State.CANCELLED}
    assert (len(sandbox.releases._all()), sandbox.held_count(), list(tmp_path.iterdir())) == (2, 0, [])


# -- lost and broken


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.MALFORMED])
def test_an_answer_lost_after_the_release_is_asked_for(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Release], fault: Fault
) -> None:
    guest, release = held
    sandbox.faults.switch_on(fault, on="submit_release")
    released = client.submit(release, guest.cms(release))
    assert released == client.state(release).released


def test_a_refusal_whose_answer_was_lost_is_asked_for(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    guest, release = visitor("excellent"), client.begin_release()
    client.hold(release, guest.applicant)
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit_release")
    assert refusal(client, release, guest.cms(release)) is Refusal.NOT_LINKED


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.SERVER_ERROR])
def test_one_that_never_arrives_is_cancelled_and_then_certainly_not_done(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Release], fault: Fault
) -> None:
    guest, release = held
    sandbox.faults.switch_on(fault, on="submit_release")
    with pytest.raises(PortalUnreachable) as unreachable:
        client.submit(release, guest.cms(release))
    assert unreachable.value.sent == "no"
    assert client.state(release).state is State.CANCELLED
    sandbox.faults.clear()
    assert is_linked(client, guest)


def test_only_a_portal_that_cannot_be_asked_either_leaves_it_unknown(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Release]
) -> None:
    guest, release = held
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit_release")
    sandbox.faults.switch_on(Fault.CUT, on="state_release")
    sandbox.faults.switch_on(Fault.SERVER_ERROR, on="cancel_release")
    with pytest.raises(PortalUnreachable) as unreachable:
        client.submit(release, guest.cms(release))
    assert unreachable.value.sent == "unknown"


def test_what_the_question_does_not_settle_cancelling_does(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Release]
) -> None:
    guest, release = held
    sandbox.faults.switch_on(Fault.LOST_ANSWER, on="submit_release")
    sandbox.faults.switch_on(Fault.CUT, on="state_release")
    released = client.submit(release, guest.cms(release))
    sandbox.faults.clear()
    assert released == client.state(release).released


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_every_hostile_answer_is_called_broken(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Release], kind: str
) -> None:
    guest, release = held
    sandbox.faults.switch_on(Fault.MALFORMED, value=kind)
    for call in (client.begin_release, lambda: client.hold(release, guest.applicant), lambda: client.state(release)):
        with pytest.raises(PortalBroken):
            call()


def test_a_refusal_that_is_none_of_a_releases_is_broken(
    client: PortalClient, sandbox: Sandbox, held: tuple[Visitor, Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bool:
        raise Refused(Refusal.RELEASE_FIRST)

    guest, release = held
    monkeypatch.setattr(sandbox.drivers, "release", refuse)
    with pytest.raises(PortalBroken):
        client.submit(release, guest.cms(release))


# -- what a portal may leave out


def test_the_status_says_what_the_portal_does_beyond_linking(client: PortalClient, sandbox: Sandbox) -> None:
    assert client.offers == frozenset()
    for offers in (frozenset(Offer), frozenset({Offer.RELEASE}), frozenset[Offer]()):
        sandbox.offer(*offers)
        assert client.reachable() is True
        assert client.offers == offers


def test_a_portal_of_the_older_version_knows_no_release_and_links_as_before(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    sandbox.offer()
    with pytest.raises(PortalBroken):
        client.begin_release()
    assert visitor("excellent").link(client).reference


def test_who_is_linked_already_may_be_shown_their_licence_and_nothing_is_linked_by_it(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    guest = visitor("excellent")
    first = guest.link(client)
    again = client.begin()
    client.hold(again, guest.applicant)
    with pytest.raises(PortalRefused):
        client.submit(again, guest.cms(again))
    assert client.linked_licence(again) is None, "not asked before the portal has said that it shows it"
    assert client.reachable() is True
    assert client.linked_licence(again) == first.licence
    state = client.state(again)
    assert (state.state, state.linked, state.applicant_data) == (State.REFUSED, None, "erased")


def test_a_portal_that_does_not_show_it_or_does_not_answer_shows_nothing(
    client: PortalClient, sandbox: Sandbox, visitor: Visitors
) -> None:
    assert client.reachable() is True
    sandbox.offer(Offer.RELEASE)
    guest, linking = visitor("linked"), client.begin()
    client.hold(linking, guest.applicant)
    with pytest.raises(PortalRefused):
        client.submit(linking, guest.cms(linking))
    assert client.linked_licence(linking) is None
    sandbox.faults.switch_on(Fault.CUT, on="state")
    assert client.linked_licence(linking) is None


def test_a_slow_portal_is_not_waited_for_long_to_show_it(
    settings: Portal, sandbox: Sandbox, visitor: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = PortalClient(settings)
    assert client.reachable() is True
    linking = client.begin()
    monkeypatch.setattr("kiosk.portal.client.BRIEF_SECONDS", 0.3)
    sandbox.faults.switch_on(Fault.SLOW, on="state")
    started = time.monotonic()
    assert client.linked_licence(linking) is None
    assert time.monotonic() - started < settings.timeout_seconds


def test_a_portal_that_does_not_offer_to_show_it_is_not_asked(
    client: PortalClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.offer(Offer.RELEASE)
    assert client.reachable() is True
    linking = client.begin()
    monkeypatch.setattr(client, "_once", lambda *_: pytest.fail("it was asked"))
    assert client.linked_licence(linking) is None


def test_a_licence_comes_with_no_other_refusal() -> None:
    shown = LinkingState(State.REFUSED, "erased", refusal=Refusal.NO_LICENCE)
    assert shown.licence is None
    with pytest.raises(ValueError, match="already_linked"):
        LinkingState(State.REFUSED, "erased", refusal=Refusal.NO_LICENCE, licence=object())  # type: ignore[arg-type]
