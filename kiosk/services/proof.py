"""The helper that proves what runs on this machine (kiosk/provision/proof.py), for one who asks: systemd gives it the
line of that one as its input and output (kiosk-proof@.service). It is the only user of the TPM beside systemd.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from kiosk.ipc.proof import Unproven
from kiosk.provision.proof import proof

LONGEST = 64  # bytes of a challenge


def run(config: Path, root: Path = Path("/")) -> int:
    """The exit code: 0 when there was an answer, whatever it says. root: where /proc, /etc and /dev are."""
    challenge = sys.stdin.buffer.readline(LONGEST).decode("ascii", "replace").strip()
    made = proof(challenge, config, root)
    if isinstance(made, Unproven):
        print(f"no proof: {made.lacks}", file=sys.stderr)
    sys.stdout.buffer.write(msgspec.json.encode(made))
    return 0
