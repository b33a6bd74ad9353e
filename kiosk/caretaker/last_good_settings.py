"""The caretaker's own settings, also while their file cannot be read: whom it alerts must not hang on the file that is
wrong. What fitted last is kept beside the trail, and holds until the file fits again.

Nothing is removed for its age meanwhile: how long a line is to be kept may be what cannot be read.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

import msgspec
from msgspec import structs

from kiosk.caretaker import disk
from kiosk.config.file import read_hours, write_hours
from kiosk.config.kiosk import LONGEST_KEPT_DAYS, CaretakerSettings, salvage

log = logging.getLogger("kiosk.caretaker")

FILE = "settings.json"  # in the state directory


def current_or_last_good(config: Path) -> CaretakerSettings:
    """What holds now. Raises OSError when there is no place for the state."""
    settings, wrong = salvage(config, CaretakerSettings)
    file = Path(settings.caretaker.state_directory) / FILE
    disk.private_folder(file.parent)
    if not wrong:
        _keep(file, settings)
        return settings
    for line in wrong:
        log.error("%s", line)
    with contextlib.suppress(OSError, msgspec.MsgspecError, ValueError, RecursionError):
        settings = msgspec.json.decode(file.read_bytes(), type=CaretakerSettings, dec_hook=read_hours)
        log.error("what fitted last holds, and nothing is removed for its age")
    kept = structs.replace(settings.caretaker, kept_days=LONGEST_KEPT_DAYS)
    return structs.replace(settings, caretaker=kept)


def _keep(file: Path, settings: CaretakerSettings) -> None:
    """On the disk, if it is not there and the disk takes it."""
    written = msgspec.json.encode(settings, enc_hook=write_hours)
    with contextlib.suppress(OSError):
        if not file.exists() or file.read_bytes() != written:
            disk.put(file, written)
