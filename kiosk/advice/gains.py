"""What linking gives (leaflet.txt), said in the same words wherever it is said: on three screens and on the slip."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.language.languages import N_
from kiosk.language.public import NOTHING, Public
from kiosk.portal.model import Licence


@dataclass(frozen=True)
class Gain:
    """sign: the icon beside it. whose: which people have it; empty: everybody who has linked. told: the same sentence
    for a linked person of whom nobody here knows whether they do: it says the condition, too."""

    sign: str
    text: Public
    whose: str = ""
    told: Public = NOTHING

    @property
    def own(self) -> Public:
        """What a linked person is told."""
        return self.told or self.text


SEE = Gain("mobile", N_("免許の情報を、マイナポータルで見る"))
LECTURE = Gain("lecture", N_("更新できる期間に、講習をオンラインで受ける"), N_("優良・一般の方"))
ADDRESS = Gain("house", N_("住所変更等のワンストップサービスを使う"), N_("マイナ免許証のみの方"))
CARRY_OVER = Gain(
    "renew",
    N_("マイナンバーカードを更新するとき、免許の情報も引きつぐ"),
    N_("条件に合う方"),
    told=N_("マイナンバーカードを更新するとき、免許の情報も引きつぐ（条件に合う方）"),
)
GAINS = (SEE, LECTURE, ADDRESS, CARRY_OVER)


def gains_of(licence: Licence) -> tuple[Gain, ...]:
    """What one person has from it. The lecture counts before the renewal period, too: it will open; so does the
    card's renewal."""
    lecture = (LECTURE,) if licence.category in ("excellent", "general") else ()
    return (SEE, *lecture, *((ADDRESS,) if licence.one_stop_address else ()), CARRY_OVER)
