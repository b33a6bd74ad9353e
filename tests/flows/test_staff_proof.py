"""One of the staff has the machine prove what runs on it: their number goes to it, and its answer on the screen."""

from __future__ import annotations

from typing import get_args

import pytest

from kiosk.flows.staff import board, proof
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.messages import Answer, AskProof, Board, Denied, Role, Rows, Taken
from kiosk.ipc.proof import Lacks, Proof, Unproven
from tests.flows.office import ScriptedCaretaker
from tests.flows.scripted import ScriptedKiosk
from tests.web.catalogue_staff import PROOF

NUMBER = "pin:402871935516"


def visited(*script: str, proven: Proof | Unproven = PROOF, says: Answer | None = None) -> ScriptedKiosk:
    caretaker = ScriptedCaretaker({AskProof: [says or Taken()]})
    kiosk = ScriptedKiosk(*script, caretaker=caretaker, proven=proven)
    proof.visit(kiosk, Officer(7, "officer"))
    kiosk.asked = caretaker.asked  # type: ignore[attr-defined]
    return kiosk


def test_the_number_is_answered_by_a_code_and_there_is_a_line_of_it() -> None:
    kiosk = visited(NUMBER, "again", "pin:12345678", "back")
    assert kiosk.names == ["staff_challenge", "staff_busy", "staff_proof"] * 2
    assert kiosk.challenges == ["402871935516", "12345678"]
    assert kiosk.asked == [AskProof(7)] * 2  # type: ignore[attr-defined]
    facts = kiosk.screens[2].facts
    assert (facts["text"], facts["challenge"], facts["lacks"]) == (PROOF.text, "402871935516", "")


def test_who_types_nothing_has_asked_for_nothing() -> None:
    kiosk = visited("back")
    assert kiosk.names == ["staff_challenge"] and kiosk.challenges == []


@pytest.mark.parametrize("lacks", get_args(Lacks))
def test_what_cannot_be_proven_is_told_as_it_is(lacks: Lacks) -> None:
    kiosk = visited(NUMBER, "back", proven=Unproven(lacks))
    assert kiosk.screens[-1].facts["lacks"] == lacks
    assert kiosk.screens[-1].answers == (("again", "back") if lacks == "failed" else ("back",))


def test_without_a_line_of_it_there_is_no_proof() -> None:
    kiosk = visited(NUMBER, "back", says=Denied("too much is asked", later=True))
    assert kiosk.names[-1] == "staff_denied" and kiosk.challenges == []


@pytest.mark.parametrize("role", get_args(Role))
def test_everybody_on_the_staff_finds_it_on_the_board(role: Role) -> None:
    caretaker = ScriptedCaretaker({Board: [Rows(())]})
    kiosk = ScriptedKiosk("proof", "back", "back", caretaker=caretaker)
    board.visit(kiosk, Officer(7, role))
    assert kiosk.names == ["staff_board", "staff_challenge", "staff_board"]
