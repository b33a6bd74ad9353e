"""A trail whose key cannot be used any more (a sector of the disk has gone bad): nothing can be sealed after it, and a
caretaker that only said so would end at each start, and close linking for good. It is set aside whole and as it is,
key, public half and folder, for its seals still verify; and another begins, whose first line says so (`trail.py`).

The key goes last: as long as it lies there, a start that was cut off is done once more.
"""

from __future__ import annotations

import itertools
import logging
from pathlib import Path

from kiosk.caretaker import disk
from kiosk.caretaker.key import PRIVATE_FILE, PUBLIC_FILE, Key, NoKey, Unusable
from kiosk.caretaker.trail import FOLDER

log = logging.getLogger("kiosk.caretaker")


def set_aside(state: Path) -> None:
    """Nothing when the key can be used, when there is none yet, and when it cannot be read, which is the disk's fault.
    state: the state directory. Raises OSError."""
    try:
        Key.load(state)
    except Unusable as error:
        place = next(each for each in _places(state) if not (each / PRIVATE_FILE).exists())
        log.error("%s; the trail that it sealed is set aside in %s, and another begins", error, place)
        disk.private_folder(place)
        for name in (FOLDER, PUBLIC_FILE, PRIVATE_FILE):
            if (state / name).exists():
                disk.move(state / name, place / name)
    except NoKey:
        pass


def is_there(state: Path) -> bool:
    """A trail was set aside here."""
    return next(_places(state)).exists()


def _places(state: Path) -> itertools.chain[Path]:
    """The first for the first, and so on: no trail takes another's place."""
    first = disk.aside(state / FOLDER)
    return itertools.chain([first], (first.with_name(f"{first.name}.{number}") for number in itertools.count(2)))
