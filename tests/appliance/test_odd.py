"""Each oddity is one that the product tells of, in the words that the part waits for; and a stopped run goes on."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk.config.kiosk import Settings, salvage
from kiosk.health import caretaker, clock, printer, reader
from kiosk.hw.device import PrinterFault, PrinterState, ReaderState
from kiosk.ipc.messages import Row
from kiosk.language.dates import JST
from kiosk.portal.errors import IllTimed
from tests.appliance.machine import Machine
from tests.appliance.parts import odd
from tests.appliance.report import Report, kept

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def on_the_board(check: str, reason: str) -> list[str]:
    rows = [Row(check, "problem", reason, 1_800_000_000, False)]
    return [str(finding) for finding in caretaker.judge((3, "0" * 64), rows)]


def told(folder: Path) -> dict[str, list[str]]:
    """What `kiosk check` says of each, by the code that says it."""
    empty, settings = ReaderState.EMPTY, folder / "kiosk.toml"
    settings.write_text(odd.WRONG.replace("\\n", "\n"))
    return {
        "the state is full": on_the_board("disk", "full"),
        "the clock is years ahead": [str(clock.judge(NOW, {}, IllTimed.NO_MORE))],
        "the board's clock is years behind, and the machine's is not": [str(clock.judge(datetime.now(JST), {}))],
        "the settings do not fit": [*salvage(settings, Settings)[1]],
        "there is no touch panel": on_the_board("touch", "absent"),
        "there is no display": on_the_board("browser", "no_display"),
        "the display is switched off while it runs": on_the_board("browser", "no_display"),
        "there are two readers": [str(reader.judge(empty, None, {"one": empty, "two": empty}))],
        "the printer is off": [str(printer.judge("network", PrinterState(fault=PrinterFault.UNREACHABLE)))],
    }


def test_what_is_waited_for_is_what_is_said(tmp_path: Path) -> None:
    said = told(tmp_path)
    for each in odd.ODD:
        assert (each.what in said) == bool(each.says)
        if not each.says:
            continue
        for what, lines in said.items():
            met = re.search(each.says, "\n".join(lines), re.MULTILINE) is not None
            assert met == (lines == said[each.what]), (each.what, what)


@pytest.mark.parametrize("stops", range(len(odd.ODD)))
def test_a_run_that_was_stopped_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stops: int) -> None:
    happened: list[str] = []
    machine = Machine(tmp_path / "odd")
    machine.folder.mkdir()
    outside = SimpleNamespace(port=9, start=lambda: None, stop=lambda: None, page=lambda way: None)

    @contextlib.contextmanager
    def on(*_: Any, **__: Any) -> Iterator[Any]:
        yield outside

    @contextlib.contextmanager
    def around(*_: Any) -> Iterator[Any]:
        yield outside, outside

    def tried(machine: Machine, somebody: Any, each: odd.Odd, report: Report, first: str, printer: Any) -> None:
        if len(happened) == stops:
            raise KeyboardInterrupt
        assert first == "lines"
        happened.append(each.what)

    for name, stands in {
        **{"running": on, "gallery": on, "around": around, "tried": tried, "port": lambda _: 443},
        **{"settle": lambda *_: happened.clear(), "Person": lambda *_: None, "Pki": lambda _: None},
    }.items():
        monkeypatch.setattr(odd, name, stands)
    monkeypatch.setattr(Machine, "like", lambda machine, other: None)
    monkeypatch.setattr(Machine, "run", lambda machine, command, seconds=0: (0, "lines"))
    report = Report("odd", "kiosk_1", "none", folder=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        odd.run(machine, report)
    last = kept(tmp_path, "odd")
    if last is not None:
        assert last.goes_on()
        report, last.folder = last, tmp_path
    stops = -1
    odd.run(machine, report)
    assert happened == report.done == [each.what for each in odd.ODD]
