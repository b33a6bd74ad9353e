"""The figures: which labels there can be, when a counter moves, and that whoever asks slowly holds up nobody."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kiosk.caretaker.hours import HOUR_SECONDS, Hours
from kiosk.caretaker.identity import version
from kiosk.caretaker.metrics import DEADLINE_SECONDS, HASH_DIGITS, Figures, Server, parts
from kiosk.caretaker.record import Record
from kiosk.config.events import EVENTS, FIELDS, event
from kiosk.config.health import CHECKS, LEVELS
from kiosk.ipc.messages import DoorsStand, Row
from tests.caretaker.trails import opened
from tests.config.test_events import sample

Sample = tuple[str, frozenset[tuple[str, str]]]
HEAD = "0123456789abcdef" * 4
VERSIONS = {"running": "1.2", "wanted": "1.3+20261126.090000+deb13", "good": "1.2~rc1"}
WHAT_PEOPLE_DO = {name for name, row in EVENTS.items() if row.kind == "visit"}


class Carrier:
    answers = True


class Kiosk:
    """Figures behind a record, as the service has them, with a clock in the test's hands."""

    def __init__(self, folder: Path) -> None:
        self.time = 0.0
        (folder / "run").mkdir()
        self.figures = Figures(1_700_000_000, Carrier())
        hours = Hours(folder / "run", folder, lambda: self.time)
        self.record = Record(opened(folder / "trail"), hours, lambda: self.time, self.figures.hear)

    def samples(self) -> dict[Sample, float]:
        return {
            (each.name, frozenset(each.labels.items())): each.value
            for family in self.figures.collect()
            for each in family.samples
        }

    def of(self, name: str, /, **labels: str) -> float:
        return self.samples()[name, frozenset(labels.items())]


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    return Kiosk(tmp_path)


def allowed() -> set[Sample]:
    """Every series there may be, from the table: where a label has another value, somebody has put it there."""
    space = {("kiosk_build_info", frozenset({("version", version())}))}
    space |= {("kiosk_version", frozenset({("which", which), ("version", said)})) for which, said in VERSIONS.items()}
    space |= {("kiosk_trail_head", frozenset({("part", str(part))})) for part in range(1, 6)}
    space |= {
        ("kiosk_check", frozenset({("check", name), ("name", check.ja), ("level", level)}))
        for name, check in CHECKS.items()
        for level in LEVELS
    }
    reasons = (*FIELDS["closed_for"].labels, "hours")  # the staff's, and the clock's
    space |= {("kiosk_closed_for", frozenset({("reason", reason)})) for reason in reasons}
    bare = (
        "open",
        "caretaker_start_time_seconds",
        "events_lost_total",
        "trail_lines",
        "trail_unwritten",
        "alertmanager_up",
        "boots_total",
        "update_asked_time_seconds",
    )
    space |= {(f"kiosk_{name}", frozenset()) for name in bare}
    space |= {("kiosk_uploaded_time_seconds", frozenset({("what", what)})) for what in ("trail", "journal")}
    shown_to = ("portal", "desk")
    space |= {("kiosk_certificate_end_time_seconds", frozenset({("certificate", each)})) for each in shown_to}
    for name, row in EVENTS.items():
        fields = [(field, FIELDS[field]) for field in row.fields]
        if row.kind == "state":
            if len(fields) == 1:
                values = fields[0][1].labels
                space |= {("kiosk_state", frozenset({("event", name), ("value", value)})) for value in values}
            continue
        space.add(("kiosk_events_total", frozenset({("event", name)})))
        if row.kind != "act":
            space |= {
                ("kiosk_event_values_total", frozenset({("event", name), ("field", field), ("value", value)}))
                for field, of_it in fields
                if of_it.values or (of_it.most or 20) < 20
                for value in of_it.labels
            }
        for field, of_it in fields:
            if of_it.le:
                of = {("event", name), ("field", field)}
                space.add(("kiosk_event_seconds_count", frozenset(of)))
                bounds = (*(str(float(each)) for each in of_it.le), "+Inf")
                space |= {("kiosk_event_seconds_bucket", frozenset({*of, ("le", bound)})) for bound in bounds}
    return space


def test_how_long_something_took_has_the_buckets_of_the_table_and_each_holds_those_below(kiosk: Kiosk) -> None:
    for took in ("10", "10", "none", "600", "more"):
        kiosk.record.tell(event("steps", **{**sample("steps"), "step_7": took}))
        kiosk.record.tell(event("visit_ended", **sample("visit_ended")))
    kiosk.time += HOUR_SECONDS
    kiosk.record.turn()
    counted = [
        kiosk.of("kiosk_event_seconds_bucket", event="steps", field="step_7", le=bound)
        for bound in ("5.0", "10.0", "20.0", "300.0", "600.0", "+Inf")
    ]
    assert counted == [0, 2, 2, 2, 3, 4] and kiosk.of("kiosk_event_seconds_count", event="steps", field="step_7") == 4
    assert kiosk.of("kiosk_event_seconds_count", event="steps", field="step_8") == 0, "nobody came to it"


def test_no_label_has_a_value_that_the_table_of_events_has_not(kiosk: Kiosk) -> None:
    kiosk.figures.trail(12, HEAD, 0)
    kiosk.figures.house([Row(check, "ok", "", 0, False) for check in CHECKS], DoorsStand("paper"))
    kiosk.figures.left({"trail": 1_764_100_000, "journal": 1_764_100_000})
    kiosk.figures.certificates(1_800_000_000, 1_800_000_000)
    kiosk.figures.versions(**VERSIONS)
    kiosk.figures.asked(1_764_100_000)
    for last in (False, True):
        for name in EVENTS:
            for _ in range(3):
                kiosk.record.tell(event(name, **sample(name, last)))
    kiosk.time += HOUR_SECONDS
    kiosk.record.turn()
    found = kiosk.samples()
    assert found.keys() <= allowed()
    assert not {value for _, labels in found for key, value in labels if key in ("staff", "role")}
    assert sum(name == "kiosk_event_values_total" for name, _ in found) > 40


def test_every_counter_is_there_from_the_start_so_that_its_first_step_is_seen(kiosk: Kiosk) -> None:
    figures = ("kiosk_events_total", "kiosk_event_values_total", "kiosk_event_seconds_bucket")
    counters = {each for each in allowed() if each[0] in figures}
    assert counters <= kiosk.samples().keys()


def test_nothing_moves_for_a_visit_before_its_hour_is_over_and_never_for_fewer_than_three(kiosk: Kiosk) -> None:
    before = kiosk.samples()
    ended = event("visit_ended", end="finished", task="link", step=11, lasted="under_5_minutes")
    for visits in (1, 2):
        kiosk.record.tell(ended)
        kiosk.record.tell(event("slip", printed="printed"))
        kiosk.record.tell(event("touch", painted="0.05"), 40)
        kiosk.record.tell(event("reconnected", away="1"))
        kiosk.record.tell(event("tries_warned", tries="one"))
        if visits == 2:
            for _ in range(3):
                kiosk.record.tell(event("steps", **sample("steps", last=True)))
        kiosk.time += HOUR_SECONDS * visits
        kiosk.record.turn()
        assert kiosk.samples() == before
    kiosk.record.tell(ended)
    kiosk.record.turn()
    assert kiosk.samples() == before
    kiosk.time += HOUR_SECONDS
    kiosk.record.turn()
    assert kiosk.of("kiosk_events_total", event="visit_ended") == 3
    assert kiosk.of("kiosk_event_values_total", event="visit_ended", field="step", value="11") == 3
    moved = {labels for (name, labels), value in kiosk.samples().items() if value != before.get((name, labels))}
    assert {dict(each)["event"] for each in moved} == WHAT_PEOPLE_DO, "all of them together"
    assert kiosk.of("kiosk_event_seconds_count", event="touch", field="painted") == 80


def test_faults_calls_and_acts_count_at_once_and_a_gap_by_how_many_it_tells_of(kiosk: Kiosk) -> None:
    kiosk.record.tell(event("browser_restarted", browser="silent"))
    kiosk.record.tell(event("call_stands", call="unsent"))
    kiosk.record.tell(event("staff_admitted", staff=12, role="officer"))
    kiosk.record.missed("server", "away", 7)
    kiosk.record.turn()
    assert kiosk.of("kiosk_event_values_total", event="browser_restarted", field="browser", value="silent") == 1
    assert kiosk.of("kiosk_event_values_total", event="call_stands", field="call", value="unsent") == 1
    assert kiosk.of("kiosk_events_total", event="staff_admitted") == 1
    assert (kiosk.of("kiosk_events_lost_total"), kiosk.of("kiosk_events_total", event="gap")) == (7, 1)


def test_a_state_is_one_at_what_it_is_and_zero_at_all_else(kiosk: Kiosk) -> None:
    assert not [name for name, _ in kiosk.samples() if name == "kiosk_state"], "nothing is known yet"
    for value in ("ready", "paper_end"):
        kiosk.record.tell(event("printer", printer=value))
        now = {
            dict(labels)["value"]: is_
            for (name, labels), is_ in kiosk.samples().items()
            if name == "kiosk_state" and ("event", "printer") in labels
        }
        assert now == {each: float(each == value) for each in FIELDS["printer"].values or ()}


def test_when_a_certificate_ends_is_a_moment_and_is_not_guessed(kiosk: Kiosk) -> None:
    figure = "kiosk_certificate_end_time_seconds"
    assert not [name for name, _ in kiosk.samples() if name == figure]
    kiosk.figures.certificates(1_900_000_000, None)
    kiosk.figures.booted(7)
    assert [each for each in kiosk.samples().items() if each[0][0] == figure] == [
        ((figure, frozenset({("certificate", "portal")})), 1_900_000_000)
    ]
    assert kiosk.of("kiosk_boots_total") == 7


def test_a_version_that_is_not_known_is_not_guessed(kiosk: Kiosk) -> None:
    def told() -> dict[str, str]:
        return {dict(of)["which"]: dict(of)["version"] for name, of in kiosk.samples() if name == "kiosk_version"}

    assert told() == {}
    kiosk.figures.versions(running="1.2", wanted="", good="")
    assert told() == {"running": "1.2"}
    kiosk.figures.versions(**VERSIONS)
    assert told() == VERSIONS


def test_a_server_of_updates_that_was_never_asked_has_no_hour(kiosk: Kiosk) -> None:
    figure = ("kiosk_update_asked_time_seconds", frozenset[tuple[str, str]]())
    assert figure not in kiosk.samples()
    kiosk.figures.asked(1_764_100_000)
    assert kiosk.of(figure[0]) == 1_764_100_000


def test_the_board_and_the_doors_are_told_as_they_stand(kiosk: Kiosk) -> None:
    assert kiosk.of("kiosk_open") == 1
    kiosk.figures.house([Row("disk", "warning", "", 0, False)], DoorsStand("maintenance"))
    assert [
        kiosk.of("kiosk_check", check="disk", name="ディスクの空き", level=level) for level in ("ok", "warning")
    ] == [0, 1]
    assert [kiosk.of("kiosk_open"), kiosk.of("kiosk_closed_for", reason="maintenance")] == [0, 1]
    kiosk.figures.house([], DoorsStand())
    assert [kiosk.of("kiosk_open"), kiosk.of("kiosk_closed_for", reason="maintenance")] == [1, 0]


def test_the_head_of_the_trail_is_the_same_behind_the_wire(kiosk: Kiosk) -> None:
    for head in (HEAD, "f" * HASH_DIGITS, "0" * HASH_DIGITS):
        kiosk.figures.trail(3, head, 0)
        texts = [float(str(kiosk.of("kiosk_trail_head", part=str(part)))) for part in range(1, 6)]
        assert "".join(f"{int(each):013x}" for each in texts[:4]) + f"{int(texts[4]):012x}" == head
    assert parts("") == {}


@pytest.fixture
def server(kiosk: Kiosk) -> Iterator[Server]:
    made = Server(0, kiosk.figures)
    yield made
    made.close()


def ask(server: Server, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=20) as answer:
        return bytes(answer.read())


def test_promtool_finds_nothing_to_say_about_the_text(kiosk: Kiosk, server: Server) -> None:
    kiosk.record.tell(event("printer", printer="ready"))
    kiosk.figures.trail(3, HEAD, 0)
    text = ask(server, "/metrics")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=60)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
    assert {family.name for family in text_string_to_metric_families(text.decode())} >= {"kiosk_state", "kiosk_events"}


def test_it_listens_on_loopback_and_has_one_page(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(server, "/")
    assert refused.value.code == 404
    refused.value.close()
    assert server._http.server_address[0] == "127.0.0.1"


def test_who_asks_slowly_is_not_waited_for(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"GET ")
        began = time.monotonic()
        assert ask(server, "/metrics")
        assert time.monotonic() - began < DEADLINE_SECONDS + 3
