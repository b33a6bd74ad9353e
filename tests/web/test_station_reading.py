"""How the station and its desk are said, for whoever is learning Japanese and has to say them, and for nobody else."""

from __future__ import annotations

import re
from functools import cache

import msgspec
import pytest

from kiosk.config.kiosk import Station
from kiosk.language.languages import LANGUAGES, Language, shipped
from kiosk.receipts.render import written_out
from kiosk.session.preferences import Preferences
from tests.receipts.shots import SLIPS, STATION, WHEN
from tests.web.catalogue import SIGHTS
from tests.web.sight import SETTINGS, Sight

EASY = LANGUAGES["easy"]


@cache
def shown() -> list[Sight]:
    """The screens that name the desk."""
    return [sight for sight in SIGHTS if not sight.screen.staff and SETTINGS.station.desk in sight.html()]


def bare(html: str) -> str:
    return re.sub(r"<[^>]*>|[⁦-⁩]", "", html)


def test_there_are_screens_that_name_the_desk() -> None:
    assert {sight.overlay or sight.screen.name for sight in shown()} >= {"staff", "home", "closed"}


@pytest.mark.parametrize("language", shipped(), ids=lambda each: each.code)
def test_a_learner_is_told_how_the_desk_is_said_and_nobody_else(language: Language) -> None:
    for sight in shown():
        html = bare(sight.html(Preferences(language)))
        named = f"{SETTINGS.station.desk}（{SETTINGS.station.desk_reading}）"
        assert (named in html) == language.learners, sight.name
        assert language.learners or SETTINGS.station.desk_reading not in html
        place = re.search(r'<p class="top-place"[^>]*>(.*?)</p>', sight.html(Preferences(language)))
        if place:
            assert (f"（{SETTINGS.station.reading}）" in bare(place[1])) == language.learners, sight.name


@pytest.mark.parametrize("name", [name for name in SLIPS if name not in ("test", "readiness")])
def test_so_it_is_on_every_slip(name: str) -> None:
    for language in shipped():
        html = bare(written_out(SLIPS[name], STATION, WHEN, width=576, language=language))
        for reading in (STATION.reading, STATION.desk_reading):
            assert html.count(reading) == language.learners, language.code


def test_without_readings_there_are_no_empty_brackets() -> None:
    station = Station(name=STATION.name, desk=STATION.desk)
    html = written_out(SLIPS["linked"], station, WHEN, width=576, language=EASY)
    assert "（）" not in html and 'own-words" lang="ja"></p>' not in html


@pytest.mark.parametrize("reading", ["みどり野", "midorino", "みどりの<b>", "あ" * 81])
def test_a_reading_is_in_kana(reading: str) -> None:
    for key in ("reading", "desk_reading"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({key: reading}, Station)
    assert msgspec.convert({"reading": "みどりの けいさつしょ", "desk_reading": "１かい　ナビ・カウンター"}, Station)
