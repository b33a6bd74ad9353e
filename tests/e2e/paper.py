"""What a slip must look like, from the facts that stand on the screen: laid out anew, to be compared dot for dot."""

from __future__ import annotations

from datetime import timedelta

from PIL import Image

from kiosk.advice.gains import gains_of
from kiosk.advice.outcomes import End
from kiosk.language import dates
from kiosk.language.languages import JAPANESE, Language
from kiosk.portal.model import Linked
from kiosk.receipts.render import render
from tests.e2e.person import OUTCOMES
from tests.stage import Stage


def slip_of_the_linked(stage: Stage, linked: Linked, language: Language = JAPANESE) -> Image.Image:
    can = [gain.text for gain in gains_of(linked.licence)]
    return _slip(stage, "linked", language, reference=linked.reference, when=linked.linked_at, can=can)


def is_slip_of(slip: Image.Image, stage: Stage, end: End) -> bool:
    """Whether it is this slip, printed within the last minute."""
    now = dates.now()
    facts = {"outcome": OUTCOMES[end]}
    return any(
        _slip(stage, "outcome", JAPANESE, when=when, **facts).tobytes() == slip.tobytes()
        for when in (now, now - timedelta(minutes=1))
    )


def _slip(stage: Stage, template: str, language: Language, **facts: object) -> Image.Image:
    told = {"station": stage.settings.station, **facts}
    return render(f"{template}.html", told, width=stage.printer.width, language=language)
