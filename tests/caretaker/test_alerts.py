"""Which call and which trouble stands, what is said of a call, and how it is carried. Nothing is waited for here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.caretaker.alertmanager import Alert, Fate, Unheard
from kiosk.caretaker.alerts import (
    CALLED,
    KNOWN_SECONDS,
    LEASE_SECONDS,
    PROBLEMS,
    REPEAT_SECONDS,
    STANDS_SECONDS,
    TRIAL_SECONDS,
    Alerts,
    Carrier,
    Wish,
    which,
)
from kiosk.config.events import EVENTS, FIELDS, Event, event
from kiosk.ipc.messages import CallState
from tests.config.test_events import sample

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Hand:
    """Carries nowhere: what it was given last, and what the test has it hear."""

    def __init__(self) -> None:
        self.wish = Wish({}, None)
        self.heard: tuple[str, CallState, float] | None = None

    def carry(self, wish: Wish) -> None:
        self.wish = wish


class Desk:
    def __init__(self) -> None:
        self.time = 100.0
        self.told: list[Event] = []
        self.hand = Hand()
        self.alerts = Alerts("kiosk 1", self.hand, self.told.append, lambda: self.time, lambda: NOON)

    def hears(self, state: CallState) -> None:
        assert self.hand.wish.call
        self.hand.heard = (self.hand.wish.call, state, self.time)

    @property
    def fates(self) -> list[object]:
        return [each.fields["call"] for each in self.told if each.name == "call_stands"]


def test_where_nobody_carries_it_nobody_is_called_and_nothing_is_told() -> None:
    told: list[Event] = []
    alerts = Alerts("kiosk 1", None, told.append)
    assert (alerts.call(), alerts.stands(), alerts.calling) == ("none", "none", False)
    alerts.hear(event("printer", printer="paper_end"))
    alerts.turn()
    alerts.end()
    assert told == []


def test_what_is_said_of_a_call_is_what_was_heard_of_it_lately() -> None:
    desk = Desk()
    assert desk.alerts.call() == "sending"
    desk.hears("sent")
    assert desk.alerts.stands() == "sent"
    desk.time += KNOWN_SECONDS
    assert desk.alerts.stands() == "unsent", "nothing was heard for a while"
    desk.hears("acknowledged")
    assert desk.alerts.stands() == "acknowledged"
    desk.time += KNOWN_SECONDS
    assert desk.alerts.stands() == "acknowledged", "somebody has seen it"
    assert desk.fates == ["sent", "unsent", "acknowledged"]


def test_what_was_heard_of_another_call_is_nothing_of_this_one() -> None:
    desk = Desk()
    desk.alerts.call()
    desk.hears("acknowledged")
    desk.alerts.end()
    assert desk.alerts.call() == "sending"
    desk.time += KNOWN_SECONDS
    assert desk.alerts.stands() == "unsent"


def test_a_call_lives_as_long_as_its_session_asks_for_it() -> None:
    desk = Desk()
    desk.alerts.call()
    for _ in range(5):
        desk.time += LEASE_SECONDS
        desk.alerts.turn()
        assert desk.alerts.stands() != "none"
    desk.time += LEASE_SECONDS + 1
    desk.alerts.turn()
    assert desk.alerts.stands() == "none" and desk.hand.wish == Wish({}, None)


def test_a_call_bears_a_mark_that_is_new_each_time_and_nothing_of_anybody() -> None:
    desk = Desk()
    marks = set()
    for _ in range(50):
        desk.alerts.call()
        labels = desk.hand.wish.alerts[CALLED].labels
        assert labels.keys() == {"alertname", "severity", "kiosk", "call"} and labels["call"] == desk.hand.wish.call
        marks.add(labels["call"])
        desk.alerts.end()
    assert len(marks) == 50


def test_a_call_on_trial_goes_the_same_way_says_so_and_is_no_call_in_the_trail() -> None:
    desk = Desk()
    assert desk.alerts.call(trial=True) == "sending"
    alert = desk.hand.wish.alerts[CALLED]
    assert alert.labels == {**alert.labels, "alertname": "KioskTrial", "severity": "call"}
    assert desk.hand.wish.call == alert.labels["call"]
    assert "試し" in alert.annotations["summary"] and "trial" in alert.annotations["summary_en"]
    desk.hears("acknowledged")
    assert desk.alerts.stands() == "acknowledged"
    desk.time += LEASE_SECONDS + 1
    desk.alerts.turn()
    assert desk.alerts.calling, "whoever tries it out has gone to look at the desk"
    desk.time += TRIAL_SECONDS
    desk.alerts.turn()
    assert not desk.alerts.calling and desk.told == []


def test_somebody_who_calls_has_a_call_of_their_own_whatever_is_on_trial() -> None:
    desk = Desk()
    desk.alerts.call(trial=True)
    desk.alerts.call()
    assert desk.hand.wish.alerts[CALLED].labels["alertname"] == "KioskCall"
    assert [each.name for each in desk.told] == [CALLED]
    mark = desk.hand.wish.call
    desk.alerts.call(trial=True)
    assert desk.hand.wish.call == mark, "and no trial takes its place"


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_trouble_is_a_row_of_the_table_and_its_labels_are_values_of_it(name: str) -> None:
    problem = PROBLEMS[name]
    values = {value for field in EVENTS[name].fields for value in FIELDS[field].values or ()}
    assert problem.well <= values
    assert EVENTS[name].kind in ("state", "fault")
    for last in (False, True):
        desk = Desk()
        told = event(name, **sample(name, last))
        desk.alerts.hear(told)
        well = [*told.fields.values(), None][len(told.fields) - 1] in problem.well
        assert bool(desk.hand.wish.alerts) != well
        for alert in desk.hand.wish.alerts.values():
            own = {key: value for key, value in alert.labels.items() if key not in ("alertname", "severity", "kiosk")}
            assert own.items() <= {key: value for key, value in told.fields.items() if FIELDS[key].values}.items()
            assert (
                EVENTS[name].ja in alert.annotations["summary"] and EVENTS[name].en in alert.annotations["summary_en"]
            )
            ends = alert.annotations["summary"].endswith("）"), alert.annotations["summary_en"].endswith(")")
            assert ends == (bool(own), bool(own)), "what it is of stands behind it, in brackets"


def test_every_state_can_be_well_again_and_what_only_happens_is_over_by_itself() -> None:
    desk = Desk()
    for name, problem in PROBLEMS.items():
        if EVENTS[name].kind == "state":
            *of, last = EVENTS[name].fields
            for key in FIELDS[of[0]].labels if of else ("",):
                own = dict(zip(of, [key], strict=False))
                for value in FIELDS[last].labels:
                    desk.alerts.hear(event(name, **own, **{last: value}))
                    assert ("/".join([name, *own.values()]) in desk.hand.wish.alerts) == (value not in problem.well)
                desk.alerts.hear(event(name, **own, **{last: next(iter(problem.well))}))
        else:
            desk.alerts.hear(event(name, **sample(name)))
    standing = {name for name in PROBLEMS if EVENTS[name].kind == "fault"}
    assert set(desk.hand.wish.alerts) == standing
    desk.time += max(problem.seconds or 0 for problem in PROBLEMS.values())
    desk.alerts.turn()
    assert set(desk.hand.wish.alerts) == {"trail_broken"}, "that one stays until somebody has looked"
    desk.alerts.hear(event("trail_looked_into"))
    assert not desk.hand.wish.alerts


def test_nothing_stands_that_no_event_and_no_time_ends() -> None:
    for name, problem in PROBLEMS.items():
        assert problem.well or problem.seconds or problem.ended_by in EVENTS, name


def test_what_is_used_no_more_is_no_trouble_any_more() -> None:
    """A printer that the settings have taken away, and everything while there is guidance only."""
    desk = Desk()
    for name, trouble in (("reader", "absent"), ("printer", "paper_end"), ("portal", "unreachable")):
        desk.alerts.hear(event(name, **{name: trouble}))
        assert name in desk.hand.wish.alerts
        desk.alerts.hear(event(name, **{name: "unused"}))
        assert not desk.hand.wish.alerts


class Engine:
    """Alertmanager: what was last said of each alert. breaks: before it has taken what it is given, or after."""

    def __init__(self) -> None:
        self.ends: dict[frozenset[tuple[str, str]], datetime] = {}
        self.posts = 0
        self.breaks = ""
        self.now: Fate = "taken"

    def post(self, alerts: list[Alert]) -> None:
        if self.breaks == "before":
            raise Unheard("no")
        self.posts += 1
        assert all(each.ends_at is not None and each.ends_at >= each.starts_at for each in alerts)
        self.ends |= {which(each): each.ends_at for each in alerts if each.ends_at is not None}
        if self.breaks == "after":
            raise Unheard("the answer is lost")

    def fate(self, call: str) -> Fate:
        if self.breaks:
            raise Unheard("no")
        return self.now


class Way:
    def __init__(self) -> None:
        self.time, self.clock = 100.0, NOON
        self.engine = Engine()
        self.carrier = Carrier(self.engine, lambda: self.time, lambda: self.clock)

    def passes(self, seconds: float) -> None:
        self.time += seconds
        self.clock += timedelta(seconds=seconds)
        self.carrier.step()

    def firing(self) -> set[str]:
        return {dict(key)["alertname"] for key, end in self.engine.ends.items() if end > self.clock}


ALERT = Alert({"alertname": "A"}, {}, NOON)
CALL = Alert({"alertname": "KioskCall", "call": "0a"}, {}, NOON)


def test_what_is_wished_stands_is_said_again_in_time_and_ends_when_it_is_wished_no_more() -> None:
    way = Way()
    way.carrier.carry(Wish({"a": ALERT}, None))
    for _ in range(20):
        way.passes(REPEAT_SECONDS)
        assert way.firing() == {"A"}
    assert way.engine.posts == 20
    way.passes(1)
    assert way.engine.posts == 20, "not more often than need be"
    way.carrier.carry(Wish({}, None))
    way.passes(0)
    assert way.firing() == set() and way.carrier.wait() == REPEAT_SECONDS


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_what_could_not_be_said_is_said_when_it_can_be(breaks: str) -> None:
    way = Way()
    way.carrier.carry(Wish({"a": ALERT, CALLED: CALL}, "0a"))
    way.engine.breaks = breaks
    way.passes(1)
    assert way.carrier.heard == ("0a", "unsent", way.time) and way.carrier.wait() == 1
    way.engine.breaks = ""
    way.passes(1)
    assert way.carrier.heard == ("0a", "sent", way.time) and way.firing() == {"A", "KioskCall"}
    way.engine.breaks = breaks
    way.carrier.carry(Wish({}, None))
    way.passes(1)
    way.engine.breaks = ""
    way.passes(1)
    assert way.firing() == set()


def test_calls_while_nobody_listens_leave_nothing_behind() -> None:
    way = Way()
    way.engine.breaks = "before"
    for number in range(1000):
        way.carrier.carry(Wish({CALLED: Alert({"call": str(number)}, {}, NOON)}, str(number)))
        way.passes(1)
    assert len(way.carrier._stand) <= STANDS_SECONDS + 1
    way.engine.breaks = ""
    way.carrier.carry(Wish({}, None))
    way.passes(STANDS_SECONDS + 1)
    assert way.firing() == set() and not way.carrier._stand


def test_whether_it_answers_is_known_before_anybody_calls() -> None:
    way = Way()
    way.engine.breaks = "before"
    way.passes(0)
    assert not way.carrier.answers
    way.passes(way.carrier.wait())
    assert not way.carrier.answers, "nothing was to be said, which it has not taken either"
    way.engine.breaks = ""
    way.passes(way.carrier.wait())
    assert way.carrier.answers and way.carrier.wait() == REPEAT_SECONDS


def test_one_that_has_forgotten_is_told_again_at_once() -> None:
    way = Way()
    way.carrier.carry(Wish({CALLED: CALL}, "0a"))
    way.passes(1)
    way.engine.ends.clear()
    way.engine.now = "absent"
    way.passes(1)
    assert way.carrier.heard == ("0a", "unsent", way.time)
    way.passes(1)
    assert way.firing() == {"KioskCall"}


def test_a_clock_that_was_set_back_ends_nothing_before_it_began() -> None:
    way = Way()
    way.carrier.carry(Wish({"a": ALERT}, None))
    way.passes(1)
    way.clock -= timedelta(days=1)
    way.carrier.carry(Wish({}, None))
    way.passes(1)
    assert way.engine.ends[which(ALERT)] == way.clock, "an end that is still to come would keep it standing"
