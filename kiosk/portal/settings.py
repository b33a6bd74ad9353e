"""What the kiosk must be told to reach the portal: the `[portal]` table of kiosk.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta


class PortalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    url: Annotated[str, Meta(pattern=r"^https://[^\s?#@]+$")]  # where the contract's paths begin
    authority: Path  # PEM: the only certificate authority trusted for the portal's server certificate
    certificate: Path  # PEM: this kiosk's client certificate
    key: Path  # PEM, no passphrase: its private key
    deadline: Annotated[float, Meta(gt=0, le=60)] = 8.0  # seconds for one call, all of it
