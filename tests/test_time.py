"""Which day it is, is Japan's answer; how long something takes is measured by no clock that can be set."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.language import dates
from kiosk.services import server  # noqa: F401
from kiosk.web import steady_clock

KIOSK = Path(__file__).parent.parent / "kiosk"
OF_A_DAY = {"date", "datetime"}  # whose classes are called so, or the module before them
ALWAYS = {"today", "utcnow", "utcfromtimestamp"}  # the machine's zone, or none
WITHOUT_A_ZONE = {"now": 0, "fromtimestamp": 1, "astimezone": 0}  # with so many arguments the zone is the machine's
OF_TIME = {"time", "localtime", "ctime", "asctime", "strftime", "mktime"}  # of the module time
WALL = re.compile(r"\b(Date|Temporal)\b(?!\.now = )")  # in a script; that one makes it steady for a library (socket.js)

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


DAYS_CLOCK = re.compile(r"^[^#\n]*\btime\.time\(|^from time import .*\btime\b", re.MULTILINE)
LIBRARIES = {  # that ask the day's clock, among all that a server and its caretaker have loaded: what for
    **dict.fromkeys(
        (*steady_clock.ENGINEIO, *steady_clock.GUNICORN), "how long something takes: by the steady clock, see there"
    ),
    "gunicorn.util": "a header's date, and a seed",
    "engineio.async_socket": "not used",
    "engineio.base_client": "not used",
    "escpos.capabilities": "how long it took to read its own tables, for nobody",
    "fontTools.misc.timeTools": "a font's date",
    "fontTools.ttLib": "how long it took, for nobody",
    "itsdangerous.timed": "signed cookies, of which there are none",
    "prometheus_client.metrics": "when a counter was made",
    "serial.serialutil": "the day's clock only where there is no steady one",
    "simple_websocket.aiows": "not used",
    "simple_websocket.ws": "a ping of its own, which is off",
    "urllib3.util.retry": "a Retry-After with a date: nothing is tried again there",
    "werkzeug.debug": "not used",
    "werkzeug.test": "not used",
    "websocket._app": "not used",
    "websocket._core": "not used",
    "requests.cookies": "not used",
    "requests.packages.urllib3.util.retry": "not used",
    "werkzeug.utils": "how long a file may be kept, which is told to a page that has it from here",
}
LIST = """
import sys
from kiosk.services import caretaker, server
for name, module in sorted(sys.modules.items()):
    path = getattr(module, "__file__", None) or ""
    if "site-packages" in path and path.endswith(".py"):
        print(name, path)
"""


def test_no_library_measures_by_the_days_clock_but_those_that_are_known_to() -> None:
    listed = subprocess.run([sys.executable, "-c", LIST], cwd=KIOSK.parent, capture_output=True, text=True, check=True)
    paths = dict(line.split(" ", 1) for line in listed.stdout.splitlines())
    assert {"engineio.socket", "gunicorn.arbiter"} <= set(paths)
    assert {name for name, path in paths.items() if DAYS_CLOCK.search(Path(path).read_text())} <= set(LIBRARIES)


def test_libraries_that_measure_do_so_by_the_steady_clock_and_can_do_all_else_as_before() -> None:
    for name in (*steady_clock.ENGINEIO, *steady_clock.GUNICORN):
        assert vars(sys.modules[name])["time"] is steady_clock.STEADY
    assert steady_clock.STEADY.time is time.monotonic and steady_clock.STEADY.sleep is time.sleep


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
    assert {path.name for path in scripts()} >= {"page.js", "socket.js", "touch.js"}
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
