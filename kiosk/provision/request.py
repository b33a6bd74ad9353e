"""What a machine asks for: which one it is, what runs on it, and the number that the answer has to bear.

The number is drawn by the machine and stands until an answer to it was used; then there is another. So an answer is
good once, and only for the machine that has asked. Nothing in a request is secret.
"""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from kiosk.caretaker import disk
from kiosk.caretaker.identity import Identity, identity
from kiosk.caretaker.key import PUBLIC_FILE
from kiosk.ipc.messages import Moment
from kiosk.ipc.proof import Proof, prove

FOLDER = "provisioning"  # below the settings' folder, for root alone
FILE = "asked.json"
NUMBER_BYTES = 16

MachineId = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
OneTimeNumber = Annotated[str, Meta(pattern=rf"^[0-9a-f]{{{2 * NUMBER_BYTES}}}\Z")]


class Asked(Struct, frozen=True):
    """What this machine has asked by, on its disk."""

    number: OneTimeNumber


class Request(Struct, frozen=True):
    """made: by the machine's clock. runs: station, versions, hashes of settings and image. trail: the public key of its
    audit trail (PEM; docs/audit.md), empty while there is none. proof: what runs on it, with the number as challenge,
    and proof_key: the public key of the TPM that verifies it and those to come (docs/proof.md); empty without one.
    desk: the id of the machine's key to a fleet's desk (kiosk/provision/fleet.py)."""

    machine: MachineId
    number: OneTimeNumber
    made: Moment
    runs: Identity
    trail: str
    proof: str = ""
    proof_key: str = ""
    desk: str = ""


def number(folder: Path) -> str:
    """By which the next answer is to be bound. Raises OSError."""
    with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError, ValueError):
        return msgspec.json.decode((folder / FOLDER / FILE).read_bytes(), type=Asked).number
    return another(folder)


def another(folder: Path) -> str:
    """From now on, another number. Raises OSError."""
    asked = Asked(secrets.token_hex(NUMBER_BYTES))
    disk.private_folder(folder / FOLDER)
    disk.put(folder / FOLDER / FILE, msgspec.json.encode(asked))
    return asked.number


def request(config: Path, machine: str, made: int, runtime: Path, desk: str = "") -> bytes:
    """As JSON, to be read by people, too. config: the settings' file. runtime: where the caretaker has put the trail's
    public key. Raises OSError."""
    trail = ""
    with contextlib.suppress(OSError, ValueError):
        trail = (runtime / PUBLIC_FILE).read_text("ascii")
    bound = number(config.parent)
    proven = prove(bound)
    proof, proof_key = (proven.text, proven.key) if isinstance(proven, Proof) else ("", "")
    asked = Request(machine, bound, made, identity(config), trail, proof, proof_key, desk)
    return msgspec.json.format(msgspec.json.encode(asked))
