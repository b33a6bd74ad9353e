"""The conversations of the guidance, as flows: what is asked, what the list says, and that no way leads nowhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kiosk.advice import unlock
from kiosk.advice.todo import Plan, numbered
from kiosk.config import guidance
from kiosk.config.kiosk import Station
from kiosk.flows import home
from kiosk.flows.asking.ends import Left
from kiosk.flows.asking.screen import Screen
from kiosk.flows.benefits import benefits
from kiosk.flows.card_check import check_card
from kiosk.flows.lost_card import lost_card, plan
from kiosk.flows.pin_help import DOINGS, pin_help
from kiosk.flows.pin_help import plan as pin_plan
from kiosk.flows.renewal import KINDS, Kind, renewal
from kiosk.flows.renewal import plan as renewal_plan
from kiosk.flows.take_home import slip as slip_of
from kiosk.hw.device import NotPrinted, PrinterFault
from kiosk.portal.model import LinkedAt, Reference
from kiosk.receipts.slips import LinkedSlip, TodoSlip
from kiosk.receipts.text import LONGEST, public_text
from kiosk.sim.card import VirtualCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from tests.flows.scripted import ScriptedKiosk
from tests.web.catalogue import SIGHTS
from tests.web.catalogue_guidance import plans
from tests.web.sight import Sight

FACTS = guidance.load()
PEOPLE = people()
LINES = (FACTS.suspend, FACTS.suspend_languages)
NO_PAPER = NotPrinted(PrinterFault.PAPER_END, partly=False)


def printed(kiosk: ScriptedKiosk) -> Plan:
    """The only list that was printed."""
    [slip] = kiosk.slips
    told = [screen.facts["plan"] for screen in kiosk.screens if "plan" in screen.facts][-1]
    assert isinstance(told, Plan) and slip == slip_of(told)
    return told


# Lost card


def test_the_number_to_call_is_the_first_thing_that_is_said() -> None:
    kiosk = ScriptedKiosk()
    with pytest.raises(Left):
        lost_card(kiosk)
    [first] = kiosk.screens
    assert first.name == "lost_suspend"
    assert first.facts["lines"] == LINES


def test_the_number_can_be_had_on_paper_at_once_and_the_conversation_goes_on() -> None:
    kiosk = ScriptedKiosk("print", "next", "both", "change", "finish")
    assert lost_card(kiosk)
    first, second = kiosk.slips
    assert isinstance(first, TodoSlip) and [todo.lines for todo in first.todo] == [LINES]
    assert second == slip_of(plan(FACTS, "both", "change"))
    assert kiosk.screens[-1].facts["plan"] == plan(FACTS, "both", "change")


@pytest.mark.parametrize("holding", ["card_only", "both"])
def test_staying_takes_the_new_card_to_the_police_with_fee_and_photo(holding: str) -> None:
    kiosk = ScriptedKiosk("next", holding, "keep", "finish")
    assert lost_card(kiosk)
    stop, report, again, record = printed(kiosk).todo
    assert stop.lines == LINES
    assert report.where == FACTS.lost_property.name
    assert again.where == FACTS.municipality.name
    assert (record.where, record.yen, record.photo) == (FACTS.licence_desk.name, 1500, FACTS.photo)
    assert any("自動では入りません" in note for note in record.notes), "the licence does not come over by itself"


@pytest.mark.parametrize("holding", ["card_only", "both"])
def test_changing_names_the_desk_and_another_fee_that_it_does_not_guess(holding: str) -> None:
    kiosk = ScriptedKiosk("next", holding, "change", "finish")
    assert lost_card(kiosk)
    *_, change, again = printed(kiosk).todo
    assert again.where == FACTS.municipality.name, "a plain licence is made sooner than a card: it comes first"
    assert change.where == "警察署・免許センターの免許申請係"
    assert change.yen is None and any("手数料が別に" in note for note in change.notes)


def test_who_has_a_plain_licence_left_is_told_to_carry_it_and_who_has_none_that_there_is_none() -> None:
    for wish in ("keep", "change"):
        [both], [card_only] = plan(FACTS, "both", wish).know, plan(FACTS, "card_only", wish).know
        assert "運転免許証が必要" in both and "運転できません" in card_only
        assert "それもない方は、運転せず警察署へ" in both, "both were in one wallet"


def test_back_leads_back_one_question_at_a_time_and_then_home() -> None:
    kiosk = ScriptedKiosk("next", "both", "back", "back", "back")
    assert not lost_card(kiosk)
    assert kiosk.names == ["lost_suspend", "lost_holding", "lost_wish", "lost_holding", "lost_suspend"]
    assert kiosk.slips == []


# PINs


def test_every_pin_is_found_by_what_the_person_was_doing() -> None:
    for doing in DOINGS:
        kiosk = ScriptedKiosk(doing, "finish")
        assert pin_help(kiosk)
        assert printed(kiosk) == pin_plan(FACTS, doing)
        assert kiosk.names == ["pin_doing", "todo", "todo"]


def test_each_pin_sends_to_those_who_can_mend_it_and_to_nobody_else() -> None:
    where = {doing: [todo.where for todo in pin_plan(FACTS, doing).todo] for doing in DOINGS}
    counter, store, police = FACTS.municipality.name, FACTS.store.name, FACTS.licence_desk.name
    assert where == {"show": [police], "text": [counter], "log_in": [counter, store], "sign": [counter, store]}


def test_the_licence_pin_is_never_promised_by_telephone() -> None:
    [todo] = unlock.LICENCE
    assert any("電話ではお答えできません" in note for note in todo.notes)


def test_what_is_said_of_the_tries_is_what_the_facts_say() -> None:
    tries = {"show": FACTS.licence_pin, "text": FACTS.text_pin, "log_in": FACTS.auth_pin, "sign": FACTS.sign_pin}
    for doing, pin in tries.items():
        told = pin_plan(FACTS, doing)
        assert told.tries == slip_of(told).tries == pin.tries
        html = Sight(doing, Screen("todo", {"plan": told, "paper": "printed"}, ("home", "finish"))).html()
        assert f"つづけて{pin.tries}回まちがえると、ロックされます。" in html


def test_who_does_not_know_is_led_to_the_check_and_back_from_it() -> None:
    kiosk = ScriptedKiosk("unsure", "back", "back")
    assert not pin_help(kiosk)
    assert kiosk.names == ["pin_doing", "set_card", "pin_doing"]


FORGOTTEN = "暗証番号を忘れたかどうかは、カードからはわかりません。"


def test_who_came_to_the_check_for_a_pin_leaves_it_for_home_and_hears_what_no_card_tells(pki: Pki) -> None:
    told_so = {"excellent": True, "no-licence": True, "child": True, "sign-locked": False, "face": False}
    for (
        who,
        told,
    ) in told_so.items():  # whether or not something is to be done; but not where a PIN is locked, or there is none
        kiosk = ScriptedKiosk("unsure", "home", card=VirtualCard(PEOPLE[who], pki))
        assert not pin_help(kiosk)
        assert kiosk.names.count("pin_doing") == 1
        [slip] = kiosk.slips
        assert isinstance(slip, TodoSlip) and (FORGOTTEN in slip.know) is told
        html = Sight(who, kiosk.screens[-1]).html()
        assert (FORGOTTEN in html and "「ほかの用件」から「暗証番号がわからない」を開き" in html) is told
    kiosk = ScriptedKiosk("unsure", "finish", card=VirtualCard(PEOPLE["excellent"], pki))
    assert pin_help(kiosk)
    checked = ScriptedKiosk("home", card=VirtualCard(PEOPLE["excellent"], pki))
    assert not check_card(checked)
    assert FORGOTTEN not in Sight("", checked.screens[-1]).html()


# Renewal and what linking gives


def words(told: Plan) -> str:
    return " ".join([*told.know, *(" ".join((todo.text, *todo.notes)) for todo in told.todo)])


def test_the_renewal_names_all_that_is_needed_and_the_page_that_says_more() -> None:
    kiosk = ScriptedKiosk("ending", "linked", "finish")
    assert renewal(kiosk)
    told = printed(kiosk)
    assert told.page == FACTS.card_page.address
    for needed in ("オンラインで申し込みます", "署名用電子証明書の発行を希望する", "免許情報記録番号", "外字"):
        assert needed in words(told)
    assert "郵便・窓口" in words(told), "and what does not lead there"


def test_who_has_not_linked_is_told_to_link_first() -> None:
    linked, not_linked = renewal_plan(FACTS, "linked"), renewal_plan(FACTS, "not_linked")
    first, *rest = not_linked.todo
    assert "先に、運転免許の連携をします" in first.text and tuple(rest) == linked.todo


def test_where_nothing_comes_over_the_police_record_it_again_and_a_resident_goes_to_the_municipality() -> None:
    again = renewal_plan(FACTS, "not_carried")
    assert "引きつがれません" in words(again)
    assert [(todo.where, todo.yen) for todo in again.todo if todo.yen] == [(FACTS.licence_desk.name, 1500)]
    assert "記録がおわるまで、新しいカードだけで運転しないでください" in words(again)
    resident = renewal_plan(FACTS, "resident")
    assert FACTS.municipality.name in [todo.where for todo in resident.todo]
    assert "新しい在留カード" in [thing for todo in resident.todo for thing in todo.bring]
    assert "通知書は届きません" in words(resident)


@pytest.mark.parametrize("kind", KINDS)
def test_no_new_card_is_called_a_licence_before_it_has_been_looked_at(kind: Kind) -> None:
    last = renewal_plan(FACTS, kind).todo[-1]
    assert "この機械でしらべます" in last.text and any("運転しないでください" in note for note in last.notes)


def test_the_renewal_goes_back_one_question_at_a_time() -> None:
    kiosk = ScriptedKiosk("ending", "back", "resident", "finish")
    assert renewal(kiosk)
    assert kiosk.names[:3] == ["renewal", "renewal_linked", "renewal"]


def test_what_linking_gives_says_for_whom_and_ends_where_linking_begins() -> None:
    kiosk = ScriptedKiosk("print", "finish")
    assert benefits(kiosk)
    told = printed(kiosk)
    assert any("優良・一般の方" in each for each in told.can)
    assert any("マイナ免許証のみの方" in each for each in told.can)
    kiosk = ScriptedKiosk("link")
    with pytest.raises(Left):
        benefits(kiosk)
    assert kiosk.names[:2] == ["benefits", "licence"]


# All of them


@pytest.mark.parametrize(
    ("topic", "answers"),
    [
        ("lost", ["next", "both", "keep"]),
        ("pin", ["text"]),
        ("renewal", ["ending", "linked"]),
        ("benefits", ["print"]),
    ],
)
def test_who_has_another_question_is_back_at_home_and_the_others_are_done(topic: str, answers: list[str]) -> None:
    kiosk = ScriptedKiosk(topic, *answers, "home", topic, *answers, "finish")
    home.visit(kiosk)
    assert kiosk.names.count("home") == 2 and len(kiosk.slips) == 2


@pytest.mark.parametrize("topic", ["lost", "pin", "check", "renewal", "benefits", "link"])
def test_back_from_the_first_screen_of_every_topic_is_home(topic: str) -> None:
    kiosk = ScriptedKiosk(topic, "back")
    with pytest.raises(Left):
        home.visit(kiosk)
    assert kiosk.names[::2] == ["home", "home"]


def test_without_paper_the_same_list_stays_on_the_screen_and_one_more_try_is_offered() -> None:
    kiosk = ScriptedKiosk("not_carried", "reprint", "finish", printing=[NO_PAPER, NO_PAPER])
    assert renewal(kiosk)
    failed, again = [screen for screen in kiosk.screens if screen.name == "todo" and screen.answers]
    assert (failed.facts["paper"], again.facts["paper"]) == ("failed", "failed")
    assert "reprint" in failed.answers and "reprint" not in again.answers
    assert failed.facts["slip"] == kiosk.slips[0]


def test_without_a_printer_nothing_is_called_printed_and_the_picture_can_be_seen() -> None:
    kiosk = ScriptedKiosk("not_carried", "paper", "back", "finish", can_print=False)
    assert renewal(kiosk)
    assert {screen.facts.get("paper") for screen in kiosk.screens if screen.name == "todo"} == {"none"}
    assert kiosk.names == ["renewal", "todo", "slip", "todo"]
    assert kiosk.laid_out == [slip_of(renewal_plan(FACTS, "not_carried"))] and not kiosk.slips, (
        "laid out, and not printed"
    )


@pytest.mark.parametrize(("can_print", "paper"), [(True, "not_laid_out"), (False, "none")])
def test_a_slip_that_cannot_be_laid_out_is_not_called_the_printers_fault(can_print: bool, paper: str) -> None:
    """The list stands on the screen, a phone may take it; there is no picture to look at, and nothing to try again."""
    kiosk = ScriptedKiosk("not_carried", "finish", can_print=can_print, can_lay_out=False)
    assert renewal(kiosk)
    told = kiosk.screens[-1]
    assert told.name == "todo" and told.facts["paper"] == paper and told.facts["slip"] == kiosk.laid_out[0]
    assert told.answers == ("home", "finish")
    assert not {"fault", "partly"} & set(told.facts)
    assert not kiosk.slips and len(kiosk.laid_out) == 1


@pytest.mark.parametrize(("name", "told"), [*plans()], ids=lambda each: each if isinstance(each, str) else "")
def test_every_list_fits_a_phones_code_and_holds_only_public_words(name: str, told: Plan) -> None:
    station = Station(name="見本警察署", desk="１階 運転免許窓口", telephone="00-0000-0000")
    text = public_text(slip_of(told), station)
    assert len(text.encode()) < LONGEST, "nothing was cut off"
    lines = text.split("\n")
    assert lines[0] == told.heading
    assert [line for line in lines if re.match(r"\d\. ", line)] == [
        f"{n}. {todo.text}" for n, todo in numbered(told.todo)
    ]
    if told.page:
        assert lines[-1] == told.page


def test_no_answer_of_a_screen_is_a_word_of_the_helpers() -> None:
    """What the session keeps for itself (`Helpers.answer`, `Preferences.after`) would never reach the flow."""
    kept = {"active", "staff", "stay", "leave", "leave_now", "language", "size", "contrast", "reach", "listen"}
    kept |= {"hush", "repeat", "louder", "softer", "key", "erase", "clear"}
    for sight in SIGHTS:
        assert not kept & set(sight.screen.answers), sight.name


def test_a_slip_with_a_reference_number_has_no_text_for_a_phone() -> None:
    slip = LinkedSlip(reference=Reference("7K3F-92QM"), linked_at=LinkedAt(datetime.now(UTC)), can=())
    assert public_text(slip, Station()) == ""


def test_a_text_that_would_not_fit_is_cut_between_lines() -> None:
    long = plan(FACTS, "both", "keep")
    long = replace(long, todo=long.todo * 6)
    text = public_text(slip_of(long), Station())
    assert LONGEST - 200 < len(text.encode()) <= LONGEST
