"""Names, addresses and dates of the world in the fragment: sign for sign, isolated, in every language."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest

import pytest

from kiosk.card.licence import Licence
from kiosk.card.text import Attributes, Sex
from kiosk.flows.asking.screen import Screen
from kiosk.language.languages import LANGUAGES
from kiosk.session.preferences import Preferences
from kiosk.web.view import kept
from tests.names_of_the_world import ADDRESSES, DATES, NAMES
from tests.web.sight import Sight


def confirms(person: Attributes) -> Screen:
    return Screen("confirm", {"attributes": person, "purpose": "linking"}, ("next", "back"), step=7)


def people() -> Iterator[Sight]:
    """Every name, address and date once, on the screen that shows them."""
    for number, (name, address, date) in enumerate(zip_longest(NAMES.values(), ADDRESSES.values(), DATES)):
        person = Attributes(name or "李", address or ADDRESSES["外字"], date or "19500600", Sex.UNKNOWN)
        yield Sight(
            f"world_{number}", Screen("confirm", {"attributes": person, "purpose": "linking"}, ("next", "back"), step=7)
        )


def licences() -> Iterator[Sight]:
    for number, (text, date) in enumerate(zip_longest(ADDRESSES.values(), DATES, fillvalue="〓")):
        licence = Licence(date, text, None, ("普通",), (text, text))
        yield Sight(f"world_licence_{number}", Screen("check_licence", {"licence": licence}, ("back", "finish")))


WORLD = tuple(people())
LICENCES = tuple(licences())


def isolated(fragment: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r"<bdi>([^<]*)</bdi>", fragment)]


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_person_sees_their_name_and_address_sign_for_sign(code: str) -> None:
    for sight in WORLD:
        person = sight.screen.facts["attributes"]
        assert isinstance(person, Attributes)
        assert isolated(sight.html(Preferences(LANGUAGES[code]))) == [person.name, person.address]


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_a_licence_says_is_shown_sign_for_sign(code: str) -> None:
    for sight in LICENCES:
        licence = sight.screen.facts["licence"]
        assert isinstance(licence, Licence)
        shown = isolated(sight.html(Preferences(LANGUAGES[code])))
        assert "、".join(licence.conditions) in shown and licence.colour in shown


@pytest.mark.parametrize("date", DATES)
def test_the_japanese_form_of_every_date_stands_on_the_screen(date: str) -> None:
    person = replace(Attributes("李", "東京都", "19500600", Sex.UNKNOWN), birth_date=date)
    sight = Sight("date", confirms(person))
    for language in LANGUAGES.values():
        shown = sight.html(Preferences(language))
        if language.learners:  # each of its kanji has a reading
            assert DATES[date] in re.sub("<rt.*?</rt>|<[^>]+>", "", shown)
        else:
            assert kept(DATES[date]) in shown
