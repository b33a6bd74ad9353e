"""Which day it is, is Japan's answer; how long something takes is measured by no clock that can be set."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.language import dates

KIOSK = Path(__file__).parent.parent / "kiosk"
OF_A_DAY = {"date", "datetime"}  # whose classes are called so, or the module before them
ALWAYS = {"today", "utcnow", "utcfromtimestamp"}  # the machine's zone, or none
WITHOUT_A_ZONE = {"now": 0, "fromtimestamp": 1, "astimezone": 0}  # with so many arguments the zone is the machine's
OF_TIME = {"time", "localtime", "ctime", "asctime", "strftime", "mktime"}  # of the module time
WALL = re.compile(r"\b(Date|Temporal)\b")  # in a script

CAUGHT = """
date.today()
datetime.date.today()
datetime.now()
datetime.datetime.now()
datetime.utcnow()
datetime.fromtimestamp(3)
moment.astimezone()
time.time()
time.localtime()
from time import time
"""
MEANT = """
dates.today()
datetime.now(UTC)
datetime.now(tz=JST)
datetime.fromtimestamp(3, UTC)
moment.astimezone(JST)
time.monotonic()
self.now()
from time import monotonic
"""


def asks_the_machine(source: str) -> list[int]:
    """The lines that ask it for the day, or for a time that can be set."""
    return sorted({node.lineno for node in ast.walk(ast.parse(source)) if _asks(node)})  # type: ignore[attr-defined]


def _asks(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(module="time", names=names):
            return any(each.name in OF_TIME for each in names)
        case ast.Call(func=ast.Attribute(value=ast.Name("time"), attr=name)) if name in OF_TIME:
            return True
        case ast.Call(func=ast.Attribute(attr="astimezone"), args=[], keywords=[]):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(of) | ast.Attribute(attr=of), attr=name), args=given):
            count = len(given) + len(node.keywords)
            return of in OF_A_DAY and (name in ALWAYS or count <= WITHOUT_A_ZONE.get(name, -1))
    return False


def scripts() -> Iterator[Path]:
    yield from (path for path in KIOSK.rglob("static/*.js"))


def test_the_search_finds_what_asks_and_nothing_else() -> None:
    assert asks_the_machine(CAUGHT) == list(range(2, CAUGHT.count("\n") + 1))
    assert asks_the_machine(MEANT) == []


def test_nothing_asks_the_machine_for_the_day_or_for_a_time_that_can_be_set() -> None:
    found = {
        f"{path.relative_to(KIOSK)}:{line}"
        for path in KIOSK.rglob("*.py")
        for line in asks_the_machine(path.read_text())
    }
    assert found == set()


def test_no_script_knows_the_hour() -> None:
    assert {path.name for path in scripts()} >= {"page.js", "line.js", "touch.js"}
    assert [path.name for path in scripts() if WALL.search(re.sub(r"//.*", "", path.read_text()))] == []


@pytest.fixture(params=["Etc/GMT+12", "UTC", "Asia/Tokyo", "Pacific/Kiritimati"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The machine's zone. They are 26 hours apart: in one of them it is always another day than in Japan."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_the_day_is_japans_whatever_the_machines_zone_is(zone: str) -> None:
    before = datetime.now(UTC)
    day, moment = dates.today(), dates.now()
    assert (before + timedelta(hours=9)).date() <= day <= moment.date()
    assert (moment.utcoffset(), moment - before < timedelta(seconds=5)) == (timedelta(hours=9), True)
