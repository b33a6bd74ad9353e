"""The facts behind the guidance: what a station may write, what it is told, and that no fact grows old unnoticed."""

from __future__ import annotations

import datetime
import itertools
import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from kiosk.config.file import ConfigError, read_hours
from kiosk.config.guidance import SHIPPED, Guidance, Line, called_in, digest, load, messages, overdue, reconfirmed, told
from kiosk.language.hours import Hours
from kiosk.language.languages import TONGUES

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
    assert (facts.suspend.telephone, facts.suspend.languages) == ("0120-95-0178", {"ja": Hours("24/7")})
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
    (
        'languages.vi = "10:00-19:00"',
        'languages.vi = "10-19"',
        'suspend_languages.languages: "10-19" does not fit: cannot read "10-19"; write hours such as'
        ' "Mo-Fr 08:30-17:15; PH off; Dec 29-Jan 3 off"; correct it',
    ),
    (
        'languages.ja = "24/7"',
        'languages.jp = "24/7"',
        f"suspend.languages.jp: no such language; the names known here are {', '.join(TONGUES)}",
    ),
    (
        'languages.ja = "24/7"',
        "languages = {}",
        'suspend.languages: is empty; write in which it is answered and when, such as ja = "24/7"',
    ),
    (
        'hours = "06:30-23:00"',
        'hours = "06:30-23:00; PH of"',
        'store.hours: "06:30-23:00; PH of" does not fit: cannot read "PH of"; write hours such as'
        ' "Mo-Fr 08:30-17:15; PH off; Dec 29-Jan 3 off"; correct it',
    ),
    ("[recording]", "[recordings]", "recordings: no such section; did you mean recording?"),
]


@pytest.mark.parametrize(("right", "wrong", "key"), MISFITS)
def test_a_value_that_does_not_fit_is_named_with_what_would(tmp_path: Path, right: str, wrong: str, key: str) -> None:
    assert right in TEXT
    written = wrong.split(" = ")[1]
    line = f"{key}: {written} does not fit, it must be {WHAT_FITS[key]}; correct it"
    assert line_for(tmp_path, TEXT.replace(right, wrong, 1)) == line


@pytest.mark.parametrize("section", list(tomllib.loads(TEXT)))
def test_whatever_key_has_a_value_that_does_not_fit_what_would_is_said(tmp_path: Path, section: str) -> None:
    before, _, rest = TEXT.partition(f"[{section}]\n")
    own, more, after = rest.partition("\n[")
    for key in tomllib.loads(own):
        others = "\n".join(line for line in own.splitlines() if not re.match(rf"{key}[ .]", line))
        line = line_for(tmp_path, f"{before}[{section}]\n{key} = []\n{others}{more}{after}")
        assert re.fullmatch(rf"{section}\.{key}: \[\] does not fit, it must be (?!None).{{9,}}; correct it.*", line)


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
    facts = load()
    days = {name: review_days if name == "recording" else 180 for name in facts.__struct_fields__}
    replace = msgspec.structs.replace
    return replace(
        facts, **{name: replace(getattr(facts, name), confirmed=confirmed, review_days=days[name]) for name in days}
    )


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
    assert overdue(dated(datetime.date(2026, 4, 1)), datetime.date(2026, 4, 1)) == (), "today has come"
    assert len(overdue(dated(datetime.date(2026, 4, 2)), datetime.date(2026, 4, 1))) == len(tomllib.loads(TEXT))
    assert len(overdue(dated(datetime.date(2062, 4, 1)), datetime.date(2026, 4, 1))) == len(tomllib.loads(TEXT))


def test_whoever_has_confirmed_a_fact_has_confirmed_what_it_says_and_nothing_else() -> None:
    replace, day = msgspec.structs.replace, datetime.date(2026, 4, 1)
    fee = dated(day).recording
    assert told(fee) == {"yen": fee.yen}
    assert digest(replace(fee, source="別の紙", confirmed=datetime.date(2026, 5, 1), review_days=30)) == digest(fee)
    assert re.fullmatch("[0-9a-f]{64}", digest(fee)) and digest(replace(fee, yen=fee.yen + 1)) != digest(fee)


@pytest.mark.parametrize(
    ("name", "said", "days", "holds"),
    [
        ("recording", 0, 1, 1),  # a later day
        ("recording", 0, -1, 0),  # an earlier one: the file's holds
        ("recording", 1, 1, 0),  # of what it said once
        ("photo", 0, 1, 0),  # of another fact that said the same
    ],
)
def test_the_later_day_on_which_somebody_made_sure_holds(name: str, said: int, days: int, holds: int) -> None:
    facts = dated(datetime.date(2026, 4, 1))
    fee, day = facts.recording, datetime.timedelta(days=1)
    key = (name, digest(msgspec.structs.replace(fee, yen=fee.yen + said)))
    after = reconfirmed(facts, {key: fee.confirmed + days * day})
    expected = msgspec.structs.replace(fee, confirmed=fee.confirmed + holds * day)
    assert after == msgspec.structs.replace(facts, recording=expected)


RANGES = [
    ("review_days", 1, 730, "suspend"),
    ("booked_hours", 1, 99, "store"),
    ("yen", 0, 100_000, "recording"),
    ("height_mm", 10, 60, "photo"),
    ("width_mm", 10, 60, "photo"),
    ("months", 1, 99, "photo"),
    ("count", 1, 99, "photo"),
    ("tries", 1, 15, "text_pin"),
]


@pytest.mark.parametrize(("key", "least", "most", "section"), RANGES, ids=lambda value: str(value))
def test_a_number_goes_to_its_ends_and_not_one_step_further(key: str, least: int, most: int, section: str) -> None:
    def with_value(value: int) -> Guidance:
        document = tomllib.loads(TEXT)
        document[section][key] = value
        return msgspec.convert(document, Guidance, dec_hook=read_hours)

    for value in (least, most):
        assert getattr(getattr(with_value(value), section), key) == value
    for value in (least - 1, most + 1):
        with pytest.raises(msgspec.ValidationError, match=key):
            with_value(value)


def test_a_fact_that_names_no_days_is_reviewed_after_half_a_year() -> None:
    document = tomllib.loads(TEXT)
    document["recording"].pop("review_days", None)
    document["recording"]["confirmed"] = datetime.date(2026, 1, 1)
    assert msgspec.convert(document, Guidance, dec_hook=read_hours).recording.due == datetime.date(2026, 6, 30)


@pytest.mark.parametrize("section", list(tomllib.loads(TEXT)))
def test_no_fact_takes_a_key_that_nobody_reads(tmp_path: Path, section: str) -> None:
    text = TEXT.replace(f"[{section}]\n", f"[{section}]\nzzz = 1\n", 1)
    assert line_for(tmp_path, text).startswith(f"{section}.zzz: no such key; ")


def test_the_texts_of_the_facts_can_be_translated() -> None:
    with SHIPPED.open("rb") as file:
        texts = {text for _, _, text, _ in messages(file)}
    assert {"住民票がある市区町村の窓口", "警察署・免許センターの免許申請係"} <= texts
    assert not any(text.startswith("Leaflet") for text in texts)


# Telephone lines


def line(telephone: str, **languages: str) -> Line:
    hours = {code: Hours(text) for code, text in languages.items()}
    day = datetime.date(2026, 11, 22)
    return msgspec.convert(
        {"name": "n", "telephone": telephone, "source": "s", "confirmed": day, "languages": hours}, Line
    )


JAPANESE = line("0120-95-0178", ja="24/7")
MANY = line("0120-0178-27", en="24/7", zh="24/7", vi="Mo-Fr 10:00-19:00; PH off", tl="Mo-Fr 10:00-19:00; PH off")
EVENING = line("03-0000-0000", ja="18:00-22:00", vi="Sa,Su,PH 10:00-17:00")


def test_the_line_that_answers_in_the_readers_language_is_called_first_and_no_line_is_left_out() -> None:
    for lines in itertools.permutations((JAPANESE, MANY)):
        assert called_in("ja", lines) == (JAPANESE, MANY)
        assert [called_in(tongue, lines) for tongue in ("en", "zh", "vi")] == [(MANY, JAPANESE)] * 3
        assert called_in("ne", lines) == (MANY, JAPANESE), "answered in no such language: where most are spoken"
    assert [each.telephone for each in called_in("ja", (MANY, EVENING, JAPANESE))] == [
        EVENING.telephone,
        JAPANESE.telephone,
        MANY.telephone,
    ], "of two that answer, in the order of the file"


def test_the_languages_of_a_line_stand_with_their_hours_the_readers_first() -> None:
    always, by_day = Hours("24/7"), Hours("Mo-Fr 10:00-19:00; PH off")
    assert MANY.answered("en") == MANY.answered("ja") == ((("en", "zh"), always), (("vi", "tl"), by_day))
    assert MANY.answered("zh") == ((("zh", "en"), always), (("vi", "tl"), by_day))
    assert MANY.answered("vi") == ((("vi", "tl"), by_day), (("en", "zh"), always))
    assert EVENING.hours_for("vi") == Hours("Sa,Su,PH 10:00-17:00") and EVENING.hours_for("en") is None
