"""What this kiosk has and what it lacks, each in one line for the operator, who can then do something about it.

Nothing here stops the kiosk: it runs with what it has. The devices are asked by the very code that uses them.
"""

from __future__ import annotations

import contextlib
import datetime
import http.client
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.config import Settings
from kiosk.guidance import SHIPPED, load, overdue
from kiosk.hw.device import PrinterFault, ReaderState

READER_SECONDS = 2.0
FONTS = {
    "BIZ UDPGothic": "fonts-morisawa-bizud-gothic",  # screen and slip
    "Noto Sans CJK JP": "fonts-noto-cjk",  # rare characters of names
}
PRINTER_WORDS = {
    PrinterFault.UNREACHABLE: "does not answer; check its power, its cable and the section [printer]",
    PrinterFault.OFFLINE: "is offline; press its online or feed button",
    PrinterFault.COVER_OPEN: "has its cover open; close it",
    PrinterFault.PAPER_END: "is out of paper; put in a new roll",
    PrinterFault.CUTTER: "has its cutter stuck; open it and free the paper, then switch it off and on",
    PrinterFault.ERROR: "reports an error; switch it off and on, and call for service if that does not help",
}


@dataclass(frozen=True)
class Finding:
    what: str
    has: bool
    words: str

    def __str__(self) -> str:
        return f"{'has  ' if self.has else 'LACKS'}  {self.what:9} {self.words}"


def everything(settings: Settings) -> Iterator[Finding]:
    """Every finding, the slowest after a few seconds. Raises `ConfigError` when the facts cannot be read."""
    yield from guidance(settings, datetime.date.today())
    yield port(settings)
    yield reader(settings)
    yield printer(settings)
    yield portal(settings)
    yield from fonts()
    yield voice(settings)
    yield browser()


def guidance(settings: Settings, today: datetime.date) -> Iterator[Finding]:
    """The facts that somebody has to confirm again."""
    path = settings.station.guidance_file or SHIPPED
    late = overdue(load(path), today)
    for each in late:
        words = f"was last confirmed on {each.fact.confirmed}; make sure of it, then write the new day"
        yield Finding("guidance", False, f"{path}: {each.name} {words}")
    if not late:
        yield Finding("guidance", True, f"{path}: every fact was confirmed not long ago")


def port_free(number: int) -> bool:
    """Whether a server could listen at this port of 127.0.0.1."""
    try:
        socket.create_server(("127.0.0.1", number)).close()  # with SO_REUSEADDR, as gunicorn does
    except OSError:
        return False
    return True


def port(settings: Settings) -> Finding:
    number = settings.server.port
    if port_free(number):
        return Finding("port", True, f"{number} is free")
    if kiosk_answers(number):
        return Finding("port", True, f"{number}: a kiosk is serving there")
    return Finding("port", False, f"{number} is taken by another program; stop that one, or change server.port")


def kiosk_answers(number: int) -> bool:
    """Whether what answers at this port sends visitors to a session's site."""
    connection = http.client.HTTPConnection("127.0.0.1", number, timeout=1)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/")
        site = connection.getresponse().headers.get("Location", "")
        return re.fullmatch(rf"http://[0-9a-f]+\.localhost:{number}/", site) is not None
    return False


def reader(settings: Settings) -> Finding:
    from kiosk.hw.reader import PcscReader

    seen, slot = threading.Event(), PcscReader(settings.reader.name)
    slot.start(lambda state: seen.set() if state is not ReaderState.ABSENT else None)
    seen.wait(READER_SECONDS)
    state = slot.state
    slot.stop()
    wanted = f'"{settings.reader.name}"' if settings.reader.name else "any"
    words = {
        ReaderState.ABSENT: f"none found ({wanted} was looked for); is it plugged in, and does pcscd run?",
        ReaderState.EMPTY: "ready, no card in it",
        ReaderState.CARD: "ready, a card in it",
        ReaderState.MUTE: "ready, but the card in it does not answer: it is the wrong way round, or not a chip card",
    }
    return Finding("reader", state is not ReaderState.ABSENT, words[state])


def printer(settings: Settings) -> Finding:
    from kiosk.hw.printer import open_printer

    if settings.printer.kind == "none":
        return Finding("printer", False, 'none; printer.kind is "none", so people are told that nothing is printed')
    state = open_printer(settings.printer).state()
    if state.fault is not None:
        return Finding("printer", False, f"the {settings.printer.kind} printer {PRINTER_WORDS[state.fault]}")
    return Finding("printer", True, "ready" + (", but its paper is nearly at its end" if state.paper_near_end else ""))


def portal_settings(settings: Settings) -> Finding:
    """Whether the settings can lead to the portal at all; the network is not asked."""
    from kiosk.portal.client import PortalClient

    try:
        PortalClient(settings.portal).check()
    except ValueError as error:
        return Finding("portal", False, str(error))
    return Finding("portal", True, settings.portal.url)


def portal(settings: Settings) -> Finding:
    from kiosk.portal.client import PortalClient, PortalClosed

    finding = portal_settings(settings)
    if not finding.has:
        return finding
    answer = PortalClient(settings.portal).reachable()
    if isinstance(answer, PortalClosed):
        return Finding("portal", True, f"{settings.portal.url} answers that it is closed now")
    if not answer:
        url = settings.portal.url
        return Finding("portal", False, f"{url} does not answer; check network, portal.url and the certificates")
    return Finding("portal", True, f"{settings.portal.url} is open")


def fonts() -> Iterator[Finding]:
    for family, package in FONTS.items():
        try:
            asked = subprocess.run(["fc-list", f":family={family}"], capture_output=True, check=False)
        except OSError:
            yield Finding("font", False, f"{family}: cannot be looked for; apt install fontconfig {package}")
            continue
        if asked.stdout.strip():
            yield Finding("font", True, family)
        else:
            yield Finding("font", False, f"{family} is not installed; apt install {package}")


def voice(settings: Settings) -> Finding:
    from kiosk.languages import shipped
    from kiosk.voice.mouth import can_speak
    from kiosk.voice.voices import CREDIT

    wanted = settings.voice
    if not wanted.enabled:
        return Finding("voice", True, "off; voice.enabled is false")
    spoken = [language.code for language in shipped() if can_speak(language)]
    if not spoken:
        return Finding("voice", False, "there are no prompts; run tools/setup, or: python -m kiosk.voice build")
    if wanted.jack and not os.access(wanted.jack, os.R_OK):
        return Finding("voice", False, f"voice.jack: {wanted.jack} is not there or not readable for this user")
    ears = "headphones are noticed" if wanted.jack else "headphones are not noticed (voice.jack is not set)"
    return Finding("voice", True, f"speaks {', '.join(spoken)}; {ears}; {CREDIT}")


def browser() -> Finding:
    program = shutil.which("chromium")
    if program is None:
        return Finding("browser", False, "chromium is not installed; apt install chromium")
    return Finding("browser", True, program)
