"""What a machine may refuse in the middle of a visit: threads, processes, its journal, the kiosk's runtime folder.
Whoever is here hears nothing untrue, what was begun is over, and the next visit begins."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from websocket import WebSocketException

from bench.visitor import Visitor
from kiosk.advice.outcomes import OUTCOMES, End
from kiosk.portal.model import State
from tests.e2e.test_ends import WHO, keys, visit
from tests.stage import Stage, living, until, words_about

SOON = 30.0


class Refusing(Stage):
    program = "tests.e2e.refusing"

    def refuse(self, what: str) -> None:
        (self.directory / "refuses").write_text(what)


REFUSALS: dict[str, Callable[[Refusing], object]] = {
    **{what: partial(Refusing.refuse, what=what) for what in ("threads", "processes", "journal")},
    "folder": lambda stage: shutil.rmtree(stage.runtime),
}


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refusing]:
    folder = tmp_path_factory.mktemp("refusing")
    (folder / "refuses").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REFUSES", str(folder / "refuses"))
        with Refusing(folder) as stage:
            yield stage


@pytest.fixture
def stage(kiosk: Refusing) -> Iterator[Refusing]:
    kiosk.refuse("")
    kiosk.runtime.mkdir(exist_ok=True)
    if not living(kiosk.arbiter):
        kiosk.revive()
    kiosk.portal.reset()
    kiosk.cards.clear()
    kiosk.began = kiosk.logged()
    yield kiosk
    kiosk.take_out()


def goes_on(stage: Refusing, visitor: Visitor) -> set[str]:
    """From the terms to the end, by a page that comes back as long as it can; the headings that were read."""
    read: set[str] = set()
    visitor.touch("read_to_end", "tick", "next").touch(*keys(stage.people[WHO].pins.sign)).say("next")
    with contextlib.suppress(WebSocketException, OSError):
        while True:
            try:
                visitor.watch(SOON)
            except (WebSocketException, OSError):
                visitor.connect()
            read |= {end.value for end, outcome in OUTCOMES.items() if str(outcome.heading) in visitor.html}
            if visitor.name == "take_card":
                stage.take_out()
            elif "finish" in visitor.offered:
                read |= {visitor.name} - {"outcome"}
                visitor.say("finish")
    return read


UNTRUE = {End.KIOSK_PROBLEM.value}  # it says that nothing was sent


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_the_machine_refuses_in_a_visit_ends_it_truly_and_the_next_begins(stage: Refusing, refusal: str) -> None:
    with visit(stage, 8) as visitor:
        before = stage.worker
        REFUSALS[refusal](stage)
        read = goes_on(stage, visitor)
    stage.take_out()
    until(lambda: not living(before), SOON)
    assert read and not read & UNTRUE
    assert ("linked" in read) == (stage.states() == [State.COMPLETED])
    stage.refuse("")
    stage.runtime.mkdir(exist_ok=True)
    if refusal == "processes":
        until(lambda: not living(stage.arbiter), SOON)
        stage.revive()  # as systemd does
    Visitor(stage.port).finds("is-attract").close()
    until(lambda: not {State.HELD, State.BEGUN} & set(stage.states()), SOON)
    said = "\n".join(stage.log[stage.began :])
    assert not [word for word in words_about(stage.people[WHO]) if word in said]
