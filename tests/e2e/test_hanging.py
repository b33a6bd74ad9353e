"""A call that never comes back, at every place of a visit, while the page goes on: whoever is here is told what is
true, what was begun is over, and the next visit begins. The whole server, over the page's own protocol."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from websocket import WebSocketConnectionClosedException

from bench.visitor import Visitor
from kiosk.advice.outcomes import OUTCOMES, End
from kiosk.portal.model import State
from tests.e2e.hanging import TOLD_SECONDS, WORK_SECONDS
from tests.e2e.test_ends import WHO, keys
from tests.stage import Stage, until, words_about

SOON = 20.0


class Hanging(Stage):
    program = "tests.e2e.hanging"

    def hang(self, at: str) -> None:
        (self.directory / "hang").write_text(at)


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hanging]:
    folder = tmp_path_factory.mktemp("hanging")
    (folder / "hang").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANG", str(folder / "hang"))
        with Hanging(folder) as stage:
            yield stage


@pytest.fixture
def stage(kiosk: Hanging) -> Iterator[Hanging]:
    kiosk.hang("")
    kiosk.kill_worker()
    kiosk.portal.reset()
    kiosk.cards.clear()
    kiosk.began = kiosk.logged()
    yield kiosk
    kiosk.take_out()


ONWARD = {"attract": "start", "home": "link", "linked": "print", "over": "stay"}


def walks(stage: Hanging, visitor: Visitor, leaves: bool) -> None:
    """A linking up to its slip, or to やめる at the terms, until the kiosk has told something else."""
    pins = iter((stage.people[WHO].pins.text, stage.people[WHO].pins.sign))
    while visitor.name != "outcome":
        match visitor.name:
            case "set_card":
                stage.put_in(WHO)
            case "pin" if any(each.startswith("key:") for each in visitor.offered):
                visitor.touch(*keys(next(pins)))
                visitor.say("next")
            case "terms" if leaves:
                visitor.say("leave_now" if "leave_now" in visitor.offered else "leave")
            case "terms":
                visitor.touch("read_to_end", "tick").say("next")
            case name if name in ONWARD or "next" in visitor.offered:
                visitor.say(ONWARD.get(name, "next"))
        assert visitor.watch(WORK_SECONDS + SOON), f"{visitor.name} stands there for good"


@pytest.mark.parametrize(
    ("at", "leaves", "end", "state"),
    [
        ("begin", False, End.KIOSK_PROBLEM, None),
        ("card", False, End.KIOSK_PROBLEM, State.CANCELLED),
        ("hold", False, End.KIOSK_PROBLEM, State.CANCELLED),
        ("held", False, End.PROBLEM_UNCERTAIN, State.CANCELLED),
        ("cancel", True, End.PROBLEM_UNCERTAIN, State.CANCELLED),
        ("cancelled", True, End.PROBLEM_CANCELLED, State.CANCELLED),
        ("submit", False, End.PROBLEM_UNCERTAIN, State.CANCELLED),
        ("submitted", False, End.PROBLEM_LINKED, State.COMPLETED),
        ("slip", False, End.PROBLEM_LINKED, State.COMPLETED),
        ("print", False, End.PROBLEM_LINKED, State.COMPLETED),
        ("printed", False, End.PROBLEM_LINKED, State.COMPLETED),
    ],
)
def test_whoever_is_here_when_a_call_hangs_is_told_what_is_true_and_the_next_visit_begins(
    stage: Hanging, at: str, leaves: bool, end: End, state: State | None
) -> None:
    before = stage.worker
    visitor = Visitor(stage.port)
    stage.hang(at)
    walks(stage, visitor, leaves)
    said = [each.value for each, outcome in OUTCOMES.items() if str(outcome.heading) in visitor.html]
    assert said == [end.value] and not {"finish", "again", "print"} & set(visitor.offered)
    until(lambda: before not in stage.workers, TOLD_SECONDS + SOON)
    stage.hang("")
    stage.take_out()
    with contextlib.suppress(WebSocketConnectionClosedException, OSError):
        visitor.close()
    Visitor(stage.port).finds("is-attract").close()
    until(stage.all_over, SOON)
    assert stage.states() == ([] if state is None else [state])
    told = "\n".join(stage.log[stage.began :])
    assert "the session stands still, and ends" in told
    assert not [word for word in words_about(stage.people[WHO]) if word in told]
