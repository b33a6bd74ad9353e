"""A little of the fuzz, with a fixed seed; and what was kept of the sweep has the shape of its tables.

The visits are bounded by their number, not by time, so that a slow machine plays the same ones: twice as many when the
whole is tried.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.table import keep
from kiosk.advice.outcomes import OUTCOMES, End, of_a_release
from kiosk.caretaker.trail import FOLDER, segments
from kiosk.flows.asking.screen import Screen
from kiosk.language.languages import Language, shipped
from kiosk.portal.model import State
from kiosk.session.preferences import Preferences
from kiosk.sim.people import people
from tests.stage import words_about
from tests.web.catalogue import FACTS, SIGHTS
from tests.web.sight import Sight
from tests.whole import WHOLE
from tests.wild import endurance, invariants
from tests.wild.fuzz import DECIDED, STAFF_EVERY, visits
from tests.wild.ground import Ground, pins_of
from tests.wild.keeper import WRONG
from tests.wild.play import play
from tests.wild.sweep import KEPT, TABLES
from tests.wild.told import ENDS, TELLS, told
from tests.wild.visit import SHIFTS, Visit, by_chance
from tests.wild.walker import Seen

SEED, MANY, AT_ONCE = 7, 24 if WHOLE else 12, 4
PEOPLE = tuple(people())
EXCELLENT = people()["excellent"]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("wild")) as ground:
        yield ground


decided: list[bool] = []


def heading(text: str) -> str:
    return f"<h1 tabindex=-1>{text}</h1>"


@pytest.mark.parametrize("first", range(0, MANY, AT_ONCE))
def test_whatever_happens_in_a_visit_the_invariants_hold(ground: Ground, first: int) -> None:
    wrong = []
    for seen, broken in visits(ground, SEED, range(first, first + AT_ONCE)):
        wrong += [f"{seen.visit}: {what}" for what in broken]
        if seen.visit.goal not in SHIFTS:
            decided.append(seen.decided)
    assert wrong == []


def test_a_third_of_the_visits_reach_the_decision_of_the_portal() -> None:
    if len(decided) < MANY - MANY // STAFF_EVERY:
        pytest.skip("the visits before have not all been played")
    assert sum(decided) >= len(decided) * DECIDED


def test_a_visit_follows_from_seed_and_number_alone() -> None:
    assert [by_chance(3, number, PEOPLE) for number in range(99)] == [by_chance(3, n, PEOPLE) for n in range(99)]
    assert len({str(by_chance(3, number, PEOPLE)).partition(":")[2] for number in range(99)}) > 50


def test_every_tenth_visit_of_the_endurance_has_a_fault() -> None:
    for number in range(1, 200):
        made = endurance.visit_of(number, PEOPLE)
        broken = bool(made.strikes or made.portal or made.printer or made.card != Visit().card)
        assert broken == (number % 10 == 0)


def test_parts_of_the_endurance_add_up_and_play_no_visit_twice(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one machine after another, as a fresh checkout brings nothing but what is kept."""
    monkeypatch.setattr(endurance, "KEPT", tmp_path / "endurance.json")
    monkeypatch.setattr(endurance, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(endurance, "PARTS", {"socket": growing})
    monkeypatch.setattr(endurance, "ENOUGH", {"socket": 100})
    (tmp_path / "endurance.json").write_text("[]")
    (tmp_path / "page.md").write_text("<!-- endurance -->\n<!-- end -->\n")
    for machine in ("one", "another"):
        monkeypatch.setattr(endurance, "LIVED", tmp_path / machine)
        endurance.main(ground, ["socket", "--visits", "120", "--write"])
    endurance.main(ground, ["socket", "--visits", "30", "--write"])
    assert [(part.number, part.first, part.visits) for part in endurance.kept()] == [
        (1, 1, 120),
        (2, 121, 120),
        (3, 241, 30),
    ]
    first, _, short = endurance.kept()
    assert first.lines["threads"].slope == 0 and first.lines["own"] == endurance.Line(2.0, 0.0, 240.0)
    assert not short.lines
    page = (tmp_path / "page.md").read_text()
    assert "socket: 270 visits, 27 with a fault" in page and "0 needed a hand" in page


def growing(_ground: Ground, first: int, count: int) -> Iterator[dict[str, float]]:
    """A kiosk that keeps two more kB of every visit."""
    for number in range(first, first + count):
        held = {**dict.fromkeys(endurance.COLUMNS[4:], 7), "own": 2 * (number - first + 1)}
        yield {"number": number, "fault": number % 10 == 0, "hand": 0, **held}


def test_pins_tell_whose_they_are_and_double_no_key() -> None:
    pins = [pins_of(who) for who in people().values()]
    assert len({pin.sign for pin in pins}) == len(pins)
    assert not any(a == b for pin in pins for word in (pin.text, pin.sign) for a, b in itertools.pairwise(word))


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("attract_again", Seen(Visit(), next_name="home", seconds=1.0)),
        ("attract_again", Seen(Visit(), next_name="attract", seconds=16.0)),
        ("no_exception", Seen(Visit(), log=["INFO kiosk.session: session ends: problem"])),
        ("linked_only_when_so", Seen(Visit(), screens=[("linked", heading(TELLS["linked"][0]))])),
        (
            "linked_only_when_so",
            Seen(Visit(), screens=[("outcome", heading(TELLS["portal_unreachable"][0]))], states=[State.COMPLETED]),
        ),
        ("released_only_when_so", Seen(Visit(), screens=[("released", heading(TELLS["released"][0]))])),
        ("released_only_when_so", Seen(Visit(), screens=[("released", heading(TELLS["released"][1]))])),
        (
            "released_only_when_so",
            Seen(Visit(), screens=[("outcome", heading(TELLS["portal_closed"][1]))], releases=[State.COMPLETED]),
        ),
        ("printed_only_when_so", Seen(Visit(), screens=[("linked", TELLS["printed"][0])])),
        ("printed_only_when_so", Seen(Visit(), screens=[("linked", TELLS["no paper"][0])], slips=1)),
        ("nobody_in_the_log", Seen(Visit(), log=[people()["excellent"].address])),
        ("one_worker", Seen(Visit(), workers=2)),
        ("in_only_by_the_right_passcode", Seen(Visit(), screens=[("staff_entrance", ""), ("staff_room", "")])),
        ("in_only_by_the_right_passcode", Seen(Visit(), screens=[("staff_doors", "")], passcodes=[WRONG])),
        ("served_to_the_end", Seen(Visit(strikes={"5 pin": "kiosk closed"}), screens=[("home", "")])),
        ("nobody_in_what_is_kept", Seen(Visit(), screens=[("staff_board", people()["excellent"].name)])),
        ("nobody_in_what_is_kept", Seen(Visit(), log=[f"tried {WRONG}"])),
        ("nobody_in_what_is_kept", Seen(Visit(), typed=[(None, '"event":')])),  # which the trail has
        ("nobody_beside_anothers_card", Seen(Visit(), beside=[("both", ""), ("both", str(words_about(EXCELLENT)))])),
        ("nothing_of_the_last_picture", Seen(Visit(), next_html=people()["excellent"].name)),
    ],
)
def test_an_invariant_notices_what_breaks_it(ground: Ground, name: str, seen: Seen) -> None:
    assert list(getattr(invariants, name)(ground, seen))


def test_what_is_not_so_and_a_trail_that_was_tampered_with_are_noticed(ground: Ground) -> None:
    keeper = ground.keeper
    for goal in ("closes and opens", "changes the paper"):
        seen = play(ground, Visit(goal=goal))
        assert invariants.broken(ground, seen) == []
    newest = segments(keeper.state / FOLDER)[-1]
    was = newest.read_bytes()
    for changed in (was.replace(b'"paper_changed"', b'"check_seen"'), was[: was.rindex(b"\n", 0, -1) + 1]):
        assert changed != was
        newest.write_bytes(changed)
        assert list(invariants.acts_are_so_and_stand_in_the_trail(ground, seen))
        newest.write_bytes(was)


def test_a_pin_that_goes_to_another_card_and_a_try_that_nobody_spent_are_noticed(ground: Ground) -> None:
    seen = play(ground, Visit())
    assert invariants.broken(ground, seen) == [] and seen.end == "linked" and seen.decided
    elsewhere = replace(seen, typed=[(None, pin) for _, pin in seen.typed])
    assert list(invariants.pin_to_its_card_only(ground, elsewhere))
    ground.cards["excellent", "card"].pins["sign"].left -= 1
    assert list(invariants.tries_by_wrong_pins(ground, seen))


@pytest.mark.parametrize("language", shipped(), ids=lambda language: language.code)
def test_what_a_screen_tells_is_found_in_its_html_in_every_language(language: Language) -> None:
    preferences = Preferences(language=language)
    shown = {sight.name: sight.html(preferences) for sight in SIGHTS}
    for end in End:
        assert told(shown[f"outcome_{end.value}"]) & ENDS == {end.value}
        facts = {"end": end.value, "outcome": of_a_release(OUTCOMES[end]).told(FACTS), "paper": "printed"}
        html = Sight(end.value, Screen("outcome", facts, ("finish",))).html(preferences)
        assert told(html) & ENDS == {end.value}
    assert told(shown["linked_waiting"]) == {"linked", "printed"}
    for name in ("released", "released_phone", "released_no_paper"):
        assert told(shown[name]) & ENDS == {"released"}


@pytest.mark.parametrize("name", TABLES)
def test_what_the_sweep_has_kept_has_the_shape_of_its_table(name: str) -> None:
    table = TABLES[name]
    part = re.search(rf"## {re.escape(table.title)}\n\n<!-- {name} -->\n(.*?)<!-- end -->", KEPT.read_text(), re.DOTALL)
    assert part is not None
    head, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in part[1].splitlines())
    assert head == ["", *table.columns]
    names = [row[0] for row in rows]
    assert names == (list(table.rows) if isinstance(table.rows, tuple) else list(map(str, range(1, len(rows) + 1))))
    assert all(all(row) for row in rows) and not any("BROKEN" in cell for row in rows for cell in row)


def test_the_kept_part_of_a_file_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "kept.md"
    parts = "a\n<!-- one -->\n{}<!-- end -->\nb\n<!-- two -->\n{}<!-- end -->\nc\n<!-- three -->\nold\n<!-- end -->\n"
    file.write_text(parts.format("old\n", ""))
    keep(file, "two", "new\n")
    assert file.read_text() == parts.format("old\n", "new\n")
    keep(file, "one", "")
    keep(file, "two", "newer\n")
    assert file.read_text() == parts.format("", "newer\n")
