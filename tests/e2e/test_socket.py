"""The line between page and session: who may speak, what is heard, and what is seen when one of the two has gone."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import websocket
from playwright.sync_api import Browser

from kiosk.portal.model import State
from tests.e2e.conftest import Kiosk, open_page
from tests.e2e.person import Person

SOCKET = "import('/static/socket.js')"  # the page's own
EMIT = f"async ([event, ...values]) => void (await {SOCKET}).socket.emit(event, ...values)"
SAY = f"async answer => {{ const {{ seq, socket }} = await {SOCKET}; socket.emit('answer', {{ seq, answer }}) }}"
DIED = "browser's keeper"  # whom the arbiter tells when a session's process has gone
DROPPED = "WARNING kiosk.socket: a message that is no answer was dropped"
NEUTRAL = "#neutral:not([hidden])"

SET_CLOCK = "const day = Date.now; window.setBy = 0; Date.now = () => day() + window.setBy;"


def host(person: Person) -> str:
    return urlsplit(person.page.url).netloc


def ask(kiosk: Kiosk, host: str, path: str, key: str = "") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", kiosk.port, timeout=5)
    connection.request("GET", path, headers={"Host": host, "Cookie": key})
    return connection.getresponse().status


def key(person: Person) -> str:
    """What the person's page shows, as the header has it."""
    [cookie] = person.page.context.cookies(person.page.url)
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Strict", -1)
    return f"{cookie['name']}={cookie['value']}"


@contextmanager
def caller(kiosk: Kiosk, host: str, origin: str | None, key: str) -> Iterator[websocket.WebSocket]:
    """Somebody else's connection to the socket."""
    address = f"ws://127.0.0.1:{kiosk.port}/socket.io/?EIO=4&transport=websocket"
    line = websocket.create_connection(
        address, host=host, origin=origin, suppress_origin=origin is None, cookie=key, timeout=5
    )
    try:
        assert str(line.recv()).startswith("0")
        yield line
    finally:
        line.shutdown()  # type: ignore[no-untyped-call]


def is_let_in(kiosk: Kiosk, host: str, origin: str | None, key: str) -> bool:
    try:
        with caller(kiosk, host, origin, key) as line:
            line.send("40")
            return not str(line.recv()).startswith("44")
    except websocket.WebSocketBadStatusException:
        return False


# -- who may speak


def test_nobody_but_the_page_of_this_session_is_answered(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(7)
    site, door, stranger = host(person), f"127.0.0.1:{kiosk.port}", "evil.example"
    shown = key(person)
    assert ask(kiosk, site, "/alive") == 204
    assert (ask(kiosk, site, "/paper.png"), ask(kiosk, site, "/paper.png", shown)) == (403, 404)
    for other in (stranger, f"{stranger}:{kiosk.port}", f"other.localhost:{kiosk.port}", ""):
        assert ask(kiosk, other, "/") == 421
        assert ask(kiosk, other, "/paper.png", shown) == 421
    assert (ask(kiosk, door, "/"), ask(kiosk, door, "/paper.png")) == (302, 421)
    for other_host, origin in (
        (site, f"http://{stranger}"),
        (site, f"http://{door}"),
        (site, None),
        (stranger, f"http://{stranger}"),
        (stranger, f"http://{site}"),
        (door, f"http://{site}"),
        (site, f"http://{site}"),  # the page is there already
    ):
        assert not is_let_in(kiosk, other_host, origin, shown), (other_host, origin)
        assert not is_let_in(kiosk, other_host, origin, ""), (other_host, origin)
    person.sees("confirm", 7)
    assert not any(stranger in line or shown in line for line in kiosk.log)


def test_while_the_page_is_away_its_place_is_for_who_shows_the_key(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(7)
    site, shown = host(person), key(person)
    since = kiosk.logged()
    person.page.goto("about:blank")
    kiosk.wait_log("the page has gone", since=since)
    assert not is_let_in(kiosk, site, f"http://{site}", "")
    assert not is_let_in(kiosk, site, f"http://{site}", f"{shown}x")
    assert is_let_in(kiosk, site, f"http://{site}", shown)
    kiosk.wait_log("session ends: browser_lost", since=since)
    kiosk.wait_log(DIED, since=since)
    person.takes_out()
    person.page.goto(kiosk.address)
    person.sees("attract")


def test_a_second_page_is_turned_away_and_the_first_goes_on(person: Person, kiosk: Kiosk, chromium: Browser) -> None:
    person.walks_to(5)
    since = kiosk.logged()
    second = open_page(chromium)
    second.goto(kiosk.address)
    kiosk.wait_log("a second page was refused", since=since)
    assert second.locator(NEUTRAL).count() == 1
    assert second.locator("#screen *").count() == 0
    second.context.close()
    person.does(5)
    person.sees("confirm", 7)


# -- what is heard


NO_ANSWERS: tuple[tuple[object, ...], ...] = (
    ("answer",),
    ("answer", None),
    ("answer", "next"),
    ("answer", ["next"]),
    ("answer", {}),
    ("answer", {"seq": "1", "answer": "next"}),
    ("answer", {"seq": 1.5, "answer": "next"}),
    ("answer", {"seq": 10**30, "answer": "next"}),
    ("answer", {"seq": 1, "answer": 7}),
    ("answer", {"seq": 1, "answer": "next", "more": 1}),
    ("answer", {"seq": 1, "answer": "x" * 33}),
    ("answer", {"seq": 0, "answer": "next"}),
    ("answer", {"seq": -1, "answer": "next"}, {"seq": 1}),
    ("leave_now", {"seq": 1, "answer": "leave_now"}),
    ("__proto__", {"seq": 1}),
)


def test_what_is_no_answer_to_this_screen_does_nothing(person: Person, kiosk: Kiosk) -> None:
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    person.touches("link")
    person.sees("licence", 1)
    since = kiosk.wait_log("screen 1 licence")  # said to the log after the page has it
    for message in NO_ANSWERS:
        person.page.evaluate(EMIT, list(message))
    person.touches("size")
    person.page.wait_for_selector(".frame.is-licence.is-large")  # all of it has been heard by now
    kiosk.wait_log(DROPPED, since=since)
    assert all(DROPPED in line for line in kiosk.log[since:])


def test_an_answer_the_screen_does_not_offer_does_nothing(person: Person) -> None:
    person.walks_to(3)
    for answer in ("phone", "licence_page", "leave_now", "reprint", "key:1", "lang:xx", "key:", "again"):
        person.page.evaluate(SAY, answer)
    person.touches("size")
    person.page.wait_for_selector(".frame.is-consent.is-large")


def test_a_message_of_ten_megabytes_costs_the_line_and_not_the_session(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(5)
    person.types("73")
    since = kiosk.logged()
    person.page.evaluate(EMIT, ["answer", {"seq": 1, "answer": "A" * 10_000_000}])
    kiosk.wait_log("the page is here", since=since)
    person.sees("pin", 5)
    person.has_typed(2)
    with caller(kiosk, host(person), f"http://{host(person)}", key(person)) as line:
        try:
            line.send("42" + "A" * 10_000_000)
            line.recv()
        except (websocket.WebSocketException, OSError):
            pass
    person.types("91")
    person.goes_on()
    person.sees("confirm", 7)
    assert not any("AAAA" in line for line in kiosk.log[since:])


# -- when one has gone


def test_a_page_that_is_loaded_anew_finds_everything_where_it_was(person: Person) -> None:
    person.walks_to(5)
    person.types("73")
    person.page.reload()
    person.sees("pin", 5)
    person.has_typed(2)


def test_a_page_that_has_gone_ends_the_session(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(7)
    since = kiosk.logged()
    person.page.goto("about:blank")
    kiosk.wait_log("session ends: browser_lost", since=since)
    kiosk.wait_log(DIED, since=since)
    assert (kiosk.states(), kiosk.portal.held_count()) == ([State.CANCELLED], 0)
    person.takes_out()
    person.page.goto(kiosk.address)
    person.sees("attract")


def test_without_a_server_the_page_shows_nothing_of_anybody_and_then_waits_for_the_next(
    person: Person, kiosk: Kiosk
) -> None:
    person.walks_to(7)
    worker = kiosk.worker
    os.kill(kiosk.arbiter, signal.SIGSTOP)  # no successor yet
    try:
        os.kill(worker, signal.SIGKILL)
        person.page.wait_for_selector(NEUTRAL)
        assert person.page.locator("#screen *").count() == 0
        assert kiosk.people[person.who].address not in person.dom
    finally:
        os.kill(kiosk.arbiter, signal.SIGCONT)
    person.takes_out()
    person.sees("attract")


def test_a_server_that_hangs_is_noticed_within_seconds(person: Person, kiosk: Kiosk) -> None:
    person.walks_to(7)
    worker = kiosk.worker
    os.kill(worker, signal.SIGSTOP)
    try:
        person.page.wait_for_selector(NEUTRAL, timeout=10_000)
        assert kiosk.people[person.who].address not in person.dom
    finally:
        os.kill(worker, signal.SIGCONT)


def test_a_clock_that_is_set_costs_the_page_no_line(person: Person, kiosk: Kiosk) -> None:
    person.page.add_init_script(SET_CLOCK)
    person.page.reload()
    person.walks_to(5)
    since = kiosk.logged()
    person.page.evaluate("window.setBy = 3_600_000")
    person.types("73")
    person.has_typed(2)
    assert not [line for line in kiosk.log[since:] if "the page has gone" in line]


def test_the_next_person_finds_letters_of_the_usual_size(person: Person, kiosk: Kiosk) -> None:
    person.sees("attract")
    person.touches("size")
    person.page.wait_for_selector(".frame.is-home.is-large, .frame.is-attract.is-large")
    kiosk.next_session()
    person.sees("attract")
    assert person.page.locator(".is-large").count() == 0
