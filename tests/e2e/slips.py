"""What a slip must look like, from the facts that stand on the screen: laid out anew, to be compared dot for dot."""

from __future__ import annotations

from datetime import datetime, timedelta

from PIL import Image

from kiosk.advice.gains import gains_of
from kiosk.advice.outcomes import End
from kiosk.flows.refusal import KINDS, slip
from kiosk.hw.printer import open_printer
from kiosk.language import dates
from kiosk.language.languages import JAPANESE, Language
from kiosk.language.public import Public
from kiosk.portal.model import Linked, Purpose
from kiosk.receipts.render import lay_out
from kiosk.receipts.slips import LinkedSlip, Slip
from tests.e2e.person import OUTCOMES
from tests.stage import Stage


def slip_of_the_linked(stage: Stage, linked: Linked, language: Language = JAPANESE) -> Image.Image:
    can = tuple(gain.own for gain in gains_of(linked.licence))
    told = LinkedSlip(reference=linked.reference, linked_at=linked.linked_at, can=can)
    return _picture(stage, told, language, dates.now())


def is_slip_of(picture: Image.Image, stage: Stage, end: End, kind: Public = KINDS[Purpose.LINKING]) -> bool:
    """Whether it is this slip, printed within the last minute. kind: what was being done."""
    now = dates.now()
    return any(
        _picture(stage, slip(OUTCOMES[end], kind), JAPANESE, when).tobytes() == picture.tobytes()
        for when in (now, now - timedelta(minutes=1))
    )


def _picture(stage: Stage, slip: Slip, language: Language, now: datetime) -> Image.Image:
    picture = lay_out(slip, stage.settings.station, now, width=stage.printer.width, language=language)
    return open_printer(stage.settings.printer).prepare(picture)
