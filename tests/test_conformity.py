"""What is claimed of the standards: every claim has a test that exists or says why not, and the page is the table's.

And what any page says is shown by a test: that test exists, and a page says so in each language that it has.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.conformity import NEED_TESTS, PAGE, ROOT, exists, page, read

TABLE = read()
CLAUSES = [(number, each) for standard in TABLE.standards for number, each in standard.clauses.items()]


@pytest.mark.parametrize("test", TABLE.tests.values(), ids=TABLE.tests)
def test_every_test_that_is_named_exists(test: str) -> None:
    assert exists(test)


def test_a_test_that_does_not_exist_is_missed() -> None:
    assert not exists("tests/test_conformity.py::test_gone") and not exists("tests/gone.py::test_gone")


# `tests/card/test_pin.py::test_of_it`, or [pin](../tests/card/test_pin.py "test_of_it"); either without the second part
NAMED = re.compile(r'(?:`|\]\((?:\.\./)*)(tests/[\w/]+\.py)(?:(?:::| ")(test_\w+)"?)?[`)]')
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def named(path: Path) -> list[tuple[str, str]]:
    return NAMED.findall(path.read_text("utf-8"))


def test_every_test_that_a_page_names_exists() -> None:
    names = {(path.name, file, test) for path in PAGES for file, test in named(path) if "NAME" not in file}
    assert {"privacy.md", "privacy.ja.md", "SECURITY.md"} <= {page for page, _, test in names if test}
    assert [each for each in names if not (ROOT / each[1]).is_file()] == []
    assert [each for each in names if each[2] and not exists("::".join(each[1:]))] == []


def test_the_two_pages_on_privacy_are_shown_by_the_same_tests_row_by_row() -> None:
    english, japanese = (named(ROOT / f"docs/{page}.md") for page in ("privacy", "privacy.ja"))
    assert english == japanese and len(english) > 20


def test_a_claim_names_its_tests_and_whatever_is_less_says_what_is_left() -> None:
    assert [number for number, each in CLAUSES if each.state in NEED_TESTS and not each.tests] == []
    assert [number for number, each in CLAUSES if each.state != "shown" and not each.says] == []
    assert {name for _, each in CLAUSES for name in each.tests} == TABLE.tests.keys()


def test_no_criterion_of_levels_a_and_aa_is_left_out() -> None:
    """WCAG 2.2 has 31 of level A and 24 of AA, JIS X 8341-3:2016 as many as WCAG 2.0: 25 and 13."""
    wcag, jis = TABLE.standards[:2]
    for standard, counts in ((wcag, (31, 24)), (jis, (25, 13))):
        levels = [each.level for each in standard.clauses.values()]
        assert (levels.count("A"), levels.count("AA")) == counts


def test_what_is_said_of_level_aa_names_every_criterion_that_is_missed() -> None:
    """EN 301 549 asks for all of WCAG 2.1 AA at once (9.6)."""
    wcag, _, en, _ = TABLE.standards
    missed = {
        number
        for number, each in wcag.clauses.items()
        if each.state in ("part", "not held", "unknown") and each.level != "AAA" and each.since != "2.2"
    }
    assert set(re.findall(r"\b\d+\.\d+\.\d+\b", en.clauses["9.6"].says)) == missed


def test_the_page_is_the_tables() -> None:
    assert PAGE.read_text("utf-8") == page(TABLE), "run make conformity"
