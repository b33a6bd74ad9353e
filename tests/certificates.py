"""Certificates that parsers stumble over, made from a good one on P-256 (DER)."""

from __future__ import annotations

from collections.abc import Mapping

VERSION_3, VERSION_2 = bytes.fromhex("a003020102"), bytes.fromhex("a003020101")
P_256, NOBODYS = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d030177")


def odd(certificate: bytes) -> Mapping[str, bytes]:
    """By what is wrong with each."""
    assert VERSION_3 in certificate and P_256 in certificate
    return {
        "empty": b"",
        "rubbish": b"\xff" * 300,
        "cut": certificate[:-1],
        "longer": certificate + b"\0",
        "version 2": certificate.replace(VERSION_3, VERSION_2, 1),
        "unknown key": certificate.replace(P_256, NOBODYS, 1),
    }
