"""Every slip the kiosk can print, at both widths, with invented facts: for the gallery, and for tests over all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from PIL import Image

from kiosk.advice.gains import GAINS
from kiosk.advice.outcomes import OUTCOMES as TABLE
from kiosk.advice.outcomes import End, Outcome
from kiosk.advice.todo import Todo
from kiosk.config import guidance
from kiosk.config.kiosk import Station
from kiosk.receipts.render import render
from tests.web.catalogue_guidance import plans

FACTS = guidance.load()
OUTCOMES = {end: outcome.told(FACTS) for end, outcome in TABLE.items()}

STATION = Station(
    name="みどり野警察署",
    desk="交通課 運転免許窓口",
    telephone="000-000-0110",
    hours="月曜〜金曜 8時30分〜17時15分（祝日を除く）",
)
WHEN = datetime(2026, 11, 22, 10, 4)
OPENS = datetime(2026, 11, 23, 8, 30)
LOST = Outcome(
    "カードをなくしたとき",
    "まず、カードの機能をとめます。",
    "とめるまでは、ほかの人に使われるおそれがあります。",
    (
        Todo("電話で機能をとめます。", line=FACTS.suspend),
        Todo("警察に遺失届を出し、受理番号をひかえます。", where="この警察署の会計課"),
        Todo(
            "カードの再発行を申し込みます。",
            where="住民票がある市区町村の窓口",
            bring=("遺失届の受理番号", "本人確認書類", "写真1枚"),
        ),
    ),
    official="マイナンバーカードの一時停止",
)


def facts() -> Iterator[tuple[str, str, dict[str, object]]]:
    """Slip name, template, facts."""
    base: dict[str, object] = {"station": STATION, "when": WHEN}
    yield "linked", "linked.html", {**base, "reference": "7K3F-92QM", "can": [gain.text for gain in GAINS]}
    for end, outcome in OUTCOMES.items():
        if outcome.slip:
            yield f"outcome-{end.value}", "outcome.html", {**base, "outcome": outcome}
    for name, plan in plans():
        yield f"todo-{name}", "todo.html", {**base, "plan": plan}
    closed = {"outcome": OUTCOMES[End.PORTAL_CLOSED], "opens_at": OPENS}
    yield "outcome-portal-opens", "outcome.html", {**base, **closed}
    yield "outcome-with-telephone", "outcome.html", {**base, "outcome": LOST}
    yield "test", "test.html", base


def all_slips() -> Iterator[tuple[str, Image.Image]]:
    for name, template, data in facts():
        for width in (576, 512):
            yield f"{name}-{width}", render(template, data, width=width)
