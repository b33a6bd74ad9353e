"""That the search finds what stands anywhere in a page, over the edge of two, and again in a page it knows."""

from __future__ import annotations

import pytest

from tests.forgetting.memory import PAGE, Search, forms

NEEDLES = {"name": forms("山田太郎"), "address": forms("東京都千代田区霞が関二丁目")}
NAME = "山田太郎".encode()


@pytest.mark.parametrize("at", [0, 7, PAGE - len(NAME), PAGE - 1, PAGE - 5, 2 * PAGE - 6, 3 * PAGE - len(NAME)])
@pytest.mark.parametrize(
    "before", [b"", bytes(3 * PAGE), b"x" * 3 * PAGE], ids=["nothing", "empty pages", "full pages"]
)
def test_a_marker_is_found_wherever_it_stands_however_much_is_known(at: int, before: bytes) -> None:
    search = Search(NEEDLES)
    search.of_pages(before, len(before))
    memory = bytearray(3 * PAGE)
    memory[at : at + len(NAME)] = NAME
    for _ in range(3):
        assert search.of_pages(bytes(memory), len(memory)) == {"name"}
        search.afresh()


def test_a_marker_over_the_edge_of_two_pages_that_are_known_each_is_found() -> None:
    search = Search(NEEDLES)
    first, second = bytes(PAGE - 5) + NAME[:5], NAME[5:] + bytes(PAGE - len(NAME) + 5)
    assert search.of_pages(first + bytes(PAGE), 2 * PAGE) == set()
    assert search.of_pages(bytes(PAGE) + second, 2 * PAGE) == set()
    assert search.of_pages(first + second, 2 * PAGE) == {"name"}
    assert search.of_pages(first + second[: search.longest - 1], PAGE) == {"name"}, "it begins in the first"
    assert search.of_pages(second, PAGE) == set()
