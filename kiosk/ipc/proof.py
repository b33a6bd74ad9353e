"""The machine's proof of what runs on it, as those see it who want one: a challenge to the helper, its proof back. The
helper (kiosk/provision/proof.py) is started by systemd for each who asks, and answers nothing else.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

SOCKET = Path("/run/kiosk-proof.sock")  # image/mkosi.extra/usr/lib/systemd/system/kiosk-proof.socket
CHALLENGE = re.compile(r"[0-9a-f]{8,32}\Z")  # digits from one of the staff, or a request's one-time number
SECONDS = 60.0  # for an answer: a TPM is slow, and a helper has to start first
LONGEST = 4096  # bytes of an answer

# image: it runs from none that is measured; tpm: there is none; failed: it or its helper does not answer.
Lacks = Literal["image", "tpm", "failed"]


class Proof(Struct, frozen=True, tag=True):
    """text: what docs/proof.md explains, and a QR code has. key: the public key that verifies it (PEM)."""

    text: Annotated[str, Meta(max_length=2048)]
    key: Annotated[str, Meta(max_length=1024)]

    def says(self, name: str) -> str:
        """What stands behind that name in it."""
        return next((line.partition(" ")[2] for line in self.text.splitlines() if line.startswith(f"{name} ")), "")


class Unproven(Struct, frozen=True, tag=True):
    """Why there is none."""

    lacks: Lacks


def prove(challenge: str, at: Path | None = None) -> Proof | Unproven:
    """Have the machine prove what runs on it. at: another socket than SOCKET. Never raises."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(SECONDS)
            line.connect(str(at or SOCKET))
            line.sendall(f"{challenge}\n".encode())
            with line.makefile("rb") as answer:
                said: Proof | Unproven = msgspec.json.decode(answer.read(LONGEST), type=Proof | Unproven)
                return said
    except FileNotFoundError:  # nobody has put it there: this is not the image
        return Unproven("image")
    except (OSError, msgspec.MsgspecError, ValueError):
        return Unproven("failed")
