"""The virtual receipt printer: a TCP server that reads ESC/POS, draws the paper, and answers status questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Slip:
    """One piece of paper, as it fell into the tray."""

    number: int
    image: Image  # mode "1"


@dataclass
class Switches:
    """What can be wrong with it. Set these on `VirtualPrinter.switches` at any time, from any thread."""

    paper_end: bool = False
    near_end: bool = False
    cover_open: bool = False
    offline: bool = False
    cutter: bool = False
    error: bool = False
    mute: bool = False  # takes everything, answers nothing
    jam_next_cut: bool = False  # the cutter sticks at the next cut
    paper_rows: int | None = None  # rows of paper left; None: a new roll
    die_after_bytes: int | None = None  # power fails after so many more bytes (once)
    rows_per_second: float | None = None  # None: as fast as it can


class VirtualPrinter:
    """`start()`, print to (`host`, `port`), read `slips` and `faults`, `stop()`."""

    host: str
    port: int
    switches: Switches
    slips: list[Slip]
    faults: list[str]

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 9100,
        *,
        width: int = 576,
        paper: Path | None = None,
        on_slip: Callable[[Slip], None] | None = None,
    ) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
