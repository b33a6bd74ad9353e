"""Staff who were appointed by a signed file. Provisioning has checked it and put it beside the settings
(kiosk/ipc/appointed.py); here it is done, once, at the caretaker's start.

Which file was done last stands with the accounts, in one file and one write, so nothing undoes what was changed since.
"""

from __future__ import annotations

import logging
from pathlib import Path

from kiosk.caretaker.passcodes import NotDone, Passcodes
from kiosk.caretaker.provisioned import provisioned
from kiosk.ipc.appointed import Appointed

log = logging.getLogger("kiosk.caretaker")


def appoint(path: Path, staff: Passcodes) -> None:
    """path: of what provisioning has put there; nothing when nothing has. Never raises for a file."""
    appointed = provisioned(path, Appointed, "nobody is appointed")
    if appointed is None:
        return
    try:
        staff.appoint(appointed)
    except NotDone as error:
        log.error("%s: %s; it is tried again at the next start", path, error)
