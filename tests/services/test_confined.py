"""The caretaker as its unit confines it: it checks passcodes, keeps its trail, and lays out the page of a report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pypdfium2
import pytest

from kiosk.caretaker.readiness import FOLDER, Readiness, kept, page_of
from kiosk.caretaker.sheet import page
from kiosk.ipc.caretaker import Caretaker
from kiosk.ipc.messages import (
    AddStaff,
    Admit,
    Admitted,
    Board,
    CloseKiosk,
    DoorsStand,
    MakeReport,
    Reported,
    Rows,
    Taken,
    TriedOut,
)
from tests import confined
from tests.caretaker.test_readiness import IDENTITY, STANDS
from tests.stage import ROOT, until

UNIT = ROOT / "systemd/kiosk-caretaker.service"
SOON = 60.0  # seconds, on a busy machine
GOOD = "58203917"
MOST_OF_A_PAGE = 160_000  # kB, beside a check of a passcode and the caretaker itself: MemoryMax is 512 MB

pytestmark = pytest.mark.skipif(confined.missing() is not None, reason=str(confined.missing()))


def words(pdf: bytes) -> str:
    return "\n".join(sheet.get_textpage().get_text_range() for sheet in pypdfium2.PdfDocument(pdf))


def pictures(pdf: bytes) -> list[bytes]:
    return [sheet.render().to_pil().tobytes() for sheet in pypdfium2.PdfDocument(pdf)]


def stands(client: Caretaker) -> dict[str, str]:
    said = client.ask(Board())
    assert isinstance(said, Rows)
    return {row.check: row.reason for row in said.rows}


def test_all_of_its_work_can_be_done_under_its_unit(tmp_path: Path) -> None:
    state, log, at = tmp_path / "state", tmp_path / "log", confined.PLACE
    (state / "run").mkdir(parents=True)
    (state / "run").chmod(0o777)
    config = f'[caretaker]\nruntime_directory = "{at}/run"\nstate_directory = "{at}/lib"\n'
    (state / "kiosk.toml").write_text(config, "utf-8")
    program = (sys.executable, "-m", "kiosk", "caretaker", "--config", at / "kiosk.toml")
    with log.open("wb") as said, subprocess.Popen(confined.command(UNIT, state, *program), cwd=ROOT, stderr=said) as it:
        try:
            client = Caretaker(state / "run", patience_seconds=SOON)
            until(client.present, SOON)
            assert client.ask(AddStaff(12, "officer", GOOD)) == Taken()
            assert client.ask(Admit(12, GOOD)) == Admitted("officer")
            assert client.ask(CloseKiosk(12, "paper")) == DoorsStand("paper")
            assert client.ask(TriedOut(12, "printer", "good")) == Taken()
            assert isinstance(client.ask(MakeReport(12, ("printer",))), Reported)
            [report] = kept(state / "lib" / FOLDER)
            until(page_of(report).exists, SOON)
            until(lambda: "fonts" in stands(client), SOON)
            found = stands(client)
        finally:
            it.kill()
    assert (found["trail"], found["fonts"], found["disk"]) == ("written", "there", "room"), log.read_text("utf-8")
    assert "is not laid out" not in log.read_text("utf-8")
    made, without = page_of(report).read_bytes(), page(report.read_bytes())
    assert "点検報告書" in words(made)
    assert pictures(made) == pictures(without), "with the same letters"


def test_a_page_takes_what_the_unit_allows(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    data = tmp_path / "report.json"
    data.write_bytes(msgspec.json.encode(Readiness(12, 0, 12, "officer", {"printer": "good"}, True, STANDS, IDENTITY)))
    laid_out = confined.command(UNIT, tmp_path / "state", sys.executable, "-m", "kiosk.caretaker.sheet")
    with data.open("rb") as report:
        done = subprocess.run(laid_out, stdin=report, cwd=ROOT, capture_output=True, timeout=SOON)
    assert (done.returncode, done.stdout[:5]) == (0, b"%PDF-"), done.stderr.decode()
    assert int(done.stderr.split()[-1]) < MOST_OF_A_PAGE
