"""Steps one after another, and the way back through them."""

from __future__ import annotations

from kiosk.flows.asking.runner import Move, Step, choices, walk
from kiosk.flows.asking.screen import Screen
from tests.flows.scripted import ScriptedKiosk

NEXT, BACK = Move.NEXT, Move.BACK


def walked(*moves: Move, asks: str = "yyyy") -> tuple[list[int], Move]:
    """The numbers of the steps as they were run, and how the walk ended. Each step makes the next of the moves."""
    left, seen = list(moves), list[int]()

    def step(number: int) -> Step[None]:
        def run(_: None) -> Move:
            seen.append(number)
            return left.pop(0) if left else NEXT

        return Step(number, f"step {number}", run, asks=asks[number - 1] == "y")

    return seen, walk([step(number) for number in range(1, len(asks) + 1)], None)


def test_a_walk_runs_every_step_once_and_ends() -> None:
    assert walked() == ([1, 2, 3, 4], NEXT)


def test_back_goes_to_the_step_before_and_forward_again_from_there() -> None:
    assert walked(NEXT, NEXT, BACK) == ([1, 2, 3, 2, 3, 4], NEXT)


def test_back_passes_over_what_only_reads_or_sends() -> None:
    assert walked(NEXT, NEXT, NEXT, BACK, asks="ynny") == ([1, 2, 3, 4, 1, 2, 3, 4], NEXT)


def test_back_before_the_first_question_ends_the_walk() -> None:
    assert walked(BACK) == ([1], BACK)
    assert walked(NEXT, BACK, asks="ny") == ([1, 2], BACK), "there is nothing to ask before it"


class Anywhere(ScriptedKiosk):
    """It shows screens of the test's own, for which there is no page."""

    def _known(self, screen: Screen) -> None:
        pass


ONE, TWO, THREE = (Screen(name, {}, ("a", "b", "back")) for name in ("one", "two", "three"))


def test_questions_are_answered_in_their_order() -> None:
    assert choices(Anywhere("a", "b", "a"), ONE, TWO, THREE) == ("a", "b", "a")


def test_back_asks_the_question_before_again_and_forgets_its_answer() -> None:
    kiosk = Anywhere("a", "a", "back", "b", "b")
    assert choices(kiosk, ONE, TWO, THREE) == ("a", "b", "b")
    assert kiosk.names == ["one", "two", "three", "two", "three"]


def test_back_from_the_first_question_is_no_choice() -> None:
    assert choices(Anywhere("a", "back", "back"), ONE, TWO) is None
