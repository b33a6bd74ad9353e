"""Whether a start of the machine is a good one: the page is painted, and the caretaker says well of what the program
and its image alone decide, for STEADY_SECONDS without a break.

What the station, the people or the network decide (reader, printer, paper, portal, clock, settings) is not asked: an
older version would have none of it either. Neither is a trail that was marked as broken before, or a disk that is full.
A server that stands with guidance only because its starts as set have failed (services/starts.py) is no good start: the
older version may come as it is set.
Where no display is there nobody can say yet: somebody has switched it off for the night.

The board keeps what it said before the machine was off, so STEADY_SECONDS are longer than it takes until whoever says
nothing, or nothing good, stands there as that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from kiosk.ipc.messages import Row

WELL: Mapping[str, str] = {"server": "alive", "browser": "painted", "trail": "written", "fonts": "there"}
# Of the lock-down not what the kernel was started with: nobody but who has signed the image can say more to it.
BAD: Mapping[str, Collection[str]] = {"safe_mode": {"starts"}, "lockdown": {"changed", "users", "open"}}
STEADY_SECONDS = 90.0


def wanting(rows: Iterable[Row]) -> list[str]:
    """The checks that are not well, of a board; of an empty one those in WELL."""
    stands: dict[str, str] = {row.check: row.reason for row in rows}
    kept = {"broken"} | ({"unwritable"} if stands.get("disk") == "full" else set())
    lacks = [check for check, reason in WELL.items() if stands.get(check) != reason]
    lacks = [check for check in lacks if check != "trail" or stands.get(check) not in kept]
    return lacks + [check for check, reasons in BAD.items() if stands.get(check) in reasons]


def undecided(rows: Iterable[Row]) -> bool:
    """No display is there to paint on."""
    return any((row.check, row.reason) == ("browser", "no_display") for row in rows)
