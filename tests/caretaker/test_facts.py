"""What people are told is confirmed at the screen: as it was shown, by a supervisor, never for what it says later."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from msgspec import json, structs

from kiosk.caretaker.changes import Changes
from kiosk.caretaker.facts import FILE, Facts, NotConfirmed
from kiosk.config import guidance
from kiosk.config.events import FIELDS
from kiosk.config.file import ConfigError
from kiosk.config.guidance import Guidance, digest, overdue
from kiosk.ipc.messages import FactRow
from tests.caretaker.trails import Told

SHIPPED = guidance.load()
LATER = SHIPPED.recording.due + datetime.timedelta(1)


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.today, self.file = folder, LATER, SHIPPED
        self.told = Told()
        self.facts = self.begun()

    def begun(self) -> Facts:
        return Facts(self.folder / FILE, Changes(self.told, self.folder), self.read, lambda: self.today)

    def read(self) -> Guidance:
        return self.file

    def row(self, name: str = "recording") -> FactRow:
        return next(row for row in self.facts.stand.facts if row.fact == name)

    @property
    def late(self) -> set[str]:
        return {each.name for each in overdue(self.facts.confirmed(self.file), self.today)}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_every_fact_has_its_words_in_the_table_of_events() -> None:
    assert list(FIELDS["fact"].values or {}) == [each.name for each in structs.fields(Guidance)]


def test_a_confirmation_holds_after_a_start_and_what_was_before_is_kept(world: World) -> None:
    assert world.row().late and world.row().by is None
    world.facts.confirm(12, "supervisor", "recording", world.row().digest)
    assert "recording" not in world.late and "store" in world.late
    assert (world.row().confirmed, world.row().by, world.row().late) == (LATER, 12, False)
    world.today += datetime.timedelta(200)
    assert world.row().late, "for as long as its file says"
    world.facts.confirm(13, "supervisor", "recording", world.row().digest)
    world.facts = world.begun()
    assert (world.row().confirmed, world.row().by) == (world.today, 13)
    kept = json.decode((world.folder / FILE).read_bytes())["facts"]["recording"]
    assert [(each["day"], each["staff"]) for each in kept] == [(str(LATER), 12), (str(world.today), 13)]
    assert [(each.name, *each.fields.values()) for each in world.told] == [
        ("fact_confirmed", 12, "supervisor", "recording"),
        ("fact_confirmed", 13, "supervisor", "recording"),
    ]


@pytest.mark.parametrize("role", ["officer", "vendor"])
def test_nobody_but_a_supervisor_confirms(world: World, role: str) -> None:
    with pytest.raises(NotConfirmed):
        world.facts.confirm(12, role, "recording", world.row().digest)  # type: ignore[arg-type]
    assert world.told == [] and "recording" in world.late


def test_what_is_confirmed_is_what_was_shown_and_nothing_that_it_says_later(world: World) -> None:
    shown = world.row().digest
    dearer = structs.replace(SHIPPED.recording, yen=structs.asdict(SHIPPED.recording)["yen"] + 50)
    world.file = structs.replace(SHIPPED, recording=dearer)
    with pytest.raises(NotConfirmed):
        world.facts.confirm(12, "supervisor", "recording", shown)
    world.facts.confirm(12, "supervisor", "recording", world.row().digest)
    assert "recording" not in world.late
    world.file = SHIPPED
    assert "recording" in world.late and world.row().by is None


def test_a_day_that_was_written_into_the_file_since_holds(world: World) -> None:
    world.facts.confirm(12, "supervisor", "recording", world.row().digest)
    day = LATER + datetime.timedelta(3)
    world.today += datetime.timedelta(5)
    world.file = structs.replace(SHIPPED, recording=structs.replace(SHIPPED.recording, confirmed=day))
    assert (world.row().confirmed, world.row().by) == (day, None)


def test_a_day_ahead_of_a_clock_that_was_wrong_is_mended_by_confirming_again(world: World) -> None:
    world.today += datetime.timedelta(1000)
    world.facts.confirm(12, "supervisor", "recording", world.row().digest)
    world.today = LATER
    assert "recording" in world.late, "a day yet to come is no better"
    world.facts.confirm(12, "supervisor", "recording", world.row().digest)
    assert "recording" not in world.late


def test_a_file_that_cannot_be_read_is_said_and_nothing_is_confirmed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread() -> Guidance:
        raise ConfigError("no such file")

    monkeypatch.setattr(world.facts, "_load", unread)
    with pytest.raises(NotConfirmed):
        _ = world.facts.stand
    with pytest.raises(NotConfirmed):
        world.facts.confirm(12, "supervisor", "recording", digest(SHIPPED.recording))


def test_a_digest_is_of_what_is_said_and_not_of_who_has_said_it_or_when() -> None:
    fact = SHIPPED.store
    same = structs.replace(fact, source=SHIPPED.photo.source, confirmed=LATER, review_days=3)
    assert digest(same) == digest(fact) != digest(structs.replace(fact, booked_hours=SHIPPED.photo.months))
