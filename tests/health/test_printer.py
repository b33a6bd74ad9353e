"""The receipt printer."""

from __future__ import annotations

import pytest

from kiosk.health.finding import State
from kiosk.health.printer import judge
from kiosk.hw.device import PrinterFault, PrinterState


@pytest.mark.parametrize("fault", PrinterFault)
def test_every_fault_has_words_and_a_cure_of_its_own(fault: PrinterFault) -> None:
    finding = judge("usb", PrinterState(fault))
    others = {judge("usb", PrinterState(each)).said for each in PrinterFault if each is not fault}
    assert finding.lacks and finding.words.startswith("the usb printer ") and finding.said not in others


def test_no_printer_is_said_with_what_people_are_told() -> None:
    assert "people are told that nothing is printed" in judge("none", None).said


def test_a_printer_in_use_is_no_fault_and_says_what_that_means() -> None:
    finding = judge("serial", None)
    assert not finding.lacks and finding.state is State.INFO
    assert "somebody's slip" in finding.words and "ask again" in finding.cure


def test_paper_that_ends_soon_is_no_problem_yet() -> None:
    assert judge("usb", PrinterState(None)).state is State.OK
    assert judge("usb", PrinterState(None, paper_near_end=True)).state is State.WARNING
