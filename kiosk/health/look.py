"""Look for oneself: ask each device, by the code that uses it, and have the checks judge what it says.

For `python -m kiosk check`, by hand, and for the server's start.

What root can read says nothing about the user who has to. So when root asks, the process becomes the server's user
first, for good, with the groups its unit gives it; and whether the screen's user can read the settings is tried by
that user.
"""

from __future__ import annotations

import contextlib
import datetime
import grp
import os
import pwd
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from msgspec import structs

from kiosk.config.certificate import UNUSABLE
from kiosk.config.guidance import SHIPPED, Guidance, load, overdue, reconfirmed
from kiosk.config.kiosk import Settings
from kiosk.config.policy import installed
from kiosk.health import (
    beacon,
    bell,
    browser,
    caretaker,
    certificate,
    clock,
    fonts,
    guidance,
    keyboards,
    keypad,
    lockdown,
    port,
    portal,
    printer,
    reader,
    voice,
)
from kiosk.health.finding import Finding
from kiosk.health.shipped import faults, listed
from kiosk.hw import keyboards as plugged
from kiosk.hw.device import ReaderState
from kiosk.hw.printer import state_unless_in_use
from kiosk.hw.reader import PcscReader
from kiosk.ipc.caretaker import Away, Caretaker
from kiosk.ipc.messages import Board, Facts, FactsStand, Rows, Standing, Status
from kiosk.language import dates
from kiosk.language.languages import JAPANESE, shipped
from kiosk.portal.client import PortalClient
from kiosk.portal.errors import Misconfigured
from kiosk.voice.mouth import can_speak
from kiosk.voice.script import names, recorded
from kiosk.voice.voices import NoVoice
from kiosk.web.peer import SCREEN
from kiosk.web.site import kiosk_answers, port_fault

SERVER = "kiosk"  # the user of the server (systemd/kiosk-server.service)
GROUPS = ("dialout", "lp")  # what systemd/kiosk-server.service adds
READER_SECONDS = 2.0  # for the reader to say what is in the slot


def become_the_server() -> str:
    """Go on as the user that the server runs as, if we may and there is one. Returns the name of whoever asks now."""
    if os.geteuid() == 0:
        with contextlib.suppress(KeyError):  # not installed on this machine
            user = pwd.getpwnam(SERVER)
            added = [group.gr_gid for group in grp.getgrall() if group.gr_name in GROUPS]
            os.setgroups([*os.getgrouplist(user.pw_name, user.pw_gid), *added])
            os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
            os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
            os.environ["HOME"] = user.pw_dir
    return pwd.getpwuid(os.geteuid()).pw_name


def shut_out(path: Path) -> list[str]:
    """The users of services that cannot read the settings: only root can ask in another's name."""
    if os.geteuid() != 0:
        return []
    with contextlib.suppress(KeyError):
        user = pwd.getpwnam(SCREEN)
        asked = subprocess.run(["test", "-r", path], user=user.pw_uid, group=user.pw_gid, extra_groups=[], check=False)
        return [SCREEN] if asked.returncode else []
    return []


def locked_down() -> list[Finding]:
    """What of the machine is not as it was shipped, as whoever asks sees it, and root sees the most; nothing where
    nothing was shipped."""
    files = listed()
    return [] if files is None else list(lockdown.findings(len(files), faults(files)))


def whatever_is_set() -> Iterator[Finding]:
    """What can be looked at without settings."""
    yield from installed_fonts()
    yield from keyboards.judge(plugged.keyboards())
    yield browser.judge(shutil.which("chromium"))


def everything(settings: Settings) -> Iterator[Finding]:
    """Every finding, the slowest after a few seconds. Raises `ConfigError` when the facts cannot be read."""
    path = settings.station.guidance_file or SHIPPED
    facts = load(path)
    there = Caretaker(settings.caretaker.runtime_directory)
    yield from guidance.judge(path, overdue(reconfirmed(facts, confirmed(there)), dates.today()))
    yield at_port(settings.server.port)
    yield at_reader(settings)
    yield at_printer(settings)
    client = PortalClient(settings.portal)
    yield at_portal(settings, client)
    if client.ends is not None and (lasts := client.certificate(dates.now())) is not None:
        yield certificate.judge(client.ends, lasts)
    yield clock.judge(dates.now(), passed(settings, facts), client.ill_timed, client.ahead)
    yield from installed_fonts()
    spoken = [language.code for language in shipped() if can_speak(language)]
    yield voice.judge(settings.voice, spoken, _readable(settings.voice.jack))
    yield bell.judge(settings.bell.device, _readable(settings.bell.device), settings.alerts.kind != "none")
    named = settings.keypad.device
    yield keypad.judge(
        named, named is not None and os.path.exists(named), named is not None and plugged.shut_out(named)
    )
    yield from keyboards.judge(plugged.keyboards())
    speaks = settings.voice.enabled and JAPANESE.code in spoken
    yield beacon.judge(settings.beacon, _readable(settings.beacon.device), speaks)
    yield from people_recorded(settings.voice.recordings)
    yield browser.judge(shutil.which("chromium"))
    yield from at_caretaker(there)


def _readable(device: str | None) -> bool:
    return device is not None and os.access(device, os.R_OK)


def at_port(number: int) -> Finding:
    fault = port_fault(number)
    return port.judge(number, fault, fault is not None and kiosk_answers(number), installed())


def confirmed(there: Caretaker) -> dict[tuple[str, str], datetime.date]:
    """When the staff made sure of the facts at the screen, as `reconfirmed` takes it; nothing when nobody answers."""
    try:
        stand = there.ask(Facts())
    except Away:
        return {}
    if not isinstance(stand, FactsStand):
        return {}
    return {(row.fact, row.digest): row.confirmed for row in stand.facts if row.by is not None}


def at_caretaker(there: Caretaker) -> Iterator[Finding]:
    try:
        answer, board = there.ask(Status()), there.ask(Board())
    except Away:
        yield from caretaker.judge(None)
        return
    if isinstance(answer, Standing) and isinstance(board, Rows):  # else we were denied
        yield from caretaker.judge((answer.lines, answer.head), board.rows)
    else:
        yield from caretaker.judge(None)


def at_reader(settings: Settings) -> Finding:
    """What stands at the reader, once it has had time to say so."""
    seen, slot = threading.Event(), PcscReader(settings.reader.name)
    slot.start(lambda state: seen.set() if state is not ReaderState.ABSENT else None)
    seen.wait(READER_SECONDS)
    answers = slot.answers
    while answers is None:  # it is soon known to answer, or not to
        seen.wait(0.1)
        answers = slot.answers
    finding = reader.judge(slot.state, settings.reader.name, slot.slots, answers)
    slot.stop()
    return finding


def at_printer(settings: Settings) -> Finding:
    """What it says; one that prints a slip is let be."""
    wanted = settings.printer
    return printer.judge(wanted.kind, None if wanted.kind == "none" else state_unless_in_use(wanted))


def people_recorded(folder: str | None) -> Iterator[Finding]:
    if folder is None:
        return
    try:
        found = recorded(Path(folder), shipped())
        yield from [voice.judge_recorded(each, each.unmade(names(found))) for each in found]
    except (OSError, ValueError, NoVoice) as error:
        yield voice.unreadable(folder, error)


def portal_settings(settings: Settings) -> Finding:
    """Whether the settings can lead to the portal at all; the network is not asked."""
    try:
        PortalClient(settings.portal).check()
    except Misconfigured as wrong:
        return portal.judge(settings.portal.url, wrong)
    return portal.judge(settings.portal.url)


def at_portal(settings: Settings, client: PortalClient) -> Finding:
    finding = portal_settings(settings)
    if finding.lacks:
        return finding
    return portal.judge(settings.portal.url, answer=client.reachable())


def passed(settings: Settings, facts: Guidance) -> dict[str, datetime.datetime]:
    """Moments that have passed: somebody has made these certificates, and confirmed these facts."""
    found = {}
    for key in ("ca_file", "certificate_file"):
        with contextlib.suppress(OSError, *UNUSABLE):  # no such file: `portal` says so
            certificate = x509.load_pem_x509_certificate(Path(getattr(settings.portal, key)).read_bytes())
            found[f"portal.{key}"] = certificate.not_valid_before_utc
    day = max(getattr(facts, each.name).confirmed for each in structs.fields(facts))
    found["the last confirmed fact"] = datetime.datetime.combine(day, datetime.time(), dates.JST)
    return found


def installed_fonts() -> Iterator[Finding]:
    for family in fonts.FONTS:
        try:
            asked = subprocess.run(["fc-list", f":family={family}"], capture_output=True, check=False)
        except OSError:
            yield fonts.judge(family, None)
        else:
            yield fonts.judge(family, bool(asked.stdout.strip()))
