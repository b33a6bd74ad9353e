"""What a person wishes of the screen holds at once, wherever they are, loses nothing, and is gone with them."""

from __future__ import annotations

from itertools import groupby

from playwright.sync_api import expect

from kiosk.language.languages import LANGUAGES, translations
from tests.e2e.person import PINS, Person
from tests.e2e.slips import slip_of_the_linked
from tests.stage import Slow, Stage

ENGLISH = LANGUAGES["en"]
LOOKS = """() => {
    const looks = [], frame = document.querySelector(".frame");
    new MutationObserver(() => looks.push(frame.className)).observe(frame, { attributeFilter: ["class"] });
    return looks;
}"""  # each way in which the screen is dressed from now on


def chooses(person: Person, code: str) -> None:
    person.touches("language")
    person.is_asked(f"'lang:{code}'")
    person.touches(f"lang:{code}")


def in_english(text: str) -> str:
    return translations(ENGLISH).gettext(text)


def test_a_change_of_language_keeps_the_place_and_what_was_typed(person: Person) -> None:
    person.walks_to(5)
    person.types(PINS.text[:2])
    person.has_typed(2)
    chooses(person, "en")
    person.sees("pin", 5)
    person.reads(in_english("入力用の４けたの暗証番号"))
    person.has_typed(2)
    assert person.page.evaluate("document.documentElement.lang") == "en"
    person.enters(PINS.text[2:])
    person.sees("confirm", 7)
    chooses(person, "ja")
    person.reads("この内容を送ってよいですか")


def test_each_wish_is_one_touch_and_the_next_person_starts_as_usual(person: Person) -> None:
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    frame = person.page.locator(".frame")
    for wish, look in (("size", "is-large"), ("contrast", "in-contrast"), ("reach", "in-reach")):
        person.touches(wish)
        expect(frame).to_contain_class(look)
    chooses(person, "vi")
    person.touches("link")
    person.sees("licence", 1)
    expect(frame).to_contain_class("is-large in-contrast in-reach")
    person.touches("leave")
    person.sees("attract")
    expect(frame).not_to_contain_class("is-large")
    assert frame.get_attribute("lang") == "ja"
    person.reads("画面にふれてください")


def test_a_key_that_is_held_down_changes_all_of_the_glass_once(person: Person) -> None:
    person.sees("attract")
    person.goes_on()
    person.sees("home")
    for wish, look in (("contrast", "in-contrast"), ("size", "is-large"), ("reach", "in-reach")):
        looks = person.page.evaluate_handle(LOOKS)
        person.leads_the_focus_to(wish)
        person.holds("Enter")
        person.touches("staff")
        person.is_asked("stay")  # whatever was pressed before that has been heard
        assert [on for on, _ in groupby([False, *(look in each for each in looks.json_value())])] == [False, True]
        person.touches("stay")


def test_a_wish_holds_also_while_the_kiosk_is_busy(person: Person) -> None:
    person.walks_to(5, slow=Slow("VERIFY", seconds=3))
    person.enters(PINS.text)
    person.sees("reading", 6)
    person.touches("size")
    expect(person.page.locator(".frame.is-reading")).to_contain_class("is-large")
    person.touches("language")
    person.is_asked("'lang:en'")
    person.page.wait_for_selector(".frame.is-confirm", timeout=8000)
    person.touches("lang:en")
    person.sees("confirm", 7)
    person.reads(in_english("この内容を送ってよいですか"))


def test_whoever_chooses_a_language_first_is_being_served(person: Person, kiosk: Stage) -> None:
    """So they are asked whether they are still there, and the attract screen is Japanese again after them."""
    person.sees("attract")
    chooses(person, "en")
    person.sees("home")
    person.reads(in_english("ご用件をえらんでください"))
    kiosk.wait_log("session begins")


def test_the_slip_is_in_the_language_of_the_person_with_japanese_for_the_desk(person: Person, kiosk: Stage) -> None:
    person.sees("attract")
    chooses(person, "en")
    person.sees("home")
    person.touches("link")
    for step in range(1, 11):
        person.does(step)
    person.sees("linked", 11)
    person.reads(in_english("印刷しました。紙は右の出口からお取りください。"))
    [entry] = kiosk.portal.linkings._all()
    assert entry.linked is not None
    [slip] = kiosk.printer.slips
    assert slip.image.tobytes() == slip_of_the_linked(kiosk, entry.linked, ENGLISH).tobytes()
