"""Every way a visit can end without what was wanted: what happened, what it means for the card, what to do next.

One table. The screen `outcome` and the slip of the same name are both made from it, so they cannot say different
things. The words of a locked PIN stand in kiosk/advice/pins.py. Sources: manual.txt steps 5, 9 and 11, leaflet.txt,
my-number-card.md §4 and §5. Texts are gettext messages, translated where they are shown; a place is a key of
config/guidance.toml, which `told` puts the station's name for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from kiosk.advice import pins, unlock
from kiosk.advice.todo import ASK_FIRST, ASK_THE_DESK, CARD, PLAIN_LICENCE, Todo, told
from kiosk.config.guidance import Guidance
from kiosk.language.languages import N_
from kiosk.language.public import NOTHING, Public, PublicNumber
from kiosk.portal.model import Refusal


@dataclass(frozen=True)
class Outcome:
    """One row. heading: in the person's words. happened, meaning: one or two sentences. official: the term that
    officers and the official papers use.

    pin: a locked one; `told` puts its tries.
    sign, picture: the icon beside the heading, and the drawing (templates/drawings). slip: it sends the person
    elsewhere, so it is printed. good: nothing is wrong. again: the person can begin again right here.
    """

    heading: Public
    happened: Public
    meaning: Public
    todo: tuple[Todo, ...]
    official: Public = NOTHING
    sign: str = "warn"
    picture: str = "go_office"
    slip: bool = True
    good: bool = False
    again: bool = False
    pin: pins.Pin | None = None
    tries: PublicNumber | None = None

    def told(self, facts: Guidance) -> Outcome:
        """With each place as this station calls it, and the tries of a PIN."""
        return replace(self, todo=told(self.todo, facts), tries=self.pin.tries(facts) if self.pin else None)


class End(Enum):
    """Names of the outcomes."""

    TEXT_PIN_LOCKED = "text_pin_locked"
    SIGN_PIN_LOCKED = "sign_pin_locked"
    TEXT_PIN_UNUSABLE = "text_pin_unusable"
    SIGN_PIN_UNUSABLE = "sign_pin_unusable"
    LICENCE_PIN_LOCKED = "licence_pin_locked"
    PHONE_PIN_LOCKED = "phone_pin_locked"
    PHONE_CERTIFICATE = "phone_certificate"
    NO_PINS = "no_pins"
    CERTIFICATE_ABSENT = "certificate_absent"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_UNKNOWN = "certificate_unknown"
    ATTRIBUTES_DIFFER = "attributes_differ"
    NO_LICENCE = "no_licence"
    ALREADY_LINKED = "already_linked"
    RELEASE_FIRST = "release_first"
    RELEASE_NOT_SEEN = "release_not_seen"
    RELEASE_UNCERTAIN = "release_uncertain"
    RELEASE_NOT_HERE = "release_not_here"
    NOT_LINKED = "not_linked"
    TERMS_CHANGED = "terms_changed"
    LINKING_EXPIRED = "linking_expired"
    PORTAL_CLOSED = "portal_closed"
    PORTAL_UNREACHABLE = "portal_unreachable"
    PORTAL_UNCERTAIN = "portal_uncertain"
    PORTAL_BROKEN = "portal_broken"
    CARD_PROBLEM = "card_problem"
    KIOSK_PROBLEM = "kiosk_problem"
    PROBLEM_CANCELLED = "problem_cancelled"
    PROBLEM_UNCERTAIN = "problem_uncertain"
    PROBLEM_LINKED = "problem_linked"
    PROBLEM_NOT_RELEASED = "problem_not_released"
    PROBLEM_RELEASE_UNCERTAIN = "problem_release_uncertain"
    PROBLEM_RELEASED = "problem_released"
    CARD_KIND_UNKNOWN = "card_kind_unknown"
    NAME_UNUSABLE = "name_unusable"
    ADDRESS_UNUSABLE = "address_unusable"
    BIRTH_DATE_UNUSABLE = "birth_date_unusable"
    SEX_UNUSABLE = "sex_unusable"


LATER = N_("時間をおいて、もう一度お試しください。")
ASK_STAFF = N_("お急ぎのときは、窓口の係員に声をかけてください。")
NOTHING_LINKED = N_("連携はされていません。この手続で、カードと免許は変わっていません。")
ONCE_IS_ENOUGH = N_("連携は完了しています。もう一度手続をしなくても、だいじょうぶです。")
CANCELLED = N_("連携はされていません。マイナポータルへ送った情報は、マイナポータルが消すことになっています。")
NOT_RELEASED = N_("連携は解除されていません。この手続で、カードと免許は変わっていません。")
RELEASE_CANCELLED = N_(
    "連携は解除されていません。マイナポータルへ送った情報は、マイナポータルが消すことになっています。"
)
RELEASE_ITSELF = Todo(N_("マイナポータルの「運転免許」で、以前の連携を解除します。"))
WAS_IT_RELEASED = (  # asked of the portal again, whichever link it was: a linking would only tell of a former one
    Todo(
        N_(
            "時間をおいて、この機械の「連携すると、できること」から「以前の連携を解除する」を押し、もう一度解除の手続をしてください。"
        )
    ),
    Todo(N_("「解除する連携は、ありませんでした」と出たら、解除はできています。")),
)
LINK_HERE = Todo(N_("連携したいときは、この機械で「運転免許の連携」をしてください。"))
SHOW_STAFF = Todo(N_("この内容を係員に見せてください。"))
IN_MYNAPORTAL = N_("免許の情報は、マイナポータルの「運転免許」で見られます。")
COME_BACK = N_("証明書が発行されたら、もう一度この機械で連携してください。")
NEW_CERTIFICATE = Todo(N_("署名用電子証明書の発行を申し込みます。"), "municipality", bring=(CARD,), notes=(ASK_FIRST,))


def _locked(pin: pins.Pin) -> Outcome:
    """The row of a locked PIN: its words stand with the PIN's own."""
    assert pin.typed is not None
    return Outcome(
        pin.typed.locked,
        pin.typed.happened,
        pin.typed.meaning,
        (*pin.unlock, *pin.typed.afterwards),
        official=pin.official,
        sign="lock",
        picture=pin.picture,
        pin=pin,
    )


def _locked_or_unset(pin: pins.Pin, heading: Public) -> Outcome:
    """The card says neither that it is locked nor that it was never chosen. The counter helps with both."""
    return Outcome(
        heading,
        N_("ロックされているか、まだ決めていないかです。どちらかは、カードからはわかりません。"),
        NOTHING_LINKED,
        (unlock.COUNTER, pins.LINK_AGAIN),
        official=pin.official,
        sign="lock",
        picture=pin.picture,
    )


def _unusable(heading: Public) -> Outcome:
    """One of the four attributes was written to the card empty, malformed or not at all."""
    return Outcome(
        heading,
        N_("カードのICに書かれたこの項目が、空か、正しくない形です。連携には必要な項目です。"),
        NOTHING_LINKED,
        (
            Todo(
                N_("カードの中の記録を、窓口で確かめてもらってください。"),
                "municipality",
                bring=(CARD,),
                notes=(ASK_FIRST,),
            ),
            Todo(N_("記録がなおったら、もう一度この機械で連携してください。")),
        ),
        official=N_("券面事項"),
        sign="card",
    )


def _certificate(heading: Public, happened: Public, official: Public, first: Todo = NEW_CERTIFICATE) -> Outcome:
    """The signature certificate does not serve; with another one it goes on. first: how to get it."""
    todo = (first, Todo(COME_BACK))
    return Outcome(heading, happened, NOTHING_LINKED, todo, official=official, sign="certificate")


def _portal(heading: Public, happened: Public, sign: str = "warn") -> Outcome:
    """The portal takes no linking now."""
    return Outcome(heading, happened, NOTHING_LINKED, (Todo(LATER), Todo(ASK_STAFF)), sign=sign, picture="cut")


def _problem(heading: Public, meaning: Public, todo: tuple[Todo, ...]) -> Outcome:
    """The kiosk itself has failed: said is what is known at that moment. No slip: that may be what has failed."""
    happened = N_("手続をつづけられなくなりました。あなたのカードのせいではありません。")
    return Outcome(heading, happened, meaning, todo, slip=False, picture="telephone")


OUTCOMES: Mapping[End, Outcome] = {
    End.TEXT_PIN_LOCKED: _locked(pins.TEXT),
    End.SIGN_PIN_LOCKED: _locked(pins.SIGN),
    End.TEXT_PIN_UNUSABLE: _locked_or_unset(pins.TEXT, N_("入力用の４けたの暗証番号が、いま使えません")),
    End.SIGN_PIN_UNUSABLE: _locked_or_unset(pins.SIGN, N_("署名用の暗証番号が、いま使えません")),
    End.LICENCE_PIN_LOCKED: _locked(pins.LICENCE),
    End.PHONE_PIN_LOCKED: _locked(pins.PHONE),
    End.PHONE_CERTIFICATE: Outcome(
        N_("スマートフォンの証明書が、使えませんでした"),
        N_(
            "この証明書では、手続できませんでした。期限が切れたとき、失効したとき、この機械で読めないときなどにおこります。カードの中の証明書とは、べつのものです。"
        ),
        NOTHING_LINKED,
        unlock.PHONE,
        official=N_("スマホ用署名用電子証明書"),
        sign="certificate",
        picture="insert",
    ),
    End.NO_PINS: Outcome(
        N_("このカードでは、手続できません"),
        N_("暗証番号を使わないカード（顔認証マイナンバーカードなど）のようです。"),
        N_(
            "顔認証マイナンバーカードなら、本人確認のために見せることと、病院などの顔認証の機械で使うことができます。連携には使えません。"
        ),
        (
            Todo(
                N_("連携したいときは、暗証番号のあるカードへの切りかえを相談します。"),
                "municipality",
                bring=(CARD,),
                notes=(ASK_FIRST,),
            ),
        ),
        official=N_("顔認証マイナンバーカード"),
        sign="card",
    ),
    End.CERTIFICATE_ABSENT: _certificate(
        N_("署名用の証明書が、カードに入っていません"),
        N_("連携には、カードの中の署名用電子証明書が必要です。15歳未満の方には発行されません。"),
        N_("署名用電子証明書"),
    ),
    End.CERTIFICATE_EXPIRED: _certificate(
        N_("署名用の証明書の期限が切れています"),
        N_("カードの中の署名用電子証明書の有効期限がすぎているため、連携できませんでした。"),
        N_("署名用電子証明書"),
        Todo(N_("署名用電子証明書を更新します。"), "municipality", bring=(CARD,), notes=(ASK_FIRST,)),
    ),
    End.CERTIFICATE_REVOKED: _certificate(
        N_("署名用の証明書が、使えなくなっています"),
        N_("カードの中の署名用電子証明書は、失効しています。引っ越しや名前の変更をすると、失効します。"),
        N_("署名用電子証明書の失効"),
    ),
    End.CERTIFICATE_UNKNOWN: Outcome(
        N_("この証明書は、確かめられませんでした"),
        N_("カードの中の署名用電子証明書を、どこが発行したか、確かめられませんでした。"),
        NOTHING_LINKED,
        (SHOW_STAFF,),
        official=N_("署名用電子証明書"),
        sign="certificate",
        picture="police",
    ),
    End.ATTRIBUTES_DIFFER: _certificate(
        N_("カードの内容と証明書の内容がちがいます"),
        N_("引っ越しや名前の変更のあと、署名用電子証明書が古いままになっているようです。"),
        N_("署名用電子証明書の記載事項"),
    ),
    End.NO_LICENCE: Outcome(
        N_("マイナ免許証が見つかりませんでした"),
        N_("このカードの方のマイナ免許証は、登録されていません。"),
        NOTHING_LINKED,
        (
            Todo(
                N_("マイナ免許証として使うには、免許情報の記録を申し込みます。"),
                "licence_desk",
                bring=(CARD, PLAIN_LICENCE),
                notes=(ASK_THE_DESK,),
            ),
        ),
        official=N_("マイナ免許証"),
        sign="wheel",
    ),
    End.ALREADY_LINKED: Outcome(
        N_("もう連携はすんでいます"),
        N_("あなたのマイナ免許証は、すでにマイナポータルと連携しています。"),
        ONCE_IS_ENOUGH,
        (Todo(IN_MYNAPORTAL),),
        slip=False,
        good=True,
        sign="tick",
        picture="linked",
    ),
    End.RELEASE_FIRST: Outcome(
        N_("以前の連携を、先に解除してください"),
        N_("免許を取り直す前のマイナ免許証との連携が、残っています。"),
        N_("新しい免許は、まだ連携されていません。この手続で、カードと免許は変わっていません。"),
        (
            RELEASE_ITSELF,
            Todo(N_("ご自分でできないときは、この内容を係員に見せて相談してください。")),
            Todo(N_("解除したら、もう一度この機械で連携してください。")),
        ),
        official=N_("マイナ免許証との連携の解除"),
        sign="wheel",
        picture="link",
    ),
    End.RELEASE_NOT_SEEN: Outcome(
        N_("以前の連携が、まだ残っているようです"),
        N_(
            "解除はすんだと、マイナポータルは答えました。でも、連携しようとすると、以前の連携が残っているという答えでした。"
        ),
        N_("新しい免許は、まだ連携されていません。この手続で、カードと免許は変わっていません。"),
        (
            Todo(N_("時間をおいて、もう一度この機械で連携してください。")),
            Todo(
                N_(
                    "それでもできないときは、この内容を係員に見せて相談してください。解除の控えがあれば、それも見せてください。"
                )
            ),
        ),
        official=N_("マイナ免許証との連携の解除"),
        sign="wheel",
        picture="link",
    ),
    End.RELEASE_UNCERTAIN: Outcome(
        N_("解除できたか、確かめられませんでした"),
        N_("署名を送ったあとで通信が切れました。解除ができた場合も、できていない場合もあります。"),
        N_("この手続で、カードと免許は変わっていません。もう一度手続をしても、二重にはなりません。"),
        (*WAS_IT_RELEASED, Todo(ASK_STAFF)),
        official=N_("マイナ免許証との連携の解除"),
        picture="cut",
    ),
    End.RELEASE_NOT_HERE: Outcome(
        N_("この連携は、この機械では解除できません"),
        N_(
            "この機械で解除できるのは、失効した、または取り消された免許との連携だけです。あなたの免許の連携は、いま有効です。"
        ),
        NOT_RELEASED,
        (
            Todo(N_("いまの連携を解除したいときは、マイナポータルの「運転免許」で手続します。")),
            Todo(N_("ご自分でできないときは、この内容を係員に見せて相談してください。")),
        ),
        official=N_("マイナ免許証との連携の解除"),
        sign="wheel",
        picture="link",
    ),
    End.NOT_LINKED: Outcome(
        N_("解除する連携は、ありませんでした"),
        N_("マイナポータルには、あなたのマイナ免許証との連携がありません。"),
        N_("この手続で、カードと免許は変わっていません。"),
        (LINK_HERE,),
        slip=False,
        sign="tick",
        picture="link",
    ),
    End.TERMS_CHANGED: Outcome(
        N_("利用規約が新しくなりました"),
        N_("手続のあいだに利用規約が変わったため、連携の手続を中止しました。"),
        CANCELLED,
        (Todo(N_("「はじめから」を押すと、もう一度手続ができます。新しい規約も、そこで確かめます。")),),
        slip=False,
        sign="paper",
        picture="link",
        again=True,
    ),
    End.LINKING_EXPIRED: Outcome(
        N_("時間がたったため、手続を中止しました"),
        N_("手続をはじめてから時間がたったため、マイナポータルが受け付けを終えました。"),
        CANCELLED,
        (Todo(N_("「はじめから」を押すと、もう一度手続ができます。")),),
        slip=False,
        sign="clock",
        picture="link",
        again=True,
    ),
    End.PORTAL_CLOSED: _portal(
        N_("いま、連携を受け付けていません"),
        N_("マイナポータルの運転免許のサービスが、いま受け付けていません。"),
        sign="clock",
    ),
    End.PORTAL_UNREACHABLE: _portal(
        N_("マイナポータルに接続できません"),
        N_("通信ができないため、手続をつづけられません。あなたのカードのせいではありません。"),
    ),
    End.PORTAL_UNCERTAIN: Outcome(
        N_("連携できたか、確かめられませんでした"),
        N_("署名を送ったあとで通信が切れました。連携ができた場合も、できていない場合もあります。"),
        N_("この手続で、カードと免許は変わっていません。もう一度手続をしても、二重にはなりません。"),
        (
            Todo(N_("時間をおいて、もう一度この機械で「運転免許の連携」をしてください。")),
            Todo(N_("「もう連携はすんでいます」と出たら、連携はできています。")),
            Todo(ASK_STAFF),
        ),
        picture="cut",
    ),
    End.PORTAL_BROKEN: _portal(
        N_("マイナポータルの答えを読めませんでした"),
        N_("マイナポータルから、正しくない答えが届きました。あなたのカードのせいではありません。"),
    ),
    End.CARD_PROBLEM: Outcome(
        N_("カードを正しく読めませんでした"),
        N_("カードから、正しくない答えが届きました。"),
        N_("連携はされていません。カードのよごれ、きず、またはICの故障かもしれません。"),
        (
            Todo(N_("ICの金色の部分を、やわらかい布でふいて、もう一度お試しください。")),
            Todo(
                N_("それでも読めないときは、カードを見てもらってください。"),
                "municipality",
                bring=(CARD,),
                notes=(ASK_FIRST,),
            ),
        ),
        sign="card",
        picture="wipe",
    ),
    End.KIOSK_PROBLEM: _problem(
        N_("この機械に問題がおきました"),
        N_("まだ何も送っていません。この手続で、カードと免許は変わっていません。"),
        (Todo(LATER), Todo(ASK_STAFF)),
    ),
    End.PROBLEM_CANCELLED: _problem(
        N_("機械に問題がおき、連携の手続を中止しました"), CANCELLED, (Todo(LATER), Todo(ASK_STAFF))
    ),
    End.PROBLEM_UNCERTAIN: _problem(
        N_("機械に問題がおき、連携できたかわかりません"),
        N_("手続がどこまで進んだか、わかりません。もう一度手続をしても、二重にはなりません。"),
        (
            Todo(N_("マイナポータルの「運転免許」で、免許の情報が見られるかを確かめてください。")),
            Todo(N_("見られたら、連携はできています。見られないときは、もう一度連携してください。")),
            Todo(ASK_STAFF),
        ),
    ),
    End.PROBLEM_LINKED: _problem(
        N_("連携はできました。そのあと、機械に問題がおきました"),
        ONCE_IS_ENOUGH,
        (Todo(IN_MYNAPORTAL), Todo(ASK_STAFF)),
    ),
    End.PROBLEM_NOT_RELEASED: _problem(
        N_("機械に問題がおき、解除の手続を中止しました"), RELEASE_CANCELLED, (Todo(LATER), Todo(ASK_STAFF))
    ),
    End.PROBLEM_RELEASE_UNCERTAIN: _problem(
        N_("機械に問題がおき、解除できたかわかりません"),
        N_("手続がどこまで進んだか、わかりません。もう一度手続をしても、二重にはなりません。"),
        (*WAS_IT_RELEASED, Todo(ASK_STAFF)),
    ),
    End.PROBLEM_RELEASED: _problem(
        N_("解除はできました。そのあと、機械に問題がおきました"),
        N_("連携は解除されています。新しい連携は、まだされていません。"),
        (LINK_HERE, Todo(ASK_STAFF)),  # and not "try again", which would be a release that is done
    ),
    End.CARD_KIND_UNKNOWN: Outcome(
        N_("この種類のカードには、まだ対応していません"),
        N_("カードの中の署名用電子証明書が、この機械で使えない方式です。"),
        N_("この機械が対応していないためで、カードがこわれているのではありません。連携はされていません。"),
        (
            Todo(N_("連携は、スマートフォンなどでもできます。マイナポータルの「運転免許」から手続します。")),
            SHOW_STAFF,
        ),
        official=N_("署名用電子証明書"),
        sign="card",
        picture="link",
    ),
    End.NAME_UNUSABLE: _unusable(N_("カードの中の氏名が使えません")),
    End.ADDRESS_UNUSABLE: _unusable(N_("カードの中の住所が使えません")),
    End.BIRTH_DATE_UNUSABLE: _unusable(N_("カードの中の生年月日が使えません")),
    End.SEX_UNUSABLE: _unusable(N_("カードの中の性別が使えません")),
}


REFUSALS: Mapping[Refusal, End] = {
    Refusal.ALREADY_LINKED: End.ALREADY_LINKED,
    Refusal.NO_LICENCE: End.NO_LICENCE,
    Refusal.ATTRIBUTES_DIFFER: End.ATTRIBUTES_DIFFER,
    Refusal.CERTIFICATE_EXPIRED: End.CERTIFICATE_EXPIRED,
    Refusal.CERTIFICATE_REVOKED: End.CERTIFICATE_REVOKED,
    Refusal.CERTIFICATE_UNKNOWN: End.CERTIFICATE_UNKNOWN,
    Refusal.RELEASE_FIRST: End.RELEASE_FIRST,
    Refusal.TERMS_CHANGED: End.TERMS_CHANGED,
    Refusal.EXPIRED: End.LINKING_EXPIRED,
    Refusal.SIGNATURE_INVALID: End.CARD_PROBLEM,
    Refusal.NOT_LINKED: End.NOT_LINKED,
    Refusal.RELEASE_NOT_HERE: End.RELEASE_NOT_HERE,
}

# What is said of a linking, and what in its place of a release. A sentence that fits both stands in no row.
OF_A_RELEASE: Mapping[str, Public] = {
    NOTHING_LINKED: NOT_RELEASED,
    CANCELLED: RELEASE_CANCELLED,
    COME_BACK: N_("証明書が発行されたら、もう一度この機械で手続してください。"),
    pins.LINK_AGAIN.text: N_("決め直したら、もう一度この機械で手続してください。"),
    pins.NEW_PIN_WORKS: N_("連携は解除されていません。カードはこわれていません。暗証番号を決め直せば、また使えます。"),
    OUTCOMES[End.PHONE_PIN_LOCKED].meaning: N_(
        "連携は解除されていません。カードの署名用の暗証番号とは、べつのものです。この手続で、カードと免許は変わっていません。"
    ),
    OUTCOMES[End.CARD_PROBLEM].meaning: N_(
        "連携は解除されていません。カードのよごれ、きず、またはICの故障かもしれません。"
    ),
    OUTCOMES[End.CERTIFICATE_ABSENT].happened: N_(
        "この手続には、カードの中の署名用電子証明書が必要です。15歳未満の方には発行されません。"
    ),
    OUTCOMES[End.CERTIFICATE_EXPIRED].happened: N_("カードの中の署名用電子証明書の有効期限がすぎています。"),
    OUTCOMES[End.TERMS_CHANGED].happened: N_("手続のあいだに利用規約が変わったため、解除の手続を中止しました。"),
    OUTCOMES[End.PORTAL_CLOSED].heading: N_("いま、解除を受け付けていません"),
    OUTCOMES[End.CARD_KIND_UNKNOWN].meaning: N_(
        "この機械が対応していないためで、カードがこわれているのではありません。連携は解除されていません。"
    ),
    OUTCOMES[End.CARD_KIND_UNKNOWN].todo[0].text: N_(
        "解除は、スマートフォンなどでもできます。マイナポータルの「運転免許」から手続します。"
    ),
    OUTCOMES[End.NAME_UNUSABLE].happened: N_(
        "カードのICに書かれたこの項目が、空か、正しくない形です。この手続には必要な項目です。"
    ),
    OUTCOMES[End.NAME_UNUSABLE].todo[1].text: N_("記録がなおったら、もう一度この機械で手続してください。"),
    OUTCOMES[End.NO_PINS].meaning: N_(
        "顔認証マイナンバーカードなら、本人確認のために見せることと、病院などの顔認証の機械で使うことができます。この手続には使えません。"
    ),
    OUTCOMES[End.NO_PINS].todo[0].text: N_("暗証番号のあるカードへの切りかえを相談します。"),
}


def of_a_release(outcome: Outcome) -> Outcome:
    """The same end of a release: it says of the link that it was not released."""
    return replace(
        outcome,
        heading=OF_A_RELEASE.get(outcome.heading, outcome.heading),
        happened=OF_A_RELEASE.get(outcome.happened, outcome.happened),
        meaning=OF_A_RELEASE.get(outcome.meaning, outcome.meaning),
        todo=tuple(replace(todo, text=OF_A_RELEASE.get(todo.text, todo.text)) for todo in outcome.todo),
    )


# The same of a card that was only looked at: nothing was to be linked.
OF_A_LOOK: Mapping[str, Public] = {
    OUTCOMES[End.CARD_PROBLEM].meaning: N_("カードのよごれ、きず、またはICの故障かもしれません。"),
}


def of_a_look(outcome: Outcome) -> Outcome:
    """The same end of the card check: it says nothing of a link."""
    return replace(outcome, meaning=OF_A_LOOK.get(outcome.meaning, outcome.meaning))
