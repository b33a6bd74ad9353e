"""Whether the kiosk says where it is, and when. `look.everything` tries to open the receiver of its remote."""

from __future__ import annotations

from kiosk.config.kiosk import Beacon
from kiosk.health.finding import Finding, State


def judge(wanted: Beacon, readable: bool, speaks: bool) -> Finding:
    """readable: the receiver, by this user. speaks: there is a voice, and it is not off."""
    if not wanted.fitted:
        return Finding("beacon", State.INFO, "off (neither beacon.device nor beacon.every_seconds is set)")
    if not speaks:
        return Finding("beacon", State.PROBLEM, "it has no voice", "set voice.enabled, and see that there are prompts")
    if wanted.device is not None and not readable:
        words = f"beacon.device: {wanted.device} is not there or not readable for this user"
        return Finding("beacon", State.PROBLEM, words, "plug it in, or see to your rule of udev (docs/aids.md)")
    when = [
        *(["when its remote asks"] if wanted.device else []),
        *([f"every {wanted.every_seconds} s by itself"] if wanted.every_seconds else []),
    ]
    return Finding("beacon", State.OK, f"says where the kiosk is {' and '.join(when)}")
