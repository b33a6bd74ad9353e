"""Paper: said to have been printed only when it was, tried once more, and never the only place where words stand."""

from __future__ import annotations

import pytest

from kiosk.advice.outcomes import End
from kiosk.sim.printer import Switches
from tests.e2e.conftest import Kiosk
from tests.e2e.person import Person
from tests.e2e.slips import is_slip_of
from tests.whole import few

NOTHING, PERHAPS = "紙は出ていません", "とちゅうまで出ているかもしれません"


BROKEN: tuple[tuple[dict[str, bool | int], str, str, int], ...] = (
    ({"paper_end": True}, "プリンターの紙がなくなりました", NOTHING, 0),
    ({"cover_open": True}, "プリンターのふたが開いています", NOTHING, 0),
    ({"offline": True}, "プリンターが止まっています", NOTHING, 0),
    ({"paper_rows": 300}, "プリンターの紙がなくなりました", PERHAPS, 1),
    ({"jam_next_cut": True}, "プリンターの刃が止まりました", PERHAPS, 1),
    ({"die_after_bytes": 9000}, "プリンターから返事がありません", PERHAPS, 0),
)


# One that leaves a piece, one that says nothing; those of which nothing comes out are below, all of them in
# tests/hw/test_printer.py.
@pytest.mark.parametrize("broken, words, partly, leftovers", few(BROKEN[3::2], of=BROKEN))
def test_a_slip_that_failed_is_said_to_have_failed_and_comes_once_when_it_is_mended(
    person: Person, kiosk: Kiosk, broken: dict[str, bool | int], words: str, partly: str, leftovers: int
) -> None:
    """leftovers: what hung out of the slot when it stopped is cut off first, and is a piece of paper of its own."""
    kiosk.printer.switches = Switches(**broken)  # type: ignore[arg-type]
    person.who = "face"
    person.walks_through(4)
    person.is_sent_away_with(End.NO_PINS)
    person.reads(words)
    person.reads(partly)
    assert "印刷しました" not in person.words
    assert kiosk.printer.slips == []
    kiosk.printer.switches = Switches()
    person.presses("もう一度印刷する")
    person.reads("印刷しました")
    assert not person.offers("reprint")
    *left_hanging, slip = kiosk.printer.slips
    assert is_slip_of(slip.image, kiosk, End.NO_PINS)
    assert len(left_hanging) == leftovers


def test_it_is_tried_twice_and_then_the_words_stay_on_the_screen(person: Person, kiosk: Kiosk) -> None:
    kiosk.printer.switches.paper_end = True
    person.who = "face"
    person.walks_through(4)
    person.is_sent_away_with(End.NO_PINS)
    person.touches("reprint")
    person.page.wait_for_selector("#screen:not(:has([data-answer=reprint])) [data-answer=finish]")
    person.is_sent_away_with(End.NO_PINS)
    person.reads("プリンターの紙がなくなりました")
    assert kiosk.printer.slips == []


def test_the_linked_get_their_slip_from_a_mended_printer_too(person: Person, kiosk: Kiosk) -> None:
    kiosk.printer.switches.cover_open = True
    person.walks_to(11)
    person.reads("プリンターのふたが開いています")
    kiosk.printer.switches.cover_open = False
    person.presses("もう一度印刷する")
    person.reads("印刷しました")
    assert len(kiosk.printer.slips) == 1


def test_a_printer_without_paper_is_told_before_anybody_starts(person: Person, kiosk: Kiosk) -> None:
    kiosk.printer.switches.paper_end = True
    kiosk.next_session()
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    person.reads("いまは印刷できません")
    assert person.offers("link")
