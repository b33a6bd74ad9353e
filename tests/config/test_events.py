"""The one table of what may be told: nothing of a person passes it, whoever tells it and in whatever way."""

from __future__ import annotations

import ast
import datetime
import itertools
import json
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import inspect, structs

from kiosk.config import events
from kiosk.config.events import EVENTS, FIELDS, TAG, TYPES, Counts, Event, NotAnEvent, counts, decode, encode, event
from kiosk.sim.people import people
from tools.events import PAGE, page

ROOT = Path(__file__).resolve().parents[2]
FEW = 20  # a session that could say one of many values in a field could say a PIN


def sample(name: str, last: bool = False) -> dict[str, Any]:
    """Fields that fit."""
    fields = ((field, FIELDS[field]) for field in EVENTS[name].fields)
    return {
        field: list(of.words)[-1 if last else 0] if of.words else (of.most if last else of.least)
        for field, of in fields
    }


def of_a_person() -> list[object]:
    """All that a person has, in every form in which it could come along."""
    person = people()["excellent"]
    texts: list[object] = []

    def gather(value: object) -> None:
        match value:
            case str() | bytes() | datetime.date() | bool() | None:
                texts.append(value)
            case int():
                texts.extend((value, str(value)))
            case dict():
                for each in value.values():
                    gather(each)
            case list() | tuple() | set() | frozenset():
                for each in value:
                    gather(each)
            case _:
                gather(structs.asdict(value) if isinstance(value, msgspec.Struct) else vars(value))

    gather(person)
    pins = ["1234", "ABC123", b"1234", bytearray(b"1234"), ["1", "2"], {"pin": "1234"}, 1.5, math.nan, -1, 10**17]
    return [*texts, *pins, "", "山田 花子", datetime.date(1985, 1, 2), Ellipsis]


PERSON = of_a_person()
ROWS = sorted(EVENTS)


def allowed(field: str, value: object) -> bool:
    """The table has it: by chance a person's number is one of ours. That numbers from a session are few, see below."""
    of = FIELDS[field]
    if of.words:
        return isinstance(value, str) and value in of.words
    assert of.least is not None and of.most is not None
    return type(value) is int and of.least <= value <= of.most


def test_there_is_something_of_a_person_to_feed() -> None:
    assert len(PERSON) > 25 and {"縞山　梢", "東京都三鷹市見本台一丁目２番３号", "1234"} <= {
        each for each in PERSON if isinstance(each, str)
    }


@pytest.mark.parametrize("name", ROWS)
def test_nothing_that_a_person_has_arrives_in_an_event(name: str) -> None:
    fields = sample(name)
    for value in PERSON:
        for field in fields:
            if allowed(field, value):
                continue
            fed = {**fields, field: value}
            with pytest.raises(NotAnEvent) as refused:
                event(name, **fed)
            assert str(refused.value) == f"{name}: a field does not fit the table"
            with pytest.raises(NotAnEvent):
                encode(TYPES[name](**fed))  # made past the door
        for more in ("person", "name", "text", "at"):
            with pytest.raises(NotAnEvent):
                event(name, **fields, **{more: value})


@pytest.mark.parametrize("name", ROWS)
def test_nothing_that_a_person_has_arrives_from_a_wire(name: str) -> None:
    fields = sample(name)
    for value in PERSON:
        if not isinstance(value, str | int | float | list | dict | None) or value != value:
            continue
        for fed in ({**fields, "more": value}, *({**fields, field: value} for field in fields)):
            if all(field in fields and allowed(field, each) for field, each in fed.items()):
                continue
            with pytest.raises(NotAnEvent) as refused:
                decode(json.dumps({TAG: name, **fed}).encode())
            assert str(refused.value) == "this is none of the table's events"


@pytest.mark.parametrize("name", ROWS)
def test_what_the_table_has_passes_and_is_the_same_behind_the_wire(name: str) -> None:
    for last in (False, True):
        told = event(name, **sample(name, last))
        assert (told.name, told.fields, told.row) == (name, sample(name, last), EVENTS[name])
        assert decode(msgspec.json.encode(told)) == told
        if told.row.kind != "visit":
            assert encode(told) == {TAG: name, "fields": sample(name, last)}


VISITS = [name for name in ROWS if EVENTS[name].kind == "visit"]


@pytest.mark.parametrize("name", VISITS)
def test_a_visit_is_never_written_down_by_itself_only_counted(name: str) -> None:
    with pytest.raises(NotAnEvent):
        encode(event(name, **sample(name)))
    by = {field: {FIELDS[field].labels[0]: 2, FIELDS[field].labels[-1]: 1} for field in EVENTS[name].fields}
    assert encode(counts(name, 2, by)) == {TAG: name, "hours": 2, "count": 3, "by": by}


@pytest.mark.parametrize("name", ["slip", "gap", "山田"])
@pytest.mark.parametrize(
    "by",
    [
        {},
        {"printed": {}},
        {"printed": {"山田": 3}},
        {"printed": {"printed": 0}},
        {"printed": {"printed": True}},
        {"printed": {"printed": "3"}},
        {"printed": {"printed": 3}, "more": {"printed": 3}},
        {"speaker": {"server": 1}},
    ],
    ids=repr,
)
def test_counts_hold_nothing_but_the_tables_values_and_how_often_each_came(name: str, by: Any) -> None:
    for made in (lambda: counts(name, 1, by), lambda: encode(Counts(name, 1, 3, by))):
        with pytest.raises(NotAnEvent):
            made()


def test_the_counts_of_all_fields_are_of_the_same_visits() -> None:
    by = {"end": {"left": 3}, "task": {"pin": 3}, "step": {"0": 3}, "lasted": {"longer": 3}}
    assert counts("visit_ended", 1, by).count == 3
    for wrong in ({**by, "end": {"left": 2}}, {**by, "step": {"12": 3}}):
        with pytest.raises(NotAnEvent):
            counts("visit_ended", 1, wrong)
    for hours in (0, -1, True, 1.5, "1"):
        with pytest.raises(NotAnEvent):
            counts("visit_ended", hours, by)  # type: ignore[arg-type]


def test_the_table_takes_no_word_that_nobody_reads() -> None:
    written = tomllib.loads(events.TABLE.read_text("utf-8"))
    msgspec.convert(written, events.Table)
    for part in (written, written["events"]["slip"], written["fields"]["printed"]):
        part["zzz"] = 1
        with pytest.raises(msgspec.ValidationError, match="zzz"):
            msgspec.convert(written, events.Table)
        del part["zzz"]


def test_whatever_is_counted_is_at_least_one_and_at_most_a_thousand_million() -> None:
    most = 10**9

    def counted(hours: int, slips: int) -> Counts:
        return counts("slip", hours, {"printed": {"printed": slips}})

    assert [counted(1, 1).count, counted(most, 1).hours, counted(1, most).count] == [1, most, most]
    for hours, slips in ((0, 1), (1, 0), (most + 1, 1), (1, most + 1)):
        with pytest.raises(NotAnEvent):
            counted(hours, slips)


@pytest.mark.parametrize("name", ROWS)
def test_every_field_has_to_be_there_and_within_its_bounds(name: str) -> None:
    fields = sample(name)
    for field in fields:
        with pytest.raises(NotAnEvent):
            event(name, **{key: value for key, value in fields.items() if key != field})
        of = FIELDS[field]
        if of.least is not None and of.most is not None:
            for beyond in (of.least - 1, of.most + 1):
                with pytest.raises(NotAnEvent):
                    event(name, **{**fields, field: beyond})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"event":"caretaker_ended"',
        b'{"event":"other"}',
        b'{"event":["caretaker_ended"]}',
        b'{"event":"caretaker_ended","x":1}',
        b"[" * 100_000,
        b'{"event":"\xff"}',
    ],
    ids=lambda data: repr(data[:24]),
)
def test_what_is_no_event_is_none(data: bytes) -> None:
    with pytest.raises(NotAnEvent):
        decode(data)


def test_something_else_than_an_event_is_not_encoded() -> None:
    for other in (object(), None, {"event": "caretaker_ended"}, Event()):
        with pytest.raises(NotAnEvent):
            encode(other)  # type: ignore[arg-type]


def test_every_field_of_every_type_is_an_enumeration_or_a_bounded_number() -> None:
    for kind in TYPES.values():
        made = inspect.type_info(kind)
        assert isinstance(made, inspect.StructType) and made.forbid_unknown_fields
        for field in made.fields:
            match field.type:
                case inspect.LiteralType(values=values):
                    assert all(isinstance(value, str) for value in values)
                case inspect.IntType(ge=int(), le=int()):
                    pass
                case other:
                    pytest.fail(f"{kind.__name__}.{field.name} is a {other}")


def test_whoever_meets_a_person_has_only_a_few_values_to_choose_from() -> None:
    """A field of thousands would carry a PIN, be it by mistake."""
    for name in events.spoken_by("server") | events.spoken_by("browser"):
        for field in EVENTS[name].fields:
            of = FIELDS[field]
            count = len(of.words) if of.words else (of.most or 0) - (of.least or 0) + 1
            assert count <= FEW, f"{name}.{field}"
            assert len(of.labels) == count


def test_the_page_is_the_tables() -> None:
    assert PAGE.read_text("utf-8") == page(), "make events"


def calls(function: str) -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted((ROOT / "kiosk").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called == function and node.args and isinstance(node.args[0], ast.Constant):
                    yield path, node


def test_whatever_is_told_in_the_code_stands_in_the_table_with_just_its_fields() -> None:
    for path, call in calls("event"):
        assert isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
        name, given = call.args[0].value, {each.arg for each in call.keywords}
        assert name in EVENTS and given == set(EVENTS[name].fields), f"{path}:{call.lineno}: {name}"


@pytest.mark.parametrize(
    "change",
    [
        {"values": None, "least": None, "most": None},
        {"values": {"a": ("あ", "a")}, "least": 1, "most": 2},
        {"least": 1},
        {"least": 2, "most": 1},
        {"values": {}},
        {"values": {"a": ("", "a")}},
        {"values": {"山": ("あ", "a")}},
        {"le": [1.0], "least": 1, "most": 2},
        {"le": [1.0], "values": {"a": ("あ", "a")}},
        {"le": []},
        {"le": [2.0, 1.0]},
        {"le": [1.0, 1.0]},
        {"le": [0.0, 1.0]},
        {"values": {"a": ("あ", "a")}, "none": True},
    ],
)
def test_a_field_that_is_neither_a_few_words_nor_bounded_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"ja": "あ", "en": "a", **change}, events.Field)


def test_how_long_something_took_is_the_bucket_of_a_histogram_and_no_number_of_its_own() -> None:
    field = msgspec.convert({"ja": "あ", "en": "a", "none": True, "le": [0.05, 1, 600]}, events.Field)
    assert field.labels == ("none", "0.05", "1", "600", "more")
    took = {None: "none", 0.0: "0.05", 0.05: "0.05", 0.0501: "1", 1: "1", 600: "600", 600.1: "more", 1e9: "more"}
    assert {each: field.bucket(each) for each in took} == took
    assert field.words["0.05"] == ("0.05秒まで", "up to 0.05 s")


def test_a_field_that_no_event_has_and_one_that_is_not_described_are_refused() -> None:
    row = {"kind": "fault", "by": ["server"], "ja": "あ", "en": "a"}
    field = {"ja": "あ", "en": "a", "least": 0, "most": 1}
    for fields, described in itertools.product(([], ["x"]), ({}, {"x": field}, {"event": field})):
        table = {"events": {"e": {**row, "fields": fields}}, "fields": described}
        if set(fields) == set(described):
            assert msgspec.convert(table, events.Table)
        else:
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert(table, events.Table)
