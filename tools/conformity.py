"""docs/conformity.md from docs/conformity.toml: `python -m tools.conformity`, or `make conformity`.

The table says of each clause how it stands and which tests show it. A test holds the page to the table, and the table
to the tests there are; so a test that is renamed or deleted takes its claim along.
"""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs/conformity.toml"
PAGE = ROOT / "docs/conformity.md"

State = Literal["shown", "part", "read", "none", "builder", "not held", "unknown"]
MEANING: dict[State, str] = {
    "shown": "the tests named show it on every screen or device it is about",
    "part": "they show a part; what is left stands beside it",
    "read": "by reading the screens and their code; no test",
    "none": "there is nothing here that the clause is about",
    "builder": "whoever builds or sets up the machine holds it; with what stands beside it",
    "not held": "it is not so; why stands beside it",
    "unknown": "nobody has looked",
}
NEED_TESTS = {"shown", "part"}
HEAD = """\
# Conformity: accessibility, clause by clause

Made from `conformity.toml` by `make conformity`; a test holds the two together, and each claim to a test that exists.
All tests run in `make test`; those of every screen in each language, size and way up try a part of that there
(`tests/whole.py`), and all of it in `make whole`. This is what the makers say, and no certificate; a clause was looked
at only as far as its text could be read, in the edition that is named.
"""


class Clause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """level, since: WCAG's level, and the version that brought the criterion. tests: by their names in [tests]."""

    name: str
    state: State
    level: str = ""
    since: str = ""
    tests: tuple[str, ...] = ()
    says: str = ""


class Standard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    edition: str
    read: str
    clauses: dict[str, Clause]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """tests: "file::function", by a short name."""

    tests: dict[str, str]
    wcag: Standard
    jis: Standard
    en: Standard
    kr: Standard

    @property
    def standards(self) -> tuple[Standard, ...]:
        """JIS with the criteria of WCAG 2.0, which it is."""
        same = {
            number: each for number, each in self.wcag.clauses.items() if each.since == "2.0" and each.level != "AAA"
        }
        jis = msgspec.structs.replace(self.jis, clauses={**same, **self.jis.clauses})
        return self.wcag, jis, self.en, self.kr


def read() -> Table:
    return msgspec.convert(tomllib.loads(TABLE.read_text("utf-8")), Table)


def exists(test: str) -> bool:
    """Whether the file has a function of that name."""
    path, _, name = test.partition("::")
    file = ROOT / path
    return file.is_file() and any(
        isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(ast.parse(file.read_text("utf-8")))
    )


def page(table: Table) -> str:
    lines = [HEAD, "| state | meaning |", "|---|---|", *(f"| {state} | {words} |" for state, words in MEANING.items())]
    for standard in table.standards:
        lines += ["", f"## {standard.title}", "", f"Edition: {standard.edition}.", "", f"Read: {standard.read}.", ""]
        counts = Counter(each.state for each in standard.clauses.values())
        lines.append(", ".join(f"{counts[state]} {state}" for state in MEANING if counts[state]) + ".")
        if standard.title == table.jis.title:
            lines.append("Clause by clause as above; what stands there only for this one:")
        lines += ["", "| clause | | how it stands | shown by | |", "|---|---|---|---|---|"]
        own = table.jis.clauses if standard.title == table.jis.title else standard.clauses
        lines += _rows(own, table.tests)
    return "\n".join([*lines, ""])


def _rows(clauses: dict[str, Clause], tests: dict[str, str]) -> Iterator[str]:
    for number, each in clauses.items():
        level = f" ({each.level})" if each.level else ""
        shown = ", ".join(f"[{name}](../{tests[name].partition('::')[0]})" for name in each.tests)
        yield f"| {number} | {each.name}{level} | {each.state} | {shown} | {each.says} |"


if __name__ == "__main__":
    PAGE.write_text(page(read()), "utf-8")
