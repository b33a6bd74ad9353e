"""Every slip the kiosk can print, at both widths, with invented facts: for the gallery, and for tests over all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import get_args

import msgspec
from PIL import Image

from kiosk.advice.gains import GAINS
from kiosk.advice.outcomes import OUTCOMES as TABLE
from kiosk.advice.outcomes import End, Outcome
from kiosk.advice.todo import Todo
from kiosk.config import guidance
from kiosk.config.kiosk import Station
from kiosk.flows.refusal import KINDS
from kiosk.flows.refusal import slip as slip_of_outcome
from kiosk.flows.take_home import slip as slip_of_plan
from kiosk.ipc.messages import Part, Reported, Verdict
from kiosk.language.hours import Hours
from kiosk.language.languages import N_
from kiosk.language.public import Public
from kiosk.portal.model import LinkedAt, OpensAt, Purpose, Reference, ReleasedAt
from kiosk.receipts import slips
from kiosk.receipts.render import lay_out
from tests.web.catalogue_guidance import plans

FACTS = guidance.load()
OUTCOMES = {end: outcome.told(FACTS) for end, outcome in TABLE.items()}

STATION = Station(
    name="みどり野警察署",
    desk="交通課 運転免許窓口",
    reading="みどりの けいさつしょ",
    desk_reading="こうつうか うんてん めんきょ まどぐち",
    telephone="000-000-0110",
    hours=Hours("Mo-Fr 08:30-17:15; PH off"),
)
WHEN = datetime(2026, 11, 22, 10, 4)
OPENS = datetime(2026, 11, 23, 8, 30)
LOST = Outcome(
    N_("カードをなくしたとき"),
    N_("まず機能をとめます。"),
    N_("とめるまでは、ほかの人に使われるおそれがあります。"),
    (
        Todo(N_("電話で機能をとめます。"), lines=(FACTS.suspend,)),
        Todo(N_("警察に遺失届を出し、受理番号をひかえます。"), where=N_("この警察署の会計課")),
        Todo(
            N_("カードの再発行を申し込みます。"),
            where=N_("住民票がある市区町村の窓口"),
            bring=(N_("遺失届の受理番号"), N_("本人確認書類"), N_("写真1枚")),
        ),
    ),
    official=N_("マイナンバーカードの機能一時停止"),
)


def reported(verdict: Verdict) -> Reported:
    """A report in which the last part was never tried out, unless all are good."""
    parts: list[Part] = list(get_args(Part))
    last = {} if verdict == "good" else {parts[-1]: None}
    return msgspec.convert(
        {
            "message": "reported",
            "number": 12 if verdict == "good" else 123456,
            "staff": 12 if verdict == "good" else 999999,
            "role": "supervisor",
            "tried": {**dict.fromkeys(parts, verdict), **last},
            "ready": verdict == "good",
            "problems": 0 if verdict == "good" else 3,
            "version": "0.1.0",
            "image": "0123456789abcdef" * 4 if verdict == "good" else "",
            "settings": "fedcba9876543210" * 4,
            "fingerprint": "00ff" * 16,
            **dict.fromkeys(("visits", "prints", "calls", "faults"), 1_234_567),
        },
        Reported,
    )


def of_purpose(end: End) -> Public:
    """What was being done where it ends so."""
    return KINDS[Purpose.RELEASE if "release" in end.value else None if "licence_pin" in end.value else Purpose.LINKING]


def facts() -> Iterator[tuple[str, slips.Slip]]:
    """Every slip, by a name."""
    can = tuple(gain.own for gain in GAINS)
    yield "linked", slips.LinkedSlip(reference=Reference("7K3F-92QM"), linked_at=LinkedAt(WHEN), can=can)
    yield "already_linked", slips.AlreadyLinkedSlip(can=can)
    for name, lapsed in (("released", True), ("released-in-force", False)):
        yield name, slips.ReleasedSlip(reference=Reference("4TPM-8HXC"), released_at=ReleasedAt(WHEN), lapsed=lapsed)
    for end, outcome in OUTCOMES.items():
        if outcome.slip:
            yield f"outcome-{end.value}", slip_of_outcome(outcome, of_purpose(end))
    for name, plan in plans():
        yield f"todo-{name}", slip_of_plan(plan)
    yield "outcome-portal-opens", slip_of_outcome(OUTCOMES[End.PORTAL_CLOSED], KINDS[Purpose.LINKING], OpensAt(OPENS))
    yield "outcome-with-telephone", slip_of_outcome(LOST, KINDS[Purpose.LINKING])
    yield "test", slips.TestSlip()
    for name, verdict in (("ready", "good"), ("not-ready", "bad")):
        yield f"readiness-{name}", slips.ReadinessSlip(reported=reported(verdict))  # type: ignore[arg-type]


SLIPS = dict(facts())
WIDTHS = (576, 512)


@cache
def shot(name: str, width: int) -> Image.Image:
    """A slip in Japanese. Nobody may draw on it: it is laid out once, for all who look at it."""
    return lay_out(SLIPS[name], STATION, WHEN, width=width)
