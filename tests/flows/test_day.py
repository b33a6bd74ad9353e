"""At nine minutes past four in the morning in Japan it is still yesterday on a machine that is set to UTC."""

from __future__ import annotations

import datetime
from typing import cast

import msgspec
import pytest

from kiosk.card.jpki import TokenKind
from kiosk.card.state import CardState
from kiosk.card.text import Attributes, Sex
from kiosk.flows import card_check, linking, signed_request
from kiosk.flows.card_in_hand import CardInHand
from kiosk.flows.signed_request import Memory
from kiosk.language import dates
from kiosk.portal.model import Licence, Linked, LinkedAt, Reference
from tests.flows.scripted import ScriptedKiosk

EARLY = datetime.datetime(2026, 11, 25, 19, 9, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 11, 26)
DAY = datetime.timedelta(days=1)
LICENCE = Licence("gold", "excellent", TODAY + 40 * DAY, TODAY, TODAY + 40 * DAY, "card_only", True, True)


@pytest.fixture(autouse=True)
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "now", lambda: EARLY.astimezone(dates.JST))


@pytest.mark.parametrize(
    ("begins", "ends", "is_open"),
    [(TODAY, TODAY, True), (TODAY - 40 * DAY, TODAY - DAY, False), (TODAY + DAY, TODAY + 40 * DAY, False)],
    ids=["its only day", "over since yesterday", "from tomorrow"],
)
def test_a_renewal_begins_and_ends_with_japans_day(begins: datetime.date, ends: datetime.date, is_open: bool) -> None:
    kiosk = ScriptedKiosk("finish")
    licence = msgspec.structs.replace(LICENCE, renewal_from=begins, renewal_until=ends)
    memory = Memory(kiosk, CardInHand(kiosk), done=Linked(Reference("ABCD-1234"), LinkedAt(EARLY), licence))
    linking.step_11_done(memory)
    assert cast(Licence, kiosk.screens[-1].facts["licence"]).online_lecture is is_open


@pytest.mark.parametrize(("birth_date", "child"), [("20101126", False), ("20101127", True)])
def test_whoever_turns_sixteen_today_is_sixteen(birth_date: str, child: bool) -> None:
    assert signed_request._is_child(Attributes("見本　花子", "東京都見本区", birth_date, Sex.FEMALE)) is child


@pytest.mark.parametrize(("minutes", "over"), [(1, False), (0, True)])
def test_a_certificate_ends_at_its_moment(minutes: int, over: bool) -> None:
    until = EARLY + datetime.timedelta(minutes=minutes)
    state = CardState(TokenKind.CARD, True, None, None, None, until, None)
    assert card_check._over(state) is over
