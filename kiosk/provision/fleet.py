"""Where calls, figures and records of a kiosk go, and where its updates come from (docs/fleet.md): a set of files
of the names below, which an answer brings whole, and which takes the place of the set before. It is judged whole, too,
before any of it lies where it is used: a name, a size, a form, that what a file names is there, and, where Alertmanager
and Prometheus are, by their own tools.

The key that belongs to the certificate is made in the machine and never leaves it, as that to the portal, and is
another: who reads the one does not get the other.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from kiosk.caretaker import disk
from kiosk.config.certificate import UNUSABLE
from kiosk.provision.machine import PrivateKey, id_of, key

FOLDER = "fleet"  # beside the settings, for root alone; systemd hands each service its own of it
AUTHORITY, CERTIFICATE, KEY = "ca.pem", "kiosk.pem", "kiosk.key"  # as `kiosk audit upload --tls` has them
LARGEST = 16 * 1024  # bytes of each
TOOL_SECONDS = 60.0

UPDATES = "updates.conf"
SHOWN = ("trails.conf", "journal.conf")  # whose servers ask for the kiosk's certificate
ADDRESSES = (*SHOWN, UPDATES)  # each with the one line URL=…
TOOLS: Mapping[str, tuple[str, ...]] = {
    "alertmanager.yml": ("amtool", "check-config"),
    "agent.yml": ("promtool", "check", "config", "--agent"),
}
FILES = (*TOOLS, "kiosk.yml", "alertmanager-target.yml", *ADDRESSES, AUTHORITY, CERTIFICATE)
# What a file names: one of ours anywhere, and whatever is to be read from a file.
NAMED = re.compile("|".join(rf"(?<![\w./-]){re.escape(name)}(?![\w.-])" for name in FILES))
READ_FROM = re.compile(r"""_file["']?\s*:\s*["']?([^\s"',}]+)""")
ADDRESS = re.compile(r"(?:#[^\\\n]*\n|\n)*URL=(https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?)\n?")
LINE = re.compile(r"\bline (\d+)")


class Unfit(Exception):
    """One line, without anything of what stands in a file: it may be a password."""


def own_key(folder: Path) -> PrivateKey:
    """This machine's, for root alone. folder: of the settings. Raises OSError."""
    disk.private_folder(folder / FOLDER)
    return key(folder / FOLDER, None, KEY)


def check(files: Mapping[str, str], owner: str, now: int) -> None:
    """All of a set. owner: id of this machine's own key for it. now: seconds since 1970. Raises Unfit."""
    for name, text in files.items():
        if name not in FILES:
            raise Unfit("there is a file that is none of a fleet's")
        if len(text.encode()) > LARGEST:
            raise Unfit(f"{name}: more than {LARGEST // 1024} KB")
        missing = sorted(_needs(name, text) - files.keys())
        if missing:
            what = missing[0] if missing[0] in FILES else "every file that is named there"
            raise Unfit(f"{name}: {what} has to come with it")
        if name in ADDRESSES:
            address(name, text)
    for name in (AUTHORITY, CERTIFICATE):
        if name in files:
            _certificate(name, files[name], owner, now)
    _ask_tools(files)


def address(name: str, text: str) -> str:
    """What stands in a file with one, which is HTTPS and has no user, no query and no fragment. Raises Unfit."""
    found = ADDRESS.fullmatch(text)
    if found is None:
        raise Unfit(f"{name}: is not one line URL=https://…")
    return found[1]


def unasked(files: Mapping[str, str]) -> list[str]:
    """Those whose tool is not on this machine."""
    return [name for name, tool in TOOLS.items() if name in files and shutil.which(tool[0]) is None]


def _needs(name: str, text: str) -> set[str]:
    if name in SHOWN:
        return {AUTHORITY, CERTIFICATE}
    said = "\n".join(line.partition("#")[0] for line in text.splitlines())
    return {*NAMED.findall(said), *READ_FROM.findall(said)} - {KEY} if name in TOOLS else set()


def _certificate(name: str, pem: str, owner: str, now: int) -> None:
    try:
        first, *_ = x509.load_pem_x509_certificates(pem.encode())
        theirs, ends = id_of(first), first.not_valid_after_utc
    except UNUSABLE:
        raise Unfit(f"{name}: is no certificate (PEM)") from None
    if name == CERTIFICATE and theirs != owner:
        raise Unfit(f"{name}: was made for another key than this machine's")
    if ends <= datetime.fromtimestamp(now, UTC):
        raise Unfit(f"{name}: its time is over")


def _ask_tools(files: Mapping[str, str]) -> None:
    """They look for what a file names beside it. The key is not shown to them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**files, KEY: ""}.items():
            Path(folder, name).write_text(text, "utf-8")
        for name, tool in TOOLS.items():
            program = shutil.which(tool[0])
            if name not in files or program is None:
                continue
            command = (program, *tool[1:], name)
            try:
                asked = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=TOOL_SECONDS)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise Unfit(f"{name}: {tool[0]}: {type(error).__name__}") from None
            if asked.returncode != 0:
                said = (asked.stdout + asked.stderr).decode("utf-8", "replace")
                at = LINE.search(said)
                raise Unfit(f"{name}: {' '.join(tool)} does not take it{f' (line {at[1]})' if at else ''}")
