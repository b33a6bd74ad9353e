"""The facts behind the guidance: what a station may write, what it is told, and that no fact grows old unnoticed."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path

import msgspec
import pytest

from kiosk.config.file import ConfigError
from kiosk.config.guidance import SHIPPED, Guidance, load, messages, overdue

TEXT = SHIPPED.read_text("utf-8")


def line_for(tmp_path: Path, text: str) -> str:
    path = tmp_path / "guidance.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ") and "\n" not in line
    return line.removeprefix(f"{path}: ")


def test_the_shipped_facts_are_the_leaflets() -> None:
    facts = load()
    assert (facts.suspend.telephone, facts.suspend.hours) == ("0120-95-0178", "24時間 365日")
    assert facts.suspend_languages.telephone == "0120-0178-27"
    assert facts.recording.yen == 1500
    assert (facts.photo.height_mm, facts.photo.width_mm, facts.photo.months, facts.photo.count) == (30, 24, 6, 1)
    assert facts.applications_desk.name == "警察署・免許センターの免許申請係"


def test_every_shipped_fact_says_where_it_was_found_and_when() -> None:
    for name, fact in tomllib.loads(TEXT).items():
        assert fact["source"] and isinstance(fact["confirmed"], datetime.date), name


WHAT_FITS = {
    "suspend.telephone": 'a telephone number such as "03-0000-0000"',
    "suspend.confirmed": "a day such as 2026-04-01, without quotation marks",
    "recording.yen": "a whole number from 0 to 100000",
    "photo.width_mm": "a whole number from 10 to 60",
    "portal_page.address": 'a public address without "?" such as "https://www.example.go.jp/"',
}
MISFITS = [
    ('telephone = "0120-95-0178"', 'telephone = "110"', "suspend.telephone"),
    ("confirmed = 2026-11-22", 'confirmed = "last year"', "suspend.confirmed"),
    ("yen = 1500", 'yen = "1,500円"', "recording.yen"),
    ("width_mm = 24", "width_mm = 240", "photo.width_mm"),
    ('address = "https://myna.go.jp/"', 'address = "https://myna.go.jp/?who=1"', "portal_page.address"),
]
WRONG = [
    ('telephone = "0120', 'telefone = "0120', "suspend.telefone: no such key; did you mean telephone?"),
    ("height_mm = 30\n", "", "photo.height_mm: is missing; write a whole number from 10 to 60"),
    ("[recording]", "[recordings]", "recordings: no such section; did you mean recording?"),
]


@pytest.mark.parametrize(("right", "wrong", "key"), MISFITS)
def test_a_value_that_does_not_fit_is_named_with_what_would(tmp_path: Path, right: str, wrong: str, key: str) -> None:
    assert right in TEXT
    written = wrong.split(" = ")[1]
    line = f"{key}: {written} does not fit, it must be {WHAT_FITS[key]}; correct it"
    assert line_for(tmp_path, TEXT.replace(right, wrong, 1)) == line


@pytest.mark.parametrize(("right", "wrong", "line"), WRONG)
def test_what_does_not_belong_or_is_missing_is_named_with_its_cure(
    tmp_path: Path, right: str, wrong: str, line: str
) -> None:
    assert right in TEXT
    assert line_for(tmp_path, TEXT.replace(right, wrong, 1)) == line


def test_a_fact_left_out_is_named(tmp_path: Path) -> None:
    without = TEXT[: TEXT.index("[portal_page]")]
    assert line_for(tmp_path, without) == (
        "portal_page: is missing; write [portal_page] on a line of its own and its keys below"
    )


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no-such\.toml: no such file; .* station\.guidance_file"):
        load(tmp_path / "no-such.toml")


def dated(confirmed: datetime.date, review_days: int = 180) -> Guidance:
    """The shipped facts, all confirmed on one day, `recording` with a review date of its own."""
    document = tomllib.loads(TEXT)
    facts = {name: {**fact, "confirmed": confirmed, "review_days": 180} for name, fact in document.items()}
    facts["recording"]["review_days"] = review_days
    return msgspec.convert(facts, Guidance)


def test_a_fact_is_overdue_from_the_day_of_its_review() -> None:
    confirmed = datetime.date(2026, 4, 1)
    facts = dated(confirmed, review_days=30)
    assert overdue(facts, datetime.date(2026, 4, 30)) == ()
    [late] = overdue(facts, datetime.date(2026, 5, 1))
    assert (late.name, late.fact.due) == ("recording", datetime.date(2026, 5, 1))
    everything = overdue(facts, datetime.date(2026, 9, 28))
    assert len(everything) == len(tomllib.loads(TEXT)) and everything[0].name == "recording", (
        "the longest overdue first"
    )


def test_a_day_of_confirmation_that_has_not_come_yet_hides_nothing() -> None:
    assert len(overdue(dated(datetime.date(2062, 4, 1)), datetime.date(2026, 4, 1))) == len(tomllib.loads(TEXT))


def test_the_texts_of_the_facts_can_be_translated() -> None:
    with SHIPPED.open("rb") as file:
        texts = {text for _, _, text, _ in messages(file)}
    assert {"24時間 365日", "住民票がある市区町村の窓口", "警察署・免許センターの免許申請係"} <= texts
    assert not any(text.startswith("Leaflet") for text in texts)
