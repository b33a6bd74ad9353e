"""`make sweep`: every fault at every place, one visit each, and how it ended: tables, kept in docs/faults.md.

    make sweep                             all that is not done yet, until it is
    make sweep ARGS="portal-once printer"  these tables; a name stands for all that begin with it
    make sweep ARGS="--minutes 3"          as much as that; the next run goes on from there (var/sweep)
    make sweep ARGS="--anew card"          from their beginning

A cell names what the person was told, in its order; where nobody told them anything, how the session ended. Whoever
plays the visit does what the screen asks, so a card that was pulled is put in again. Each visit is held to all
invariants; one that breaks any is marked BROKEN with the invariant's name.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bench.table import aligned, keep
from kiosk.hw.printer import FRAGMENT_ROWS
from kiosk.sim.portal.faults import OF_A_LINKING, OF_A_RELEASE, Fault
from tests.stage import ROOT
from tests.wild.faults import AT_COMMAND, AT_STAFF, BESIDE, PORTAL, PRINTER, STRIKES, PortalFault
from tests.wild.ground import Ground
from tests.wild.invariants import broken
from tests.wild.play import play
from tests.wild.visit import Visit
from tests.wild.walker import Seen

KEPT = ROOT / "docs" / "faults.md"
DONE = ROOT / "var" / "sweep"
FRAGMENT_BYTES = FRAGMENT_ROWS * 72
LINKING = (
    *("home", "1 licence", "2 contents", "3 consent", "3 sending", "4 prepare", "4 set_card", "5 pin", "6 reading"),
    *("7 confirm", "7 sending", "8 terms", "9 pin", "10 reading", "10 sending", "11 linked"),
)
RELEASE = (
    *("release", "prepare", "set_card", "pin", "reading", "confirm", "sending", "terms", "released"),
    *("2 contents", "3 consent", "7 confirm", "8 terms", "9 pin", "11 linked"),  # of the linking after it
)
COMMANDS, FRAGMENTS = "command", "fragment"  # rows that are counted in a visit without a fault


@dataclass(frozen=True)
class Table:
    """rows: their names, or what is counted. visit: that of a cell, made of the plain one, row and column."""

    title: str
    rows: tuple[str, ...] | str
    columns: tuple[str, ...]
    plain: Visit
    visit: Callable[[Visit, str, str], Visit]


def card(visit: Visit, row: str, column: str) -> Visit:
    return replace(visit, card=AT_COMMAND[column](int(row)))


def portal(times: int | None) -> Callable[[Visit, str, str], Visit]:
    """What was begun is cancelled by who leaves, and its state asked for when the answer to its submission was lost. A
    release is left where it was begun from home: there its terms have no number."""

    def made(visit: Visit, row: str, column: str) -> Visit:
        fault, value = PORTAL[row]
        call, _, release = column.partition("_")
        before = (PortalFault(Fault.LOST_ANSWER, column.replace("state", "submit")),) if call == "state" else ()
        if call == "cancel":
            visit = replace(visit, goal="release") if release else visit
            visit = replace(visit, strikes={"terms" if release else "8 terms": "leaves"})
        return replace(visit, portal=(*before, PortalFault(fault, column, value, times)))

    return made


def fragment(visit: Visit, row: str, column: str) -> Visit:
    middle = int(row) - 0.5
    bytes_, rows = int(middle * FRAGMENT_BYTES), int(middle * FRAGMENT_ROWS)
    return replace(visit, printer={column: rows if column == "paper_rows" else bytes_})


def cards(title: str, visit: Visit) -> Table:
    return Table(f"The card at every command: {title}", COMMANDS, tuple(AT_COMMAND), visit, card)


LINKING_CALLS = ("status", *OF_A_LINKING)
TABLES: Mapping[str, Table] = {
    "card-linking": cards("a linking, current card", Visit()),
    "card-short": cards("a linking, no extended length", Visit(behaviour="no extended length")),
    "card-t0": cards("a linking, T=0", Visit(behaviour="T=0")),
    "card-phone": cards("a linking, the phone that signs", Visit(who="phone", goal="phone", device="phone")),
    "card-check": cards("the card check", Visit(goal="check")),
    "card-licence": cards("the licence in the card check", Visit(goal="licence")),
    "portal-once": Table("The portal fails at one call, once", tuple(PORTAL), LINKING_CALLS, Visit(), portal(1)),
    "portal-always": Table("The portal fails at one call, always", tuple(PORTAL), LINKING_CALLS, Visit(), portal(None)),
    "release-once": Table(
        "The portal fails at one call of a release, once",
        tuple(PORTAL),
        OF_A_RELEASE,
        Visit(who="reobtained"),
        portal(1),
    ),
    "release-always": Table(
        "The portal fails at one call of a release, always",
        tuple(PORTAL),
        OF_A_RELEASE,
        Visit(who="reobtained"),
        portal(None),
    ),
    "printer-fragments": Table(
        "The printer fails in every fragment of a slip",
        FRAGMENTS,
        ("die_after_bytes", "reset_after_bytes", "paper_rows"),
        Visit(goal="lost"),
        fragment,
    ),
    "printer-states": Table(
        "The printer has failed before",
        tuple(PRINTER),
        ("link", "lost"),
        Visit(),
        lambda visit, row, column: replace(visit, goal=column, printer=PRINTER[row]),
    ),
    "beside": Table(
        "Caretaker and staff at every screen of a linking",
        LINKING,
        tuple(BESIDE),
        Visit(),
        lambda visit, row, column: replace(visit, strikes={row: column}),
    ),
    "staff": Table(
        "At every screen of an officer who closes the kiosk",
        ("staff_entrance", "staff_room", "staff_doors", "staff_reason", "staff_until"),
        tuple(AT_STAFF),
        Visit(goal="closes"),
        lambda visit, row, column: replace(visit, strikes={row: column}),
    ),
    "processes": Table(
        "At every screen of a linking",
        LINKING,
        tuple(STRIKES),
        Visit(),
        lambda visit, row, column: replace(visit, strikes={row: column}),
    ),
    "release-screens": Table(
        "At every screen of a release from home, and of the linking after it",
        RELEASE,
        tuple(STRIKES),
        Visit(who="reobtained", goal="release"),
        lambda visit, row, column: replace(visit, strikes={row: column}),
    ),
}


def rows_of(ground: Ground, table: Table) -> tuple[str, ...]:
    """Commands are counted on the card that is to fail, fragments on the slip."""
    if isinstance(table.rows, tuple):
        return table.rows
    play(ground, table.plain)
    count = len(ground.cards[table.plain.who, table.plain.device].trace) if table.rows == COMMANDS else 0
    if table.rows == FRAGMENTS:
        count = -(-ground.printer.slips[-1].image.height // FRAGMENT_ROWS)
    return tuple(map(str, range(1, count + 1)))


def cell(ground: Ground, seen: Seen) -> str:
    told = [tell for tell in seen.tells if tell != "printed" or seen.visit.printer]
    wrong = sorted({each.partition(":")[0] for each in broken(ground, seen)})
    return " → ".join(told or [seen.end]) + "".join(f" BROKEN {each}" for each in wrong)


def sweep(ground: Ground, name: str, until: float) -> bool:
    """The table's cells, from where they stopped. False: not all are done; True: they are, and they are kept."""
    table, store = TABLES[name], DONE / f"{name}.json"
    done: dict[str, str] = json.loads(store.read_text("utf-8")) if store.exists() else {}
    rows = rows_of(ground, table)
    for row in rows:
        for column in table.columns:
            if f"{row}/{column}" in done:
                continue
            if time.monotonic() > until:
                return False
            done[f"{row}/{column}"] = found = cell(ground, play(ground, table.visit(table.plain, row, column)))
            store.parent.mkdir(parents=True, exist_ok=True)
            store.write_text(json.dumps(done, ensure_ascii=False), "utf-8")
            print(f"{name}, {row}, {column}: {found}", flush=True)
    lines = [("", *table.columns), *((row, *(done[f"{row}/{column}"] for column in table.columns)) for row in rows)]
    keep(KEPT, name, aligned(lines) + "\n")
    return True


def main(ground: Ground, arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="make sweep", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", help=f"of {', '.join(TABLES)}")
    parser.add_argument("--minutes", type=float, default=600.0)
    parser.add_argument("--anew", action="store_true")
    options = parser.parse_args(arguments)
    until = time.monotonic() + options.minutes * 60
    names = [name for name in TABLES if not options.tables or name.startswith(tuple(options.tables))]
    for name in names if options.anew else ():
        (DONE / f"{name}.json").unlink(missing_ok=True)
    with ground:
        whole = [sweep(ground, name, until) for name in names]
    bad = [line for line in KEPT.read_text("utf-8").splitlines() if line.startswith("|") and "BROKEN" in line]
    print(f"{sum(whole)} of {len(names)} tables are whole; {len(bad)} rows with something broken")
    return int(bool(bad) or not all(whole))
