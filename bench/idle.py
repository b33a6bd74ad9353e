"""What the kiosk costs while nobody is there: the processor's time of server and browser, and the memory of both.

The browser runs under the keeper of the appliance, and its page tells that it lives, as it does by day and by night.
That takes a frame, a lock and a message each time; beside it stands the same page without it, kept by a keeper that
waits for nothing. Memory is the proportional set size: what is shared counts once for all who share it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from bench.table import Row
from kiosk.web import liveness
from tests.forgetting.screen import Display
from tests.stage import Stage

SETTLE_SECONDS = 20.0  # after which a browser has started all it starts
TICKS = os.sysconf("SC_CLK_TCK")


class Silent(Stage):
    program = "bench.silent"


def rows(directory: Path, quick: bool) -> Iterator[Row]:
    if os.geteuid() != 0:
        yield Row("idle", "not measured: only root may look into the kiosk's processes")
        return
    seconds = 10 if quick else 120
    with idle(Stage(directory / "kiosk"), quick) as (stage, display):
        server, browser = measured(stage, display, seconds)
        held = [pss(stage.arbiter, stage.worker), pss(*display.processes)]
    with (
        patch.object(liveness, "SILENT_SECONDS", 3600.0),
        idle(Silent(directory / "silent"), quick) as (stage, display),
    ):
        without = measured(stage, display, seconds)
    beside = "page that does not tell that it lives"
    yield used("idle: processor, server", server, beside, without[0])
    yield used("idle: processor, browser", browser, beside, without[1])
    yield Row("idle: memory (PSS)", f"server {held[0]:.0f} MB, browser {held[1]:.0f} MB", f"both {sum(held):.0f} MB")


def used(what: str, ours: float, beside: str, other: float) -> Row:
    return Row(what, f"{ours:.2f} s a minute", f"{beside}: {other:.2f} s a minute", ours / other if other else None)


@contextmanager
def idle(stage: Stage, quick: bool) -> Iterator[tuple[Stage, Display]]:
    with stage, Display(stage.settings, stage.temporary) as display:
        stage.wait_log("the page is here", 40)
        time.sleep(2 if quick else SETTLE_SECONDS)
        yield stage, display


def measured(stage: Stage, display: Display, seconds: float) -> tuple[float, float]:
    """Seconds of the processor that server and browser use in a minute."""
    server, browser = (stage.arbiter, stage.worker), display.processes
    before = processor(*server), processor(*browser)
    time.sleep(seconds)
    after = processor(*server), processor(*browser)
    return (after[0] - before[0]) * 60 / seconds, (after[1] - before[1]) * 60 / seconds


def processor(*processes: int) -> float:
    """Seconds that these have used (proc_pid_stat(5), utime and stime)."""
    total = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def pss(*processes: int) -> float:
    """MB."""
    rollups = [Path(f"/proc/{process}/smaps_rollup").read_text() for process in processes]
    return sum(int(rollup.partition("\nPss:")[2].split()[0]) for rollup in rollups) / 1024
