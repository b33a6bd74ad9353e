"""docs/events.md from config/events.toml: `python -m tools.events`, or `make events`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kiosk.config.events import EVENTS, FIELDS, KINDS, MORE, NONE, Field, Kind

PAGE = Path(__file__).resolve().parent.parent / "docs" / "events.md"

HEAD = """\
# What may be told

Made from `config/events.toml` by `make events`; a test holds the two together.

What outlives a session is an event, and no event has a person in it. These are all the events there are; nothing else
can be told, written or counted. A field is one of the values below it, or a number between two bounds. How long
something took is one of a few, too: up to one bound or the next.
"""

OF_KIND: dict[Kind, str] = {
    "machine": "A part of the kiosk has begun or ended: a line in the trail, with its time",
    "state": "How a device is: a line in the trail when it is not as it was",
    "fault": "Something has gone wrong: a line in the trail, with its time",
    "call": "Somebody has called the staff, and what became of that: a line in the trail, with its time",
    "act": "Somebody on the staff has done something: a line in the trail, with its time",
    "visit": "What people's visits were like: never a line for one. Counts once an hour, each field by itself; an hour "
    "with fewer than three visits is joined to the next. Steps that one or two people came to wait for a third",
}


def page() -> str:
    """The page."""
    return "\n".join([HEAD, *_events(), "## Fields", "", *_fields()])


def _events() -> Iterator[str]:
    for kind in KINDS:
        yield f"## {kind}"
        yield f"\n{OF_KIND[kind]}.\n"
        yield "| event | 意味 | meaning | told by | fields |"
        yield "|---|---|---|---|---|"
        for name, row in EVENTS.items():
            if row.kind == kind:
                fields = ", ".join(f"[`{field}`](#{field})" for field in row.fields)
                yield f"| `{name}` | {row.ja} | {row.en} | {', '.join(row.by)} | {fields} |"
        yield ""


def _fields() -> Iterator[str]:
    for name, field in FIELDS.items():
        yield f"### {name}"
        yield f"\n{field.ja} · {field.en}\n"
        yield from _values(field)
        yield ""


def _values(field: Field) -> Iterator[str]:
    if field.le:
        bounds = ", ".join(f"{each:g}" for each in field.le)
        yield f"Up to {bounds} seconds, or `{MORE}`{f', or `{NONE}`: not at all' if field.none else ''}."
        return
    if not field.values:
        yield f"A whole number from {field.least} to {field.most}."
        return
    yield "| value | 意味 | meaning |"
    yield "|---|---|---|"
    for value, (ja, en) in field.values.items():
        yield f"| `{value}` | {ja} | {en} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
