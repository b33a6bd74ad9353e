#!/usr/bin/env python3
"""What a TPM has measured when this image has started, for whoever checks a proof (docs/proof.md).

    tools/measured.py VERSION kiosk_VERSION.efi >kiosk_VERSION.proof

systemd-stub extends PCR 11 by each section of the boot loader's file, its name and then its content, in an order of its
own, and systemd by a word for each phase of the start (systemd-stub(7), systemd-pcrphase.service(8)). PCRs 12 and 13
are what is told or laid over besides: nothing. As lines of a proof; the root's hash is in the kernel's words. Only the
standard library is used, so that `make image` needs no environment for it.
"""

from __future__ import annotations

import hashlib
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

SECTIONS = (  # systemd 257: unified_sections, without what is a signature over all this
    ".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey",
    ".profile", ".dtbauto", ".hwids",
)  # fmt: skip
PHASES = ("enter-initrd", "leave-initrd", "sysinit", "ready")
NOUGHT = bytes(hashlib.sha256().digest_size)
ROOT_HASH = re.compile(rb"(?:^|\s)roothash=([0-9a-f]{64})(?:\s|\0|$)")


class NoImage(Exception):
    """One line."""


def sections(file: bytes) -> Iterator[tuple[str, bytes]]:
    """Of a PE file: each section's name and content, without what fills it up. Raises NoImage."""
    try:
        (at,) = struct.unpack_from("<I", file, 0x3C)
        signature, _machine, count, optional = struct.unpack_from("<4sHH12xH", file, at)
        if signature != b"PE\0\0":
            raise NoImage("is no PE file")
        for n in range(count):
            name, size, raw, start = struct.unpack_from("<8sI4xII", file, at + 24 + optional + 40 * n)
            yield name.rstrip(b"\0").decode("ascii"), file[start : start + min(size, raw)]
    except (struct.error, UnicodeDecodeError):
        raise NoImage("is no PE file") from None


def pcr11(parts: dict[str, bytes]) -> str:
    """In hexadecimal."""
    pcr = NOUGHT
    for name in (each for each in SECTIONS if each in parts):
        for measured in (name.encode() + b"\0", parts[name]):
            pcr = hashlib.sha256(pcr + hashlib.sha256(measured).digest()).digest()
    for phase in PHASES:
        pcr = hashlib.sha256(pcr + hashlib.sha256(phase.encode()).digest()).digest()
    return pcr.hex()


def lines(version: str, file: bytes) -> list[str]:
    """Raises NoImage."""
    parts = dict(sections(file))
    root = ROOT_HASH.search(parts.get(".cmdline", b""))
    if not root:
        raise NoImage("names no root hash")
    nought = NOUGHT.hex()
    says = {"version": version, "image": root[1].decode(), "pcr11": pcr11(parts), "pcr12": nought, "pcr13": nought}
    return [f"{name} {said}" for name, said in says.items()]


def main() -> int:
    _, version, path = sys.argv
    try:
        print("\n".join(lines(version, Path(path).read_bytes())))
    except NoImage as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
