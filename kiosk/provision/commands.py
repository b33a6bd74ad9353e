"""`python -m kiosk provision sign`: at a desk, from a request to the signed answer. It checks what the machine will
check, so that nobody drives to a police station with a file that is refused there."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from kiosk.caretaker import disk
from kiosk.caretaker.commands import new_passcode
from kiosk.caretaker.passcodes import WEAKNESSES, hashed
from kiosk.caretaker.weak_passcodes import weak
from kiosk.config.certificate import UNUSABLE
from kiosk.config.kiosk import Server
from kiosk.ipc.appointed import Appointment, Member
from kiosk.provision import fleet
from kiosk.provision.answer import LARGEST, Answer, Wrong, check, pages_port, sign
from kiosk.provision.firewall import Firewall
from kiosk.provision.machine import PrivateKey, id_of
from kiosk.provision.request import Request

DAY_SECONDS = 24 * 3600
SHORTEST = 12  # digits: whoever finds the stick may try passcodes without any wait (weak_passcodes.py has 8)


class NotSigned(Exception):
    """One line that says why."""


def run(options: argparse.Namespace) -> int:
    """0: signed; 1: not, with a line that says why."""
    try:
        return _sign(options)
    except NotSigned as error:
        print(error, file=sys.stderr)
    except Wrong as wrong:
        print(f"the machine would not take it: {str(wrong) or wrong.reason}", file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
    return 1


def _sign(options: argparse.Namespace) -> int:
    asked, now = _request(options.request), int(datetime.now(UTC).timestamp())
    certificate, key = _certificate(options.certificate), _key(options.key)
    if id_of(certificate) != id_of(key):
        raise NotSigned(f"{options.key}: is not the key of {options.certificate}")
    answer = Answer(
        machine=asked.machine,
        number=asked.number,
        made=now,
        until=now + options.days * DAY_SECONDS,
        settings=_text(options.settings),
        guidance=_text(options.facts),
        certificate=_text(options.portal_certificate),
        authority=_text(options.portal_ca),
        provisioner=_text(options.provisioner),
        members={number: _member(number, role) for number, role in options.staff},
        removed=tuple(options.remove),
        looked_into=options.looked_into,
        firewall=_firewall(options.firewall),
        fleet=_fleet(options.fleet),
    )
    signed = sign(answer, key, certificate)
    check(answer, signed, asked.machine, asked.number, now, asked.desk)
    if len(signed) > LARGEST:
        raise Wrong("too_large", f"{len(signed)} bytes; {LARGEST} at most")
    if (port := pages_port(answer.settings)) != (shipped := Server().port):
        print(f"server.port: {port} is taken only where Chromium's policy allows it; an image's allows {shipped} alone")
    for name in fleet.unasked(answer.fleet):
        print(f"{name}: not asked about here, for {fleet.TOOLS[name][0]} is not installed; the machine will ask it")
    disk.put(options.answer, signed)
    print(f"{options.answer}: for the machine {asked.machine}, good for {options.days} days")
    return 0


def _request(path: Path) -> Request:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Request)
    except (msgspec.MsgspecError, ValueError):
        raise NotSigned(f"{path}: is no request of a machine") from None


def _certificate(path: Path) -> x509.Certificate:
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        found.public_key()
    except UNUSABLE:
        raise NotSigned(f"{path}: is no certificate (PEM) that can be used") from None
    return found


def _key(path: Path) -> PrivateKey:
    pem = path.read_bytes()
    try:
        try:
            key = serialization.load_pem_private_key(pem, None)
        except TypeError:  # it has a passphrase
            key = serialization.load_pem_private_key(pem, getpass.getpass(f"Passphrase of {path}: ").encode())
    except UNUSABLE:
        raise NotSigned(f"{path}: is no key that can be used (PEM)") from None
    if not isinstance(key, PrivateKey):
        raise NotSigned(f"{path}: is neither an elliptic curve's key nor RSA's")
    return key


def _member(number: int, role: Appointment) -> Member:
    """Their passcode is asked for, or the next line of the input."""
    passcode = new_passcode(f" of {role} {number}", SHORTEST)
    if passcode is None:
        raise NotSigned("the two are not the same; nothing was signed")
    if weakness := weak(passcode, number):
        raise NotSigned(f"staff number {number}: {WEAKNESSES[weakness]}")
    if len(passcode) < SHORTEST:
        raise NotSigned(f"staff number {number}: a passcode that is carried on a stick has {SHORTEST} digits or more")
    return Member(role, hashed(passcode))


def _firewall(path: Path | None) -> Firewall | None:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Firewall) if path else None
    except (msgspec.MsgspecError, ValueError) as error:
        raise NotSigned(f"{path}: {error}") from None


def _fleet(folder: Path | None) -> dict[str, str]:
    """All of a folder, which has nothing else: what is misspelt is not left behind, nor a key carried along."""
    found = sorted(folder.iterdir()) if folder else []
    for path in found:
        if path.name not in fleet.FILES:
            raise NotSigned(f"{path}: is none of {', '.join(fleet.FILES)}")
    return {path.name: _text(path) for path in found}


def _text(path: Path | None) -> str:
    try:
        return path.read_text("utf-8") if path else ""
    except UnicodeDecodeError:
        raise NotSigned(f"{path}: is not UTF-8 text") from None
