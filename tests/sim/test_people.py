"""The table of invented people stays true on any day, and is hard to get wrong."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from kiosk.sim.people import BadPeople, people, read

DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 9 * 366, 13)]


@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2026, 12, 31), date(2030, 1, 1)])
def test_every_case_of_the_linking_has_its_person(today: date) -> None:
    table = people(today)
    licences = [person.licence for person in table.values() if person.licence]
    assert {licence.holding for licence in licences} == {"card_only", "both"}
    assert {licence.category for licence in licences} == {"優良", "一般", "違反者", "初回"}
    assert {licence.colour for licence in licences} == {"金", "青", "緑"}
    assert {licence.link for licence in licences} == {"none", "linked", "release_first"}
    assert {person.certificate.state for person in table.values()} == {"good", "expired", "revoked", "none"}
    assert table["last-try"].tries.text == 1 and table["sign-locked"].tries.sign == 0
    assert table["moved"].address != table["moved"].certificate_address
    assert table["face"].face and table["phone"].phone and table["no-licence"].licence is None
    assert len(table["substitute"].address.encode()) > 256


def test_the_renewal_period_of_one_person_is_open_whatever_the_day() -> None:
    for today in DAYS:
        licence = people(today)["excellent"].licence
        assert licence and licence.renewal_from <= today <= licence.expires


def test_nobodys_licence_has_run_out_whatever_the_day() -> None:
    for today in DAYS:
        assert all(person.licence.expires >= today for person in people(today).values() if person.licence)


def test_the_child_is_under_fifteen_whatever_the_day() -> None:
    for today in DAYS:
        birthday = people(today)["child"].birthday
        assert today < birthday.replace(year=birthday.year + 15)


def test_no_two_people_are_alike_in_what_they_are_told_by() -> None:
    table = people()
    for fact in ("name", "address", "title"):
        assert len({getattr(person, fact) for person in table.values()}) == len(table)
    numbers = [person.licence.number for person in table.values() if person.licence]
    assert len(set(numbers)) == len(numbers)


def test_nothing_of_a_person_shows_when_one_is_printed_by_accident() -> None:
    person = people()["excellent"]
    assert repr(person) == "Person('excellent')"


ROW = """
[mine]
title = "t"
note = "n"
name = "試験　太郎"
address = "東京都"
place = ["Tokyo-to", "Mitaka-shi"]
birth = [1990, 1, 31]
sex = 1
"""


def test_a_row_of_ones_own_needs_nothing_else(tmp_path: Path) -> None:
    table = tmp_path / "mine.toml"
    table.write_text(ROW, encoding="utf-8")
    assert read(table)["mine"].birth_date == "19900131"


@pytest.mark.parametrize(
    ("birth_date", "taken"),
    [
        ("19500000", date(1950, 1, 1)),
        ("19500600", date(1950, 6, 1)),
        ("19500230", date(1950, 2, 28)),
        ("00000000", date(1900, 1, 1)),
        ("19900131", date(1990, 1, 31)),
    ],
)
def test_a_birth_date_need_not_be_known_in_full(tmp_path: Path, birth_date: str, taken: date) -> None:
    table = tmp_path / "mine.toml"
    table.write_text(ROW.replace("birth = [1990, 1, 31]", f'birth_date = "{birth_date}"'), encoding="utf-8")
    assert (read(table)["mine"].birth_date, read(table)["mine"].birthday) == (birth_date, taken)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (ROW.replace("sex = 1", "sex = 4"), "sex"),
        (ROW.replace("birth = [1990, 1, 31]", "birth = [1990, 2, 31]"), "[mine]"),
        (ROW.replace("birth = [1990, 1, 31]", ""), "birth"),
        (ROW.replace("birth = [1990, 1, 31]", 'birth_date = "19501301"'), "[mine]"),
        (ROW.replace("birth = [1990, 1, 31]", 'birth_date = "1950000"'), "[mine]"),
        (ROW + 'surname = "x"', "surname"),
        (ROW.replace("[mine]", '["../mine"]'), "key"),
        (ROW.replace('title = "t"', "title = "), "mine.toml"),
    ],
)
def test_a_bad_row_is_named_with_its_file_and_key(tmp_path: Path, row: str, told: str) -> None:
    table = tmp_path / "mine.toml"
    table.write_text(row, encoding="utf-8")
    with pytest.raises(BadPeople) as error:
        read(table)
    assert "mine.toml" in str(error.value) and told in str(error.value)
