"""A CMS SignedData (RFC 5652) whose signature is made by the card."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime


def signed_data(
    statement: bytes,
    certificate: bytes,
    sign: Callable[[bytes], bytes],
    signing_time: datetime | None = None,
) -> bytes:
    """Sign `statement` with the key of `certificate` (DER); `sign` turns a DER DigestInfo into a signature.

    Returns a DER ContentInfo. `signing_time` defaults to now. Raises `CardProblem`, and what `sign` raises.
    """
    raise NotImplementedError
