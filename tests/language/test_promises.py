"""What the kiosk promises, and the test that shows each promise kept. A promise nobody keeps is not made.

What the police or Mynaportal do is told as theirs. How the law stands to somebody's card or license is not said: the
kiosk knows what it did, not what the card is good for.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from kiosk.voice.prompts import messages

texts = cache(messages)
TESTS = Path(__file__).resolve().parents[1]
KEPT = {
    "前にお使いの方の情報は、この機械に残っていません。": (
        "forgetting/test_forgetting.py::test_whoever_walks_away_is_forgotten"
    ),
    "個人番号（マイナンバー）は読み取りません。": "card/test_text.py::test_four_round_trips_read_the_four_attributes",
    "おわるまで、カードは入れたままにします。抜くと、画面の情報はすぐに消えます。": (
        "e2e/test_card.py::test_a_card_taken_out_takes_the_data_off_the_screen_and_put_back_goes_on_where_it_was"
    ),
    "しばらくお待ちください。まだ何も送っていません。": (
        "e2e/test_leaving.py::test_refusing_consent_ends_it_and_nothing_has_been_sent"
    ),
    "あなたの情報は、この機械に残りません。": "forgetting/test_forgetting.py::test_whoever_has_finished_is_forgotten",
    "入力したことと、読み取った情報は、この機械からすべて消えます。": (
        "forgetting/test_forgetting.py::test_whoever_leaves_at_any_step_is_forgotten"
    ),
    "すでに送った情報を消すよう、マイナポータルに連絡します。": (
        "e2e/test_leaving.py::test_leaving_at_any_step_undoes_what_was_begun"
    ),
    "まだ何も送っていません。この手続で、カードと免許は変わっていません。": (
        "flows/test_problem.py::test_each_of_the_four_says_no_more_than_it_knows"
    ),
    "連携はされていません。マイナポータルへ送った情報は、マイナポータルが消すことになっています。": (
        "flows/test_problem.py::test_a_cancelling_that_is_not_confirmed_is_not_said_to_be_one"
    ),
    "この手続で、カードと免許は変わっていません。もう一度手続をしても、二重にはなりません。": (
        "portal/test_lost_and_broken.py::test_a_slow_decision_is_waited_for_and_not_made_twice"
    ),
    "免許の内容を画面に出します。紙には印刷しません。": (
        "flows/test_card_check.py::test_the_licence_is_shown_after_a_warning_and_never_printed"
    ),
    "係員に連絡を送りました": (
        "caretaker/test_alertmanager.py"
        "::test_a_call_is_sent_when_it_is_taken_reaches_the_webhook_and_is_resolved_when_the_person_leaves"
    ),
    "係員が確認しました": (
        "caretaker/test_alertmanager.py"
        "::test_a_silence_that_names_the_call_acknowledges_it_and_the_next_call_is_a_new_one"
    ),
    "いま、係員への連絡は届いていません。": (
        "caretaker/test_alertmanager.py::test_a_silence_over_all_calls_keeps_them_back_and_nobody_is_promised_anything"
    ),
    "暗証番号はいりません。": "flows/test_card_check.py::test_nobody_pays_a_try_and_nothing_personal_is_read",
}
NOT_OURS = {
    "何も残": "the log keeps screens and times; it is the person's data that are not kept",
    "これまでどおり使え": "whether a card or license may be used is not ours to say",
    "その免許証で運転でき": "the same",
    "消されました": "what others have erased is known from them alone",
    "今日することは": "only some of it was looked at",
    "およそ５分": "nobody has measured it",
    "紙でお渡し": "there may be no printer",
    "呼んでいます": "that a call was sent, or seen, is known; not that anybody comes",
    "マイナポータルが消します": "it is agreed that it does (openapi.yaml); that it has, it alone knows",
    "同じ内容を": "a phone's code holds the main points",
}


@pytest.mark.parametrize("promise", KEPT)
def test_a_promise_is_made_and_its_test_is_there(promise: str) -> None:
    path, _, name = KEPT[promise].partition("::")
    assert promise in texts()
    assert re.search(rf"^def {name}\(", (TESTS / path).read_text("utf-8"), re.MULTILINE)


def test_nothing_is_promised_that_the_kiosk_cannot_keep() -> None:
    assert [(text, why) for text in texts() for words, why in NOT_OURS.items() if words in text] == []


def test_what_is_erased_elsewhere_is_told_as_the_polices_word() -> None:
    erased = [text for text in texts() if "連携がすむと" in text and "消され" in text]
    assert len(erased) == 3 and all("警察の案内では、" in text for text in erased)
