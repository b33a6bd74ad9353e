"""A certificate that the settings name, as far as it concerns who has to have it renewed: when it ends."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

# What is raised for bytes of which no key or certificate can be made: one bit that has flipped leads to any of these.
UNUSABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)


def end_of(certificate_file: Path | str) -> datetime | None:
    """When the first certificate in a PEM file ends; None for one that cannot be read."""
    try:
        return x509.load_pem_x509_certificate(Path(certificate_file).read_bytes()).not_valid_after_utc
    except (OSError, *UNUSABLE):
        return None
