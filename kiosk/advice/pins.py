"""The four PINs of the card, and the phone's, as people meet them: one row each, and every word that depends on which
PIN it is.

Nobody knows what their PINs are called. So a row says by what one knows it, what it was used for, and who mends it; and
it has its official name to point at. The log-in PIN is asked for elsewhere, never here, so it has no words for a pad.

How often each may be entered is a fact (config/guidance.toml) and stands in no sentence.

Sources: leaflet.txt, manual.txt steps 5 and 9, my-number-card.md §4. Texts are gettext messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kiosk.advice import unlock
from kiosk.advice.todo import Todo
from kiosk.card.pin import AUTH_PIN, LICENCE_PIN, SIGN_PIN, TEXT_PIN, PinRule
from kiosk.config.guidance import Guidance
from kiosk.config.guidance import Pin as Fact
from kiosk.language.languages import N_, N_counted
from kiosk.language.public import NOTHING, Public, PublicNumber

Key = Literal["licence_pin", "text_pin", "auth_pin", "sign_pin"]


@dataclass(frozen=True)
class Pad:
    """The words around the keys. lead: which PIN it is not. on: the button that goes on, as the official manual has it.
    heading and lead may hold markup."""

    heading: str
    lead: str
    on: str = N_("次へ")


@dataclass(frozen=True)
class Typed:
    """A PIN that is typed here.

    pad: the words around the keys. too_short: what is said of an entry with characters missing. meant: which PIN it is,
    in a sentence that may hold markup, for the question before the last try. right: what comes of it if that is right.
    mended: who mends it once it is locked.
    locked, happened, meaning: how a locked one is told, as in `Outcome`. afterwards: what follows its unlocking, if
    anything does.
    """

    pad: Pad
    too_short: str
    meant: str
    mended: str
    locked: Public
    happened: Public
    meaning: Public
    afterwards: tuple[Todo, ...] = ()
    right: str = N_("先へ進めます。まちがいの回数は０にもどります。")


@dataclass(frozen=True)
class Pin:
    """One row. rule: its form. fact: the key of its tries. doing: what somebody was doing when it was asked for.

    name: what it is called, everywhere. known_by: how it was chosen. unlock, page, picture: who mends it, the public
    page that says more (a key of config/guidance.toml), the drawing beside it. typed: None when the kiosk never asks
    for it. keep: why it should not be forgotten. of_card: it locks something of the card, and not of a phone.
    """

    rule: PinRule
    fact: Key
    doing: str
    name: Public
    official: Public
    known_by: Public
    unlock: tuple[Todo, ...]
    page: Literal["card_page", "reset_page"] | None = None
    picture: str = "go_office"
    typed: Typed | None = None
    keep: Public = NOTHING
    of_card: bool = True

    def tries(self, facts: Guidance) -> PublicNumber:
        """So many wrong entries in a row lock it."""
        fact: Fact = getattr(facts, self.fact)
        return fact.tries


LOCKED = N_counted("つづけて%(most)s回まちがえたため、この暗証番号はいま使えません。")
FOUR_DIGITS = N_("４けた、入力してください。")
SIX_OR_MORE = N_("６文字以上です。つづけて入力してください。")
NEW_PIN_WORKS = N_("連携はされていません。カードはこわれていません。暗証番号を決め直せば、また使えます。")
LINK_AGAIN = Todo(N_("決め直したら、もう一度この機械で連携してください。"))

LICENCE = Pin(
    LICENCE_PIN,
    fact="licence_pin",
    doing="show",
    name=N_("免許の４けたの暗証番号"),
    official=N_("マイナ免許証の暗証番号"),
    known_by=N_("マイナ免許証をつくったときに決めた番号です。"),
    keep=N_("わからないと、車を借りるときなどに、免許を見せられないことがあります。大切に管理してください。"),
    unlock=unlock.LICENCE,
    picture="police",
    typed=Typed(
        Pad(
            N_("免許の４けたの暗証番号"),
            N_("免許センターや警察署で決めた番号です。市区町村の窓口で決めた番号とは<strong>ちがいます</strong>。"),
        ),
        too_short=FOUR_DIGITS,
        meant=N_("免許センターや警察署で決めた、免許の４けたの暗証番号です。"),
        mended=N_("免許センターや警察署の窓口で、ロックを解除してもらいます。"),
        locked=N_("免許の暗証番号がロックされています"),
        happened=LOCKED,
        meaning=N_("カードはこわれていません。免許も、なくなっていません。"),
        right=N_("先へ進めます。"),
    ),
)
TEXT = Pin(
    TEXT_PIN,
    fact="text_pin",
    doing="text",
    name=N_("入力用の４けたの暗証番号"),
    official=N_("券面事項入力補助用暗証番号"),
    known_by=N_("カードを受け取ったときに決めた番号です。"),
    unlock=unlock.TEXT,
    page="card_page",
    typed=Typed(
        Pad(
            N_("入力用の４けたの暗証番号"),
            N_(
                "市区町村の窓口で決めた、入力用の番号です（ログイン用と同じ番号に決めた方もいます）。免許センターなどで登録した番号とは<strong>ちがいます</strong>。"
            ),
        ),
        too_short=FOUR_DIGITS,
        meant=N_("市区町村の窓口で決めた、入力用の４けたの暗証番号です。"),
        mended=N_("住民票がある市区町村の窓口で、決め直します。"),
        locked=N_("入力用の４けたの暗証番号が、ロックされています"),
        happened=LOCKED,
        meaning=NEW_PIN_WORKS,
        afterwards=(LINK_AGAIN,),
    ),
)
AUTH = Pin(
    AUTH_PIN,
    fact="auth_pin",
    doing="log_in",
    name=N_("ログイン用の４けたの暗証番号"),
    official=N_("利用者証明用電子証明書の暗証番号"),
    known_by=N_("カードを受け取ったときに決めた番号です。"),
    unlock=unlock.AUTH,
    page="reset_page",
)
SIGN = Pin(
    SIGN_PIN,
    fact="sign_pin",
    doing="sign",
    name=N_("署名用の６〜16文字の暗証番号"),
    official=N_("署名用電子証明書の暗証番号"),
    known_by=N_("英字と数字をまぜて決めた番号です。"),
    unlock=unlock.SIGN,
    page="reset_page",
    typed=Typed(
        Pad(
            N_("署名用の６〜16文字の暗証番号"),
            N_(
                "市区町村の窓口で決めた、英字と数字の番号です。免許センターなどで登録した番号とは<strong>ちがいます</strong>。"
            ),
        ),
        too_short=SIX_OR_MORE,
        meant=N_('市区町村の窓口で決めた、署名用の<span class="keep">６〜16文字の</span>暗証番号です。'),
        mended=N_("住民票がある市区町村の窓口か、コンビニエンスストアなどの端末で、決め直します。"),
        locked=N_("署名用の暗証番号がロックされています"),
        happened=LOCKED,
        meaning=NEW_PIN_WORKS,
        afterwards=(LINK_AGAIN,),
    ),
)
PHONE = Pin(
    SIGN_PIN,
    fact="sign_pin",
    doing="sign_with_phone",
    name=N_("スマホ署名用の６〜16文字の暗証番号"),
    official=N_("スマホ用署名用電子証明書の暗証番号"),
    known_by=N_("スマートフォンに証明書を登録したときに決めた番号です。"),
    unlock=unlock.PHONE,
    picture="insert",
    of_card=False,
    typed=Typed(
        Pad(
            N_('スマホ署名用の<span class="keep">６〜16文字の</span>暗証番号'),
            N_(
                "スマートフォンに証明書を登録したときに決めた番号です。カードの署名用の暗証番号とは<strong>べつのものです</strong>。"
            ),
            on=N_("電子署名する"),
        ),
        too_short=SIX_OR_MORE,
        meant=N_(
            "スマートフォンに証明書を登録したときに決めた、"
            'スマホ署名用の<span class="keep">６〜16文字の</span>暗証番号です。'
        ),
        mended=N_("スマートフォンのかわりにカードを使えば、この機械ではじめから手続できます。"),
        locked=N_("スマホ署名用の暗証番号がロックされています"),
        happened=LOCKED,
        meaning=N_(
            "連携はされていません。カードの署名用の暗証番号とは、べつのものです。この手続で、カードと免許は変わっていません。"
        ),
    ),
)
PINS = (LICENCE, TEXT, AUTH, SIGN)  # of the card
