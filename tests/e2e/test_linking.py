"""The whole way: a person links their licence, and what that leaves behind at the card, the portal and the printer."""

from __future__ import annotations

import pytest

from kiosk.language.dates import wareki
from kiosk.portal.model import State
from tests.e2e.person import PINS, Person
from tests.e2e.slips import slip_of_the_linked
from tests.stage import Stage
from tests.whole import few

SELECT, VERIFY, READ, SIGN = 0xA4, 0x20, 0xB0, 0x2A
# The READ behind the second SELECT: by it the card is known again should it have been out.
TEN = [SELECT, VERIFY, VERIFY, READ, SELECT, READ, VERIFY, VERIFY, READ, SIGN]


# The other of the two links in almost every test of this folder.
@pytest.mark.parametrize("who", few(["both"], of=["excellent", "both"]))
def test_a_licence_is_linked_by_the_manuals_eleven_steps(person: Person, kiosk: Stage, who: str) -> None:
    somebody = kiosk.people[who]
    licence = somebody.licence
    assert licence is not None

    since = kiosk.logged()
    person.who = who
    person.presses("画面にふれてください")
    person.sees("home")
    person.page.get_by_text("運転免許の連携", exact=True).tap()
    person.sees("licence", 1)
    person.presses("連携をはじめる")
    person.sees("contents", 2)
    person.presses("連携")
    person.sees("consent", 3)
    person.presses("同意して次へ")
    person.sees("prepare", 4)
    person.presses("マイナンバーカードを読み取る")
    person.sees("set_card", 4)
    card = person.puts_in()
    person.sees("pin", 5)
    for key in PINS.text:
        person.presses(key)
    person.presses("次へ")
    person.sees("confirm", 7)
    sex = {1: "男", 2: "女"}[somebody.sex]
    for fact in (somebody.name.replace("　", ""), wareki(somebody.birth_date), somebody.address.replace("　", ""), sex):
        assert fact in person.words
    person.presses("送信")
    person.sees("terms", 8)
    person.turns_the_pages()
    person.page.get_by_role("checkbox", name="利用規約を確認しました。", exact=True).tap()
    person.presses("同意する")
    person.sees("pin", 9)
    for key in PINS.sign:
        person.presses(key)
    person.presses("次へ")
    person.sees("linked", 11)
    person.reads("印刷しました")

    assert [each.ins for each in card.trace] == TEN
    assert sum("set_card" in line for line in kiosk.log[since:]) == 1  # it stayed in: nobody was asked again
    assert not card.my_number_was_read
    [entry] = kiosk.portal.linkings._all()
    assert entry.state is State.COMPLETED and entry.linked is not None
    assert (entry.view().applicant_data, kiosk.portal.held_count()) == ("erased", 0)
    assert person.page.inner_text(".figure") == entry.linked.reference
    [slip] = kiosk.printer.slips
    assert slip.image.tobytes() == slip_of_the_linked(kiosk, entry.linked).tobytes()
    assert kiosk.printer.faults == []

    person.presses("運転免許（運転経歴情報）ページへ")
    person.sees("licence_page")
    for words in (wareki(licence.expires), wareki(licence.renewal_from), licence.category):
        assert words in person.words
    assert person.page.locator(".licence-card.is-gold").count() == (licence.colour == "金")
    lecture, one_stop = (each.inner_text() for each in person.page.locator(".service").all())
    assert ("いま受けられます" in lecture) == (licence.category in ("優良", "一般") and licence.renewal_open)
    assert ("先に市区町村か警察署" in one_stop) == (licence.holding == "card_only")
    person.finishes()
    assert len(kiosk.printer.slips) == 1
