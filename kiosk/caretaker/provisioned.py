"""What provisioning has put beside the settings for the caretaker, which tells it once."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TypeVar

import msgspec

from kiosk.caretaker.state_file import StateFile

log = logging.getLogger("kiosk.caretaker")

Kind = TypeVar("Kind", bound=msgspec.Struct)


def provisioned(path: Path, kind: type[Kind], without: str) -> Kind | None:
    """None: nothing, or nothing that can be used; then the log says so, and what follows (without). Never raises for a
    file."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        log.error("%s: cannot be used (%s); %s", path, type(error).__name__, without)
        return None


def untold(path: Path, told: StateFile[Kind], without: str) -> Kind | None:
    """What is there, if it is not what was told last. Else as `provisioned`."""
    there = provisioned(path, type(told.now), without)
    return None if there == told.now else there
