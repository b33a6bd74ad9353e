"""The readiness report: written before its number is told, kept, and a page that people read."""

from __future__ import annotations

import hashlib
from argparse import Namespace
from itertools import product
from pathlib import Path

import msgspec
import pypdfium2
import pytest

from kiosk.caretaker import readiness, sheet
from kiosk.caretaker.changes import Changes
from kiosk.caretaker.commands import report
from kiosk.caretaker.identity import Identity, identity
from kiosk.caretaker.readiness import NotReported, Reports, Stands, kept, page_of
from kiosk.caretaker.sheet import SHUT
from kiosk.config.events import FIELDS
from kiosk.config.health import CHECKS, level_of
from kiosk.config.kiosk import Caretaker, CaretakerSettings
from kiosk.ipc.messages import SHUT_FOR, Counted, DoorsStand, PaperStands, Part, Reported, Row, ShutFor, Span, Verdict
from tests.caretaker.trails import Told
from tests.whole import few

ROOT = Path(__file__).resolve().parents[2]
IDENTITY = Identity("みどり野警察署", "midorino-1", {"kiosk": "0.1.0"}, "5" * 64, "6" * 64, "")
SPAN = Span({"finished": 3}, {"printed": 2}, 1, {"session_died": 1})
STANDS = Stands(
    tuple(
        Row(name, level_of(name, reason), reason, 0, False)
        for name, c in CHECKS.items()
        for reason in [*c.reasons][-1:]
    ),
    DoorsStand("paper"),
    PaperStands(1, 2, 3),
    Counted(0, SPAN, SPAN, SPAN),
    123,
    "ab" * 32,
)
NOTHING_TRIED: dict[Part, Verdict | None] = {}
GOOD: dict[Part, Verdict | None] = {"printer": "good", "touch": "good"}


class Office:
    """Reports, and pages that come at once."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.fails = folder / "reports", False
        self.told = Told()
        self.reports = Reports(
            self.folder, Changes(self.told, folder), lambda: IDENTITY, self.page, lambda: 1_800_000_000.0
        )

    def page(self, data: bytes) -> bytes:
        if self.fails:
            raise OSError("no font")
        return b"%PDF-" + data

    def makes(self, tried: dict[Part, Verdict | None] | None = None) -> Reported:
        return self.reports.make(12, "officer", GOOD if tried is None else tried, STANDS)

    def turns(self) -> None:
        for _ in range(20):
            self.reports.turn()
            if self.reports._layer is not None:
                self.reports._layer.join()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_it_is_on_the_disk_under_its_number_and_its_fingerprint_is_of_what_is_there(office: Office) -> None:
    first, second = office.makes(), office.makes()
    assert (first.number, second.number, first.ready) == (1, 2, True)
    assert [path.name for path in kept(office.folder)] == ["000001.json", "000002.json"]
    data = kept(office.folder)[0].read_bytes()
    assert first.fingerprint == hashlib.sha256(data).hexdigest()
    made = readiness.read(data)
    assert (made.staff, made.role, made.tried, made.stands, made.identity) == (12, "officer", GOOD, STANDS, IDENTITY)
    assert (first.visits, first.prints, first.calls, first.faults) == (3, 2, 1, 1)
    assert [(each.name, each.fields["report"], each.fields["verdict"]) for each in office.told] == [
        ("readiness_reported", 1, "good"),
        ("readiness_reported", 2, "good"),
    ]


@pytest.mark.parametrize("tried", [NOTHING_TRIED, {**GOOD, "touch": "bad"}, {**GOOD, "touch": None}])
def test_it_is_ready_only_when_every_part_is_good(office: Office, tried: dict[Part, Verdict | None]) -> None:
    assert not office.makes(tried).ready
    assert office.told[0].fields["verdict"] == "bad"


def test_a_disk_that_takes_nothing_has_no_report_and_tells_none(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("os.rename", full)
        with pytest.raises(NotReported, match="No space left"):
            office.makes()
    assert office.told == [] and kept(office.folder) == []
    assert office.makes().number == 1


def test_every_report_gets_its_page_also_after_a_start_in_between(office: Office, tmp_path: Path) -> None:
    for _ in range(3):
        office.makes()
    again = Office(tmp_path)
    again.turns()
    assert [page_of(path).read_bytes()[5:] for path in kept(office.folder)] == [
        path.read_bytes() for path in kept(office.folder)
    ]


def test_a_page_that_cannot_be_laid_out_is_said_once_and_the_report_stays(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.fails = True
    office.makes()
    office.turns()
    assert caplog.text.count("is not laid out (no font)") == 1
    assert len(kept(office.folder)) == 1 and not page_of(kept(office.folder)[0]).exists()


def test_the_newest_are_kept_and_no_number_is_given_twice(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "KEPT", 2)
    for _ in range(4):
        office.makes()
        office.turns()
    assert sorted(path.name for path in office.folder.iterdir()) == [
        *("000003.json", "000003.pdf", "000004.json", "000004.pdf")
    ]
    assert office.makes().number == 5


def test_what_is_no_report_is_said_to_be_none() -> None:
    for data in (b"", b"{}", b"[" * 10_000):
        with pytest.raises(NotReported):
            readiness.read(data)


@pytest.mark.parametrize("ready", [True, False])
def test_the_page_says_who_what_and_which(office: Office, ready: bool) -> None:
    said = office.makes({**GOOD, "reader": None if not ready else "good"})
    document = pypdfium2.PdfDocument(readiness.laid_out(kept(office.folder)[0].read_bytes()))
    text = "".join(each.get_textpage().get_text_bounded() for each in document)
    document.close()
    flat = "".join(text.split())
    assert len(flat) > 1000
    for words in (
        "点検報告書",
        "職員番号",
        "みどり野警察署",
        "イメージではない",
        "5" * 64,
        said.fingerprint,
        "ab" * 32,
    ):
        assert words in flat, words
    for ja, _ in (FIELDS["part"].values or {}).values():
        assert "".join(ja.split()) in flat
    assert ("試したものは、すべてよい" in flat) == ready and ("試していない" in flat) != ready


def text_of(stands: Stands, folder: Path) -> str:
    """A report that was made while it stood so, as it is laid out, here and not by a program of its own, as above;
    without blanks."""
    folder.mkdir(exist_ok=True)
    office = Office(folder)
    office.reports.make(12, "officer", GOOD, stands)
    document = pypdfium2.PdfDocument(sheet.page(kept(office.folder)[0].read_bytes()))
    text = "".join(each.get_textpage().get_text_bounded() for each in document)
    document.close()
    return "".join(text.split())


@pytest.mark.parametrize(
    ("reason", "guidance"),
    few([(None, False), ("hours", True), ("paper", False)], of=product([None, *SHUT_FOR], [False, True])),
)
def test_the_page_is_laid_out_however_the_doors_stand(reason: ShutFor | None, guidance: bool, tmp_path: Path) -> None:
    guided = guidance and reason == "hours"
    flat = text_of(msgspec.structs.replace(STANDS, doors=DoorsStand(reason, guidance=guided)), tmp_path)
    how = "利用できる" if reason is None else ("案内だけ：" if guided else "止めている：") + SHUT[reason][0]
    assert how in flat


def test_problems_of_the_board_stand_below_the_verdict_and_change_nothing_of_it(tmp_path: Path) -> None:
    problems = sum(row.level == "problem" for row in STANDS.checks)
    assert problems > 1
    verdict = f"「問題」が{problems}件あります"
    assert f"ただし、機械の状態に{verdict}" in text_of(STANDS, tmp_path / "some")
    well = tuple(row for row in STANDS.checks if row.level != "problem")
    assert "件あります" not in text_of(msgspec.structs.replace(STANDS, checks=well), tmp_path / "none")
    said = Office(tmp_path).makes()
    assert (said.ready, said.problems) == (True, problems)


def test_what_runs_here_is_named_and_an_image_only_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('NAME="Debian"\nPRETTY_NAME="Debian 13 (trixie)"\nIMAGE_VERSION=7\n')
    (tmp_path / "proc/cmdline").write_text("quiet roothash=abc\n")
    config = ROOT / "config/kiosk.toml"
    found = identity(config, tmp_path)
    assert found.image == "" and found.versions["system"] == "Debian 13 (trixie)" and found.versions["image"] == "7"
    assert found.settings == hashlib.sha256(config.read_bytes()).hexdigest()
    assert found.facts == hashlib.sha256((ROOT / "config/guidance.toml").read_bytes()).hexdigest()
    (tmp_path / "proc/cmdline").write_text(f"quiet roothash={'7' * 64} x\n")
    assert identity(config, tmp_path).image == "7" * 64
    unread = identity(tmp_path / "none.toml", tmp_path / "none")
    assert (unread.settings, unread.facts, unread.image, unread.station) == ("", "", "", "")


def test_a_report_of_another_day_is_read_back_as_it_was_written(office: Office) -> None:
    office.makes()
    data = kept(office.folder)[0].read_bytes()
    assert msgspec.json.encode(readiness.read(data)) == data


# What root asks


def asks(office: Office, **options: object) -> int:
    settings = CaretakerSettings(Caretaker(state_directory=str(office.folder.parent)))
    return report(settings, Namespace(**options))


def test_root_lists_them_and_takes_one_out_by_its_number(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "laid_out", lambda data: b"%PDF-" + data)
    first, second = office.makes(), office.makes({**GOOD, "touch": "bad"})
    office.turns()
    (office.folder / "000003.json").write_text("{}")
    assert asks(office, report="list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[:2]] == [first.fingerprint, second.fingerprint]
    assert " ready " in lines[0] and "NOT READY" in lines[1] and "is no report" in lines[2]
    to = office.folder.parent / "page.pdf"
    assert asks(office, report="get", number=2, file=to) == 0
    assert to.read_bytes() == page_of(office.folder / "000002.json").read_bytes()
    assert second.fingerprint in capsys.readouterr().out
    assert asks(office, report="get", number=9, file=to) == 1
    assert "there is no report 9" in capsys.readouterr().err


@pytest.mark.parametrize("beside", [None, b"%PDF-doctored"])
def test_what_root_takes_out_says_what_the_fingerprint_is_of_whatever_lies_beside_it(
    beside: bytes | None, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.makes()
    monkeypatch.setattr(readiness, "laid_out", lambda data: b"%PDF-" + data)
    if beside is not None:
        page_of(kept(office.folder)[0]).write_bytes(beside)
    to = office.folder.parent / "page.pdf"
    assert asks(office, report="get", number=1, file=to) == 0
    assert to.read_bytes()[5:] == kept(office.folder)[0].read_bytes()


def test_of_a_report_that_this_version_cannot_read_root_gets_the_page_that_lies_there_and_is_told(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.makes()
    office.turns()
    [data] = kept(office.folder)
    data.write_text('{"number": 1, "of": "another version"}')
    to = office.folder.parent / "page.pdf"
    assert asks(office, report="get", number=1, file=to) == 0
    assert to.read_bytes() == page_of(data).read_bytes()
    assert "which no fingerprint is of" in capsys.readouterr().out
    page_of(data).unlink()
    assert asks(office, report="get", number=1, file=to) == 1
    assert "is no report" in capsys.readouterr().err
