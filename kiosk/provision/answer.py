"""What the operator answers: settings, certificate for the portal, staff, where calls and figures go. One JSON object
in a CMS signed-data (RFC 5652), signed at a desk, opened and checked whole at the machine before any of it is used.

Whoever has signed it has to be believed by the machine before it and after it (kiosk/provision/provisioner.py).
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from asn1crypto import parser
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from msgspec import Struct

from kiosk.config import guidance, kiosk, policy
from kiosk.config.certificate import UNUSABLE
from kiosk.config.file import ConfigError
from kiosk.config.policy import Policy
from kiosk.ipc import appointed, looked_into
from kiosk.ipc.appointed import Appointed, Member
from kiosk.ipc.looked_into import LookedInto
from kiosk.ipc.messages import Moment, Number
from kiosk.provision import firewall, fleet
from kiosk.provision.firewall import Firewall
from kiosk.provision.machine import AUTHORITY, CERTIFICATE, PrivateKey, id_of
from kiosk.provision.provisioner import PROVISIONER, Failed, sealed, verified
from kiosk.provision.request import MachineId, OneTimeNumber

SETTINGS, FACTS = "kiosk.toml", "guidance.toml"
LARGEST = 64 * 1024  # bytes; settings, facts, four certificates and a hundred members of staff are some 45,000
SLACK_SECONDS = 24 * 3600  # by which the machine's clock may be behind the desk's

Document = TypeVar("Document")

# Why it is not used, as the board has it (config/health.toml, `provisioning`).
Reason = Literal["torn", "too_large", "unsigned", "other_machine", "used", "expired", "unfit"]


class Wrong(Exception):
    """It is not used. Its text is one line that says what in it does not fit; mostly empty, as the reason says it."""

    def __init__(self, reason: Reason, line: str = "") -> None:
        super().__init__(line)
        self.reason = reason


class Answer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """machine, number: of the request. made, until: when it was signed, and to when it is good. settings: the whole of
    kiosk.toml. certificate: for the portal, with those between it and its authority; authority: whom to trust as the
    portal; provisioner: whom to believe from now on (all PEM). looked_into: into a trail that did not hold together.
    firewall: where the machine may go, in place of all that it may now; with the settings, whose places these are.
    fleet: where calls, figures and records go, files by name. guidance: the whole of the facts that people are told, as
    FACTS, which the settings have to name. What is empty stays as it is on the machine, and is left
    out: an older one does not know all of these."""

    machine: MachineId
    number: OneTimeNumber
    made: Moment
    until: Moment
    settings: str = ""
    certificate: str = ""
    authority: str = ""
    provisioner: str = ""
    members: dict[Number, Member] = {}
    removed: tuple[Number, ...] = ()
    looked_into: bool = False
    firewall: Firewall | None = None
    fleet: dict[str, str] = {}
    guidance: str = ""


def files(answer: Answer) -> Mapping[str, bytes]:
    """What it puts beside the settings, by name. Raises ValueError for a firewall that was not checked."""
    brought = {
        FACTS: answer.guidance,  # before the settings that name it
        SETTINGS: answer.settings,
        CERTIFICATE: answer.certificate,
        AUTHORITY: answer.authority,
        PROVISIONER: answer.provisioner,
    }
    # The firewall's file first: if the power goes right then, the next start loads it before it does the rest.
    opened = (
        {firewall.FILE: firewall.text(answer.firewall, pages_port(answer.settings)).encode()} if answer.firewall else {}
    )
    found = opened | {name: text.encode() for name, text in brought.items() if text}
    if answer.members or answer.removed:
        staff = Appointed(answer.number, answer.members, answer.removed)
        found[appointed.FILE] = msgspec.json.encode(staff)
    if answer.looked_into:
        found[looked_into.FILE] = msgspec.json.encode(LookedInto(answer.number))
    return found | {f"{fleet.FOLDER}/{name}": text.encode() for name, text in answer.fleet.items()}


def sign(answer: Answer, key: PrivateKey, certificate: x509.Certificate) -> bytes:
    """As DER. At the desk."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(msgspec.json.encode(answer))
    signed = builder.add_signer(certificate, key, hashes.SHA256())
    return signed.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities])


def open_signed(data: bytes, provisioner: Path) -> Answer:
    """What was signed, by one of those whose certificates stand in that file. Raises Wrong."""
    if len(data) > LARGEST:
        raise Wrong("too_large")
    try:
        parser.parse(data, strict=True)  # it says how long it is
    except ValueError:
        raise Wrong("torn") from None
    try:
        said = verified(data, provisioner)
    except Failed as error:
        raise Wrong("unsigned", str(error)) from None
    try:
        return msgspec.json.decode(said, type=Answer)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Wrong("unfit", "what was signed is no answer to a machine") from None


def check(
    answer: Answer, signed: bytes, machine: str, number: str, now: int, desk: str = "", chromium: Policy | None = None
) -> None:
    """All of it, before any of it is used. signed: the same, as it was signed. machine, number: of this one; desk: the
    id of its key to the fleet's desk. now: seconds since 1970. chromium: its policy on the machine (none: at a desk).
    Raises Wrong."""
    if answer.machine != machine:
        raise Wrong("other_machine")
    if answer.number != number:
        raise Wrong("used")
    if not answer.made - SLACK_SECONDS <= now <= answer.until:
        raise Wrong("expired")
    if answer.firewall is not None:
        _check_firewall(answer.firewall, answer.settings)
    if not files(answer):
        raise Wrong("unfit", "there is nothing in it")
    if set(answer.members) & set(answer.removed):
        raise Wrong("unfit", "a staff number is to come and to go")
    if answer.settings:
        meant = _check_settings(answer.settings)
        if not policy.allows(chromium or {}, port := meant.server.port):
            raise Wrong("unfit", f"{SETTINGS}: server.port: {port} is not shown by Chromium on this machine")
        if answer.guidance and Path(meant.station.guidance_file or "").name != FACTS:
            raise Wrong(
                "unfit", f"guidance: the settings that come with it do not name {FACTS} in station.guidance_file"
            )
    if answer.guidance:
        _checked(FACTS, answer.guidance, guidance.load)
    _certificates("authority", answer.authority)
    if answer.provisioner:
        _check_provisioner(answer.provisioner, signed)
    for own in _certificates("certificate", answer.certificate)[:1]:
        if _id_of(own) != machine:
            raise Wrong("unfit", "certificate: was made for another machine's key")
        moment = datetime.fromtimestamp(now, UTC)
        if own.not_valid_after_utc <= moment:
            raise Wrong("unfit", "certificate: its time is over")
    try:
        fleet.check(answer.fleet, desk, now)
    except fleet.Unfit as error:
        raise Wrong("unfit", str(error)) from None


def _id_of(certificate: x509.Certificate) -> str:
    """Raises Wrong."""
    try:
        return id_of(certificate)
    except UNUSABLE:
        raise Wrong("unfit", "certificate: its key cannot be read") from None


def _check_provisioner(brought: str, signed: bytes) -> None:
    """Whoever has signed this is believed afterwards, too, so that no wrong file shuts them out for ever; and each can
    be given a recovery key. Raises Wrong."""
    _certificates("provisioner", brought)
    try:
        sealed(b"-", brought.encode())
    except Failed as error:
        raise Wrong("unfit", f"provisioner: {str(error) or 'to one of them nothing can be encrypted'}") from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, PROVISIONER)
        path.write_text(brought, "utf-8")
        try:
            verified(signed, path)
        except Failed:
            line = "whoever has signed this would not be believed any more; bring old and new together first"
            raise Wrong("unfit", f"provisioner: {line}") from None


def pages_port(settings: str) -> int:
    """The port of the pages, of settings that were checked."""
    port = tomllib.loads(settings).get("server", {}).get("port", kiosk.Server().port)
    return int(port)


def _check_firewall(brought: Firewall, settings: str) -> None:
    """That it fits, and lets the server reach what the settings name. Raises Wrong."""
    if not settings:
        raise Wrong("unfit", "firewall: comes with the settings, whose places it names, and there are none")
    meant = _check_settings(settings)
    try:
        firewall.text(brought, meant.server.port)
    except ValueError as error:
        raise Wrong("unfit", f"firewall.{error}") from None
    wanted = {"portal.url": urlsplit(meant.portal.url).port or 443}
    if meant.printer.kind == "network":
        wanted["printer.port"] = meant.printer.port
    for key, port in wanted.items():
        if port not in {each for _, each in brought.server}:
            raise Wrong("unfit", f"firewall.server: has no place with port {port}, of {key}")


def _check_settings(text: str) -> kiosk.Settings:
    """As `kiosk check` does, by the same parser. Raises Wrong, with its line."""
    return _checked(SETTINGS, text, kiosk.load)


def _checked(name: str, text: str, load: Callable[[Path], Document]) -> Document:
    """What the loader makes of a file of this name. Raises Wrong, with its line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(text, "utf-8")
        try:
            return load(path)
        except ConfigError as error:
            raise Wrong("unfit", str(error).removeprefix(f"{folder}/")) from None


def _certificates(what: str, pem: str) -> list[x509.Certificate]:
    """Raises Wrong."""
    try:
        return x509.load_pem_x509_certificates(pem.encode()) if pem else []
    except UNUSABLE:
        raise Wrong("unfit", f"{what}: is no certificate (PEM)") from None
