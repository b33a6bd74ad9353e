"""How the trail is written down: lines, segments and the anchor. Pure form: nothing is opened here.

A *line* is one canonical JSON object (members sorted, no spaces; RFC 8785, of which our words and whole numbers need no
more) and a line feed:

    {"at":"2026-11-26T01:13:32Z","before":"<hash>","event":"gap","fields":{…},"n":12}

n counts all lines of this trail from 1. before is the hash of the line before, SHA-256 of its bytes with the line feed;
of the first it is 64 zeros. A line of counts has `by`, `count` and `hours` in place of `fields`
(kiosk/config/events.py).

A *segment* is a file of lines, named by the number of its first: 000000000012.jsonl. When it is full it is *sealed*:
its Ed25519 signature, 64 bytes, stands beside it as 000000000012.jsonl.sig.

The *anchor* says how many lines there are and the hash of the last, signed: two lines, the JSON and the signature in
base64. It is renewed behind every append. It finds what the chain cannot: that lines at the end are missing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from kiosk.caretaker.key import Key, PublicKey
from kiosk.config.events import Counts, Event, NotAnEvent, counts, encode, event

NOTHING_BEFORE = "0" * 64
SUFFIX, SEAL = ".jsonl", ".sig"
ANCHOR = "anchor"
SEGMENT = re.compile(r"(\d{12})\.jsonl")
MOST_TORN = 65_536  # bytes of a torn tail that are counted


class Anchor(Struct, frozen=True, forbid_unknown_fields=True):
    """lines: so many there are. head: the hash of the last."""

    head: str
    lines: int


class NoLine(Exception):
    """These bytes are no line of a trail. One line that says why, without what stands in them."""


class Line(Struct, frozen=True):
    """One line that was read. hash: what the next has as `before`."""

    n: int
    before: str
    at: str
    members: dict[str, Any]
    hash: str

    @property
    def event(self) -> str:
        return str(self.members.get("event", ""))

    @property
    def time(self) -> datetime:
        """Raises NoLine."""
        try:
            return datetime.fromisoformat(self.at).astimezone(UTC)
        except (ValueError, OverflowError):
            raise NoLine("has no time") from None

    def field(self, name: str) -> Any:
        fields = self.members.get("fields")
        return fields.get(name) if isinstance(fields, dict) else None


def hash_of(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def canonical(members: dict[str, Any]) -> bytes:
    return msgspec.json.encode(members, order="sorted") + b"\n"


def written(told: Event | Counts, n: int, before: str, now: datetime) -> bytes:
    """The line of what is told. Raises NotAnEvent for whatever the table does not have."""
    at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return canonical({**encode(told), "n": n, "before": before, "at": at})


def read(line: bytes) -> Line:
    """One line, with its line feed. Raises NoLine. Of the table only its form is asked: an older one had other rows."""
    try:
        members = msgspec.json.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NoLine("is not JSON") from None
    if not isinstance(members, dict) or canonical(members) != line:
        raise NoLine("is not in canonical form")
    n, before, at = members.get("n"), members.get("before"), members.get("at")
    if type(n) is not int or not isinstance(before, str) or not isinstance(at, str):
        raise NoLine("has no number, no time or no hash of the line before")
    return Line(n, before, at, members, hash_of(line))


def told_in(line: Line) -> Event | Counts | None:
    """What was told with it; None: today's table does not have it."""
    members = line.members
    try:
        if "by" in members:
            return counts(line.event, members["hours"], members["by"])
        return event(line.event, **members.get("fields", {}))
    except (NotAnEvent, KeyError, TypeError, AttributeError):
        return None


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole lines of a segment, and what is left behind the last line feed."""
    *lines, tail = data.split(b"\n")
    return [line + b"\n" for line in lines], tail


def name_of(first: int) -> str:
    """The file of the segment that begins with this line."""
    return f"{first:012}{SUFFIX}"


def first_of(name: str) -> int | None:
    """The first line of the segment of this name; None: it is no segment."""
    found = SEGMENT.fullmatch(name)
    return int(found[1]) if found else None


def torn(tail: bytes) -> int:
    """So many bytes, as an event says it."""
    return min(len(tail), MOST_TORN)


def anchor_file(anchor: Anchor, key: Key) -> bytes:
    said = canonical({"head": anchor.head, "lines": anchor.lines})
    return said + base64.b64encode(key.sign(said)) + b"\n"


def anchor_parts(data: bytes) -> tuple[bytes, bytes]:
    """What was signed, and the signature. Raises NoLine."""
    lines, tail = split(data)
    if len(lines) != 2 or tail:
        raise NoLine("is not two lines")
    try:
        signature = base64.b64decode(lines[1].rstrip(b"\n"), validate=True)
    except binascii.Error:
        raise NoLine("has no signature in base64") from None
    if base64.b64encode(signature) + b"\n" != lines[1]:  # base64 leaves some bits free
        raise NoLine("has a signature in a form that is not ours")
    return lines[0], signature


def read_anchor(data: bytes, key: PublicKey) -> Anchor:
    """Raises NoLine."""
    said, signature = anchor_parts(data)
    if not key.verifies(signature, said):
        raise NoLine("does not verify")
    try:
        return msgspec.json.decode(said, type=Anchor)
    except (msgspec.MsgspecError, ValueError):
        raise NoLine("is not an anchor") from None


def lines_of(data: bytes) -> Iterator[Line]:
    """Every whole line. Raises NoLine at the first that is none."""
    for line in split(data)[0]:
        yield read(line)
