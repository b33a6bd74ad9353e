"""What is begun at the portal is on record until it is over, and whoever comes after a killed session ends it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from kiosk.config.kiosk import Portal
from kiosk.portal.begun import LIFETIME_SECONDS, MARGIN_SECONDS, Begun, Entry
from kiosk.portal.client import SETTLE_AGAIN_SECONDS, PortalClient, PortalRefused, PortalUnreachable
from kiosk.portal.model import Linking, State
from kiosk.sim.portal.faults import Fault
from kiosk.sim.portal.sandbox import Sandbox
from tests.portal.conftest import Visitor

Visitors = Callable[..., Visitor]
ID, KEY = "KC4ANgNx8wzONuTI-04uQw", "5720d452-1dac-4b78-b4cd-c6f203a1c6b5"


class Clock:
    """now: seconds. Whoever pauses moves it."""

    def __init__(self) -> None:
        self.now = 100_000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def begun(tmp_path: Path, clock: Clock) -> Begun:
    return Begun(tmp_path, clock)


@pytest.fixture
def session(settings: Portal, begun: Begun) -> PortalClient:
    return PortalClient(settings, begun)


@pytest.fixture
def successor(settings: Portal, tmp_path: Path, clock: Clock) -> PortalClient:
    """The client of the next process, which has nothing but the directory."""
    return PortalClient(settings, Begun(tmp_path, clock))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def states(sandbox: Sandbox) -> list[State]:
    return [entry.state for entry in sandbox.linkings._all()]


# -- the record


def test_the_record_is_a_file_for_us_alone_that_names_the_linking_and_nothing_else(
    session: PortalClient, tmp_path: Path, clock: Clock
) -> None:
    linking = session.begin()
    [file] = tmp_path.iterdir()
    assert file.name == f"linking.{linking.id}"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == f"{clock.now + LIFETIME_SECONDS + MARGIN_SECONDS:.0f}\n"


def test_it_is_there_before_the_portal_is_asked(begun: Begun, tmp_path: Path, clock: Clock) -> None:
    entry = begun.asked(KEY)
    assert names(tmp_path) == [f"linking.begin.{KEY}"]
    assert Begun(tmp_path, clock).left() == [entry]
    begun.named(entry, ID)
    assert names(tmp_path) == [f"linking.{ID}"]
    assert Begun(tmp_path, clock).left() == [Entry(ID, False, entry.until)]


def test_what_is_decided_is_off_the_record(
    session: PortalClient, sandbox: Sandbox, visitor: Visitors, tmp_path: Path
) -> None:
    visitor("excellent").link(session)
    assert names(tmp_path) == []
    with pytest.raises(PortalRefused):
        visitor("revoked").link(session)
    assert names(tmp_path) == []


def test_what_is_cancelled_is_off_the_record_and_what_could_not_be_stays(
    session: PortalClient, sandbox: Sandbox, tmp_path: Path
) -> None:
    first, second = session.begin(), session.begin()
    assert session.cancel(first)
    sandbox.faults.switch_on(Fault.CUT, on="cancel")
    assert not session.cancel(second)
    assert names(tmp_path) == [f"linking.{second.id}"]


def test_what_the_portal_has_forgotten_is_off_the_record(
    session: PortalClient, sandbox: Sandbox, tmp_path: Path
) -> None:
    linking = session.begin()
    sandbox.linkings.clear()
    assert session.cancel(linking)
    assert names(tmp_path) == []


def test_what_never_left_the_kiosk_is_off_the_record(settings: Portal, begun: Begun, tmp_path: Path) -> None:
    nowhere = PortalClient(msgspec.structs.replace(settings, url="https://127.0.0.1:9/v1"), begun)
    with pytest.raises(PortalUnreachable):
        nowhere.begin()
    assert names(tmp_path) == []


@pytest.mark.parametrize("directory", [Path("/proc/1/nowhere"), None])
def test_a_record_that_cannot_be_kept_costs_nobody_their_linking(
    settings: Portal, visitor: Visitors, directory: Path | None
) -> None:
    client = PortalClient(settings, Begun(directory))
    assert visitor("excellent").link(client).reference
    assert client.left() == []


# -- what others may lay there


def lay_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def lay_other(path: Path) -> None:
    path.write_text("200000\n")
    os.chown(path, 65534, 65534)


@pytest.mark.parametrize("lay", [lay_link, os.mkfifo, Path.mkdir, lay_other], ids=["link", "pipe", "folder", "other"])
def test_what_is_no_file_of_ours_is_not_believed(tmp_path: Path, begun: Begun, lay: Callable[[Path], None]) -> None:
    if lay is lay_other and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    lay(tmp_path / f"linking.{ID}")
    assert begun.left() == []


@pytest.mark.parametrize("name", ["linking.short", f"linking.{ID}.more", ID, f"linking.begin.{'x' * 65}", "linking."])
def test_what_has_another_name_is_not_ours(tmp_path: Path, begun: Begun, name: str) -> None:
    (tmp_path / name).write_text("200000\n")
    assert begun.left() == []
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("content", ["", "x", "9" * 30, "inf", "nan"])
def test_a_moment_that_is_missing_or_too_far_counts_as_the_longest(
    tmp_path: Path, begun: Begun, clock: Clock, content: str
) -> None:
    (tmp_path / f"linking.{ID}").write_text(content)
    assert begun.left() == [Entry(ID, False, clock.now + LIFETIME_SECONDS + MARGIN_SECONDS)]


def test_what_is_past_is_taken_off_the_record(tmp_path: Path, begun: Begun, clock: Clock) -> None:
    (tmp_path / f"linking.{ID}").write_text(f"{clock.now:.0f}\n")
    assert (begun.left(), names(tmp_path)) == ([], [])


# -- who comes after


@pytest.fixture
def killed(session: PortalClient, visitor: Visitors) -> Linking:
    """What a session that was killed at step 8 leaves: the portal holds the four attributes."""
    linking = session.begin()
    session.hold(linking, visitor("excellent").applicant)
    return linking


def test_the_next_process_ends_what_the_last_had_begun(
    killed: Linking, successor: PortalClient, sandbox: Sandbox, tmp_path: Path, clock: Clock
) -> None:
    assert sandbox.held_count() == 1
    successor.settle_all(successor.left(), clock.pause)
    assert (sandbox.held_count(), states(sandbox)) == (0, [State.CANCELLED])
    assert (names(tmp_path), clock.pauses) == ([], [])


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.CUT])
def test_what_was_begun_without_an_answer_is_found_by_its_key(
    session: PortalClient, successor: PortalClient, sandbox: Sandbox, tmp_path: Path, clock: Clock, fault: Fault
) -> None:
    sandbox.faults.switch_on(fault, on="begin")
    with pytest.raises(PortalUnreachable):
        session.begin()
    sandbox.faults.clear()
    [name] = names(tmp_path)
    assert name.startswith("linking.begin.")
    before = len(states(sandbox))
    successor.settle_all(successor.left(), clock.pause)
    assert states(sandbox) == [State.CANCELLED]
    assert before == (1 if fault is Fault.LOST_ANSWER else 0), "the same linking, not another"
    assert names(tmp_path) == []


def test_a_link_that_was_completed_is_not_undone(
    killed: Linking, session: PortalClient, successor: PortalClient, sandbox: Sandbox, visitor: Visitors, begun: Begun
) -> None:
    guest = visitor("excellent")
    linked = session.submit(killed, guest.cms(killed))
    begun.named(begun.asked(KEY), killed.id)  # as if we had been killed before we knew
    assert successor.settle(successor.left()) == []
    state = successor.state(killed)
    assert (state.state, state.linked) == (State.COMPLETED, linked)


def test_while_the_portal_is_away_it_is_tried_again_ever_more_rarely(
    killed: Linking, successor: PortalClient, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.faults.switch_on(Fault.CUT, on="cancel")

    def pause(seconds: float) -> None:
        clock.pause(seconds)
        if len(clock.pauses) == 4:
            sandbox.faults.clear()

    successor.settle_all(successor.left(), pause)
    assert clock.pauses == list(SETTLE_AGAIN_SECONDS[:4])
    assert list(SETTLE_AGAIN_SECONDS) == sorted(set(SETTLE_AGAIN_SECONDS)), "ever more rarely"
    assert states(sandbox) == [State.CANCELLED]


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.CUT])
def test_what_was_begun_without_an_answer_stays_on_the_record_while_the_portal_is_away(
    session: PortalClient, successor: PortalClient, sandbox: Sandbox, tmp_path: Path, fault: Fault
) -> None:
    sandbox.faults.switch_on(fault, on="begin")
    with pytest.raises(PortalUnreachable):
        session.begin()
    before = names(tmp_path)
    [entry] = successor.settle(successor.left())
    assert names(tmp_path) == [entry.name] == before
    sandbox.faults.clear()
    assert successor.settle([entry]) == []
    assert (names(tmp_path), states(sandbox)) == ([], [State.CANCELLED])


def test_after_the_portals_own_time_nobody_tries_any_more(
    settings: Portal, begun: Begun, clock: Clock, tmp_path: Path
) -> None:
    nowhere = PortalClient(msgspec.structs.replace(settings, url="https://127.0.0.1:9/v1", timeout_seconds=0.1), begun)
    begun.named(begun.asked(KEY), ID)
    began = clock.now
    nowhere.settle_all(nowhere.left(), clock.pause)
    assert names(tmp_path) == []
    lasted = clock.now - began
    assert LIFETIME_SECONDS + MARGIN_SECONDS <= lasted <= LIFETIME_SECONDS + MARGIN_SECONDS + SETTLE_AGAIN_SECONDS[-1]


def test_a_session_killed_while_it_settles_leaves_it_to_the_one_after(
    killed: Linking, successor: PortalClient, settings: Portal, sandbox: Sandbox, tmp_path: Path, clock: Clock
) -> None:
    sandbox.faults.switch_on(Fault.CUT, on="cancel")
    [entry] = successor.settle(successor.left())
    assert entry.word == killed.id and names(tmp_path) == [entry.name]
    sandbox.faults.clear()
    after = PortalClient(settings, Begun(tmp_path, clock))
    assert after.settle(after.left()) == []
    assert sandbox.held_count() == 0
